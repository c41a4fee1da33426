#include "cli/elicitation.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>

#include "cli/terminal.h"
#include "runtime/value/characters.h"
#include "runtime/value/utf8.h"

namespace chain::cli {
namespace {

using nlohmann::ordered_json;
using value::trimmed;

constexpr size_t kMostFields = 100;

std::string text_of(const ordered_json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<double> number_of(const ordered_json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
}

/// `enum` with `enumNames`, or `oneOf`/`anyOf` of constants with titles.
std::vector<std::pair<std::string, std::string>> choices_of(const ordered_json& schema) {
  std::vector<std::pair<std::string, std::string>> choices;
  if (const auto values = schema.find("enum"); values != schema.end() && values->is_array()) {
    const auto names = schema.find("enumNames");
    for (size_t i = 0; i < values->size(); ++i) {
      if (!(*values)[i].is_string()) continue;
      const auto value = (*values)[i].get<std::string>();
      const bool named =
          names != schema.end() && names->is_array() && i < names->size() && (*names)[i].is_string();
      choices.emplace_back(value, named ? (*names)[i].get<std::string>() : value);
    }
  }
  for (const char* word : {"oneOf", "anyOf"}) {
    const auto cases = schema.find(word);
    if (cases == schema.end() || !cases->is_array()) continue;
    for (const ordered_json& each : *cases) {
      if (!each.is_object()) continue;
      const std::string value = text_of(each, "const"), title = text_of(each, "title");
      if (!value.empty()) choices.emplace_back(value, title.empty() ? value : title);
    }
  }
  return choices;
}

bool read_field(const ordered_json& schema, FormField& field) {
  if (!schema.is_object()) return false;
  field.title = text_of(schema, "title");
  field.description = text_of(schema, "description");
  field.format = text_of(schema, "format");
  if (const auto fallback = schema.find("default"); fallback != schema.end())
    field.fallback = fallback->dump();
  const std::string type = text_of(schema, "type");
  field.choices = choices_of(schema);
  if (type == "array") {
    field.kind = FormField::Kind::Several;
    const auto items = schema.find("items");
    if (items != schema.end() && items->is_object()) field.choices = choices_of(*items);
    field.least = number_of(schema, "minItems");
    field.most = number_of(schema, "maxItems");
    return !field.choices.empty();
  }
  if (type == "boolean") field.kind = FormField::Kind::Bool;
  if (type == "integer") field.kind = FormField::Kind::Whole;
  if (type == "number") field.kind = FormField::Kind::Number;
  if (!field.choices.empty()) field.kind = FormField::Kind::One;
  const bool text = type == "string";
  field.least = number_of(schema, text ? "minLength" : "minimum");
  field.most = number_of(schema, text ? "maxLength" : "maximum");
  return text || type == "boolean" || type == "integer" || type == "number" || !field.choices.empty();
}

std::string json_text(std::string_view text) {
  return ordered_json(std::string(text)).dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string bound_text(double bound) {
  return fmt::format("{:g}", bound);
}

/// "at least 1 and at most 5"; empty without bounds.
std::string bounds(const FormField& field) {
  std::string text;
  if (field.least) text += "at least " + bound_text(*field.least);
  if (field.most) text += (text.empty() ? "at most " : " and at most ") + bound_text(*field.most);
  return text;
}

bool beyond(const FormField& field, double number) {
  return (field.least && number < *field.least) || (field.most && number > *field.most);
}

bool has_format(std::string_view text, std::string_view format) {
  const auto digits = [&](size_t at, size_t count) {
    return text.size() >= at + count &&
           std::ranges::all_of(text.substr(at, count), [](char c) { return c >= '0' && c <= '9'; });
  };
  if (format == "email") {
    const size_t at = text.find('@');
    return at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
           text.find('@', at + 1) == std::string_view::npos && text.find(' ') == std::string_view::npos;
  }
  if (format == "uri")
    return text.find(':') != std::string_view::npos && text.find(' ') == std::string_view::npos;
  const bool date =
      text.size() >= 10 && digits(0, 4) && text[4] == '-' && digits(5, 2) && text[7] == '-' && digits(8, 2);
  if (format == "date") return date && text.size() == 10;
  if (format == "date-time")
    return date && text.size() >= 20 && (text[10] == 'T' || text[10] == 't') && digits(11, 2) &&
           text[13] == ':' && digits(14, 2) && text[16] == ':' && digits(17, 2);
  return true;
}

/// A choice by what is sent, what is shown, or its number; null if it is none.
const std::pair<std::string, std::string>* choice(const FormField& field, std::string_view typed) {
  const std::string_view word = trimmed(typed);
  for (const auto& each : field.choices) {
    if (each.first == word || each.second == word) return &each;
  }
  size_t number = 0;
  const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), number);
  const bool whole = problem == std::errc() && end == word.data() + word.size();
  return whole && number >= 1 && number <= field.choices.size() ? &field.choices[number - 1] : nullptr;
}

std::optional<std::string> several(const FormField& field, std::string_view typed, std::string& error) {
  std::vector<std::string> taken;
  while (!typed.empty()) {
    const size_t comma = std::min(typed.find(','), typed.size());
    const std::string_view word = trimmed(typed.substr(0, comma));
    typed.remove_prefix(std::min(comma + 1, typed.size()));
    if (word.empty()) continue;
    const auto* one = choice(field, word);
    if (one == nullptr) {
      error = fmt::format("`{}` is none of the choices", word);
      return std::nullopt;
    }
    if (std::ranges::find(taken, one->first) == taken.end()) taken.push_back(one->first);
  }
  if (beyond(field, static_cast<double>(taken.size()))) {
    error = "choose " + bounds(field);
    return std::nullopt;
  }
  return ordered_json(taken).dump();
}

std::optional<std::string> number(const FormField& field, std::string_view typed, std::string& error) {
  const std::string word(trimmed(typed));
  double number = 0;
  int64_t whole = 0;
  const char* const end = word.data() + word.size();
  const bool is_whole = std::from_chars(word.data(), end, whole).ptr == end && !word.empty();
  const auto read = std::from_chars(word.data(), end, number);
  const bool good = read.ec == std::errc() && read.ptr == end && std::isfinite(number);
  if (!good || (field.kind == FormField::Kind::Whole && !is_whole)) {
    error = fmt::format("`{}` is no {}number", word, field.kind == FormField::Kind::Whole ? "whole " : "");
  } else if (beyond(field, number)) {
    error = "the number is " + bounds(field);
  } else {
    return is_whole ? std::to_string(whole) : ordered_json(number).dump();
  }
  return std::nullopt;
}

std::optional<std::string> text(const FormField& field, std::string_view typed, std::string& error) {
  const auto length = static_cast<double>(
      std::ranges::count_if(typed, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
  if (value::find_invalid_utf8(typed) != std::string_view::npos) {
    error = "this is not UTF-8";
  } else if (beyond(field, length)) {
    error = "its length is " + bounds(field);
  } else if (!has_format(typed, field.format)) {
    error = fmt::format("`{}` is no {}", typed, field.format);
  } else {
    return json_text(typed);
  }
  return std::nullopt;
}

std::optional<std::string> yes_or_no(std::string_view typed, std::string& error) {
  std::string word(trimmed(typed));
  for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (word == "y" || word == "yes" || word == "true") return "true";
  if (word == "n" || word == "no" || word == "false") return "false";
  error = fmt::format("say `yes` or `no`, not `{}`", word);
  return std::nullopt;
}

}  // namespace

std::optional<std::vector<FormField>> form_fields(std::string_view schema, std::string& error) {
  const ordered_json object = ordered_json::parse(schema, nullptr, false);
  std::vector<FormField> fields;
  const auto properties = object.is_object() ? object.find("properties") : object.end();
  if (!object.is_object() || (properties != object.end() && !properties->is_object())) {
    error = "what it asks for is no form";
    return std::nullopt;
  }
  if (properties == object.end()) return fields;
  const auto required = object.find("required");
  for (const auto& [name, each] : properties->items()) {
    FormField field;
    field.name = name;
    if (!read_field(each, field) || fields.size() >= kMostFields) {
      error = fmt::format("nobody can be asked for its field `{}`", name);
      return std::nullopt;
    }
    field.required = required != object.end() && required->is_array() &&
                     std::ranges::find(*required, ordered_json(name)) != required->end();
    fields.push_back(std::move(field));
  }
  return fields;
}

std::string shown(const FormField& field) {
  std::string text = one_line(field.title.empty() ? field.name : field.title);
  if (!field.description.empty()) text += ": " + one_line(field.description);
  std::string more;
  const auto add = [&](const std::string& part) { more += (more.empty() ? "" : ", ") + part; };
  if (field.kind == FormField::Kind::Bool) add("yes or no");
  if (field.kind == FormField::Kind::Several) add("several, with commas between");
  if (!field.format.empty()) add(one_line(field.format));
  const bool length = field.kind == FormField::Kind::Text;
  if (const std::string bound = bounds(field); !bound.empty()) add(bound + (length ? " characters" : ""));
  if (!field.fallback.empty()) add("nothing for " + one_line(field.fallback));
  if (field.fallback.empty() && !field.required) add("may be left empty");
  if (!more.empty()) text += " (" + more + ")";
  text += '\n';
  for (size_t i = 0; i < field.choices.size(); ++i)
    fmt::format_to(std::back_inserter(text), "  {}  {}\n", i + 1, one_line(field.choices[i].second));
  return text;
}

std::optional<std::string> field_value(const FormField& field, std::string_view typed, std::string& error) {
  if (trimmed(typed).empty()) {
    if (!field.fallback.empty()) return field.fallback;
    if (!field.required) return "";
    if (field.kind != FormField::Kind::Text || !field.format.empty() || field.least) {
      error = "something must be said here";
      return std::nullopt;
    }
  }
  switch (field.kind) {
    case FormField::Kind::Text: return text(field, typed, error);
    case FormField::Kind::Number:
    case FormField::Kind::Whole: return number(field, typed, error);
    case FormField::Kind::Bool: return yes_or_no(typed, error);
    case FormField::Kind::Several: return several(field, typed, error);
    case FormField::Kind::One: break;
  }
  const auto* one = choice(field, typed);
  if (one == nullptr) error = fmt::format("`{}` is none of the choices", trimmed(typed));
  return one ? std::optional(json_text(one->first)) : std::nullopt;
}

std::string accepted(const std::vector<std::pair<std::string, std::string>>& values) {
  std::string content;
  for (const auto& [name, json] : values) {
    if (!json.empty()) content += (content.empty() ? "" : ", ") + json_text(name) + ": " + json;
  }
  return R"({"action": "accept", "content": {)" + content + "}}";
}

}  // namespace chain::cli
