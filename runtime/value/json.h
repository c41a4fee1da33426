// Typed values to JSON and back, exactly (RFC 8259). What models write is read by
// runtime/value/reply_parser.h instead.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/program/types.h"
#include "runtime/value/arena.h"
#include "runtime/value/constraint.h"

namespace chain::value {

/// How deep records, lists and maps may lie in each other in JSON that is written: a program can nest records
/// without bound. Laid out in lines each level is longer than the one around it.
inline constexpr uint32_t kMaxJsonDepth = 1'000'000;
inline constexpr uint32_t kMaxLaidOutDepth = 2000;

struct JsonStyle {
  bool models_view = false;  // fields and enum cases by their alias
  uint32_t indent = 0;       // spaces for each level; 0 for all on one line
  bool omit_none = false;    // fields that are none do not stand there, rather than as null
};

/// Appends `value`. Floats are the shortest decimals that read back the same, null if not finite; durations
/// and amounts are strings ("20s", "$0.05"); absent optionals are null. False if the value is nested deeper
/// than JSON goes; null stands there.
bool write_json(const program::TypeTable& types, program::TypeId type, const void* value, std::string& out,
                JsonStyle style = {});

/// Appends `text` as a JSON string, quotes included; control characters are escaped.
void append_json_string(std::string& out, std::string_view text);

struct JsonLimits {
  uint32_t depth = 128;                 // of lists and objects within each other
  uint64_t bytes = uint64_t{64} << 20;  // of the text
};

/// What reading gives: success, or where it went wrong and a clear sentence about it.
struct ReadResult {
  std::string path;  // "ticket.photos[2].id"; empty for the value as a whole or a mistake in the JSON itself
  std::string message;  // "expected a whole number, found \"three\""; empty on success

  [[nodiscard]] bool ok() const { return message.empty(); }
  explicit operator bool() const { return ok(); }
  /// Path and message as one sentence: "`ticket.photos[2].id`: expected ...".
  [[nodiscard]] std::string sentence() const;
};

/// Reads JSON text as a value of `type` into `out` (`types[type].size` bytes); what it points at is allocated
/// in `arena`, nothing keeps pointing into `json`. Fields and enum cases are known by name, or else by alias.
/// Unknown keys are dropped; missing and null are both none, or the field's default; a whole number does as a
/// float; of equal keys the last counts. `check` may be null. `out` is unspecified on failure.
[[nodiscard]] ReadResult from_json(const program::TypeTable& types, program::TypeId type,
                                   std::string_view json, Arena& arena, void* out,
                                   ConstraintCheck* check = nullptr, JsonLimits limits = {});

/// One member of an object: its key, decoded, and its value as it is written.
struct JsonMember {
  std::string key;
  std::string_view value;  // within the text that was read
};

/// The members of a JSON object in their order, equal keys too; nothing, and `message`, if `json` is no JSON,
/// passes a limit, or is no object.
[[nodiscard]] std::optional<std::vector<JsonMember>> json_members(std::string_view json, std::string& message,
                                                                  JsonLimits limits = {});

/// The elements of a JSON list, as they are written; nothing, and `message`, likewise.
[[nodiscard]] std::optional<std::vector<std::string_view>> json_items(std::string_view json,
                                                                      std::string& message,
                                                                      JsonLimits limits = {});

/// What a JSON string says; nothing if `json` is something else.
[[nodiscard]] std::optional<std::string> json_string(std::string_view json);

/// Whether `text` is one JSON value within the limits.
[[nodiscard]] bool is_json(std::string_view text, JsonLimits limits = {});

}  // namespace chain::value
