#include "runtime/datasets/cells.h"

#include <algorithm>

#include "runtime/value/characters.h"
#include "runtime/value/json.h"
#include "runtime/value/utf8.h"

namespace chain::datasets {
namespace {

using program::TypeId;
using program::TypeKind;
using program::TypeTable;

/// A cell is read as JSON if that is what it is.
bool holds_json(const TypeTable& types, TypeId id) {
  switch (types.base_kind(id)) {
    case TypeKind::Bool:
    case TypeKind::Int:
    case TypeKind::Float:
    case TypeKind::Json:
    case TypeKind::Record:
    case TypeKind::List:
    case TypeKind::Map:
    case TypeKind::Union: return true;
    default: return false;
  }
}

TypeId without_optional(const TypeTable& types, TypeId id) {
  while (types[id].kind == TypeKind::Optional) id = types[id].element;
  return id;
}

/// Spreadsheets write TRUE and False.
std::optional<std::string_view> boolean(std::string_view text) {
  for (const std::string_view word : {"true", "false"}) {
    const auto same = [](char a, char b) { return (a | 0x20) == b; };
    if (std::ranges::equal(text, word, same)) return word;
  }
  return std::nullopt;
}

void append_cell(std::string& out, const TypeTable* types, TypeId id, std::string_view text) {
  if (types == nullptr) return value::append_json_string(out, text);
  id = without_optional(*types, id);
  const std::string_view plain = value::trimmed(text);
  const auto word = types->base_kind(id) == TypeKind::Bool ? boolean(plain) : std::nullopt;
  if (word) {
    out += *word;
  } else if (holds_json(*types, id) && value::is_json(plain)) {
    for (const char c : plain)
      out += c == '\n' || c == '\r' ? ' ' : c;  // between tokens: none stand in texts
  } else {
    value::append_json_string(out, text);
  }
}

/// Whether an empty cell stands for no value.
bool is_none(const RowType& type, TypeId id, bool has_default, const Cell& cell, Empty empty) {
  if (!cell.text) return true;
  if (empty == Empty::Text || !cell.text->empty() || type.types == nullptr) return false;
  return has_default || type.types->base_kind(id) != TypeKind::String;
}

}  // namespace

const program::Field* find_field(const program::Type& record, std::string_view name) {
  const auto named = std::ranges::find(record.fields, name, &program::Field::name);
  if (named != record.fields.end()) return &*named;
  const auto aliased = std::ranges::find_if(record.fields, [&](const program::Field& field) {
    return !field.alias.empty() && field.alias == name;
  });
  return aliased == record.fields.end() ? nullptr : &*aliased;
}

std::optional<std::string> json_of_row(const RowType& type, std::span<const Cell> row, Empty empty,
                                       std::string& problem) {
  for (const Cell& cell : row) {
    if (!cell.text || value::find_invalid_utf8(*cell.text) == std::string_view::npos) continue;
    problem = "column `" + std::string(cell.name) + "` is no UTF-8";
    return std::nullopt;
  }
  std::string out;
  const TypeId element = type.types ? without_optional(*type.types, type.element) : TypeId{};
  const program::Type* whole = type.types ? &(*type.types)[element] : nullptr;
  if (whole && whole->kind != TypeKind::Record && whole->kind != TypeKind::Map) {
    if (row.size() != 1) {
      problem = "it has " + std::to_string(row.size()) + " columns, and a `" +
                type.types->to_string(element) + "` takes one";
      return std::nullopt;
    }
    if (is_none(type, type.element, false, row[0], empty)) return "null";
    append_cell(out, type.types, element, *row[0].text);
    return out;
  }
  out = "{";
  for (const Cell& cell : row) {
    TypeId column = type.types ? type.types->string_type : TypeId{};
    bool has_default = false;
    if (whole && whole->kind == TypeKind::Map) column = whole->element;
    if (const auto* field =
            whole && whole->kind == TypeKind::Record ? find_field(*whole, cell.name) : nullptr) {
      column = field->type;
      has_default = !field->default_json.empty();
    }
    if (is_none(type, column, has_default, cell, empty)) continue;
    if (out.size() > 1) out += ',';
    value::append_json_string(out, cell.name);
    out += ':';
    append_cell(out, type.types, column, *cell.text);
  }
  return out + '}';
}

}  // namespace chain::datasets
