// The tolerant typed parser: reads what models really write as a value of a type.
//
// It accepts JSON with prose or Markdown fences around it, trailing and missing commas, comments, keys and text in
// single, triple, back or no quotes, quotes and line breaks within text, and replies that were cut off; keys in another
// case or without accents; numbers in text ("1,234.5", "$3", "90%"); enum cases by alias or description, also within a
// sentence; one value for a list, a list for one value, a record's only field for the record. Of a union it takes the
// member that needs the fewest such repairs, the first written of equals.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/program/types.h"
#include "runtime/value/arena.h"
#include "runtime/value/constraint.h"
#include "runtime/value/reply_plan.h"

namespace chain::value {

struct ReplyLimits {
  uint32_t depth = 128;                // of lists and objects within each other; deeper brackets count as text
  uint64_t bytes = uint64_t{8} << 20;  // of the reply
};

/// What a reply gave.
struct ReplyResult {
  bool ok = false;
  /// One sentence for the model: "field `confidence`: 1.7 breaks `it >= 0 and it <= 1`". Empty if ok.
  std::string complaint;
  /// What was mended, one phrase each, in no particular order. At most about 100.
  std::vector<std::string> repairs;
};

/// The value of a reply that is still coming, as JSON with the fields' and cases' own names.
struct PartialReply {
  std::string_view json;  // empty while there is nothing to show; valid until the next call
  size_t unchanged = 0;   // so many bytes at its front are those of the snapshot before
};

/// Reads one reply after another. Work is linear in the reply, in however many pieces it comes.
class ReplyParser {
 public:
  /// `plan` must outlive the parser.
  explicit ReplyParser(const ReplyPlan& plan, ReplyLimits limits = {});
  ~ReplyParser();
  ReplyParser(const ReplyParser&) = delete;
  ReplyParser& operator=(const ReplyParser&) = delete;

  /// Forgets the reply, keeps its memory.
  void reset();
  void feed(std::string_view piece);

  /// What there is of the value so far; nothing once the reply is found not to be UTF-8 or too large. Numbers, words and conditions wait until they are complete; text does too unless
  /// `growing_text`. Missing lists and maps are empty, everything else that is missing is null.
  [[nodiscard]] PartialReply partial(bool growing_text = false);

  /// Ends the reply and reads it into `out` (the type's `size` bytes); what it points at is in `arena`. `out` is
  /// unspecified if the result is not ok. `check` may be null. Call `reset` before the next reply.
  [[nodiscard]] ReplyResult finish(Arena& arena, void* out, ConstraintCheck* check = nullptr);

  /// How much work has been done, in bytes and nodes looked at: for tests that it is linear.
  [[nodiscard]] uint64_t steps() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Reads a whole reply at once.
[[nodiscard]] ReplyResult parse_reply(const program::TypeTable& types, program::TypeId type, std::string_view reply,
                                      Arena& arena, void* out, ConstraintCheck* check = nullptr);

}  // namespace chain::value
