#include "runtime/value/calendar.h"

#include <fmt/format.h>

#include <charconv>
#include <iterator>
#include <vector>

#include "runtime/value/characters.h"

namespace chain::value {

namespace {

constexpr int64_t kNanosPerMinute = 60 * kNanosPerSecond;

int64_t floor_divide(int64_t a, int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

bool is_leap(int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

uint32_t days_in(int64_t year, uint32_t month) {
  constexpr uint32_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/// Exactly `count` digits off the front.
std::optional<uint32_t> take_digits(std::string_view& text, size_t count) {
  if (text.size() < count) return std::nullopt;
  uint32_t value = 0;
  for (const char c : text.substr(0, count)) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + static_cast<uint32_t>(c - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<int64_t> take_date(std::string_view& text) {
  const auto year = take_digits(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_digits(text, 2);
  return day ? days_of({*year, *month, *day}) : std::nullopt;
}

/// The digits behind the second, in nanoseconds.
std::optional<int64_t> take_fraction(std::string_view& text) {
  if (!take(text, '.')) return 0;
  int64_t nanos = 0;
  int64_t unit = kNanosPerSecond;
  size_t digits = 0;
  for (; digits < text.size() && is_digit(text[digits]); ++digits) {
    unit /= 10;
    nanos += (text[digits] - '0') * unit;
  }
  text.remove_prefix(digits);
  return digits > 0 ? std::optional(nanos) : std::nullopt;
}

/// "09:30:00.5", also without seconds, in nanoseconds of its day.
std::optional<int64_t> take_clock(std::string_view& text, bool needs_seconds) {
  const auto hour = take_digits(text, 2);
  if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || *minute > 59) return std::nullopt;
  const int64_t minutes = (int64_t{*hour} * 60 + *minute) * kNanosPerMinute;
  if (!needs_seconds && !text.starts_with(':')) return minutes;
  if (!take(text, ':')) return std::nullopt;
  const auto second = take_digits(text, 2);
  if (!second || *second > 60) return std::nullopt;  // 60: a leap second
  const auto fraction = take_fraction(text);
  if (!fraction) return std::nullopt;
  return minutes + *second * kNanosPerSecond + *fraction;
}

/// "Z" or "+02:00", in nanoseconds that local time is ahead.
std::optional<int64_t> take_offset(std::string_view& text) {
  if (take(text, 'Z') || take(text, 'z')) return 0;
  const bool behind = text.starts_with('-');
  if (!behind && !text.starts_with('+')) return std::nullopt;
  text.remove_prefix(1);
  const auto hours = take_digits(text, 2);
  if (!hours || *hours > 23 || !take(text, ':')) return std::nullopt;
  const auto minutes = take_digits(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  const int64_t offset = (int64_t{*hours} * 60 + *minutes) * kNanosPerMinute;
  return behind ? -offset : offset;
}

std::optional<int64_t> instant(int64_t days, int64_t clock, int64_t offset) {
  // In 128 bits, because the first day begins before the first instant.
  const auto nanos = static_cast<__int128>(days) * kNanosPerDay + clock - offset;
  if (nanos < INT64_MIN || nanos > INT64_MAX) return std::nullopt;
  return static_cast<int64_t>(nanos);
}

/// A month by its English name or the first three letters of it; 0 if it is none.
uint32_t month_named(std::string_view word) {
  constexpr std::string_view names[] = {"january",   "february", "march",    "april",
                                        "may",       "june",     "july",     "august",
                                        "september", "october",  "november", "december"};
  std::string lower;
  for (const char c : word) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (uint32_t i = 0; i < std::size(names); ++i) {
    if (lower == names[i] || (lower.size() == 3 && names[i].starts_with(lower))) return i + 1;
  }
  return 0;
}

/// Numbers and words, without what stands between them; "31st" is 31.
std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (size_t i = 0; i < text.size();) {
    const bool digit = is_digit(text[i]);
    size_t end = i;
    while (end < text.size() && (digit ? is_digit(text[end]) : is_letter(text[end]))) ++end;
    if (end == i) {
      ++i;
      continue;
    }
    const std::string_view word = text.substr(i, end - i);
    const bool ordinal = word == "st" || word == "nd" || word == "rd" || word == "th" || word == "of";
    if (!ordinal) words.push_back(word);
    i = end;
  }
  return words;
}

std::optional<uint32_t> number(std::string_view word) {
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return value;
}

}  // namespace

// Days from civil and back, after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".

CivilDay civil_day(int64_t days) {
  days += 719'468;
  const int64_t era = floor_divide(days, 146'097);
  const int64_t of_era = days - era * 146'097;
  const int64_t year = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
  const int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  const int64_t shifted = (5 * of_year + 2) / 153;  // months from March
  const auto month = static_cast<uint32_t>(shifted < 10 ? shifted + 3 : shifted - 9);
  return {year + era * 400 + (month <= 2 ? 1 : 0), month,
          static_cast<uint32_t>(of_year - (153 * shifted + 2) / 5 + 1)};
}

std::optional<int64_t> days_of(CivilDay day) {
  if (day.year < 1 || day.year > 9999 || day.month < 1 || day.month > 12) return std::nullopt;
  if (day.day < 1 || day.day > days_in(day.year, day.month)) return std::nullopt;
  const int64_t year = day.year - (day.month <= 2 ? 1 : 0);
  const int64_t era = floor_divide(year, 400);
  const int64_t of_era = year - era * 400;
  const int64_t shifted = day.month > 2 ? day.month - 3 : day.month + 9;
  const int64_t of_year = (153 * shifted + 2) / 5 + day.day - 1;
  return era * 146'097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719'468;
}

int64_t day_of_time(int64_t nanoseconds) {
  return floor_divide(nanoseconds, kNanosPerDay);
}

int64_t weekday_of(int64_t days) {
  const int64_t from_monday = (days + 3) % 7;  // 1970-01-01 was a Thursday
  return (from_monday + 7) % 7 + 1;
}

void append_date(std::string& out, int64_t days) {
  const CivilDay day = civil_day(days);
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}", day.year, day.month, day.day);
}

void append_time(std::string& out, int64_t nanoseconds) {
  const int64_t days = day_of_time(nanoseconds);
  // In 128 bits, because the first day begins before the first instant.
  const auto clock =
      static_cast<int64_t>(static_cast<__int128>(nanoseconds) - static_cast<__int128>(days) * kNanosPerDay);
  append_date(out, days);
  const int64_t seconds = clock / kNanosPerSecond;
  fmt::format_to(std::back_inserter(out), "T{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60,
                 seconds % 60);
  if (const int64_t fraction = clock % kNanosPerSecond; fraction > 0) {
    fmt::format_to(std::back_inserter(out), ".{:09}", fraction);
    while (out.back() == '0') out.pop_back();
  }
  out += 'Z';
}

std::optional<int64_t> parse_date(std::string_view text) {
  const auto days = take_date(text);
  return text.empty() ? days : std::nullopt;
}

std::optional<int64_t> parse_time(std::string_view text) {
  const auto days = take_date(text);
  if (!days || !(take(text, 'T') || take(text, 't') || take(text, ' '))) return std::nullopt;
  const auto clock = take_clock(text, true);
  if (!clock) return std::nullopt;
  const auto offset = take_offset(text);
  return offset && text.empty() ? instant(*days, *clock, *offset) : std::nullopt;
}

bool beyond_time(std::string_view text) {
  constexpr size_t kYear = 4;
  if (text.size() <= kYear || parse_time(text)) return false;
  std::string_view day = text;
  std::string near(text);
  near.replace(0, kYear, "2000");  // which has every day of every year
  return take_date(day).has_value() && parse_time(near).has_value();
}

std::optional<int64_t> spelled_date(std::string_view text) {
  const std::vector<std::string_view> words = words_of(text);
  if (words.size() != 3) return std::nullopt;
  const auto day_from = [](std::optional<uint32_t> year, uint32_t month, std::optional<uint32_t> day) {
    return year && day ? days_of({*year, month, *day}) : std::nullopt;
  };
  if (words[0].size() == 4) {  // 2026/1/31
    const auto month = number(words[1]);
    return month ? day_from(number(words[0]), *month, number(words[2])) : std::nullopt;
  }
  if (words[2].size() != 4) return std::nullopt;
  if (const uint32_t month = month_named(words[0]))
    return day_from(number(words[2]), month, number(words[1]));
  if (const uint32_t month = month_named(words[1]))
    return day_from(number(words[2]), month, number(words[0]));
  return std::nullopt;
}

std::optional<int64_t> spelled_time(std::string_view text) {
  text = trimmed(text);
  std::string_view rest = text;
  auto days = take_date(rest);
  if (!days) {
    const size_t colon = text.find(':');
    size_t clock = colon == std::string_view::npos ? text.size() : text.find_last_of(" T", colon);
    if (clock == std::string_view::npos) return std::nullopt;
    days = spelled_date(text.substr(0, clock));
    rest = text.substr(clock);
  }
  if (!days) return std::nullopt;
  if (rest.empty()) return instant(*days, 0, 0);
  if (!take(rest, 'T') && !take(rest, ' ')) return std::nullopt;
  const auto clock = take_clock(rest, false);
  if (!clock) return std::nullopt;
  rest = trimmed(rest);
  if (rest.empty() || rest == "UTC" || rest == "GMT") return instant(*days, *clock, 0);
  const auto offset = take_offset(rest);
  return offset && rest.empty() ? instant(*days, *clock, *offset) : std::nullopt;
}

}  // namespace chain::value
