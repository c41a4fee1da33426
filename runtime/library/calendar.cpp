// Times and days.
#include "runtime/value/calendar.h"

#include "runtime/library/call.h"
#include "runtime/program/quote.h"

namespace chain::library {

namespace {

std::string quoted(std::string_view text) {
  constexpr size_t kShown = 40;
  std::string result;
  program::append_quoted(result, text.size() > kShown ? std::string(text.substr(0, kShown)) + "..." : text);
  return result;
}

value::CivilDay day_of_date(const Call& call) {
  return value::civil_day(call.get<int64_t>(0));
}
value::CivilDay day_of_time(const Call& call) {
  return value::civil_day(value::day_of_time(call.get<int64_t>(0)));
}

/// Seconds since the day of the instant began.
int64_t second_of_day(const Call& call) {
  const auto time = call.get<int64_t>(0);
  const int64_t seconds = time / value::kNanosPerSecond - (time % value::kNanosPerSecond < 0 ? 1 : 0);
  return ((seconds % 86'400) + 86'400) % 86'400;
}

}  // namespace

LIBRARY(chain_lib_time_from_text) {
  const auto time = value::parse_time(call.text(0));
  if (time) return call.give(*time);
  if (value::beyond_time(call.text(0))) return call.fail(quoted(call.text(0)) + ' ' + value::kBeyondTime);
  return call.fail(quoted(call.text(0)) + " is no time such as \"2026-01-31T09:30:00Z\"");
}

LIBRARY(chain_lib_time_from_date) {
  int64_t time = 0;
  if (__builtin_mul_overflow(call.get<int64_t>(0), value::kNanosPerDay, &time))
    return call.fail("the day is outside the years 1678 to 2261");
  return call.give(time);
}

LIBRARY(chain_lib_date_from_text) {
  const auto day = value::parse_date(call.text(0));
  if (day) return call.give(*day);
  return call.fail(quoted(call.text(0)) + " is no date such as \"2026-01-31\"");
}

LIBRARY(chain_lib_date_from_time) {
  return call.give(value::day_of_time(call.get<int64_t>(0)));
}

LIBRARY(chain_lib_shift_date) {
  const auto by = call.get<int64_t>(1);
  if (by % value::kNanosPerDay != 0) return call.fail("a date moves by whole days");
  const int64_t day = call.get<int64_t>(0) + by / value::kNanosPerDay;
  if (day < value::kFirstDay || day > value::kLastDay)
    return call.fail("the date is outside the years 1 to 9999");
  return call.give(day);
}

LIBRARY(chain_lib_between_dates) {
  int64_t span = 0;
  if (__builtin_mul_overflow(call.get<int64_t>(0) - call.get<int64_t>(1), value::kNanosPerDay, &span))
    return call.fail("the dates lie further apart than a duration can say");
  return call.give(span);
}

LIBRARY(chain_lib_year_of_date) {
  return call.give(day_of_date(call).year);
}
LIBRARY(chain_lib_year_of_time) {
  return call.give(day_of_time(call).year);
}
LIBRARY(chain_lib_month_of_date) {
  return call.give(int64_t{day_of_date(call).month});
}
LIBRARY(chain_lib_month_of_time) {
  return call.give(int64_t{day_of_time(call).month});
}
LIBRARY(chain_lib_day_of_date) {
  return call.give(int64_t{day_of_date(call).day});
}
LIBRARY(chain_lib_day_of_time) {
  return call.give(int64_t{day_of_time(call).day});
}
LIBRARY(chain_lib_weekday_of_date) {
  return call.give(value::weekday_of(call.get<int64_t>(0)));
}
LIBRARY(chain_lib_weekday_of_time) {
  return call.give(value::weekday_of(value::day_of_time(call.get<int64_t>(0))));
}
namespace {

constexpr std::string_view kDays[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                      "Friday", "Saturday", "Sunday"};
constexpr std::string_view kMonths[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};

void append_padded(std::string& out, int64_t number, size_t width) {
  const std::string digits = std::to_string(number);
  out.append(width > digits.size() ? width - digits.size() : 0, '0').append(digits);
}

/// False for a letter that stands for nothing.
bool append_part(std::string& out, char letter, int64_t days, int64_t second) {
  const value::CivilDay day = value::civil_day(days);
  const std::string_view weekday = kDays[value::weekday_of(days) - 1];
  const std::string_view month = kMonths[day.month - 1];
  const int64_t hour = second / 3600;
  switch (letter) {
    case 'Y': append_padded(out, day.year, 4); break;
    case 'y': append_padded(out, day.year % 100, 2); break;
    case 'm': append_padded(out, day.month, 2); break;
    case 'd': append_padded(out, day.day, 2); break;
    case 'j': append_padded(out, days - *value::days_of({day.year, 1, 1}) + 1, 3); break;
    case 'H': append_padded(out, hour, 2); break;
    case 'I': append_padded(out, (hour + 11) % 12 + 1, 2); break;
    case 'M': append_padded(out, second / 60 % 60, 2); break;
    case 'S': append_padded(out, second % 60, 2); break;
    case 'p': out += hour < 12 ? "AM" : "PM"; break;
    case 'a': out += weekday.substr(0, 3); break;
    case 'A': out += weekday; break;
    case 'b': out += month.substr(0, 3); break;
    case 'B': out += month; break;
    case '%': out += '%'; break;
    default: return false;
  }
  return true;
}

Status formatted(Call& call, int64_t days, int64_t second) {
  const std::string_view pattern = call.text(1);
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%') {
      out += pattern[i];
    } else if (i + 1 == pattern.size() || !append_part(out, pattern[i + 1], days, second)) {
      return call.fail("the pattern has a `%` that stands for nothing; write `%%` for the sign itself");
    } else {
      ++i;
    }
    if (out.size() > kMaxResultBytes) return call.fail_too_large();
  }
  return call.give_text(out);
}

}  // namespace

LIBRARY(chain_lib_format_time) {
  return formatted(call, value::day_of_time(call.get<int64_t>(0)), second_of_day(call));
}
LIBRARY(chain_lib_format_date) {
  return formatted(call, call.get<int64_t>(0), 0);
}

LIBRARY(chain_lib_unix) {
  const auto time = call.get<int64_t>(0);
  return call.give(time / value::kNanosPerSecond - (time % value::kNanosPerSecond < 0 ? 1 : 0));
}

LIBRARY(chain_lib_from_unix) {
  int64_t time = 0;
  if (__builtin_mul_overflow(call.get<int64_t>(0), value::kNanosPerSecond, &time))
    return call.fail("the time is outside the years 1678 to 2261");
  return call.give(time);
}

LIBRARY(chain_lib_seconds) {
  return call.give(static_cast<double>(call.get<int64_t>(0)) / 1e9);
}

LIBRARY(chain_lib_hour) {
  return call.give(second_of_day(call) / 3600);
}
LIBRARY(chain_lib_minute) {
  return call.give(second_of_day(call) / 60 % 60);
}
LIBRARY(chain_lib_second) {
  return call.give(second_of_day(call) % 60);
}

}  // namespace chain::library
