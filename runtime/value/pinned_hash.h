// Under which hash a server's tool is kept in chain.lock.
#pragma once

#include <string>
#include <string_view>

namespace chain::value {

/// A tool as a server describes it. The schemas and annotations are JSON as `canonical_json` writes it.
struct DescribedTool {
  std::string_view kind;  // "mcp", "a2a"
  std::string_view description;
  std::string_view input;
  std::string_view output;       // empty for none
  std::string_view annotations;  // likewise
};

/// SHA-256 in hexadecimal digits; equal for equal descriptions alone.
[[nodiscard]] std::string pinned_hash(const DescribedTool& tool);

}  // namespace chain::value
