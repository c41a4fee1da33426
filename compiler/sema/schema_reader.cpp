#include "compiler/sema/schema_reader.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "compiler/sema/schema_conditions.h"
#include "compiler/sema/schema_keywords.h"
#include "compiler/sema/schema_names.h"
#include "compiler/sema/schema_references.h"

namespace chain::sema {

namespace {

using value::JsonNode;
using Node = JsonNode::Kind;
using Kind = SchemaType::Kind;

/// A literal as it is written in a type; nothing for null, fractions, lists and objects.
std::optional<std::string> literal(const JsonNode& value) {
  switch (value.kind) {
    case Node::String: return in_quotes(value.text);
    case Node::True: return "true";
    case Node::False: return "false";
    case Node::Number: {
      const auto number = whole_number(value.text);
      return number ? std::optional(std::to_string(*number)) : std::nullopt;
    }
    default: return std::nullopt;
  }
}

class Reader {
 public:
  Reader(const JsonNode& root, std::vector<SchemaProblem>& problems) : root_(root), problems_(problems) {}

  SchemaModel read(const std::string& root_name) {
    if (describes_type(root_))
      references_.add("#", unique(root_name), root_);
    else
      check_form(root_, "", problems_);
    for (const char* holder : {"$defs", "definitions"}) {
      const JsonNode* all = json_member(root_, holder);
      if (!all) continue;
      for (const JsonNode* node : json_members_of(*all)) {
        references_.add("#" + pointer_step(holder) + pointer_step(node->key), unique(type_name(node->key)),
                        *node);
      }
    }
    // `references_` grow no more: types within others have no reference.
    for (const auto& [reference, definition] : references_.all())
      declare(definition.name, *definition.schema, reference.substr(1));
    return std::move(model_);
  }

 private:
  std::string unique(const std::string& stem) {
    std::string name = stem;
    int& number = numbers_.try_emplace(stem, 1).first->second;
    while (!names_.insert(name).second) name = stem + std::to_string(++number);
    return name;
  }

  /// A file may hold definitions alone.
  static bool describes_type(const JsonNode& schema) {
    return std::ranges::any_of(
        std::initializer_list<const char*>{"type", "properties", "enum", "const", "oneOf", "anyOf", "allOf",
                                           "$ref", "items", "required", "additionalProperties"},
        [&](const char* key) { return json_member(schema, key) != nullptr; });
  }

  void problem(const std::string& pointer, std::string message) {
    problems_.push_back({pointer, std::move(message)});
  }

  // ---- Declarations

  void declare(const std::string& name, const JsonNode& schema, const std::string& pointer) {
    if (is_record(schema)) {
      check_form(schema, pointer, problems_);
      return declare_record(name, schema, pointer);
    }
    SchemaDeclaration made;
    made.name = name;
    made.description = json_text(schema, "description");
    made.pointer = pointer;
    const JsonNode* values = json_member(schema, "enum");
    if (values && !json_member(schema, "$ref") && can_be_enum(*values) && takes_text(schema)) {
      check_form(schema, pointer, problems_);
      check_left(schema, pointer, kTextValue, {"enum", "type"}, "beside `enum`", problems_);
      made.kind = SchemaDeclaration::Kind::Enum;
      made.cases = cases(*values);
    } else {
      made.type = type(schema, pointer, name);
    }
    model_.push_back(std::move(made));
  }

  void declare_record(const std::string& name, const JsonNode& schema, const std::string& pointer) {
    std::set<std::string_view> said = {"type", "properties", "required"};
    const JsonNode* others = json_member(schema, "additionalProperties");
    const bool closed = others && others->kind == Node::False;
    if (closed || (others && others->kind == Node::True)) said.insert("additionalProperties");
    check_left(schema, pointer, kObjectValue, said, "beside `properties`", problems_);
    SchemaDeclaration record;
    record.kind = SchemaDeclaration::Kind::Record;
    record.name = name;
    record.description = json_text(schema, "description");
    record.pointer = pointer;
    std::vector<std::string_view> missing;  // needed, but not described
    const std::set<std::string_view> needed = required(schema);
    const JsonNode& properties = *json_member(schema, "properties");
    std::vector<const JsonNode*> described = json_members_of(properties);
    std::set<std::string_view> keys;
    for (const JsonNode* field : described) keys.insert(field->key);
    std::ranges::copy_if(needed, std::back_inserter(missing), [&](auto key) { return !keys.contains(key); });
    keys.insert(missing.begin(), missing.end());
    MemberNames names({keys.begin(), keys.end()});
    for (const JsonNode* field : described) {
      record.fields.push_back(this->field(*field, name, pointer + "/properties" + pointer_step(field->key),
                                          needed.contains(field->key)));
    }
    for (const std::string_view key : missing) {
      if (closed) problem(pointer + "/required", "`" + std::string(key) + "` is not among the properties");
      record.fields.push_back({.key = key, .pointer = pointer + "/required"});
    }
    // Keys that are names keep them, whatever stands before.
    for (SchemaField& field : record.fields) field.name = names.take(field.key);
    if (keys.contains("")) problem(pointer + "/properties/", "an empty key cannot be kept");
    model_.push_back(std::move(record));
  }

  static std::set<std::string_view> required(const JsonNode& schema) {
    std::set<std::string_view> keys;
    const JsonNode* all = json_member(schema, "required");
    for (const JsonNode* key = all && all->kind == Node::List ? all->first : nullptr; key; key = key->next)
      keys.insert(key->text);
    return keys;
  }

  SchemaField field(const JsonNode& schema, const std::string& record, const std::string& pointer,
                    bool required) {
    SchemaField field{.key = schema.key, .description = json_text(schema, "description"), .pointer = pointer};
    field.type = type(schema, pointer, record + type_name(schema.key));
    field.fallback_pointer = pointer + "/default";
    const JsonNode* where = &schema;
    for (int steps = 0; where && !field.fallback && steps < kMostReferences; ++steps) {
      field.fallback = json_member(*where, "default");
      const SchemaReferences::Definition* next = references_.find(json_text(*where, "$ref"));
      if (!field.fallback && next) field.fallback_pointer = next->reference.substr(1) + "/default";
      where = next ? next->schema : nullptr;
    }
    field.type.optional = field.type.optional || (!required && !field.fallback);
    return field;
  }

  // ---- Enums and literals

  static bool can_be_enum(const JsonNode& values) {
    for (const JsonNode* value = values.first; value; value = value->next) {
      if (value->kind != Node::String || value->text.empty()) return false;
    }
    return values.kind == Node::List && values.count > 0;
  }

  static std::vector<SchemaCase> cases(const JsonNode& values) {
    std::vector<std::string_view> texts;
    std::set<std::string_view> known;
    for (const JsonNode* value = values.first; value; value = value->next) {
      if (known.insert(value->text).second) texts.push_back(value->text);
    }
    MemberNames names(texts);
    std::vector<SchemaCase> cases;
    for (const std::string_view text : texts) cases.push_back({names.take(text), text});
    return cases;
  }

  static bool takes_text(const JsonNode& schema) { return (said_kinds(schema) & kTextValue) != 0; }

  /// `enum` or `const`: the values that `type` takes as well.
  SchemaType literals(const JsonNode& schema, const JsonNode* first, bool list, const std::string& pointer) {
    const std::string where = pointer + (list ? "/enum" : "/const");
    check_left(schema, pointer, said_kinds(schema), {"enum", "const", "type"},
               list ? "beside `enum`" : "beside `const`", problems_);
    SchemaType result{.kind = Kind::Literals};
    for (const JsonNode* value = first; value; value = list ? value->next : nullptr) {
      if ((kind_of_value(*value) & said_kinds(schema)) == 0) continue;
      if (value->kind == Node::Null) {
        result.optional = true;
        continue;
      }
      const auto one = literal(*value);
      if (!one) {
        problem(where, "only text, whole numbers, true, false and null can be literals");
        return {};
      }
      if (std::ranges::find(result.literals, *one) == result.literals.end()) result.literals.push_back(*one);
    }
    if (!result.literals.empty()) return result;
    if (result.optional) return null_alone();
    if (first) problem(where, "no value is of the type that `type` says");
    return {};
  }

  static SchemaType null_alone() {
    return {.kind = Kind::Json, .optional = true, .conditions = {"to_string(it) == \"null\""}};
  }

  // ---- Types

  SchemaType type(const JsonNode& schema, const std::string& pointer, const std::string& name) {
    if (schema.kind == Node::True) return {};
    if (schema.kind != Node::Object) {
      problem(pointer, "a schema is an object or true");
      return {};
    }
    check_form(schema, pointer, problems_);
    if (const JsonNode* reference = json_member(schema, "$ref")) return referred(schema, *reference, pointer);
    if (const JsonNode* value = json_member(schema, "const")) return constant(schema, *value, pointer);
    if (const JsonNode* values = json_member(schema, "enum"))
      return literals(schema, values->kind == Node::List ? values->first : nullptr, true, pointer);
    for (const char* keyword : {"oneOf", "anyOf", "allOf"}) {
      if (json_member(schema, keyword)) return alternatives(schema, keyword, pointer, name);
    }
    return plain(schema, pointer, name);
  }

  SchemaType constant(const JsonNode& schema, const JsonNode& value, const std::string& pointer) {
    const JsonNode* values = json_member(schema, "enum");
    if (values) problem(pointer + "/enum", "`enum` cannot be said beside `const`");
    return literals(schema, &value, false, pointer);
  }

  /// A reference, and what is demanded beside it.
  SchemaType referred(const JsonNode& schema, const JsonNode& reference, const std::string& pointer) {
    const SchemaReferences::Definition* known = references_.find(reference.text);
    if (!known) {
      problem(pointer + "/$ref",
              "`" + std::string(reference.text) + "` is not in `$defs` or `definitions` of this file");
      return {};
    }
    std::set<std::string_view> said = {"$ref"};
    SchemaType result{.kind = Kind::Named, .name = known->name};
    const Kind kind = references_.kind_behind(schema);
    if (references_.within(*known->schema, schema)) said.insert("type");
    result.conditions = conditions_of(schema, kind, pointer, said, problems_);
    check_left(schema, pointer, references_.kinds_behind(*known->schema), said, "beside `$ref`", problems_);
    return result;
  }

  SchemaType alternatives(const JsonNode& schema, std::string_view keyword, const std::string& pointer,
                          const std::string& name) {
    const JsonNode& all = *json_member(schema, keyword);
    std::set<std::string_view> said = {keyword};
    const uint8_t kinds = said_kinds(schema);
    bool all_within = true;
    for (const JsonNode* one = all.first; one; one = one->next)
      all_within = all_within && references_.within(*one, schema);
    if (all_within) said.insert("type");
    check_left(schema, pointer, kinds, said, "beside `" + std::string(keyword) + '`', problems_);
    if (all.kind != Node::List) return {};
    if (keyword == "allOf" && all.count != 1) {
      problem(pointer + "/allOf", "`allOf` of several schemas has no type here; write the fields into one");
      return {};
    }
    std::vector<SchemaType> members;
    bool optional = false;
    uint32_t place = 0;
    for (const JsonNode* one = all.first; one; one = one->next, ++place) {
      if (is_null(*one)) {
        optional = true;
        continue;
      }
      const std::string own = all.count == 1 ? name : name + std::to_string(place + 1);
      members.push_back(
          type(*one, pointer + pointer_step(keyword) + '/' + std::to_string(place), titled(*one, own)));
    }
    return joined(std::move(members), optional, name, pointer);
  }

  static bool is_null(const JsonNode& schema) {
    return schema.kind == Node::Object && json_text(schema, "type") == "null" &&
           !json_member(schema, "enum") && !json_member(schema, "const") && !json_member(schema, "$ref");
  }

  /// A union; narrower members first, because text is read as the first that takes it.
  SchemaType joined(std::vector<SchemaType> members, bool optional, const std::string& name,
                    const std::string& pointer) {
    if (members.empty()) return null_alone();
    if (members.size() == 1) {
      members[0].optional = members[0].optional || optional;
      return std::move(members[0]);
    }
    SchemaType whole{.kind = Kind::Union, .optional = optional};
    for (SchemaType& member : members) {
      if (member.kind == Kind::Json && member.conditions.empty()) return {};  // which takes every value
      whole.optional = whole.optional || member.optional;
      member.optional = false;
      whole.parts.push_back(standing(std::move(member), name + suffix(member), pointer));
    }
    std::ranges::stable_sort(whole.parts, {}, [&](const SchemaType& part) { return width(part); });
    return whole;
  }

  /// Literals and what is spelled in one way come before numbers, and those before any text.
  int width(const SchemaType& part) const {
    switch (kind_of(part)) {
      case Kind::String: return 2;
      case Kind::Bool:
      case Kind::Int:
      case Kind::Float: return 1;
      default: return 0;
    }
  }

  Kind kind_of(const SchemaType& type) const {
    if (type.kind != Kind::Named) return type.kind;
    const auto standing = standing_.find(type.name);
    if (standing != standing_.end()) return standing->second;
    const JsonNode* schema = references_.named(type.name);
    return schema ? references_.kind_behind(*schema) : Kind::Named;
  }

  /// A condition needs a name to stand on, within another type.
  SchemaType standing(SchemaType&& type, const std::string& name, const std::string& pointer) {
    if (type.conditions.empty()) return std::move(type);
    const bool optional = std::exchange(type.optional, false);
    SchemaDeclaration alias{.name = unique(name), .pointer = pointer};
    standing_.emplace(alias.name, kind_of(type));
    SchemaType named{.kind = Kind::Named, .optional = optional, .name = alias.name};
    alias.type = std::move(type);
    model_.push_back(std::move(alias));
    return named;
  }

  static std::string suffix(const SchemaType& type) {
    switch (type.kind) {
      case Kind::Int:
      case Kind::Float: return "Number";
      case Kind::String: return "Text";
      case Kind::List: return "List";
      case Kind::Map: return "Map";
      default: return "Value";
    }
  }

  static std::string titled(const JsonNode& schema, const std::string& otherwise) {
    const std::string_view title = json_text(schema, "title");
    return title.empty() ? otherwise : type_name(title);
  }

  /// What `type` says alone, or a list of such.
  SchemaType plain(const JsonNode& schema, const std::string& pointer, const std::string& name) {
    const JsonNode* type = json_member(schema, "type");
    std::set<std::string_view> said = {"type"};
    std::vector<std::string_view> names;
    for (const JsonNode* one = type ? type->first : nullptr; one; one = one->next) names.push_back(one->text);
    if (!type || type->kind == Node::String) names = {type ? type->text : inferred_type(schema)};
    std::vector<SchemaType> members;
    bool optional = false;
    uint8_t kinds = type || !names[0].empty() ? 0 : kAnyValue;
    for (const std::string_view one : names) {
      if (kinds_of_type(one) == 0 && type)
        problem(pointer + "/type", "`" + std::string(one) + "` is no type of JSON Schema");
      kinds |= kinds_of_type(one);
      optional = optional || one == "null";
      if (one != "null") members.push_back(simple(schema, one, pointer, name, said));
    }
    check_left(schema, pointer, kinds, said,
               kinds == uint8_t{kAnyValue} ? "without a `type`" : "of such a type", problems_);
    return joined(std::move(members), optional, name, pointer);
  }

  SchemaType simple(const JsonNode& schema, std::string_view type, const std::string& pointer,
                    const std::string& name, std::set<std::string_view>& said) {
    const JsonNode* properties = json_member(schema, "properties");
    if (type == "object" && properties && properties->kind == Node::Object) {
      said.insert({"properties", "required", "additionalProperties", "minProperties", "maxProperties"});
      SchemaType record{.kind = Kind::Named, .name = unique(titled(schema, name))};
      declare_record(record.name, schema, pointer);
      return record;
    }
    if (properties) said.insert("properties");  // which are no object, as has been said
    SchemaType result{.kind = type == "object" ? Kind::Map : simple_kind(schema, type)};
    if (result.kind == Kind::List)
      result.parts.push_back(inner(schema, "items", pointer, name + "Item", said));
    else if (result.kind == Kind::Map)
      result.parts.push_back(inner(schema, "additionalProperties", pointer, name + "Value", said));
    result.conditions = conditions_of(schema, result.kind, pointer, said, problems_);
    return result;
  }

  /// What a list or a map holds. `"additionalProperties": false` is a condition.
  SchemaType inner(const JsonNode& schema, std::string_view keyword, const std::string& pointer,
                   const std::string& name, std::set<std::string_view>& said) {
    said.insert(keyword);
    const JsonNode* node = json_member(schema, keyword);
    if (!node || (node->kind == Node::False && keyword != "items")) return {};
    if (node->kind != Node::Object && node->kind != Node::True && node->kind != Node::False) return {};
    const std::string where = pointer + pointer_step(keyword);
    return standing(type(*node, where, name), name, where);
  }

  const JsonNode& root_;
  std::vector<SchemaProblem>& problems_;
  SchemaReferences references_;
  std::set<std::string> names_;
  std::map<std::string, int> numbers_;    // the last of each stem
  std::map<std::string, Kind> standing_;  // names that conditions stand on
  SchemaModel model_;
};

}  // namespace

SchemaModel read_schema(const JsonNode& root, const std::string& name, std::vector<SchemaProblem>& problems) {
  return Reader(root, problems).read(name);
}

}  // namespace chain::sema
