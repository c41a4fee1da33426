// Handlebars (https://handlebarsjs.com), as Dotprompt extends it, and Mustache, which is a part of it, as a
// tree.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/foreign/shape.h"

namespace chain::foreign {

/// What an expression names: `user.name`, `../name`, `this`, `@index`, or a literal.
struct Path {
  uint32_t up = 0;                 // how often `../` leads it
  bool root = false;               // `@root.`
  std::vector<std::string> names;  // empty for `this`
  std::string data;                // "index" of `@index`
  bool is_literal = false;         // `literal` is a text, or a number, true or false as written
  bool is_text = false;
  std::string literal;
};

struct Node {
  enum class Kind : uint8_t { Text, Value, Json, Media, If, Each, With, Auto, Role, History, Section, Lost };
  enum class Test : uint8_t { Holds, Fails, Equal, Unequal };

  Kind kind = Kind::Text;
  Test test = Test::Holds;  // of If
  uint32_t line = 0;
  std::string text;  // of Text; the role; what was lost, as it was written
  Path path;
  Path other;        // what `ifEquals` compares with
  std::string item;  // `as |item index|`
  std::string index;
  std::vector<Node> body;
  std::vector<Node> otherwise;
};

/// Reads a template. What is not understood becomes a Lost node and a remark; nothing is dropped silently.
/// Blocks nest at most 64 levels; what is deeper is lost. Tags that stand alone on a line take the line with
/// them, as in Handlebars.
[[nodiscard]] std::vector<Node> read_handlebars(std::string_view text, uint32_t first_line,
                                                std::vector<Remark>& remarks);

}  // namespace chain::foreign
