// Where answers are kept between calls. runtime/store has the one in a file.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "runtime/model/client.h"

namespace chain::model {

struct KeptAnswer {
  std::string text;
  std::string model;  // the snapshot that answered
  std::string finish_reason;
  int64_t age = 0;        // nanoseconds
  Usage usage = {};       // when it was made
  double similarity = 1;  // of the question that it answered to the one that was asked: a cosine
  std::string key = {};   // of that question
};

/// A question that others may be similar to.
struct Likeness {
  std::string scope;     // what must be the same: all of the request but its last message
  std::string question;  // the text of that message
};

/// An answer to be kept. All but its text, model and finish reason is for whoever looks at what is kept.
struct NewAnswer {
  std::string text;
  std::string model;
  std::string finish_reason;
  std::string prompt;  // "classify@2.0"
  Usage usage;
  int64_t keep = 0;                                 // nanoseconds
  std::optional<Likeness> likeness = std::nullopt;  // if it may answer similar questions
};

/// For the loop's thread. A store may lose anything at any time; it never fails.
class AnswerStore {
 public:
  using Found = std::function<void(std::optional<KeptAnswer>)>;

  virtual ~AnswerStore() = default;
  /// Looks for an answer that is at most `most_age` nanoseconds old. `found` is called once, by the loop and
  /// not from within, unless the store goes before. What was kept and forgotten before the call counts.
  virtual void find(const std::string& key, int64_t most_age, Found found) = 0;
  /// Likewise; if there is none, an answer to a question of the same scope and gist (value::gist_of) whose
  /// cosine (value::local_hash) to this one is `least` of 10,000 or more: the most alike, then the youngest.
  virtual void find_similar(const std::string& key, const Likeness& likeness, uint32_t least,
                            int64_t most_age, Found found) = 0;
  virtual void keep(const std::string& key, NewAnswer answer) = 0;
  virtual void forget(const std::string& key) = 0;
};

}  // namespace chain::model
