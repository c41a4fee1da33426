#include "cli/form_dialog.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/terminal.h"
#include "runtime/value/characters.h"

namespace chain::cli {
namespace {

using nlohmann::ordered_json;
using value::trimmed;

/// A field's value in JSON, as somebody would have typed it.
std::string typed(const ordered_json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  std::string text;
  for (const ordered_json& each : value) text += (text.empty() ? "" : ",") + typed(each);
  return text;
}

/// Whether a value in JSON is of the field's type: what is typed is always text.
bool fits(const FormField& field, const ordered_json& value) {
  switch (field.kind) {
    case FormField::Kind::Number: return value.is_number();
    case FormField::Kind::Whole: return value.is_number_integer();
    case FormField::Kind::Bool: return value.is_boolean();
    case FormField::Kind::Several:
      return value.is_array() &&
             std::ranges::all_of(value, [](const auto& each) { return each.is_string(); });
    case FormField::Kind::Text:
    case FormField::Kind::One: return value.is_string();
  }
  return false;
}

}  // namespace

FormDialog::FormDialog(std::string_view form, std::string url) : url_(std::move(url)) {
  if (!url_.empty()) return;
  if (auto fields = form_fields(form, error_)) fields_ = *std::move(fields);
}

std::string FormDialog::begin() const {
  if (unreadable()) return error_ + "; `decline` is the only answer\n";
  if (!url_.empty())
    return fmt::format(
        "It wants you to open\n  {}\nEnter when that is done, `decline`, or nothing more with Ctrl-D.\n",
        one_line(url_));
  if (fields_.empty()) return "Enter says yes, `decline` no.\n";
  return "`decline` says no, Ctrl-D nothing.\n" + shown(fields_[0]);
}

std::string FormDialog::outline() const {
  if (unreadable()) return begin();
  if (!url_.empty()) return "  " + one_line(url_) + "\n`done` once it was open, or `decline`\n";
  std::string text;
  for (const FormField& field : fields_)
    text += (fields_.size() > 1 ? "`" + one_line(field.name) + "`  " : std::string()) + shown(field);
  return text + (fields_.empty() ? "`yes` or `decline`\n" : "");
}

std::optional<std::string> FormDialog::take(std::string_view line, std::string& show) {
  if (trimmed(line) == "decline") return kDeclined;
  if (unreadable()) return show = begin(), std::nullopt;
  if (values_.size() < fields_.size()) {
    std::string error;
    const FormField& field = fields_[values_.size()];
    const auto value = field_value(field, line, error);
    if (!value) return show = printable(error) + "\n", std::nullopt;
    values_.emplace_back(field.name, *value);
    if (values_.size() < fields_.size()) return show = shown(fields_[values_.size()]), std::nullopt;
  }
  return url_.empty() ? accepted(values_) : R"({"action": "accept"})";
}

std::optional<std::string> FormDialog::whole(std::string_view text, std::string& error) const {
  const std::string_view word = trimmed(text);
  if (word == "decline") return kDeclined;
  error = error_;
  if (unreadable()) {
    error += "; `decline` is the only answer";
  } else if (fields_.empty()) {
    for (const char* yes : {"", "yes", "y", "done", "{}"}) {
      if (word == yes) return url_.empty() ? accepted({}) : R"({"action": "accept"})";
    }
    error = fmt::format("say `{}` or `decline`, not `{}`", url_.empty() ? "yes" : "done", word);
  } else if (word.starts_with('{')) {
    return object(word, error);
  } else if (fields_.size() > 1) {
    error = "it asks for several things: answer with a JSON object of ";
    for (const FormField& field : fields_)
      error += fmt::format("{}`{}`", &field == fields_.data() ? "" : ", ", field.name);
  } else if (const auto value = field_value(fields_[0], text, error)) {
    return accepted({{fields_[0].name, *value}});
  }
  return std::nullopt;
}

std::optional<std::string> FormDialog::object(std::string_view json, std::string& error) const {
  const ordered_json values = ordered_json::parse(json, nullptr, false);
  if (!values.is_object()) return error = "that is no JSON object", std::nullopt;
  std::vector<std::pair<std::string, std::string>> given;
  for (const FormField& field : fields_) {
    const auto found = values.find(field.name);
    if (found != values.end() && !fits(field, *found))
      return error = fmt::format("`{}` is of another type:\n{}", field.name, shown(field)), std::nullopt;
    const auto value = field_value(field, found == values.end() ? "" : typed(*found), error);
    if (!value) return error = fmt::format("`{}`: {}", field.name, error), std::nullopt;
    given.emplace_back(field.name, *value);
  }
  for (const auto& [name, value] : values.items()) {
    if (std::ranges::none_of(fields_, [&](const FormField& field) { return field.name == name; }))
      return error = fmt::format("it does not ask for `{}`", name), std::nullopt;
  }
  return accepted(given);
}

}  // namespace chain::cli
