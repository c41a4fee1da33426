// What a request asks, in words that a person can read and that stay the same from run to run.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/model/client.h"
#include "runtime/model/media.h"
#include "runtime/model/secrets.h"

namespace chain::model {

/// A question as a cassette names it.
struct CassetteQuestion {
  std::string key;      // 32 hexadecimal digits of the SHA-256 of `request`
  std::string prompt;   // "classify"
  std::string request;  // a JSON object, its keys sorted
};

/// Makes them of a program's requests: provider and model, the options that decide answers, prompt and
/// version, schema, messages, and of media what they hold as a hash. Where the model is and how it is called
/// (addresses, keys, time-outs, retries, streams) is no part of a question. Secrets are left out.
class CassetteQuestions {
 public:
  /// `program` must outlive it. `policy`, which may be null: where media are read.
  CassetteQuestions(const program::Program& program, std::shared_ptr<const access::Policy> policy,
                    Secrets secrets);

  [[nodiscard]] CassetteQuestion of(const Request& request);

 private:
  [[nodiscard]] const std::string& options_of(uint32_t model);

  const program::Program& program_;
  std::unique_ptr<const MediaReader> media_;  // by pointer, to be moved
  Secrets secrets_;
  std::vector<std::string> options_;  // by model, as JSON; empty until they are needed
};

/// `request` of a question as lines: "user: The site is down", "option temperature: 0".
[[nodiscard]] std::vector<std::string> readable_lines(const std::string& request);

/// The key of a question whose `request` is this.
[[nodiscard]] std::string cassette_key(const std::string& request);

}  // namespace chain::model
