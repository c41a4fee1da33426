// A type, told to a model: in words, and as JSON Schema.
#pragma once

#include <string>

#include "runtime/program/types.h"

namespace chain::program {

/// The text of `output.format`: what to answer with, as a person would tell it. Scalars, enums and literals
/// ask for the bare value; everything else for JSON in a shape that is spelled out, with docs, aliases and
/// conditions as comments. Records and enums with descriptions are declared once, by name. Void gives an
/// empty text.
[[nodiscard]] std::string describe(const TypeTable& types, TypeId type);

/// JSON Schema (draft 2020-12), on one line, in the subset that "strict" structured output takes: objects are
/// closed and require all their fields, optional ones may be null, records and enums stand in `$defs`. Fields
/// and cases go by their alias if they have one; docs and conditions become descriptions. Maps are open
/// objects, which is beyond that subset: see `schema_is_strict`.
[[nodiscard]] std::string json_schema(const TypeTable& types, TypeId type);

/// Whether the schema's root is not an object, so that an endpoint that wants one needs {"value": ...} around
/// it, and the reply unwrapped.
[[nodiscard]] bool schema_needs_object_wrapper(const TypeTable& types, TypeId type);

/// The schema of {"value": T}, for such endpoints. Definitions stay at the root, where references look for
/// them.
[[nodiscard]] std::string wrapped_json_schema(const TypeTable& types, TypeId type);

/// Whether every object in the schema is closed: false if a map is reachable.
[[nodiscard]] bool schema_is_strict(const TypeTable& types, TypeId type);

}  // namespace chain::program
