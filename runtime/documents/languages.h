// What has to be known of a language to find its symbols. Internal to runtime/documents.
#pragma once

#include <cstdint>
#include <string_view>

namespace chain::documents {

enum class Layout : uint8_t {
  Braces,  // { and }
  Indent,  // Python
  Blank,   // parts with empty lines between them: all that is known of other languages
};

enum class SingleQuote : uint8_t {
  Character,  // 'x', '\n'
  String,
  Lifetime,  // 'x' is a character, 'a a lifetime
};

struct Language {
  std::string_view name;
  Layout layout = Layout::Braces;
  std::string_view line_comment = "//";
  bool block_comments = true;  // /* */
  SingleQuote single = SingleQuote::Character;
  bool backtick = false;   // `...` over several lines
  bool triple = false;     // """..."""
  bool raw_cpp = false;    // R"x(...)x"
  bool raw_rust = false;   // r#"..."#
  bool regexes = false;    // /.../
  bool line_ends = false;  // a statement ends with its line
  bool preprocessor = false;
};

/// Null if there is none of this name.
[[nodiscard]] const Language* find_language(std::string_view name);

}  // namespace chain::documents
