#include "compiler/foreign/shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace chain::foreign {
namespace {

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// "string, what it is" in two.
struct Described {
  std::string_view word;
  std::string_view doc;
};
Described described(std::string_view text) {
  const size_t comma = text.find(',');
  if (comma == std::string_view::npos) return {trim(text), {}};
  return {trim(text.substr(0, comma)), trim(text.substr(comma + 1))};
}

bool scalar_kind(std::string_view word, Shape::Kind& kind) {
  if (word == "string")
    kind = Shape::Kind::String;
  else if (word == "number" || word == "float")
    kind = Shape::Kind::Float;
  else if (word == "integer" || word == "int")
    kind = Shape::Kind::Int;
  else if (word == "boolean" || word == "bool")
    kind = Shape::Kind::Bool;
  else if (word == "image")
    kind = Shape::Kind::Image;
  else if (word == "any" || word == "null")
    kind = Shape::Kind::Json;
  else
    return false;
  return true;
}

Shape scalar(std::string_view word, uint32_t line, std::vector<Remark>& remarks) {
  Shape shape;
  if (!scalar_kind(word, shape.kind)) {
    shape.kind = Shape::Kind::Json;
    remarks.push_back(
        {line, fmt::format("the type `{}` is declared elsewhere: `json` stands in for it", word)});
  }
  return shape;
}

/// Whether a schema is JSON Schema and not Picoschema.
bool is_json_schema(const Yaml& schema) {
  if (!schema.is_map()) return false;
  if (schema.find("$schema") != nullptr || schema.find("properties") != nullptr) return true;
  const std::string_view type = schema.text_at("type");
  if (type.empty()) return false;
  Shape::Kind kind{};
  return type == "object" || type == "array" ||
         (scalar_kind(type, kind) && schema.entries.size() <= 4 &&
          (schema.entries.size() == 1 || schema.find("enum") != nullptr ||
           schema.find("description") != nullptr));
}

/// "tags?(array, what they are)" in its parts.
struct PicoKey {
  std::string_view name;
  bool optional = false;
  std::string_view kind;  // "array", "object", "enum"; empty for none
  std::string_view doc;
};
PicoKey pico_key(std::string_view key) {
  PicoKey parts;
  const size_t open = key.find('(');
  parts.name = trim(key.substr(0, open));
  if (open != std::string_view::npos) {
    std::string_view inside = key.substr(open + 1);
    inside = inside.substr(0, inside.rfind(')'));
    const auto [word, doc] = described(inside);
    parts.kind = word;
    parts.doc = doc;
  }
  if (parts.name.ends_with('?')) {
    parts.name.remove_suffix(1);
    parts.optional = true;
  }
  return parts;
}

Shape list_of(Shape element) {
  Shape shape;
  shape.kind = Shape::Kind::List;
  shape.element.push_back(std::move(element));
  return shape;
}

Shape enum_of(const Yaml& values) {
  Shape shape;
  shape.kind = Shape::Kind::Enum;
  for (const Yaml& item : values.items) {
    if (!item.is_scalar() || item.text == "null") continue;
    if (std::find(shape.cases.begin(), shape.cases.end(), item.text) == shape.cases.end())
      shape.cases.push_back(item.text);
  }
  if (shape.cases.empty()) shape.kind = Shape::Kind::String;
  return shape;
}

Shape pico(const Yaml& schema, std::vector<Remark>& remarks);

Shape pico_entry(const PicoKey& key, const Yaml& value, std::vector<Remark>& remarks) {
  Shape shape;
  if (key.kind == "enum") {
    shape = enum_of(value);
  } else if (key.kind == "array") {
    shape = list_of(pico(value, remarks));
  } else {
    shape = pico(value, remarks);
  }
  if (!key.doc.empty()) shape.doc = key.doc;
  shape.optional = key.optional;
  return shape;
}

Shape pico(const Yaml& schema, std::vector<Remark>& remarks) {
  if (schema.is_scalar()) {
    const auto [word, doc] = described(schema.text);
    Shape shape = scalar(word, schema.line, remarks);
    shape.doc = doc;
    return shape;
  }
  Shape shape;
  if (schema.is_list()) return enum_of(schema);
  if (!schema.is_map()) {
    shape.kind = Shape::Kind::Json;
    return shape;
  }
  shape.kind = Shape::Kind::Record;
  for (const auto& [text, value] : schema.entries) {
    const PicoKey key = pico_key(text);
    if (key.name == "*") {
      if (schema.entries.size() == 1) {
        shape.kind = Shape::Kind::Map;
        shape.element.push_back(pico_entry(key, value, remarks));
        return shape;
      }
      remarks.push_back({value.line, "`(*)`: other keys beside named ones are dropped"});
      continue;
    }
    shape.fields.push_back({std::string(key.name), pico_entry(key, value, remarks), nullptr});
  }
  return shape;
}

/// What `type` says, which may be a list of a type and "null".
std::string_view type_word(const Yaml& schema, bool& nullable) {
  const Yaml* type = schema.find("type");
  if (type == nullptr) return {};
  if (type->is_scalar()) return type->text;
  std::string_view word;
  for (const Yaml& item : type->items) {
    if (item.text == "null")
      nullable = true;
    else if (word.empty())
      word = item.text;
    else
      return "any";
  }
  return word;
}

}  // namespace

const Field* Shape::field(std::string_view name) const {
  for (const Field& field : fields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

Shape shape_of_picoschema(const Yaml& schema, std::vector<Remark>& remarks) {
  return is_json_schema(schema) ? shape_of_json_schema(schema, remarks) : pico(schema, remarks);
}

Shape shape_of_json_schema(const Yaml& schema, std::vector<Remark>& remarks) {
  Shape shape;
  bool nullable = false;
  std::string_view word = type_word(schema, nullable);
  if (const Yaml* cases = schema.find("enum"); cases != nullptr && cases->is_list()) {
    shape = enum_of(*cases);
  } else if (word == "object" || (word.empty() && schema.find("properties") != nullptr)) {
    shape.kind = Shape::Kind::Record;
    const Yaml* required = schema.find("required");
    if (const Yaml* properties = schema.find("properties"); properties != nullptr) {
      for (const auto& [name, property] : properties->entries) {
        Shape inner = shape_of_json_schema(property, remarks);
        const bool wanted = required != nullptr &&
                            std::any_of(required->items.begin(), required->items.end(),
                                        [&name = name](const Yaml& item) { return item.text == name; });
        inner.optional = inner.optional || !wanted;
        shape.fields.push_back({name, std::move(inner), property.find("default")});
      }
    } else {
      shape.kind = Shape::Kind::Map;
      const Yaml* others = schema.find("additionalProperties");
      shape.element.push_back(others != nullptr && others->is_map() ? shape_of_json_schema(*others, remarks)
                                                                    : scalar("any", schema.line, remarks));
    }
  } else if (word == "array") {
    const Yaml* items = schema.find("items");
    shape = list_of(items != nullptr ? shape_of_json_schema(*items, remarks)
                                     : scalar("any", schema.line, remarks));
  } else {
    for (const std::string_view key : {"anyOf", "oneOf", "allOf", "$ref"}) {
      if (schema.find(key) == nullptr) continue;
      remarks.push_back({schema.line, fmt::format("`{}` of a schema: `json` stands in for it", key)});
      word = "any";
    }
    shape = scalar(word.empty() ? "any" : word, schema.line, remarks);
  }
  shape.doc = schema.text_at("description");
  shape.optional = nullable;
  return shape;
}

Shape shape_of_value(const Yaml& value) {
  Shape shape;
  switch (value.kind) {
    case Yaml::Kind::Null: shape.kind = Shape::Kind::Json; break;
    case Yaml::Kind::Scalar: {
      if (value.quoted) break;
      if (value.text == "true" || value.text == "false") {
        shape.kind = Shape::Kind::Bool;
        break;
      }
      double number = 0;
      const char* end = value.text.data() + value.text.size();
      if (std::from_chars(value.text.data(), end, number).ptr != end || value.text.empty()) break;
      const bool whole = value.text.find_first_not_of("-0123456789") == std::string::npos;
      shape.kind = whole ? Shape::Kind::Int : Shape::Kind::Float;
      break;
    }
    case Yaml::Kind::List:
      shape = list_of(value.items.empty() ? Shape{} : shape_of_value(value.items.front()));
      break;
    case Yaml::Kind::Map:
      shape.kind = Shape::Kind::Record;
      for (const auto& [name, item] : value.entries)
        shape.fields.push_back({name, shape_of_value(item), nullptr});
      break;
  }
  return shape;
}

}  // namespace chain::foreign
