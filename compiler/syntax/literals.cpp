#include "compiler/syntax/literals.h"

#include <charconv>
#include <cmath>

namespace chain::syntax {
namespace {

std::optional<uint64_t> magnitude(std::string_view digits) {
  uint64_t value = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || stop != digits.data() + digits.size()) return std::nullopt;
  return value;
}

int64_t nanoseconds_of(std::string_view unit) {
  constexpr int64_t second = 1'000'000'000;
  if (unit == "ms") return second / 1000;
  switch (unit[0]) {
    case 's': return second;
    case 'm': return 60 * second;
    case 'h': return 3600 * second;
    default: return 86'400 * second;
  }
}

}  // namespace

std::optional<int64_t> int_value(std::string_view digits, bool negated) {
  const std::optional<uint64_t> value = magnitude(digits);
  const uint64_t limit = static_cast<uint64_t>(INT64_MAX) + (negated ? 1 : 0);
  if (!value || *value > limit) return std::nullopt;
  return static_cast<int64_t>(negated ? ~*value + 1 : *value);
}

std::optional<double> float_value(std::string_view text) {
  const bool percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
  return percent ? value / 100 : value;
}

std::optional<int64_t> duration_value(std::string_view text) {
  int64_t total = 0;
  while (!text.empty()) {
    const size_t digits = text.find_first_not_of("0123456789");
    const std::optional<int64_t> count = int_value(text.substr(0, digits));
    text.remove_prefix(digits);
    const size_t unit = std::min(text.find_first_of("0123456789"), text.size());
    int64_t part = 0;
    if (!count || __builtin_mul_overflow(*count, nanoseconds_of(text.substr(0, unit)), &part) ||
        __builtin_add_overflow(total, part, &total)) {
      return std::nullopt;
    }
    text.remove_prefix(unit);
  }
  return total;
}

std::optional<int64_t> money_value(std::string_view text) {
  text.remove_prefix(1);
  const size_t point = std::min(text.find('.'), text.size());
  const std::string_view decimals = point < text.size() ? text.substr(point + 1) : std::string_view();
  if (decimals.size() > 9) return std::nullopt;
  std::optional<int64_t> dollars = int_value(text.substr(0, point));
  int64_t fraction = decimals.empty() ? 0 : *int_value(decimals);
  for (size_t i = decimals.size(); i < 9; ++i) fraction *= 10;
  int64_t total = 0;
  if (!dollars || __builtin_mul_overflow(*dollars, int64_t{1'000'000'000}, &total) ||
      __builtin_add_overflow(total, fraction, &total)) {
    return std::nullopt;
  }
  return total;
}

}  // namespace chain::syntax
