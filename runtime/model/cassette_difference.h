// How two texts differ, for a person: which of many is nearest, and which lines are not the same.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace chain::model {

/// The place of the text of `others`, which is not empty, that differs from `text` in the fewest words; the
/// first of equals. Work is linear in all texts together, and squared in the words that a few of them differ
/// in, up to a bound.
[[nodiscard]] size_t nearest_text(std::string_view text, const std::vector<std::string_view>& others);

/// The lines that differ, as "- before" and "+ after" with two blanks in front, each cut around what differs.
/// At most 12; of more the number is said. No control characters but line feeds.
[[nodiscard]] std::string difference(const std::vector<std::string>& before,
                                     const std::vector<std::string>& after);

}  // namespace chain::model
