#include "cli/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "cli/terminal.h"
#include "cli/usage.h"
#include "runtime/value/arena.h"
#include "runtime/value/json.h"

namespace chain::cli {
namespace {

using program::Field;
using program::TypeId;
using program::TypeKind;
using program::TypeTable;
/// JSON text by the name of the argument.
using Values = std::map<std::string, std::string, std::less<>>;

bool is_optional(const TypeTable& types, TypeId type) {
  return types[type].kind == TypeKind::Optional;
}

const Field* find(const std::vector<Field>& fields, std::string_view name) {
  const auto found =
      std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

std::string unknown(const std::vector<Field>& fields, std::string_view name) {
  std::vector<std::string_view> names;
  for (const Field& field : fields) names.push_back(field.name);
  return fmt::format("unknown argument `{}`{}", name, meant(name, names));
}

/// The value of a `-a` as JSON for a parameter of type `id`.
std::string setting_value(const TypeTable& types, TypeId id, const std::string& text) {
  TypeKind kind = types.base_kind(id);
  const bool optional = kind == TypeKind::Optional;
  if (optional) kind = types.base_kind(types[id].element);
  const bool as_text = kind == TypeKind::String || kind == TypeKind::Enum || kind == TypeKind::Duration ||
                       kind == TypeKind::Money || kind == TypeKind::Time || kind == TypeKind::Date ||
                       kind == TypeKind::Bytes || (kind == TypeKind::Media && !text.starts_with('{'));
  if (optional && kind != TypeKind::String && (text == "none" || text == "null")) return "null";
  if (!as_text && value::is_json(text)) return text;
  std::string quoted;  // text where a number is wanted, too: the type check says so
  value::append_json_string(quoted, text);
  return quoted;
}

/// Whether `value` reads as the type, conditions aside.
bool suits(const TypeTable& types, const Field& field, std::string_view value, std::string& error) {
  value::Arena arena;
  std::vector<std::max_align_t> place(types[field.type].size / sizeof(std::max_align_t) + 1);
  const auto read = value::from_json(types, field.type, value, arena, place.data());
  if (read.ok()) return true;
  const std::string where = read.path.empty()          ? field.name
                            : read.path.front() == '[' ? field.name + read.path
                                                       : field.name + "." + read.path;
  error = fmt::format("argument `{}`: {}", where, read.message);
  return false;
}

/// Whether every given argument meets the conditions on it. A default that does not is the file's mistake,
/// which the run reports.
bool meet_conditions(const TypeTable& types, TypeId parameters, const std::string& json, const Values& values,
                     value::ConstraintCheck* check, std::string& error) {
  value::Arena arena;
  const std::byte* record = nullptr;
  const auto read = value::from_json(types, parameters, json, arena, &record, check);
  if (read.ok() || values.find(read.path.substr(0, read.path.find_first_of(".["))) == values.end())
    return true;
  error = fmt::format("argument `{}`: {}", read.path, read.message);
  return false;
}

bool read_input(const std::vector<Field>& fields, const std::string& input, Values& values,
                std::string& error) {
  std::string message;
  const auto members = value::json_members(input, message);
  if (!members) {
    error = value::is_json(input) ? "the input must be a JSON object with the chain's arguments by name"
                                  : "the input is not JSON: " + message;
    return false;
  }
  for (const value::JsonMember& member : *members) {
    if (find(fields, member.key) == nullptr) {
      error = unknown(fields, member.key);
      return false;
    }
    values[member.key] = member.value;
  }
  return true;
}

bool read_settings(const TypeTable& types, const std::vector<Field>& fields,
                   const std::vector<std::string>& settings, Values& values, std::string& error) {
  std::set<std::string> seen;
  for (const std::string& setting : settings) {
    const size_t equals = setting.find('=');
    const std::string name = setting.substr(0, equals);
    if (equals == std::string::npos || name.empty()) {
      error = fmt::format("`{}` is not of the form name=value", setting);
      return false;
    }
    const Field* field = find(fields, name);
    if (field == nullptr) {
      error = unknown(fields, name);
      return false;
    }
    if (!seen.insert(name).second) {
      error = fmt::format("argument `{}` is given twice", name);
      return false;
    }
    const bool escaped = setting.compare(equals + 1, 2, "@@") == 0;  // what begins with `@` names a file
    values[name] = setting_value(types, field->type, setting.substr(equals + (escaped ? 2 : 1)));
  }
  return true;
}

}  // namespace

std::optional<std::string> arguments_json(const TypeTable& types, TypeId parameters,
                                          const std::vector<std::string>& settings,
                                          const std::optional<std::string>& input,
                                          value::ConstraintCheck* check, std::string& error) {
  const std::vector<Field>& fields = types[parameters].fields;
  Values values;
  if (input && !read_input(fields, *input, values, error)) return std::nullopt;
  if (!read_settings(types, fields, settings, values, error)) return std::nullopt;
  std::string missing;
  for (const Field& field : fields) {
    const auto value = values.find(field.name);
    const bool needed = field.default_json.empty() && !is_optional(types, field.type);
    if (value == values.end() && needed) missing += (missing.empty() ? "`" : ", `") + field.name + "`";
    if (value != values.end() && !suits(types, field, value->second, error)) return std::nullopt;
  }
  if (!missing.empty()) {
    error = fmt::format("missing argument{} {}", missing.find(',') == std::string::npos ? "" : "s", missing);
    return std::nullopt;
  }
  std::string json = "{";
  for (const auto& [name, value] : values) {
    if (json.size() > 1) json += ',';
    value::append_json_string(json, name);
    json += ':';
    json += value;
  }
  json += '}';
  return meet_conditions(types, parameters, json, values, check, error) ? std::optional(json) : std::nullopt;
}

std::string list_parameters(const TypeTable& types, TypeId parameters) {
  std::vector<std::pair<std::string, std::string>> rows;
  size_t width = 0;
  for (const Field& field : types[parameters].fields) {
    std::string left = fmt::format("{}: {}", field.name, types.to_string(field.type));
    if (!field.default_json.empty()) left += " = " + field.default_json;
    std::string right = field.doc;
    std::replace(right.begin(), right.end(), '\n', ' ');
    for (const auto& constraint : field.constraints)
      right += fmt::format("{}(where {})", right.empty() ? "" : " ", constraint.text);
    const program::Type& type = types[field.type];
    if (type.kind == TypeKind::Enum) {
      right += right.empty() ? "one of " : "; one of ";
      for (const auto& c : type.cases) right += (&c == &type.cases.front() ? "" : ", ") + c.name;
    }
    width = std::max(width, std::min<size_t>(display_width(left), 40));
    rows.emplace_back(printable(left), printable(right));
  }
  std::string text;
  for (const auto& [left, right] : rows) {
    const size_t taken = display_width(left);
    text += "  " + left;
    if (!right.empty()) text += std::string(width > taken ? width - taken : 0, ' ') + "  " + right;
    text += '\n';
  }
  return text;
}

}  // namespace chain::cli
