#include "compiler/foreign/names.h"

#include <cctype>

#include "compiler/syntax/words.h"

namespace chain::foreign {
namespace {

bool is_letter(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || static_cast<unsigned char>(c) >= 0x80;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

std::string identifier(std::string_view name) {
  std::string made;
  for (const char c : name) made += is_letter(c) || is_digit(c) || c == '_' ? c : '_';
  if (made.empty()) made = "value";
  if (is_digit(made.front())) made.insert(0, "n");
  if (made.find_first_not_of('_') == std::string::npos) made = "value" + made;
  if (syntax::reserved_word(made) != 0) made += '_';
  return made;
}

std::string type_name(std::string_view name) {
  std::string made;
  bool upper = true;
  for (const char c : name) {
    if (!is_letter(c) && !is_digit(c)) {
      upper = true;
      continue;
    }
    made += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = false;
  }
  return identifier(made);
}

std::string unused(std::string name, std::set<std::string>& taken) {
  std::string free = name;
  for (int n = 2; !taken.insert(free).second; ++n) free = name + std::to_string(n);
  return free;
}

std::string string_literal(std::string_view text) {
  std::string made = "\"";
  for (size_t i = 0; i < text.size(); ++i) {
    switch (const char c = text[i]) {
      case '"': made += "\\\""; break;
      case '\\': made += "\\\\"; break;
      case '\n': made += "\\n"; break;
      case '\r': made += "\\r"; break;
      case '\t': made += "\\t"; break;
      case '{':
        made += i + 1 < text.size() && std::string_view("{%#").find(text[i + 1]) != std::string_view::npos
                    ? "\\{"
                    : "{";
        break;
      default: made += c;
    }
  }
  return made + '"';
}

std::string template_text(std::string_view text) {
  std::string made;
  for (size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    if (rest.starts_with("\\")) {
      made += "\\\\";
    } else if (rest.starts_with("\"\"\"")) {
      made += "\\\"\\\"\\\"";
      i += 2;
    } else if (rest.starts_with("{{") || rest.starts_with("{%") || rest.starts_with("{#")) {
      made += "\\{";
    } else if (text[i] != '\r') {
      made += text[i];
    }
  }
  return made;
}

}  // namespace chain::foreign
