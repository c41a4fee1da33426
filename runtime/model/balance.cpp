#include "runtime/model/balance.h"

#include <algorithm>

namespace chain::model {

size_t choose_member(std::span<const MemberLoad> members) {
  uint32_t largest = 0;
  for (const MemberLoad& member : members) largest = std::max(largest, member.load.cap);
  const auto room = [&](const MemberLoad& member) {
    const uint32_t cap = member.load.cap > 0 ? member.load.cap : std::max(largest, 1U);
    return static_cast<__int128>(cap) * member.weight;
  };
  const auto aside = [](const MemberLoad& member) { return member.failing || member.load.waits; };
  size_t best = SIZE_MAX;
  for (size_t i = 0; i < members.size(); ++i) {
    if (members[i].tried) continue;
    if (best == SIZE_MAX) {
      best = i;
      continue;
    }
    const MemberLoad &one = members[i], &other = members[best];
    const bool less = static_cast<__int128>(one.load.calls) * room(other) <
                      static_cast<__int128>(other.load.calls) * room(one);
    if (aside(one) != aside(other) ? aside(other) : less) best = i;
  }
  return best;
}

}  // namespace chain::model
