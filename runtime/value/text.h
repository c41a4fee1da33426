// Scalars as text, the way a template prints them and JSON holds them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/program/types.h"

namespace chain::value {

/// The shortest decimal that reads back the same, with a digit on both sides of the point: "1.0", "0.1",
/// "1.0e+22". "nan", "inf" and "-inf" for what has no decimal.
void append_float(std::string& out, double value);

/// "2h30m", "150ms", "1d", "0s"; `nanoseconds` may be negative: "-20s".
void append_duration(std::string& out, int64_t nanoseconds);

/// "$0.05", "$1.00", "-$2.50", "$0.000001": two digits of cents at least. In 1e-9 US dollars.
void append_money(std::string& out, int64_t nanodollars);

/// Reads what `append_duration` writes, and fractions ("1.5s"). Units: d h m s ms us ns, each at most once,
/// largest first. Nothing if it is no duration or does not fit.
[[nodiscard]] std::optional<int64_t> parse_duration(std::string_view text);

/// Reads what `append_money` writes, the dollar sign being optional. Nothing if it is no amount, has more
/// than nine decimals or does not fit.
[[nodiscard]] std::optional<int64_t> parse_money(std::string_view text);

/// A scalar of 64 bits that JSON and templates write as text: durations, amounts, times, days.
struct TextForm {
  void (*append)(std::string& out, int64_t value);
  std::optional<int64_t> (*parse)(std::string_view text);
  const char* what;  // "a duration such as \"20s\""
};

/// Null for every other kind.
[[nodiscard]] const TextForm* text_form(program::TypeKind kind);

/// Appends `value` as a template prints it, which is what models see: text, numbers, durations and amounts as
/// they are, an enum case by its alias if it has one, an absent optional as nothing, everything else as JSON
/// in the models' view. False if that is nested deeper than JSON goes.
[[nodiscard]] bool append_text(const program::TypeTable& types, program::TypeId type, const void* value,
                               std::string& out);

}  // namespace chain::value
