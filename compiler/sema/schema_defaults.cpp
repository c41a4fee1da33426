#include "compiler/sema/schema_defaults.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "compiler/sema/schema_keywords.h"
#include "compiler/sema/schema_names.h"
#include "runtime/value/text.h"

namespace chain::sema {

namespace {

using value::JsonNode;
using Node = JsonNode::Kind;
using Kind = SchemaType::Kind;
using Written = std::optional<std::string>;

/// Names that stand for names.
constexpr uint32_t kMostNames = 64;

Written number(const JsonNode& node, bool real) {
  if (node.kind != Node::Number) return std::nullopt;
  if (const auto whole = whole_number(node.text)) {
    if (*whole == INT64_MIN) return "-9223372036854775807 - 1";  // a literal has no sign of its own
    return std::to_string(*whole);
  }
  double value = 0;
  const auto [end, error] = std::from_chars(node.text.data(), node.text.data() + node.text.size(), value);
  if (!real || error != std::errc()) return std::nullopt;
  std::string text;
  value::append_float(text, value);
  return text;
}

/// `time("...")`, if it is one.
Written called(const char* function, program::TypeKind kind, const JsonNode& node) {
  if (node.kind != Node::String || !value::text_form(kind)->parse(node.text)) return std::nullopt;
  return std::string(function) + '(' + in_quotes(node.text) + ')';
}

class Writer {
 public:
  Writer(const std::map<std::string, const SchemaDeclaration*, std::less<>>& declarations)
      : declarations_(declarations) {}

  Written of(const SchemaType& type, const JsonNode& node, uint32_t names) const {
    if (type.optional && node.kind == Node::Null) return "none";
    switch (type.kind) {
      case Kind::Json: return json(node);
      case Kind::Bool:
        if (node.kind != Node::True && node.kind != Node::False) return std::nullopt;
        return node.kind == Node::True ? "true" : "false";
      case Kind::Int: return number(node, false);
      case Kind::Float: return number(node, true);
      case Kind::String: return node.kind == Node::String ? Written(in_quotes(node.text)) : std::nullopt;
      case Kind::Time: return called("time", program::TypeKind::Time, node);
      case Kind::Date: return called("date", program::TypeKind::Date, node);
      case Kind::Bytes: return std::nullopt;  // bytes are not written in source
      case Kind::Literals: return literal(type, node);
      case Kind::Union: return member(type, node, names);
      case Kind::List: return list(type.parts[0], node, names);
      case Kind::Map: return map(type.parts[0], node, names);
      case Kind::Named: return named(type.name, node, names);
    }
    return std::nullopt;
  }

 private:
  static Written literal(const SchemaType& type, const JsonNode& node) {
    Written text;
    if (node.kind == Node::String) text = in_quotes(node.text);
    if (node.kind == Node::True || node.kind == Node::False)
      text = node.kind == Node::True ? "true" : "false";
    if (node.kind == Node::Number) text = number(node, false);
    return text && std::ranges::find(type.literals, *text) != type.literals.end() ? text : std::nullopt;
  }

  /// A whole number goes to `int` before `float`, as it does when JSON is read.
  Written member(const SchemaType& type, const JsonNode& node, uint32_t names) const {
    for (const bool floats : {false, true}) {
      for (const SchemaType& part : type.parts) {
        if ((part.kind == Kind::Float) != floats) continue;
        if (Written text = of(part, node, names)) return text;
      }
    }
    return std::nullopt;
  }

  Written list(const SchemaType& element, const JsonNode& node, uint32_t names) const {
    if (node.kind != Node::List) return std::nullopt;
    std::string text;
    for (const JsonNode* item = node.first; item; item = item->next) {
      const Written one = of(element, *item, names);
      if (!one) return std::nullopt;
      text += (text.empty() ? "" : ", ") + *one;
    }
    return '[' + text + ']';
  }

  Written map(const SchemaType& element, const JsonNode& node, uint32_t names) const {
    if (node.kind != Node::Object) return std::nullopt;
    std::string text;
    for (const JsonNode* item : json_members_of(node)) {
      const Written one = of(element, *item, names);
      if (!one) return std::nullopt;
      text += (text.empty() ? "" : ", ") + in_quotes(item->key) + ": " + *one;
    }
    return '{' + text + '}';
  }

  Written json(const JsonNode& node) const {
    static const SchemaType any;
    switch (node.kind) {
      case Node::Null: return "none";
      case Node::False: return "false";
      case Node::True: return "true";
      case Node::Number: return number(node, true);
      case Node::String: return in_quotes(node.text);
      case Node::List: return list(any, node, 0);
      case Node::Object: return map(any, node, 0);
    }
    return std::nullopt;
  }

  Written named(const std::string& name, const JsonNode& node, uint32_t names) const {
    const auto found = declarations_.find(name);
    if (found == declarations_.end() || names > kMostNames) return std::nullopt;
    const SchemaDeclaration& declaration = *found->second;
    switch (declaration.kind) {
      case SchemaDeclaration::Kind::Alias: return of(declaration.type, node, names + 1);
      case SchemaDeclaration::Kind::Record: return record(declaration, node);
      case SchemaDeclaration::Kind::Enum: break;
    }
    if (node.kind != Node::String) return std::nullopt;
    const auto one = std::ranges::find(declaration.cases, node.text, &SchemaCase::value);
    return one == declaration.cases.end() ? std::nullopt : Written(one->name);
  }

  Written record(const SchemaDeclaration& declaration, const JsonNode& node) const {
    if (node.kind != Node::Object) return std::nullopt;
    std::string text;
    size_t used = 0;
    for (const SchemaField& field : declaration.fields) {
      const JsonNode* value = json_member(node, field.key);
      if (!value && !field.fallback && !field.type.optional) return std::nullopt;
      if (!value) continue;
      ++used;
      const Written one = of(field.type, *value, 0);
      if (!one) return std::nullopt;
      text += (text.empty() ? "" : ", ") + field.name + ": " + *one;
    }
    if (used != json_members_of(node).size()) return std::nullopt;  // a key that the record has not
    return declaration.name + " { " + text + " }";
  }

  const std::map<std::string, const SchemaDeclaration*, std::less<>>& declarations_;
};

}  // namespace

SchemaDefaults::SchemaDefaults(const SchemaModel& model) {
  for (const SchemaDeclaration& declaration : model) declarations_.emplace(declaration.name, &declaration);
}

std::optional<std::string> SchemaDefaults::written(const SchemaType& type, const JsonNode& value) const {
  return Writer(declarations_).of(type, value, 0);
}

std::string SchemaDefaults::spoken(const SchemaType& type) {
  switch (type.kind) {
    case Kind::Json: return "one that can be written down: its numbers do not fit";
    case Kind::Bool: return "true or false";
    case Kind::Int: return "a whole number of 64 bits";
    case Kind::Float: return "a number";
    case Kind::String: return "a text";
    case Kind::Time: return value::text_form(program::TypeKind::Time)->what;
    case Kind::Date: return value::text_form(program::TypeKind::Date)->what;
    case Kind::Bytes: return "taken for bytes; leave it out";
    case Kind::Literals: return "one of the values";
    case Kind::Union: return "of any of the types";
    case Kind::List: return "a list of such elements";
    case Kind::Map: return "an object of such values";
    case Kind::Named: return "a `" + type.name + '`';
  }
  return "";
}

}  // namespace chain::sema
