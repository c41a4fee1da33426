// The types of what prompt files of other tools take and give.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/foreign/yaml.h"

namespace chain::foreign {

/// Something that a person has to know about what was carried over, or was not.
struct Remark {
  uint32_t line = 0;  // in the file that was read, from 1
  std::string text;
};

struct Field;

struct Shape {
  enum class Kind : uint8_t { String, Float, Int, Bool, Json, Image, Enum, Record, List, Map };

  Kind kind = Kind::String;
  std::string doc;
  std::vector<std::string> cases;  // of an enum
  std::vector<Field> fields;       // of a record
  std::vector<Shape> element;      // of a list or map: exactly one
  bool optional = false;           // may be none

  [[nodiscard]] const Field* field(std::string_view name) const;
};

struct Field {
  std::string name;  // as the file has it
  Shape shape;
  const Yaml* fallback = nullptr;  // what stands in for a value that is missing
};

/// A type in the words of Picoschema (https://google.github.io/dotprompt/reference/picoschema): `name:
/// string, what it is`, `tags?(array): string`, `kind(enum): [A, B]`, records by nesting; or a JSON Schema,
/// if it looks like one.
[[nodiscard]] Shape shape_of_picoschema(const Yaml& schema, std::vector<Remark>& remarks);

/// A type in JSON Schema, as far as Chain has such types; anything else is `json`, with a remark.
[[nodiscard]] Shape shape_of_json_schema(const Yaml& schema, std::vector<Remark>& remarks);

/// The type that a value is of: of a default, or a sample.
[[nodiscard]] Shape shape_of_value(const Yaml& value);

}  // namespace chain::foreign
