// What a server asks the person at the terminal: a flat form, field by field.
// https://modelcontextprotocol.io/specification/2025-11-25/client/elicitation
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chain::cli {

struct FormField {
  enum class Kind : uint8_t { Text, Number, Whole, Bool, One, Several };
  std::string name;
  std::string title, description;
  Kind kind = Kind::Text;
  bool required = false;
  std::string fallback;               // JSON; empty for none
  std::string format;                 // of a text: "email", "uri", "date", "date-time"
  std::optional<double> least, most;  // of a number; of a text its length, of several choices how many
  std::vector<std::pair<std::string, std::string>> choices;  // what is sent, what is shown
};

/// The fields of `schema`, in its order. Nothing, and why in `error`, if it is no flat form.
[[nodiscard]] std::optional<std::vector<FormField>> form_fields(std::string_view schema, std::string& error);

/// How a field is asked for, on lines of its own; ends with a line end.
[[nodiscard]] std::string shown(const FormField& field);

/// What was typed, as JSON; empty if the field is left out. Nothing, and what is wrong in `error`, if it does
/// not fit.
[[nodiscard]] std::optional<std::string> field_value(const FormField& field, std::string_view typed,
                                                     std::string& error);

/// {"action": "accept", "content": {...}} of a field's name and JSON each; those of empty JSON are left out.
[[nodiscard]] std::string accepted(const std::vector<std::pair<std::string, std::string>>& values);

}  // namespace chain::cli
