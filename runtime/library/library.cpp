#include "runtime/library/library.h"

#include <algorithm>
#include <cassert>
#include <map>

namespace chain::library {

using program::Type;
using program::TypeId;
using program::TypeKind;
using program::TypeTable;

namespace {

struct Row {
  std::string_view name, symbol, signature, doc;
};

constexpr Row kRows[] = {
#define FN(name, symbol, signature, doc) {#name, #symbol, signature, doc},
#include "runtime/library/library.def"
#undef FN
};

std::vector<Function> read_rows() {
  std::vector<Function> result;
  result.reserve(std::size(kRows));
  for (const Row& row : kRows) {
    std::optional<Function> function = parse_signature(row.signature);
    assert(function && "a signature of library.def is not well formed");
    function->name = row.name;
    function->symbol = row.symbol;
    function->signature = row.signature;
    function->doc = row.doc;
    result.push_back(std::move(*function));
  }
  return result;
}

using Names = std::map<std::string_view, std::vector<uint32_t>>;

const Names& rows_by_name() {
  static const Names rows = [] {
    Names result;
    for (uint32_t i = 0; i < functions().size(); ++i) result[functions()[i].name].push_back(i);
    return result;
  }();
  return rows;
}

TypeKind type_kind(PatternKind kind) {
  switch (kind) {
    case PatternKind::Bool: return TypeKind::Bool;
    case PatternKind::Int: return TypeKind::Int;
    case PatternKind::Float: return TypeKind::Float;
    case PatternKind::Duration: return TypeKind::Duration;
    case PatternKind::Money: return TypeKind::Money;
    case PatternKind::String: return TypeKind::String;
    case PatternKind::Time: return TypeKind::Time;
    case PatternKind::Date: return TypeKind::Date;
    case PatternKind::Bytes: return TypeKind::Bytes;
    case PatternKind::Json: return TypeKind::Json;
    case PatternKind::Image:
    case PatternKind::Audio:
    case PatternKind::Video:
    case PatternKind::File: return TypeKind::Media;
    case PatternKind::Optional: return TypeKind::Optional;
    case PatternKind::List: return TypeKind::List;
    case PatternKind::Map: return TypeKind::Map;
    case PatternKind::Variable: break;
  }
  return TypeKind::Void;
}

}  // namespace

bool Pattern::mentions_variable() const {
  return kind == PatternKind::Variable || (!element.empty() && element.front().mentions_variable());
}

const std::vector<Function>& functions() {
  static const std::vector<Function> rows = read_rows();
  return rows;
}

std::span<const uint32_t> overloads(std::string_view name) {
  const auto found = rows_by_name().find(name);
  if (found == rows_by_name().end()) return {};
  return found->second;
}

const std::vector<std::string_view>& names() {
  static const std::vector<std::string_view> all = [] {
    std::vector<std::string_view> result;
    for (const auto& [name, rows] : rows_by_name()) {
      if (!name.starts_with('.')) result.push_back(name);
    }
    return result;
  }();
  return all;
}

bool admits(Bound bound, const TypeTable& types, TypeId type) {
  switch (types[type].kind) {
    case TypeKind::Void: return false;
    case TypeKind::Optional: return bound == Bound::Any;
    case TypeKind::Record:
    case TypeKind::List:
    case TypeKind::Map:
    case TypeKind::Bytes:
    case TypeKind::Media:
    case TypeKind::Json:
    case TypeKind::Union: return bound != Bound::Ordered;
    default: return true;
  }
}

bool match(const TypeTable& types, const Pattern& pattern, TypeId actual, std::optional<TypeId>& variable) {
  if (pattern.kind == PatternKind::Variable) {
    if (!variable) variable = actual;
    return *variable == actual;
  }
  const Type& type = types[actual];
  if (type.kind != type_kind(pattern.kind)) return false;
  if (type.kind == TypeKind::Media) return to_string(pattern) == type.name;
  return pattern.element.empty() || match(types, pattern.element.front(), type.element, variable);
}

TypeId instantiate(TypeTable& types, const Pattern& pattern, TypeId variable) {
  switch (pattern.kind) {
    case PatternKind::Variable: return variable;
    case PatternKind::Bool: return types.bool_type;
    case PatternKind::Int: return types.int_type;
    case PatternKind::Float: return types.float_type;
    case PatternKind::Duration: return types.duration_type;
    case PatternKind::Money: return types.money_type;
    case PatternKind::String: return types.string_type;
    case PatternKind::Time: return types.time_type;
    case PatternKind::Date: return types.date_type;
    case PatternKind::Bytes: return types.bytes_type;
    case PatternKind::Json: return types.json_type;
    case PatternKind::Image: return types.image_type;
    case PatternKind::Audio: return types.audio_type;
    case PatternKind::Video: return types.video_type;
    case PatternKind::File: return types.file_type;
    default: break;
  }
  const TypeId element = instantiate(types, pattern.element.front(), variable);
  if (pattern.kind == PatternKind::Optional) return types.optional_of(element);
  return pattern.kind == PatternKind::List ? types.list_of(element) : types.map_of(element);
}

std::string to_string(const Pattern& pattern) {
  switch (pattern.kind) {
    case PatternKind::Variable: return "T";
    case PatternKind::Bool: return "bool";
    case PatternKind::Int: return "int";
    case PatternKind::Float: return "float";
    case PatternKind::Duration: return "duration";
    case PatternKind::Money: return "money";
    case PatternKind::String: return "string";
    case PatternKind::Time: return "time";
    case PatternKind::Date: return "date";
    case PatternKind::Bytes: return "bytes";
    case PatternKind::Json: return "json";
    case PatternKind::Image: return "image";
    case PatternKind::Audio: return "audio";
    case PatternKind::Video: return "video";
    case PatternKind::File: return "file";
    case PatternKind::Optional: return to_string(pattern.element.front()) + '?';
    case PatternKind::List: return to_string(pattern.element.front()) + "[]";
    case PatternKind::Map: return "map<" + to_string(pattern.element.front()) + '>';
  }
  return "?";
}

}  // namespace chain::library
