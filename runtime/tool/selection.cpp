#include "runtime/tool/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "runtime/value/json.h"
#include "runtime/value/path.h"

namespace chain::tool {

namespace {

using program::TypeKind;

constexpr size_t kMostNames = 8;  // in a message

std::optional<size_t> as_place(std::string_view name) {
  size_t place = 0;
  const auto [end, code] = std::from_chars(name.data(), name.data() + name.size(), place);
  return code == std::errc() && end == name.data() + name.size() ? std::optional(place) : std::nullopt;
}

/// "`id`, `name` and others"
std::string names_of(const std::vector<value::JsonMember>& members) {
  std::string text;
  for (size_t i = 0; i < members.size() && i < kMostNames; ++i)
    text += (i > 0 ? ", `" : "`") + value::shortened(members[i].key) + '`';
  return members.empty() ? "nothing" : text + (members.size() > kMostNames ? ", ..." : "");
}

/// One step down. Nothing, and `error`, if there is none.
std::optional<std::string_view> step(std::string_view json, std::string_view name, const std::string& where,
                                     std::string& error) {
  std::string ignored;
  if (const auto members = value::json_members(json, ignored)) {
    // Of equal keys the last counts.
    const auto found =
        std::find_if(members->rbegin(), members->rend(), [&](const auto& each) { return each.key == name; });
    if (found != members->rend()) return found->value;
    error = fmt::format("has no `{}`: {} holds {}", name, where, names_of(*members));
    return std::nullopt;
  }
  const auto items = value::json_items(json, ignored);
  const auto place = as_place(name);
  if (items && place && *place < items->size()) return (*items)[*place];
  if (items) {
    error = fmt::format("has no `{}`: {} is a list of {}", name, where, items->size());
  } else if (value::is_json(json)) {
    error = fmt::format("has no `{}`: {} is {}", name, where, value::shortened(json));
  } else {
    error = "is no JSON: it begins with " + value::quoted_short(json);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string_view> json_at(std::string_view json, std::string_view path, std::string& error) {
  std::string where = "the whole";
  while (!path.empty()) {
    const size_t point = std::min(path.find('.'), path.size());
    const std::string_view name = path.substr(0, point);
    path.remove_prefix(std::min(point + 1, path.size()));
    const auto part = step(json, name, where, error);
    if (!part) return std::nullopt;
    json = *part;
    where = '`' + std::string(name) + '`';
  }
  return json;
}

std::string text_option(const program::External& tool, std::string_view name) {
  std::string ignored;
  const auto members = value::json_members(tool.options_json, ignored);
  if (!members) return {};
  for (const value::JsonMember& member : *members) {
    if (member.key == name) return value::json_string(member.value).value_or("");
  }
  return {};
}

std::optional<std::string> selected(const program::Program& program, const program::External& tool,
                                    std::string text, std::string& error) {
  const std::string path = text_option(tool, "at");
  if (path.empty()) return text;
  const program::Type& type = program.types[tool.result];
  const bool optional = type.kind == TypeKind::Optional;
  const auto part = json_at(text, path, error);
  if (!part && optional && value::is_json(text)) return "null";
  if (!part) return std::nullopt;
  const TypeKind kind = optional ? program.types[type.element].kind : type.kind;
  if (kind == TypeKind::String) {
    if (auto said = value::json_string(*part)) return said;
  }
  return std::string(*part);
}

}  // namespace chain::tool
