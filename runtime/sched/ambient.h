// What a run reads of the world without asking anybody: the clock and chance.
#pragma once

#include <cstdint>
#include <string_view>

namespace chain::sched {

/// Nanoseconds since 1970, UTC, by the system's clock.
[[nodiscard]] int64_t wall_clock();

/// A seed that nobody knows before.
[[nodiscard]] uint64_t fresh_seed();

/// 64 bits that look random: always the same for the same seed and path. Not for secrets.
[[nodiscard]] uint64_t draw(uint64_t seed, std::string_view path);

/// From 0 below 1, each multiple of 2^-53 as likely as any other.
[[nodiscard]] double fraction_of(uint64_t bits);

/// From `low` to `high`, both included; `low` must not be above `high`.
[[nodiscard]] int64_t number_in(int64_t low, int64_t high, uint64_t bits);

}  // namespace chain::sched
