#include "runtime/model/retry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

#include "runtime/value/calendar.h"
#include "runtime/value/text.h"

namespace chain::model {

namespace {

constexpr int64_t kMillisecond = 1'000'000;
constexpr int64_t kFirstDelay = 500 * kMillisecond;
constexpr int64_t kLongestDelay = 8000 * kMillisecond;
constexpr int64_t kLongestWish = 60'000 * kMillisecond;

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

int64_t nanoseconds(double count, int64_t unit) {
  return static_cast<int64_t>(std::clamp(count, 0.0, 1e9) * static_cast<double>(unit));
}

int64_t back_off(uint32_t attempt, Random& random) {
  const int64_t full = std::min(kFirstDelay << std::min(attempt - 1, 10U), kLongestDelay);
  return static_cast<int64_t>(static_cast<double>(full) * (1 - random.uniform() / 4));
}

std::optional<int> parse_digits(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

}  // namespace

std::optional<int64_t> wished_delay(const Head& head) {
  if (const auto milliseconds = parse_number(head.retry_after_ms))
    return nanoseconds(*milliseconds, kMillisecond);
  if (const auto seconds = parse_number(head.retry_after)) return nanoseconds(*seconds, 1000 * kMillisecond);
  const auto date = parse_http_date(head.retry_after);
  if (!date) return std::nullopt;
  // Against the server's own clock where it tells it: ours may be wrong.
  const auto system = std::chrono::system_clock::now().time_since_epoch();
  const int64_t now =
      parse_http_date(head.date).value_or(std::chrono::floor<std::chrono::seconds>(system).count());
  return nanoseconds(static_cast<double>(*date - now), 1000 * kMillisecond);
}

namespace {

/// "120ms", "1s", "6m0s", or the time itself; nothing for anything else.
std::optional<int64_t> time_until(const std::string& text, const Head& head) {
  if (const auto duration = value::parse_duration(text)) return std::max<int64_t>(*duration, 0);
  const auto time = value::parse_time(text);
  if (!time) return std::nullopt;
  const auto system = std::chrono::system_clock::now().time_since_epoch();
  const int64_t seconds =
      parse_http_date(head.date).value_or(std::chrono::floor<std::chrono::seconds>(system).count());
  return nanoseconds(static_cast<double>(*time) / 1e9 - static_cast<double>(seconds), 1000 * kMillisecond);
}

}  // namespace

std::optional<int64_t> wished_pause(const Head& head) {
  std::optional<int64_t> pause = wished_delay(head);
  if (!pause) {
    if (head.requests_left == "0") pause = time_until(head.requests_reset, head);
    if (head.tokens_left == "0") pause = std::max(pause, time_until(head.tokens_reset, head));
  }
  return pause && *pause <= kLongestWish ? pause : std::nullopt;
}

double Random::uniform() {
  state_ += 0x9E3779B97F4A7C15U;
  uint64_t mixed = state_;
  mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9U;
  mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBU;
  mixed ^= mixed >> 31;
  return static_cast<double>(mixed >> 11) * 0x1p-53;
}

RetryDecision decide_retry(const Problem& problem, const Head& head, uint32_t attempt, uint32_t attempts,
                           Random& random) {
  RetryDecision decision;
  bool wanted = problem.transient;
  if (head.should_retry == "true") wanted = true;
  if (head.should_retry == "false") wanted = false;
  if (!wanted || problem.final || attempt >= attempts) return decision;
  const std::optional<int64_t> wish = wished_delay(head);
  if (wish && *wish > kLongestWish) {
    decision.why_not = fmt::format("it asks to wait for {} s, and no more than {} s are waited",
                                   *wish / (1000 * kMillisecond), kLongestWish / (1000 * kMillisecond));
    return decision;
  }
  decision.again = true;
  decision.delay_ns = wish ? *wish : back_off(attempt, random);
  return decision;
}

std::optional<int64_t> parse_http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  // "Sun, 06 Nov 1994 08:49:37 GMT": every part has its place.
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") return std::nullopt;
  const auto* month = std::find(kMonths.begin(), kMonths.end(), text.substr(8, 3));
  const auto day = parse_digits(text.substr(5, 2)), year = parse_digits(text.substr(12, 4));
  const auto hour = parse_digits(text.substr(17, 2)), minute = parse_digits(text.substr(20, 2));
  const auto second = parse_digits(text.substr(23, 2));
  if (month == kMonths.end() || !day || !year || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{
      std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1),
      std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return days * 86400 + *hour * 3600 + *minute * 60 + *second;
}

}  // namespace chain::model
