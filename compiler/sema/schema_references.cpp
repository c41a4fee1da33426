#include "compiler/sema/schema_references.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>

#include "compiler/sema/schema_keywords.h"

namespace chain::sema {

namespace {

using value::JsonNode;
using Node = JsonNode::Kind;
using Kind = SchemaType::Kind;

/// "#/$defs/a%20b" gives "#/$defs/a b" (RFC 6901, section 6).
std::string percent_decoded(std::string_view text) {
  std::string result;
  for (size_t at = 0; at < text.size(); ++at) {
    unsigned code = 0;
    const char* digits = text.data() + at + 1;
    if (text[at] == '%' && at + 2 < text.size() &&
        std::from_chars(digits, digits + 2, code, 16).ptr == digits + 2) {
      result += static_cast<char>(code);
      at += 2;
    } else {
      result += text[at];
    }
  }
  return result;
}

}  // namespace

bool is_record(const JsonNode& schema) {
  const JsonNode* properties = json_member(schema, "properties");
  const bool plain = std::ranges::none_of(
      std::initializer_list<const char*>{"$ref", "const", "enum", "oneOf", "anyOf", "allOf"},
      [&](const char* key) { return json_member(schema, key) != nullptr; });
  const JsonNode* type = json_member(schema, "type");
  return plain && properties && properties->kind == Node::Object && (!type || type->text == "object");
}

uint8_t said_kinds(const JsonNode& schema) {
  const JsonNode* type = json_member(schema, "type");
  if (!type) return kAnyValue;
  if (type->kind == Node::String) return kinds_of_type(type->text);
  uint8_t kinds = 0;
  for (const JsonNode* one = type->first; one; one = one->next) kinds |= kinds_of_type(one->text);
  return kinds;
}

std::string_view inferred_type(const JsonNode& schema) {
  if (json_member(schema, "properties") || json_member(schema, "additionalProperties") ||
      json_member(schema, "required"))
    return "object";
  return json_member(schema, "items") ? "array" : std::string_view();
}

SchemaType::Kind simple_kind(const JsonNode& schema, std::string_view type) {
  if (type == "object") return is_record(schema) ? Kind::Named : Kind::Map;
  if (type == "array") return Kind::List;
  if (type == "integer") return Kind::Int;
  if (type == "number") return Kind::Float;
  if (type == "boolean") return Kind::Bool;
  if (type != "string") return Kind::Json;
  const std::string_view format = json_text(schema, "format");
  if (format == "date-time") return Kind::Time;
  if (format == "date") return Kind::Date;
  return json_text(schema, "contentEncoding") == "base64" ? Kind::Bytes : Kind::String;
}

void SchemaReferences::add(const std::string& reference, const std::string& name, const JsonNode& schema) {
  by_name_.emplace(name, &schema);
  definitions_.emplace(reference, Definition{reference, name, &schema});
}

const SchemaReferences::Definition* SchemaReferences::find(std::string_view reference) const {
  auto known = definitions_.find(reference);
  if (known == definitions_.end()) known = definitions_.find(percent_decoded(reference));
  return known == definitions_.end() ? nullptr : &known->second;
}

const JsonNode* SchemaReferences::named(const std::string& name) const {
  const auto known = by_name_.find(name);
  return known == by_name_.end() ? nullptr : known->second;
}

SchemaType::Kind SchemaReferences::kind_behind(const JsonNode& schema) const {
  const JsonNode* where = &schema;
  for (int steps = 0; where && where->kind == Node::Object && steps < kMostReferences; ++steps) {
    if (const JsonNode* reference = json_member(*where, "$ref")) {
      const Definition* next = find(reference->text);
      where = next ? next->schema : nullptr;
      continue;
    }
    for (const char* other : {"const", "enum", "oneOf", "anyOf", "allOf"}) {
      if (json_member(*where, other)) return Kind::Named;
    }
    if (is_record(*where)) return Kind::Named;
    const JsonNode* type = json_member(*where, "type");
    return type && type->kind != Node::String
               ? Kind::Named
               : simple_kind(*where, type ? type->text : inferred_type(*where));
  }
  return Kind::Named;
}

bool SchemaReferences::within(const JsonNode& schema, const JsonNode& outer) const {
  const bool whole = json_text(outer, "type") == "integer";
  return (kinds_behind(schema) & ~said_kinds(outer)) == 0 && (!whole || kind_behind(schema) == Kind::Int);
}

uint8_t SchemaReferences::kinds_behind(const JsonNode& schema) const {
  const JsonNode* where = &schema;
  for (int steps = 0; where && where->kind == Node::Object && steps < kMostReferences; ++steps) {
    if (json_member(*where, "type")) return said_kinds(*where);
    const JsonNode* reference = json_member(*where, "$ref");
    if (!reference)
      return inferred_type(*where).empty() ? uint8_t{kAnyValue} : kinds_of_type(inferred_type(*where));
    const Definition* next = find(reference->text);
    where = next ? next->schema : nullptr;
  }
  return kAnyValue;
}

}  // namespace chain::sema
