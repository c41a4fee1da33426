// `balance(a, b)`: which of several models a call goes to.
#pragma once

#include <cstdint>
#include <span>

#include "runtime/model/backend.h"

namespace chain::model {

/// How long a member is passed over after it has failed with `rate_limited` or `unavailable`, in nanoseconds.
inline constexpr int64_t kPassOver = 10'000'000'000;

struct MemberLoad {
  Backend::Load load;
  int64_t weight = 1;
  bool failing = false;  // is passed over until it has had time to recover
  bool tried = false;    // by this call: never chosen
};

/// The member with the fewest calls under way for its cap and weight; of equals the first. One without a cap
/// counts as having the largest of the others. Those that fail, or that would let the call wait for their
/// rate, are chosen if there is no other. SIZE_MAX if all were tried.
[[nodiscard]] size_t choose_member(std::span<const MemberLoad> members);

}  // namespace chain::model
