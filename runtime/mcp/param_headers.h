// Headers that repeat what a request says, for whoever routes it unread. Internal to runtime/mcp.
// MCP 2026-07-28, "Streamable HTTP", Request Metadata.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chain::mcp {

/// A parameter of a tool that goes into a header as well: `x-mcp-header` in its schema.
struct ParamHeader {
  std::vector<std::string> path;  // names of properties, from the arguments down
  std::string name;               // "Region", of `Mcp-Param-Region`
};

/// Those that a tool's input schema declares; nothing if one of them is not allowed, which makes the tool
/// invalid.
[[nodiscard]] std::optional<std::vector<ParamHeader>> param_headers(std::string_view schema);

/// Names and encoded values, of those that `arguments` has.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> headers_of(
    const std::vector<ParamHeader>& declared, std::string_view arguments);

/// As it is if a header can carry it, else `=?base64?...?=`.
[[nodiscard]] std::string header_value(std::string_view text);

}  // namespace chain::mcp
