// A JSON text as a tree, before types are laid over it. Internal to runtime/value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/value/arena.h"
#include "runtime/value/json.h"

namespace chain::value {

struct JsonNode {
  enum class Kind : uint8_t { Null, False, True, Number, String, List, Object };
  Kind kind = Kind::Null;
  uint32_t id = 0;            // from 0, in the order of the text
  std::string_view key;       // within an object
  std::string_view text;      // String: decoded; Number: as written
  JsonNode* first = nullptr;  // List, Object
  JsonNode* next = nullptr;
  uint64_t count = 0;
};

/// Parses `json` exactly (RFC 8259). The tree lives in `arena` and points into `json`. Null, and `message`
/// set, if it is not JSON or passes a limit.
[[nodiscard]] const JsonNode* parse_json(std::string_view json, Arena& arena, const JsonLimits& limits,
                                         std::string& message);

}  // namespace chain::value
