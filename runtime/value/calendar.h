// Days and instants as text: ISO 8601 dates and RFC 3339 times.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chain::value {

/// A day of the proleptic Gregorian calendar.
struct CivilDay {
  int64_t year = 1970;
  uint32_t month = 1;  // from 1
  uint32_t day = 1;    // from 1
};

inline constexpr int64_t kNanosPerSecond = 1'000'000'000;
inline constexpr int64_t kNanosPerDay = 86'400 * kNanosPerSecond;

// Days count from 1970-01-01. Years have four digits: 0001 to 9999.
inline constexpr int64_t kFirstDay = -719'162;
inline constexpr int64_t kLastDay = 2'932'896;

[[nodiscard]] CivilDay civil_day(int64_t days);
/// Nothing if there is no such day.
[[nodiscard]] std::optional<int64_t> days_of(CivilDay day);
/// The day of an instant in nanoseconds since 1970-01-01T00:00:00Z, in UTC.
[[nodiscard]] int64_t day_of_time(int64_t nanoseconds);
/// From 1 (Monday) to 7.
[[nodiscard]] int64_t weekday_of(int64_t days);

/// "2026-01-31".
void append_date(std::string& out, int64_t days);
/// "2026-01-31T09:30:00Z", with as many digits behind the second as it needs, in UTC.
void append_time(std::string& out, int64_t nanoseconds);

/// Reads what `append_date` writes, exactly.
[[nodiscard]] std::optional<int64_t> parse_date(std::string_view text);
/// Reads an RFC 3339 time with any offset, within the range of 64 bits; of digits behind the second nine
/// count.
[[nodiscard]] std::optional<int64_t> parse_time(std::string_view text);

/// Whether `text` is an RFC 3339 time that `parse_time` does not take because 64 bits of nanoseconds do not
/// reach it.
[[nodiscard]] bool beyond_time(std::string_view text);
inline constexpr const char* kBeyondTime =
    "is out of the range of a time, which goes from 1677-09-21T00:12:43.145224192Z to "
    "2262-04-11T23:47:16.854775807Z";

/// What people write for a day: "Jan 31, 2026", "31 January 2026", "2026/1/31". Nothing where the order of
/// day and month is anybody's guess.
[[nodiscard]] std::optional<int64_t> spelled_date(std::string_view text);
/// A day as people write it, and a time of that day or none; without an offset it is taken as UTC.
[[nodiscard]] std::optional<int64_t> spelled_time(std::string_view text);

}  // namespace chain::value
