// The most that calls of a program's models can take. Internal to runtime/sched.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/model/client.h"
#include "runtime/model/prices.h"
#include "runtime/program/program.h"
#include "runtime/sched/budget.h"

namespace chain::sched {

class Tariff {
 public:
  /// `prices` may be null for those that are built in. All must outlive the tariff.
  Tariff(const program::Program& program, const model::Prices* prices);

  /// Tokens of an answer of a model without `max_tokens`, under a budget: it is asked for no more.
  static constexpr int64_t kAnswer = 8'192;

  /// The most that the call can take, whichever member of a `balance` and whichever `fallback` answers.
  /// Nothing, with `error` set, if `priced` and one of them has no price.
  [[nodiscard]] std::optional<Amount> most(const model::Request& request, bool priced, std::string& error);
  /// What a call has taken that was answered.
  [[nodiscard]] Amount taken(const model::Request& request, const model::Completion& answer);
  /// What was paid for an answer, or, if it came from the cache, would have been: in 1e-9 US dollars. Nothing
  /// if its model has no price.
  [[nodiscard]] std::optional<int64_t> cost(const model::Request& request, const model::Completion& answer);
  /// What that much of a model costs, in 1e-9 US dollars; nothing if it has no price.
  [[nodiscard]] std::optional<int64_t> cost(uint32_t model, const model::Usage& usage);
  /// The most that embedding `text` can take, and what it has taken by the server's count, if that counts.
  [[nodiscard]] std::optional<Amount> most_embedded(uint32_t model, std::string_view text, bool priced,
                                                    std::string& error);
  [[nodiscard]] Amount embedded(uint32_t model, std::string_view text, const model::Usage& usage);
  /// What a call without an answer has taken, if it was sent: what it said may have been read.
  [[nodiscard]] Amount unanswered(const model::Request& request);

 private:
  /// Of a model, the members of a `balance`, and the fallbacks.
  struct Terms {
    int64_t answer = 0;                 // tokens, at most
    std::optional<model::Price> price;  // the highest of each kind; nothing if one is missing
    std::string unpriced;               // its name
  };
  [[nodiscard]] const Terms& terms(uint32_t model);
  [[nodiscard]] const model::Prices& prices();

  const program::Program& program_;
  const model::Prices* prices_;
  std::optional<model::Prices> built_in_;  // once a price is needed
  std::vector<std::optional<Terms>> terms_;
};

}  // namespace chain::sched
