// What the calls inside one activation of a chain with `within` may take in all. Internal to runtime/sched.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/program/program.h"

namespace chain::sched {

/// What a call takes at most, or has taken.
struct Amount {
  int64_t cost = 0;  // 1e-9 US dollars
  int64_t calls = 0;
  int64_t tokens = 0;
  int64_t steps = 0;  // of agents
};

/// A call reserves the most that it can take before it starts, here and in every budget around, and is
/// charged what it took when it ends. So the sum of what was charged is never above a bound, however many run
/// at once. Lives in its run's arena.
class Budget {
 public:
  /// Of `chain`, which must live as long; an agent has its bounds as a chain.
  Budget(const program::Chain& chain, Budget* outer) : chain_(&chain), outer_(outer) {}

  enum class Answer : uint8_t {
    Reserved,
    Wait,   // others must end first
    Never,  // even if those take nothing
  };

  /// Reserves nothing unless it is `Reserved`. Otherwise `refusing`, if given, is the innermost budget that
  /// does not allow it.
  [[nodiscard]] Answer reserve(const Amount& most, const Budget** refusing = nullptr);
  /// What was reserved becomes what was taken.
  void settle(const Amount& reserved, const Amount& taken);
  /// Why a call that takes `most` cannot be made.
  [[nodiscard]] std::string refusal(const Amount& most) const;

  [[nodiscard]] const Amount& charged() const { return charged_; }
  [[nodiscard]] Budget* outer() const { return outer_; }
  [[nodiscard]] const program::Chain& chain() const { return *chain_; }
  /// Whether a bound needs to know what a call costs, or how many tokens it takes.
  [[nodiscard]] bool counts_cost() const;
  [[nodiscard]] bool counts_tokens() const;

 private:
  [[nodiscard]] bool fits(const Amount& most, bool with_reserved) const;

  const program::Chain* chain_;
  Budget* outer_;
  Amount charged_, reserved_;
};

}  // namespace chain::sched
