#include "cli/mcp_arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "cli/usage.h"

namespace chain::cli {
namespace {

using nlohmann::ordered_json;

constexpr int kDeepest = 64;
constexpr size_t kShown = 60;  // bytes of a value in a message

std::string shown(const ordered_json& value) {
  std::string text = value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  if (text.size() > kShown) text = text.substr(0, kShown) + "...";
  return text;
}

bool is_of(const ordered_json& value, std::string_view type) {
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "null") return value.is_null();
  if (type == "number") return value.is_number();
  const bool whole = value.is_number_float() && std::trunc(value.get<double>()) == value.get<double>();
  if (type == "integer") return value.is_number_integer() || whole;
  return true;  // a word that we do not know
}

/// "a string", "an integer or null".
std::string words(const std::vector<std::string>& types) {
  std::string text;
  for (const std::string& type : types) {
    const bool vowel = type == "integer" || type == "object" || type == "array";
    text += fmt::format("{}{}{}", text.empty() ? "" : " or ",
                        type == "null" ? ""
                        : vowel        ? "an "
                                       : "a ",
                        type);
  }
  return text;
}

std::string wrong_type(const ordered_json& schema, const ordered_json& value, const std::string& place) {
  const auto type = schema.find("type");
  std::vector<std::string> types;
  if (type != schema.end() && type->is_string()) types.push_back(type->get<std::string>());
  if (type != schema.end() && type->is_array()) {
    for (const ordered_json& each : *type) {
      if (each.is_string()) types.push_back(each.get<std::string>());
    }
  }
  if (!types.empty() && std::ranges::none_of(types, [&](const auto& each) { return is_of(value, each); }))
    return fmt::format("`{}` is {}, not {}", place, words(types), shown(value));
  if (const auto constant = schema.find("const"); constant != schema.end() && *constant != value)
    return fmt::format("`{}` is {}, not {}", place, shown(*constant), shown(value));
  const auto values = schema.find("enum");
  if (values == schema.end() || !values->is_array() || std::ranges::find(*values, value) != values->end())
    return {};
  std::string known;
  for (const ordered_json& each : *values) known += (known.empty() ? "" : ", ") + shown(each);
  return fmt::format("`{}` is one of {}, not {}", place, known, shown(value));
}

std::string wrong_value(const ordered_json& schema, const ordered_json& value, const std::string& place,
                        int depth);

std::string wrong_members(const ordered_json& schema, const ordered_json& object, const std::string& place,
                          int depth) {
  const auto within = [&](const std::string& name) { return place.empty() ? name : place + '.' + name; };
  const auto properties = schema.find("properties");
  const bool described = properties != schema.end() && properties->is_object();
  std::vector<std::string> names;
  if (described) {
    for (const auto& [name, ignored] : properties->items()) names.push_back(name);
  }
  const auto others = schema.find("additionalProperties");
  const bool open = (others == schema.end() ? !described || names.empty() : *others != false) ||
                    schema.contains("patternProperties") || schema.contains("$ref") ||
                    schema.contains("allOf") || schema.contains("anyOf") || schema.contains("oneOf");
  for (const auto& [name, value] : object.items()) {
    if (described && properties->contains(name)) {
      std::string wrong = wrong_value((*properties)[name], value, within(name), depth + 1);
      if (!wrong.empty()) return wrong;
    } else if (!open) {
      return fmt::format("it takes no `{}`{}", within(name),
                         meant(name, std::vector<std::string_view>(names.begin(), names.end())));
    }
  }
  const auto required = schema.find("required");
  if (required == schema.end() || !required->is_array()) return {};
  for (const ordered_json& each : *required) {
    if (each.is_string() && !object.contains(each.get<std::string>()))
      return fmt::format("it needs `{}`", within(each.get<std::string>()));
  }
  return {};
}

std::string wrong_value(const ordered_json& schema, const ordered_json& value, const std::string& place,
                        int depth) {
  if (!schema.is_object() || depth > kDeepest) return {};
  std::string wrong = wrong_type(schema, value, place);
  if (wrong.empty() && value.is_object()) wrong = wrong_members(schema, value, place, depth);
  const auto items = schema.find("items");
  if (!value.is_array() || items == schema.end()) return wrong;
  for (size_t i = 0; i < value.size() && wrong.empty(); ++i)
    wrong = wrong_value(*items, value[i], fmt::format("{}[{}]", place, i), depth + 1);
  return wrong;
}

}  // namespace

std::string wrong_arguments(const ordered_json& schema, const ordered_json& arguments) {
  return schema.is_object() ? wrong_members(schema, arguments, {}, 0) : std::string();
}

}  // namespace chain::cli
