// Reads the signatures of library.def: `<T: ordered>(list: T[], descending: bool = false) -> T[]`.
#include <charconv>

#include "runtime/library/library.h"

namespace chain::library {

namespace {

class SignatureReader {
 public:
  explicit SignatureReader(std::string_view text) : rest_(text) {}

  std::optional<Function> read() {
    Function function;
    if (take("<T:") && !(read_bound(function.bound) && take(">"))) return std::nullopt;
    if (!take("(")) return std::nullopt;
    while (!take(")")) {
      if (!function.parameters.empty() && !take(",")) return std::nullopt;
      if (!read_parameter(function.parameters.emplace_back())) return std::nullopt;
    }
    if (!take("->") || !read_type(function.result) || !rest_.empty()) return std::nullopt;
    return function;
  }

 private:
  static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  }

  void skip_spaces() {
    while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
  }

  bool take(std::string_view token) {
    skip_spaces();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  std::string_view take_word() {
    skip_spaces();
    size_t size = 0;
    while (size < rest_.size() && is_word(rest_[size])) ++size;
    const std::string_view word = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return word;
  }

  bool read_bound(Bound& bound) {
    const std::string_view word = take_word();
    bound = word == "ordered" ? Bound::Ordered : Bound::Present;
    return word == "ordered" || word == "present";
  }

  bool read_parameter(Parameter& parameter) {
    parameter.name = take_word();
    if (parameter.name.empty() || !take(":") || !read_type(parameter.type)) return false;
    return !take("=") || read_default(parameter.fallback.emplace());
  }

  bool read_type(Pattern& pattern) {
    if (!read_base_type(take_word(), pattern)) return false;
    for (;;) {
      if (take("[]")) {
        pattern = {PatternKind::List, {pattern}};
      } else if (take("?")) {
        pattern = {PatternKind::Optional, {pattern}};
      } else {
        return true;
      }
    }
  }

  bool read_base_type(std::string_view word, Pattern& pattern) {
    if (word == "map") {
      pattern = {PatternKind::Map, {Pattern{}}};
      return take("<") && read_type(pattern.element.front()) && take(">");
    }
    constexpr std::pair<std::string_view, PatternKind> kinds[] = {
        {"T", PatternKind::Variable},    {"bool", PatternKind::Bool},         {"int", PatternKind::Int},
        {"float", PatternKind::Float},   {"duration", PatternKind::Duration}, {"money", PatternKind::Money},
        {"string", PatternKind::String}, {"time", PatternKind::Time},         {"date", PatternKind::Date},
        {"bytes", PatternKind::Bytes},   {"json", PatternKind::Json},         {"image", PatternKind::Image},
        {"audio", PatternKind::Audio},   {"video", PatternKind::Video},       {"file", PatternKind::File}};
    for (const auto& [name, kind] : kinds) {
      if (word != name) continue;
      pattern = {kind, {}};
      return true;
    }
    return false;
  }

  bool read_default(Default& value) {
    if (take("\"")) {
      const size_t end = rest_.find('"');
      if (end == std::string_view::npos) return false;
      value = std::string(rest_.substr(0, end));
      rest_.remove_prefix(end + 1);
      return true;
    }
    const std::string_view word = take_word();
    if (word == "none")
      value = std::monostate{};
    else if (word == "true" || word == "false")
      value = word == "true";
    else
      return read_number(word, value);
    return true;
  }

  static bool read_number(std::string_view word, Default& value) {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    value = number;
    return error == std::errc{} && end == word.data() + word.size();
  }

  std::string_view rest_;
};

}  // namespace

std::optional<Function> parse_signature(std::string_view signature) {
  return SignatureReader(signature).read();
}

}  // namespace chain::library
