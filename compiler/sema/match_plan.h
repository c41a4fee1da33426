// What has been learnt of the arms of a `match`. Internal to match_plan.cpp and match.cpp.
#pragma once

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "compiler/sema/body.h"

namespace chain::sema {

inline constexpr uint32_t kNoArm = UINT32_MAX;

/// One type that the subject may be of: its own, or that of a member of its union.
struct BodyChecker::MatchTarget {
  TypeId type;   // as the union has it
  TypeId inner;  // without conditions: an enum, a literal type, a scalar, a record
  TypeId plain;  // `inner` without literals: its base
  std::map<program::Literal, uint32_t> arms;                  // by literal; enums by the place of their case
  std::vector<std::pair<program::Literal, uint32_t>> sorted;  // `arms`, once all are known
  uint32_t rest_arm = kNoArm;                                 // of every other value: `else`, or its type
  Span rest_span;
  size_t values = 0;  // how many there are to cover; 0 if without end

  [[nodiscard]] bool complete() const { return rest_arm != kNoArm || (values > 0 && arms.size() >= values); }
  [[nodiscard]] bool goes_to(uint32_t arm) const {
    return rest_arm == arm || std::ranges::any_of(arms, [&](const auto& item) { return item.second == arm; });
  }
};

struct BodyChecker::MatchPlan {
  Value subject;  // without conditions; may be optional
  const syntax::Expr* expr = nullptr;
  bool optional = false;
  bool alternatives = false;  // it is a union, and `targets` are its members
  std::vector<MatchTarget> targets;
  uint32_t none_arm = kNoArm;
  bool has_else = false;
  Span else_span;
  bool poisoned = false;

  [[nodiscard]] bool complete() const {
    return std::ranges::all_of(targets, [](const MatchTarget& target) { return target.complete(); }) &&
           (!optional || none_arm != kNoArm);
  }
  /// The only target whose values go to `arm`; null if there are several or none.
  [[nodiscard]] const MatchTarget* only_target(uint32_t arm) const {
    const MatchTarget* only = nullptr;
    for (const MatchTarget& target : targets) {
      if (!target.goes_to(arm)) continue;
      if (only) return nullptr;
      only = &target;
    }
    return only;
  }
};

}  // namespace chain::sema
