#include "runtime/access/command_line.h"

#include <cctype>

namespace chain::access {

namespace {

bool is_plain(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) ||
         std::string_view("_-./:=@%+,").find(c) != std::string_view::npos ||
         static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

std::string quoted_word(std::string_view word, const std::vector<bool>& literal) {
  const auto made = [&](size_t at) { return !literal.empty() && !literal[at]; };
  bool plain = !word.empty();
  for (size_t i = 0; i < word.size(); ++i) plain = plain && (made(i) || is_plain(word[i]));
  if (plain) return std::string(word);
  std::string out = "'";
  for (size_t i = 0; i < word.size(); ++i) {
    if (made(i)) {
      out += "'*'";
    } else if (word[i] == '\'') {
      out += "'\\''";
    } else {
      out += word[i];
    }
  }
  return out + '\'';
}

std::string command_line(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + quoted_word(word);
  return line;
}

}  // namespace chain::access
