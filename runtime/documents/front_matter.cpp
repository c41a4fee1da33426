#include "runtime/documents/front_matter.h"

#include <algorithm>
#include <optional>

#include "runtime/value/characters.h"
#include "runtime/value/utf8.h"

namespace chain::documents {
namespace {

using value::trimmed;

constexpr size_t kMostBytes = size_t{64} << 10;
constexpr size_t kMostValues = 100;
constexpr size_t kMostValue = 1000;  // bytes
constexpr size_t kNone = std::string_view::npos;

uint32_t hex_number(std::string_view digits) {
  uint32_t number = 0;
  for (const char c : digits) {
    const char small = static_cast<char>(c | 0x20);
    if (!value::is_digit(c) && (small < 'a' || small > 'f')) return 0xFFFD;
    number = number * 16 + static_cast<uint32_t>(value::is_digit(c) ? c - '0' : small - 'a' + 10);
  }
  return number;
}

/// One value in front of `text`, which moves behind it. Nothing if it is none that is read here.
class ScalarReader {
 public:
  /// `ends`: what ends a value without quotes.
  ScalarReader(std::string_view& text, std::string_view ends) : text_(text), ends_(ends) {}

  std::optional<std::string> read() {
    if (text_.starts_with('"')) return in_double_quotes();
    if (text_.starts_with('\'')) return in_single_quotes();
    return plain();
  }

 private:
  std::optional<std::string> in_double_quotes() {
    std::string result;
    for (size_t i = 1; i < text_.size(); ++i) {
      if (text_[i] == '"') {
        text_.remove_prefix(i + 1);
        return result;
      }
      if (text_[i] != '\\' || i + 1 >= text_.size()) {
        result += text_[i];
        continue;
      }
      i += escape(text_.substr(i + 1), result);
    }
    return std::nullopt;
  }
  /// How many bytes behind the backslash it takes.
  static size_t escape(std::string_view rest, std::string& result) {
    constexpr std::string_view kLetters = "ntr0", kMeanings = "\n\t\r ";
    const size_t digits = rest[0] == 'u' ? 4 : rest[0] == 'U' ? 8 : rest[0] == 'x' ? 2 : 0;
    if (digits > 0 && rest.size() > digits) {
      const uint32_t c = hex_number(rest.substr(1, digits));
      const bool good = c != 0 && c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
      char bytes[4];
      result.append(bytes, value::encode_utf8(good ? c : 0xFFFD, bytes));
      return 1 + digits;
    }
    const size_t known = kLetters.find(rest[0]);
    result += known == kNone ? rest[0] : kMeanings[known];
    return 1;
  }
  /// In YAML two of them are one; in TOML none can stand within.
  std::optional<std::string> in_single_quotes() {
    std::string result;
    for (size_t i = 1; i < text_.size(); ++i) {
      if (text_[i] == '\'') {
        if (i + 1 >= text_.size() || text_[i + 1] != '\'') {
          text_.remove_prefix(i + 1);
          return result;
        }
        ++i;
      }
      result += text_[i];
    }
    return std::nullopt;
  }
  std::optional<std::string> plain() {
    size_t end = 0;
    while (end < text_.size() && ends_.find(text_[end]) == kNone && !begins_comment(end)) ++end;
    const std::string_view word = trimmed(text_.substr(0, end));
    text_.remove_prefix(end);
    constexpr std::string_view kUnread = "&*!{|>@`%";
    if (word.empty() || kUnread.find(word[0]) != kNone) return std::nullopt;
    return std::string(word);
  }
  [[nodiscard]] bool begins_comment(size_t at) const {
    return text_[at] == '#' && (at == 0 || text_[at - 1] == ' ' || text_[at - 1] == '\t');
  }

  std::string_view& text_;
  std::string_view ends_;
};

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  FrontMatter read() {
    const std::string_view fence = text_.substr(0, 3);
    if ((fence != "---" && fence != "+++") || !find_end(fence)) return {};
    text_ = text_.substr(0, close_);
    next_line();
    if (fence == "---" && !names_values()) return {};
    fence == "---" ? yaml() : toml();
    return std::move(result_);
  }

 private:
  bool find_end(std::string_view fence) {
    if (trimmed(next_line()) != fence) return at_ = 0, false;
    while (at_ < std::min(text_.size(), kMostBytes)) {
      const size_t begin = at_;
      const std::string_view line = next_line();
      const std::string_view mark = trimmed(line);
      if (line.starts_with(' ') || (mark != fence && !(fence == "---" && mark == "..."))) continue;
      result_.end = at_;
      close_ = begin;
      at_ = 0;
      return true;
    }
    return false;
  }

  /// Whether each line at the margin names a value: two rules may as well stand around prose.
  bool names_values() {
    const size_t here = at_;
    bool all = true;
    while (all && !ended()) {
      const std::string_view line = next_line(), text = trimmed(line);
      if (text.empty() || line.starts_with(' ') || line.starts_with('\t')) continue;
      const bool opens = text.find(": ") != kNone || text.ends_with(':');
      all = opens || text[0] == '-' || text[0] == '#' || text[0] == ']' || text[0] == '}';
    }
    at_ = here;
    return all;
  }

  std::string_view next_line() {
    const size_t end = std::min(text_.find('\n', at_), text_.size());
    const std::string_view line = text_.substr(at_, end - at_);
    at_ = std::min(end + 1, text_.size());
    return line;
  }
  [[nodiscard]] std::string_view look() {
    const size_t here = at_;
    const std::string_view line = next_line();
    at_ = here;
    return line;
  }
  [[nodiscard]] bool ended() const { return at_ >= text_.size(); }

  void add(const std::string& name, std::string_view value) {
    value = trimmed(value);
    // Where a passage stands is not for its author to say.
    if (name == "path" || name == "heading" || name == "line" || name == "page") return;
    if (name.empty() || value.empty() || value.size() > kMostValue || result_.values.size() >= kMostValues)
      return;
    result_.values.emplace_back(name, value);
  }
  void add(const std::string& name, const std::optional<std::string>& value) {
    if (value) add(name, std::string_view(*value));
  }
  /// [a, "b"]; the lines behind it too, if it goes on there.
  void list(const std::string& name, std::string_view rest) {
    rest.remove_prefix(1);
    while (true) {
      rest = trimmed(rest);
      if (rest.empty() || rest.starts_with('#')) {
        if (ended()) return;
        rest = next_line();
      } else if (rest[0] == ']') {
        return;
      } else if (rest[0] == ',') {
        rest.remove_prefix(1);
      } else {
        const size_t before = rest.size();
        add(name, ScalarReader(rest, ",]").read());
        if (rest.size() == before) return;
      }
    }
  }

  // ---- YAML ----------------------------------------------------------------------------------

  void yaml() {
    while (!ended()) {
      const std::string_view line = next_line();
      if (line.starts_with(' ') || line.starts_with('\t') || line.starts_with('-')) continue;
      yaml_entry("", line);
    }
  }
  void yaml_entry(const std::string& above, std::string_view line) {
    const size_t colon = line.find(':');
    const std::string_view key = trimmed(line.substr(0, std::min(colon, line.size())));
    if (colon == kNone || key.empty() || key[0] == '#') return;
    if (colon + 1 < line.size() && !value::is_space(line[colon + 1])) return;
    std::string_view rest = trimmed(line.substr(colon + 1));
    const std::string name = above + std::string(without_quotes(key));
    if (rest.empty() || rest.starts_with('#')) return below(name, above.empty());
    if (rest[0] == '[') return list(name, rest);
    if (rest[0] == '|' || rest[0] == '>') return block(name, rest[0] == '|' ? '\n' : ' ');
    const auto word = ScalarReader(rest, "").read();
    if (word != "~" && word != "null") add(name, word);
  }
  /// Items of a list, or members of a table, that stand in lines of their own.
  void below(const std::string& name, bool outermost) {
    while (!ended()) {
      const std::string_view line = look();
      const std::string_view words = trimmed(line);
      const bool item = words.starts_with("- ");
      if (!words.empty() && !item && !line.starts_with(' ')) return;
      next_line();
      if (item) {
        std::string_view rest = trimmed(words.substr(2));
        if (rest.find(": ") == kNone || value::is_quote(rest[0])) add(name, ScalarReader(rest, "").read());
      } else if (outermost) {
        yaml_entry(name + '.', words);
      }
    }
  }
  /// Lines of a text that are indented.
  void block(const std::string& name, char joint) {
    std::string text;
    while (!ended() && (look().starts_with(' ') || trimmed(look()).empty())) {
      const std::string_view line = trimmed(next_line());
      if (!text.empty()) text += joint;
      if (text.size() <= kMostValue) text += line;
    }
    add(name, std::string_view(text));
  }
  static std::string_view without_quotes(std::string_view key) {
    const bool quoted = key.size() > 1 && value::is_quote(key[0]) && key.back() == key[0];
    return quoted ? key.substr(1, key.size() - 2) : key;
  }

  // ---- TOML ----------------------------------------------------------------------------------

  void toml() {
    std::string table;
    bool passed_over = false;  // a table of a list
    while (!ended()) {
      const std::string_view line = trimmed(next_line());
      if (line.empty() || line[0] == '#') continue;
      if (line[0] == '[') {
        passed_over = line.starts_with("[[");
        table = std::string(trimmed(line.substr(1, line.find(']') - 1))) + '.';
        continue;
      }
      const size_t equals = line.find('=');
      if (equals == kNone || passed_over) continue;
      const std::string name = table + std::string(without_quotes(trimmed(line.substr(0, equals))));
      std::string_view rest = trimmed(line.substr(equals + 1));
      if (rest.starts_with("\"\"\"") || rest.starts_with("'''")) {
        several_lines(name, rest);
      } else if (rest.starts_with('[')) {
        list(name, rest);
      } else {
        add(name, ScalarReader(rest, "").read());
      }
    }
  }
  void several_lines(const std::string& name, std::string_view rest) {
    const std::string_view quotes = rest.substr(0, 3);
    std::string text(rest.substr(3));
    while (text.find(quotes) == std::string::npos && !ended() && text.size() <= kMostValue)
      text.append("\n").append(next_line());
    add(name, std::string_view(text).substr(0, text.find(quotes)));
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t close_ = 0;  // of the line that ends it
  FrontMatter result_;
};

}  // namespace

std::string_view FrontMatter::value(std::string_view name) const {
  const auto found = std::ranges::find(values, name, &std::pair<std::string, std::string>::first);
  return found == values.end() ? std::string_view() : found->second;
}

FrontMatter front_matter(std::string_view text) {
  return Reader(text).read();
}

}  // namespace chain::documents
