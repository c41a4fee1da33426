#include "runtime/value/number_text.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <string>

#include "runtime/value/characters.h"

namespace chain::value {

namespace {

constexpr std::string_view kCurrencies[] = {"$", "€", "£", "¥", "₩", "₹"};

void skip_currency(std::string_view& text, bool& plain) {
  for (std::string_view sign : kCurrencies) {
    if (!text.starts_with(sign)) continue;
    text.remove_prefix(sign.size());
    plain = false;
    return;
  }
}

bool takes_thousands(std::string_view text) {
  return text.size() >= 4 && text[0] == ',' && is_digit(text[1]) && is_digit(text[2]) && is_digit(text[3]) &&
         (text.size() == 4 || !is_digit(text[4]));
}

void take_digits(std::string_view& text, std::string& digits) {
  while (!text.empty() && is_digit(text.front())) {
    digits += text.front();
    text.remove_prefix(1);
  }
}

/// "e-5" at the front of `text`, if digits follow.
void take_exponent(std::string_view& text, std::string& digits) {
  if (text.empty() || (text[0] != 'e' && text[0] != 'E')) return;
  const size_t sign = text.size() > 1 && (text[1] == '+' || text[1] == '-') ? 2 : 1;
  if (text.size() <= sign || !is_digit(text[sign])) return;
  digits += text.substr(0, sign);
  text.remove_prefix(sign);
  take_digits(text, digits);
}

/// The number at the front of `text`, which it takes off.
std::optional<NumberText> take_number(std::string_view& text) {
  std::string digits;
  NumberText number;
  number.plain = true;
  std::string_view rest = text;
  skip_currency(rest, number.plain);
  if (rest.starts_with('-') || rest.starts_with('+')) {
    number.plain &= rest[0] == '-';
    if (rest[0] == '-') digits += '-';
    rest.remove_prefix(1);
    skip_currency(rest, number.plain);
  }
  const size_t sign = digits.size();
  take_digits(rest, digits);
  while (digits.size() > sign && takes_thousands(rest)) {
    number.plain = false;
    rest.remove_prefix(1);
    take_digits(rest, digits);
  }
  bool whole = true;
  if (rest.size() > 1 && rest[0] == '.' && is_digit(rest[1])) {
    whole = false;
    if (digits.size() == sign) number.plain = false;
    digits += '.';
    rest.remove_prefix(1);
    take_digits(rest, digits);
  }
  if (digits.size() == sign) return std::nullopt;
  const size_t mantissa = digits.size();
  take_exponent(rest, digits);
  whole = whole && digits.size() == mantissa;
  const char* end = digits.data() + digits.size();
  if (std::from_chars(digits.data(), end, number.value).ec != std::errc{}) return std::nullopt;
  number.is_whole = whole && std::from_chars(digits.data(), end, number.whole).ec == std::errc{};
  number.percent = rest.starts_with('%');
  if (number.percent) rest.remove_prefix(1);
  number.plain = number.plain && !number.percent;
  text = rest;
  return number;
}

/// Digits with a decimal point and commas in odd places, such as "12,11.5" or "1,23,456.0": no one means a
/// comma for a decimal point beside a point.
std::optional<NumberText> read_misgrouped(std::string_view text) {
  const bool only_these = text.find_first_not_of("0123456789.,") == std::string_view::npos;
  if (!only_these || std::count(text.begin(), text.end(), '.') != 1) return std::nullopt;
  std::string digits;
  std::remove_copy(text.begin(), text.end(), std::back_inserter(digits), ',');
  if (digits.size() == text.size()) return std::nullopt;
  std::string_view rest = digits;
  auto number = take_number(rest);
  if (!number || !rest.empty()) return std::nullopt;
  number->plain = false;
  return number;
}

/// Whether what follows a number changes its size: "4k", "1_000", "0x10", "12 thousand".
bool scaled(std::string_view rest) {
  if (rest.empty()) return false;
  const char next = rest.front();
  if (next == '_' || (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z')) return true;
  rest = trimmed(rest);
  for (const std::string_view word : {"hundred", "thousand", "million", "billion", "trillion"}) {
    if (rest.starts_with(word)) return true;
  }
  return false;
}

/// U+2212, the minus sign that typesetters use.
bool minus_before(std::string_view text) {
  return text.ends_with("\xE2\x88\x92");
}

bool can_start(std::string_view text, size_t at) {
  return is_digit(text[at]) || (text[at] == '.' && at + 1 < text.size() && is_digit(text[at + 1]));
}

}  // namespace

std::optional<NumberText> read_number(std::string_view text) {
  text = trimmed(text);
  while (text.ends_with(',')) text.remove_suffix(1);
  if (const auto number = read_misgrouped(text)) return number;
  auto number = take_number(text);
  if (!number) return std::nullopt;
  if (text.empty()) return number;
  if (text.front() != '/' || number->percent) return std::nullopt;
  text.remove_prefix(1);
  const auto divisor = take_number(text);
  if (!divisor || !text.empty() || divisor->value == 0 || divisor->percent) return std::nullopt;
  NumberText fraction;
  fraction.value = number->value / divisor->value;
  return fraction;
}

std::optional<NumberText> find_only_number(std::string_view text) {
  std::optional<NumberText> found;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!can_start(text, i)) continue;
    const size_t begin = i;
    const bool in_name = i > 0 && (is_letter(text[i - 1]) || text[i - 1] == '_');
    const bool negative = i > 0 && text[i - 1] == '-' && (i == 1 || is_space(text[i - 2]));
    std::string_view rest = text.substr(i - (negative ? 1 : 0));
    const auto number = take_number(rest);
    const size_t end = static_cast<size_t>(rest.data() - text.data());
    if (!number) return std::nullopt;
    i = end - 1;
    if (in_name) continue;
    if (found || scaled(text.substr(end))) return std::nullopt;
    found = number;
    if (i > 0 && minus_before(text.substr(0, begin))) {
      found->value = -found->value;
      found->whole = -found->whole;
    }
    found->plain = false;
  }
  return found;
}

}  // namespace chain::value
