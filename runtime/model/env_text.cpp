#include "runtime/model/env_text.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "runtime/value/utf8.h"

namespace chain::model {

namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

class EnvReader {
 public:
  explicit EnvReader(std::string_view text) : text_(text) {}

  bool read() {
    if (const size_t wrong = value::find_invalid_utf8(text_); wrong != std::string_view::npos)
      return fail(wrong, "this is not UTF-8");
    if (const size_t nul = text_.find('\0'); nul != std::string_view::npos)
      return fail(nul, "a variable holds no zero byte");
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    while (at_ < text_.size()) {
      if (!line()) return false;
    }
    return true;
  }

  [[nodiscard]] Variables::Values& values() { return values_; }

  /// "LINE:COLUMN: what"; columns count bytes from 1.
  [[nodiscard]] std::string problem() const {
    const std::string_view before = text_.substr(0, wrong_at_);
    const size_t begin = before.rfind('\n') + 1;  // npos + 1 is 0
    return fmt::format("{}:{}: {}", line_of(wrong_at_), wrong_at_ - begin + 1, problem_);
  }

 private:
  [[nodiscard]] char here() const { return at_ < text_.size() ? text_[at_] : '\n'; }
  [[nodiscard]] size_t line_of(size_t at) const {
    size_t line = 1;
    for (const char c : text_.substr(0, at)) line += c == '\n';
    return line;
  }
  bool fail(size_t at, std::string what) {
    wrong_at_ = at;
    problem_ = std::move(what);
    return false;
  }
  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }
  void skip_line() { at_ = std::min(text_.find('\n', at_), text_.size() - 1) + 1; }
  [[nodiscard]] bool at_end_of_line() const { return here() == '\n' || text_.substr(at_, 2) == "\r\n"; }

  bool line() {
    skip_blanks();
    if (at_end_of_line() || here() == '#') return skip_line(), true;
    size_t begin = at_;
    std::string name = word();
    if (name == "export" && is_blank(here())) {
      skip_blanks();
      begin = at_;
      name = word();
    }
    skip_blanks();
    if (name.empty())
      return fail(begin, "a line begins with the name of a variable: letters, digits and `_`");
    if (here() != '=') return fail(at_, "`=` is missing");  // the word may be a secret that stands alone
    ++at_;
    skip_blanks();
    std::string value;
    const bool quoted = here() == '\'' || here() == '"';
    if (!(quoted ? quoted_value(value) : plain_value(value))) return false;
    if (const auto [place, fresh] = set_at_.emplace(name, begin); !fresh)
      return fail(begin, fmt::format("`{}` is set in line {} already", name, line_of(place->second)));
    values_[name] = std::move(value);
    return true;
  }

  std::string word() {
    const size_t begin = at_;
    if (!is_letter(here())) return {};
    while (is_letter(here()) || (here() >= '0' && here() <= '9')) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  /// What looks like an expansion would be taken for one.
  bool expands() {
    const std::string_view two = text_.substr(at_, 2);
    if (two != "${" && two != "$(") return false;
    fail(at_,
         fmt::format(
             "`{}` is not expanded; write the value out, or in single quotes if it is meant as it stands",
             two));
    return true;
  }

  bool plain_value(std::string& value) {
    const size_t begin = at_;
    while (!at_end_of_line()) {
      if (here() == '#' && (at_ == begin || is_blank(text_[at_ - 1]))) break;
      if (expands()) return false;
      value += text_[at_++];
    }
    while (!value.empty() && (is_blank(value.back()) || value.back() == '\r')) value.pop_back();
    skip_line();
    return true;
  }

  bool quoted_value(std::string& value) {
    const size_t begin = at_;
    const char quote = text_[at_++];
    while (at_ < text_.size() && text_[at_] != quote) {
      if (quote == '"' && expands()) return false;
      if (quote == '"' && text_[at_] == '\\' && at_ + 1 < text_.size()) {
        ++at_;
        if (!escape(value)) return false;
      } else {
        value += text_[at_++];
      }
    }
    if (at_ == text_.size()) return fail(begin, fmt::format("this {} is not closed", quote));
    ++at_;
    skip_blanks();
    if (!at_end_of_line() && here() != '#') return fail(at_, "something stands behind the closing quote");
    skip_line();
    return true;
  }

  bool escape(std::string& value) {
    constexpr std::string_view kWritten = "nrt\"\\$", kMeant = "\n\r\t\"\\$";
    const size_t known = kWritten.find(text_[at_]);
    if (known == std::string_view::npos)
      return fail(at_ - 1,
                  "a backslash stands before n, r, t, \", \\ or $; in single quotes it means itself");
    value += kMeant[known];
    ++at_;
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
  Variables::Values values_;
  std::map<std::string, size_t> set_at_;
  size_t wrong_at_ = 0;
  std::string problem_;
};

}  // namespace

std::optional<Variables::Values> read_env_text(std::string_view text, const std::string& name,
                                               std::string& error) {
  EnvReader reader(text);
  if (reader.read()) return std::move(reader.values());
  error = name + ":" + reader.problem();
  return std::nullopt;
}

}  // namespace chain::model
