#include "tests/unit/value/case_types.h"

#include <regex>
#include <stdexcept>

#include "runtime/value/json.h"

namespace chain::value::test {

using nlohmann::json;
using program::Literal;
using program::Type;
using program::TypeId;
using program::TypeKind;

namespace {

std::vector<program::Constraint> asserts_of(const json& declaration) {
  std::vector<program::Constraint> constraints;
  for (const json& one : declaration.value("constraints", json::array())) {
    if (one.at("level") == "assert") constraints.push_back({{}, one.at("expr").get<std::string>()});
  }
  return constraints;
}

Literal literal_of(const json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_integer()) return value.get<int64_t>();
  return value.get<std::string>();
}

bool compare(const json& left, const std::string& op, const json& right) {
  if (op == "==") return left == right;
  if (op == "!=") return left != right;
  if (op == "<=") return left <= right;
  if (op == ">=") return left >= right;
  return op == "<" ? left < right : left > right;
}

}  // namespace

TypeId CaseTypes::build(const json& type) {
  const std::string kind = type.at("kind");
  if (kind == "string") return types.string_type;
  if (kind == "int") return types.int_type;
  if (kind == "float") return types.float_type;
  if (kind == "bool") return types.bool_type;
  if (kind == "null") return types.void_type;
  if (kind == "list") return types.list_of(build(type.at("item")));
  if (kind == "map") return types.map_of(build(type.at("value")));
  if (kind == "optional") return types.optional_of(build(type.at("item")));
  if (kind == "literal") return types.literal_of({literal_of(type.at("value"))});
  if (kind == "ref") return build_named(type.at("name"));
  if (kind == "union") return build_union(type.at("any_of"));
  throw std::runtime_error("no type for kind " + kind);
}

/// Literals of one base are one type, as they are in the language.
TypeId CaseTypes::build_union(const json& any_of) {
  std::vector<TypeId> members;
  std::vector<Literal> literals[3];
  for (const json& member : any_of) {
    if (member.at("kind") == "literal")
      literals[literal_of(member.at("value")).index()].push_back(literal_of(member.at("value")));
  }
  bool placed[3] = {};
  for (const json& member : any_of) {
    if (member.at("kind") != "literal") {
      members.push_back(build(member));
      continue;
    }
    const size_t base = literal_of(member.at("value")).index();
    if (!placed[base]) members.push_back(types.literal_of(literals[base]));
    placed[base] = true;
  }
  return members.size() == 1 ? members.front() : types.union_of(members);
}

TypeId CaseTypes::build_named(const std::string& name) {
  if (const auto known = named_.find(name); known != named_.end()) return known->second;
  const json& declaration = declarations_.at(name);
  const std::string kind = declaration.at("kind");
  if (kind == "class") return build_class(name, declaration);
  if (kind == "enum") return build_enum(name, declaration);
  return build_alias(name, declaration);
}

TypeId CaseTypes::build_class(const std::string& name, const json& declaration) {
  Type type;
  type.kind = TypeKind::Record;
  type.name = name;
  type.constraints = asserts_of(declaration);
  const TypeId id = types.add(std::move(type));
  named_[name] = id;
  std::vector<program::Field> fields;
  for (const json& field : declaration.at("fields")) {
    program::Field one;
    one.name = field.at("name");
    one.alias = field.value("alias", "");
    one.type = build(field.at("type"));
    one.constraints = asserts_of(field);
    fields.push_back(std::move(one));
  }
  types[id].fields = std::move(fields);
  types.layout_record(id);
  return id;
}

TypeId CaseTypes::build_enum(const std::string& name, const json& declaration) {
  Type type;
  type.kind = TypeKind::Enum;
  type.name = name;
  type.constraints = asserts_of(declaration);
  for (const json& one : declaration.at("values")) {
    type.cases.push_back({one.at("name"), one.value("alias", ""), one.value("description", "")});
  }
  return named_[name] = types.add(std::move(type));
}

/// The alias gets its place before its body is known, so that the body may refer to it.
TypeId CaseTypes::build_alias(const std::string& name, const json& declaration) {
  Type placeholder;
  placeholder.name = name;
  const TypeId id = types.add(std::move(placeholder));
  named_[name] = id;
  Type body = types[build(declaration.at("type"))];
  if (body.name.empty()) body.name = name;
  types[id] = std::move(body);
  return id;
}

bool CaseConstraints::holds(const program::Constraint& constraint, TypeId type, const void* value) {
  if (constraint.text == "true" || constraint.text == "false") return constraint.text == "true";
  static const std::regex form(R"(this((?:\.\w+)*)(\|length)?\s*(==|!=|<=|>=|<|>)\s*(.+))");
  std::smatch parts;
  if (!std::regex_match(constraint.text, parts, form))
    throw std::runtime_error("unknown condition " + constraint.text);
  std::string text;
  write_json(types_, type, value, text);
  json left = json::parse(text);
  static const std::regex word(R"(\w+)");
  const std::string path = parts[1];
  for (std::sregex_iterator it(path.begin(), path.end(), word), end; it != end; ++it)
    left = json(left.at(it->str()));
  if (parts[2].matched) left = left.is_string() ? left.get<std::string>().size() : left.size();
  return compare(left, parts[3], json::parse(parts[4].str()));
}

}  // namespace chain::value::test
