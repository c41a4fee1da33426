// The values of number literals. The lexer has seen to their form.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace chain::syntax {

/// Nothing if it does not fit in 64 bits. `negated`: a `-` stands before it, so that -2^63 fits too; the
/// value given is the negative one then.
[[nodiscard]] std::optional<int64_t> int_value(std::string_view digits, bool negated = false);

/// Nothing if it is out of a double's range. For `90%` it is 0.9.
[[nodiscard]] std::optional<double> float_value(std::string_view text);

/// `2h30m` in nanoseconds. A day is 24 hours.
[[nodiscard]] std::optional<int64_t> duration_value(std::string_view text);

/// `$0.05` in nano-dollars; nothing if it has more than nine decimals or does not fit.
[[nodiscard]] std::optional<int64_t> money_value(std::string_view text);

}  // namespace chain::syntax
