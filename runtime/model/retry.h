// Whether and when a call that failed is made again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "runtime/model/dialect.h"

namespace chain::model {

/// Numbers that look random, from a seed (splitmix64): jitter that tests can repeat.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  /// In [0, 1).
  double uniform();

 private:
  uint64_t state_;
};

struct RetryDecision {
  bool again = false;
  int64_t delay_ns = 0;
  std::string why_not;  // for the message, if the server's own wish stands against it
};

/// After attempt number `attempt` (from 1) of at most `attempts` ended with `problem`: what the server asks
/// for in `x-should-retry`, `retry-after-ms` or `retry-after` (seconds or HTTP date) goes before what the
/// status says; a wait of more than a minute is not waited. Else 0.5 s, doubling to 8 s, less up to a
/// quarter.
[[nodiscard]] RetryDecision decide_retry(const Problem& problem, const Head& head, uint32_t attempt,
                                         uint32_t attempts, Random& random);

/// How long the server wishes us to wait, in nanoseconds: its `retry-after-ms` or `retry-after`; nothing if
/// it does not say.
[[nodiscard]] std::optional<int64_t> wished_delay(const Head& head);

/// How long nobody should ask, in nanoseconds, after a 429: `wished_delay`, else until the limit that is used
/// up is whole again, by `x-ratelimit-*` and `anthropic-ratelimit-*`. Nothing if that is not said, or takes
/// more than the minute that is waited at most.
[[nodiscard]] std::optional<int64_t> wished_pause(const Head& head);

/// Seconds since 1970 of an IMF-fixdate ("Sun, 06 Nov 1994 08:49:37 GMT", RFC 9110).
[[nodiscard]] std::optional<int64_t> parse_http_date(std::string_view text);

}  // namespace chain::model
