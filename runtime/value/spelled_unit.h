// Durations and amounts as people write them out. Internal to runtime/value.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace chain::value {

/// "20 minutes", "1 hour and 30 minutes", "2h 30m", "1.5 days", in nanoseconds. Nothing if there is any other
/// word.
[[nodiscard]] std::optional<int64_t> spelled_duration(std::string_view text);

/// "5 dollars", "4.50 USD", "USD 4.50", "5 cents", in 1e-9 dollars. Nothing for other currencies.
[[nodiscard]] std::optional<int64_t> spelled_money(std::string_view text);

}  // namespace chain::value
