// JSON as it is kept: one line of text, as write_json lays it out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/value/json_tree.h"

namespace chain::value {

/// Appends `node` on one line, or with `indent` spaces for each level from `level` on; of equal keys the last
/// counts.
void append_json(std::string& out, const JsonNode& node, uint32_t indent = 0, uint32_t level = 0);

/// `text` as it is kept; nothing if it is no JSON.
[[nodiscard]] std::optional<std::string> kept_json(std::string_view text);

/// How many lists and objects stand around the innermost value of `text`, which is JSON.
[[nodiscard]] uint32_t json_depth(std::string_view text);

/// The same text for equal values: keys in order, numbers by their value.
[[nodiscard]] std::string canonical_json(std::string_view text);
[[nodiscard]] bool json_equal(std::string_view a, std::string_view b);

}  // namespace chain::value
