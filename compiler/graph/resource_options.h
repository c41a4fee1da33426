// The options of a resource as text, with what stands in them besides constants.
#pragma once

#include <optional>
#include <string>

#include "compiler/graph/module.h"

namespace chain::graph {

/// What `body` gives, as JSON, without running it: a text, or a map of texts. A text that holds secrets is
/// the list of its pieces, ["Bearer ", {"secret": "SHOP_KEY"}]. Nothing if it is made in any other way.
[[nodiscard]] std::optional<std::string> known_text(const Module& module, RegionId body);

/// `options_json` of the resource's provider with its arguments that are known by `known_text`, by name:
/// {"url": "https://shop.example.com/mcp", "headers": {"authorization": ["Bearer ", {"secret":
/// "SHOP_KEY"}]}}.
[[nodiscard]] std::string resource_options(const Module& module, const Resource& resource);

}  // namespace chain::graph
