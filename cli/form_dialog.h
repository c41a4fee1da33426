// What a server wants to know, asked line by line.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/elicitation.h"

namespace chain::cli {

/// `decline` says no to all of it. A page is never opened by itself.
class FormDialog {
 public:
  /// `form` is a JSON Schema; of a page that is to be opened `url` stands, and no form.
  FormDialog(std::string_view form, std::string url);

  /// What is shown first: the page, or the first field; why, of a form that nobody can be asked.
  [[nodiscard]] std::string begin() const;
  /// All of it at once, for one who answers later.
  [[nodiscard]] std::string outline() const;
  [[nodiscard]] size_t fields() const { return fields_.size(); }
  /// Nobody can be asked: only no is an answer.
  [[nodiscard]] bool unreadable() const { return !error_.empty(); }
  /// Takes a line. The JSON of an ElicitResult once it is whole; if not, `show` is what is shown next.
  [[nodiscard]] std::optional<std::string> take(std::string_view line, std::string& show);
  /// The whole answer in one text: `decline`, a JSON object of the fields, the value of the only field, and
  /// `yes` or `done` where there is none. Nothing, and why in `error`, if it does not fit.
  [[nodiscard]] std::optional<std::string> whole(std::string_view text, std::string& error) const;

 private:
  [[nodiscard]] std::optional<std::string> object(std::string_view json, std::string& error) const;

  std::string url_;
  std::vector<FormField> fields_;
  std::vector<std::pair<std::string, std::string>> values_;  // so far: names, JSON
  std::string error_;
};

/// {"action": "decline"} and {"action": "cancel"}.
inline constexpr const char* kDeclined = R"({"action": "decline"})";
inline constexpr const char* kCancelled = R"({"action": "cancel"})";

}  // namespace chain::cli
