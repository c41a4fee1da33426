#include "runtime/value/text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "runtime/value/base64.h"
#include "runtime/value/calendar.h"
#include "runtime/value/json.h"
#include "runtime/value/layout.h"

namespace chain::value {

namespace {

struct Unit {
  std::string_view name;
  uint64_t nanoseconds;
};

constexpr std::array<Unit, 7> kUnits = {{{"d", 86'400'000'000'000},
                                         {"h", 3'600'000'000'000},
                                         {"m", 60'000'000'000},
                                         {"s", 1'000'000'000},
                                         {"ms", 1'000'000},
                                         {"us", 1'000},
                                         {"ns", 1}}};

constexpr uint64_t kNanosPerDollar = 1'000'000'000;
constexpr uint64_t kLargest = INT64_MAX;

void append_unsigned(std::string& out, uint64_t value) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

uint64_t magnitude(int64_t value) {
  return value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// `12` or `12.5` at the front of `text`, times `scale`; digits that `scale` cannot hold make it fail.
std::optional<uint64_t> take_scaled(std::string_view& text, uint64_t scale) {
  uint64_t whole = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (error != std::errc{} || whole > kLargest / scale) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  uint64_t total = whole * scale;
  if (text.size() < 2 || text[0] != '.' || !is_digit(text[1])) return total;
  text.remove_prefix(1);
  // A digit whose place is below one nanosecond can only be a zero.
  unsigned __int128 place = scale;
  unsigned __int128 divisor = 1;
  for (; !text.empty() && is_digit(text[0]); text.remove_prefix(1)) {
    const auto digit = static_cast<uint64_t>(text[0] - '0');
    if (divisor < 1'000'000'000'000'000'000) divisor *= 10;
    if (place * digit % divisor != 0) return std::nullopt;
    total += static_cast<uint64_t>(place * digit / divisor);
  }
  if (total > kLargest) return std::nullopt;
  return total;
}

/// The number at the front of `text` without moving past it, to find the unit behind it.
std::string_view after_number(std::string_view text) {
  size_t end = 0;
  while (end < text.size() && (is_digit(text[end]) || text[end] == '.')) ++end;
  return text.substr(end);
}

std::string_view take_word(std::string_view text) {
  size_t end = 0;
  while (end < text.size() && text[end] >= 'a' && text[end] <= 'z') ++end;
  return text.substr(0, end);
}

}  // namespace

void append_float(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "nan";
    return;
  }
  if (std::isinf(value)) {
    out += value < 0 ? "-inf" : "inf";
    return;
  }
  char digits[64];
  const double size = std::fabs(value);
  const bool plain = value == 0 || (size >= 1e-6 && size < 1e21);
  const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  std::string_view text(
      digits, static_cast<size_t>(std::to_chars(digits, digits + sizeof digits, value, format).ptr - digits));
  const size_t exponent = text.find('e');
  out += text.substr(0, exponent);
  if (text.find('.') == std::string_view::npos) out += ".0";
  if (exponent != std::string_view::npos) out += text.substr(exponent);
}

void append_duration(std::string& out, int64_t nanoseconds) {
  if (nanoseconds == 0) {
    out += "0s";
    return;
  }
  if (nanoseconds < 0) out += '-';
  uint64_t rest = magnitude(nanoseconds);
  for (const Unit& unit : kUnits) {
    if (rest < unit.nanoseconds) continue;
    append_unsigned(out, rest / unit.nanoseconds);
    out += unit.name;
    rest %= unit.nanoseconds;
  }
}

void append_money(std::string& out, int64_t nanodollars) {
  if (nanodollars < 0) out += '-';
  out += '$';
  const uint64_t amount = magnitude(nanodollars);
  append_unsigned(out, amount / kNanosPerDollar);
  char decimals[10];
  uint64_t rest = amount % kNanosPerDollar;
  for (int i = 8; i >= 0; --i, rest /= 10) decimals[i] = static_cast<char>('0' + rest % 10);
  size_t count = 9;
  while (count > 2 && decimals[count - 1] == '0') --count;
  out += '.';
  out.append(decimals, count);
}

std::optional<int64_t> parse_duration(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  uint64_t total = 0;
  size_t next_unit = 0;
  while (!text.empty()) {
    const std::string_view name = take_word(after_number(text));
    size_t unit = next_unit;
    while (unit < kUnits.size() && kUnits[unit].name != name) ++unit;
    if (unit == kUnits.size()) return std::nullopt;
    const auto part = take_scaled(text, kUnits[unit].nanoseconds);
    if (!part || !text.starts_with(name) || total > kLargest - *part) return std::nullopt;
    total += *part;
    text.remove_prefix(name.size());
    next_unit = unit + 1;
  }
  return negative ? -static_cast<int64_t>(total) : static_cast<int64_t>(total);
}

std::optional<int64_t> parse_money(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.starts_with('$')) text.remove_prefix(1);
  const auto amount = take_scaled(text, kNanosPerDollar);
  if (!amount || !text.empty()) return std::nullopt;
  return negative ? -static_cast<int64_t>(*amount) : static_cast<int64_t>(*amount);
}

const TextForm* text_form(program::TypeKind kind) {
  static constexpr TextForm duration{append_duration, parse_duration, "a duration such as \"20s\""};
  static constexpr TextForm money{append_money, parse_money, "an amount such as \"$0.05\""};
  static constexpr TextForm time{append_time, parse_time, "a time such as \"2026-01-31T09:30:00Z\""};
  static constexpr TextForm date{append_date, parse_date, "a date such as \"2026-01-31\""};
  switch (kind) {
    case program::TypeKind::Duration: return &duration;
    case program::TypeKind::Money: return &money;
    case program::TypeKind::Time: return &time;
    case program::TypeKind::Date: return &date;
    default: return nullptr;
  }
}

bool append_text(const program::TypeTable& types, program::TypeId id, const void* value, std::string& out) {
  using program::TypeKind;
  switch (types.base_kind(id)) {
    case TypeKind::String: out += load<Text>(value).view(); return true;
    case TypeKind::Duration:
    case TypeKind::Money:
    case TypeKind::Time:
    case TypeKind::Date: text_form(types.base_kind(id))->append(out, load<int64_t>(value)); return true;
    case TypeKind::Media: out += load<Text>(value).view(); return true;
    case TypeKind::Bytes: append_base64(out, load<Text>(value).view()); return true;
    case TypeKind::Float: append_float(out, load<double>(value)); return true;
    case TypeKind::Enum: {
      const auto& cases = types[id].cases;
      const auto index = load<uint32_t>(value);
      if (index < cases.size()) out += cases[index].alias.empty() ? cases[index].name : cases[index].alias;
      return true;
    }
    case TypeKind::Optional:
      return !is_present(types, id, value) || append_text(types, types[id].element, value, out);
    case TypeKind::Union: {
      const auto member = union_member(types, id, value);
      return member >= types[id].members.size() || append_text(types, types[id].members[member], value, out);
    }
    default: return write_json(types, id, value, out, {.models_view = true});
  }
}

}  // namespace chain::value
