// JSON Schema as declarations of the language.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chain::sema {

/// A part of a schema that has no type in the language.
struct SchemaProblem {
  std::string pointer;  // RFC 6901: "/properties/id"; empty for the whole
  std::string message;  // "`not` has no type here"
};

/// Where in the made text a part of the schema begins.
struct SchemaPart {
  uint32_t begin = 0;  // byte
  std::string pointer;
};

struct SchemaTypes {
  std::string source = {};             // a file of the language: types and enums
  std::vector<SchemaPart> parts = {};  // in the order of `source`
  std::vector<SchemaProblem> problems = {};
};

/// The types that a JSON Schema (draft 2020-12 and those before it) describes: objects become records, lists
/// of texts enums, `oneOf` and `anyOf` unions; what stands in `$defs` or `definitions` keeps its name, the
/// schema itself is called `root`, and an object within another one after its field. Bounds become `where`s,
/// descriptions documentation. What says nothing of the type (`title`, `examples`) is passed over; what binds
/// values in a way that cannot be said here is a problem.
[[nodiscard]] SchemaTypes types_of_schema(std::string_view json, const std::string& root);

/// "./ticket-event.schema.json" gives "TicketEvent".
[[nodiscard]] std::string schema_name(std::string_view path);

}  // namespace chain::sema
