// What the parser reads: tokens, comments beside them, and where each stands.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/source/source.h"
#include "compiler/syntax/parse.h"

namespace chain::syntax {

/// `type` is a token of ChainLexer.g4.
struct Token {
  uint32_t begin = 0;
  uint32_t end = 0;
  uint32_t first_comment = 0;  // the comments between the token before and this one:
  uint32_t last_comment = 0;   // [first_comment, last_comment)
  uint16_t type = 0;
  uint16_t depth = 0;  // brackets it stands in; a bracket itself stands outside
  bool first_on_line = false;
  bool invented = false;  // a bracket that somebody forgot, and that has been reported
};

enum class CommentKind : uint8_t { Line, Block, Doc, FileDoc };

struct Comment {
  uint32_t begin = 0;
  uint32_t end = 0;
  CommentKind kind = CommentKind::Line;
};

struct Tokens {
  std::vector<Token> tokens;
  std::vector<Comment> comments;
  bool complete = true;  // false if a limit stopped the reading
};

/// Turns the bytes `[begin, end)` of a file into tokens, as the grammar of ChainLexer.g4 has them and with
/// string literals whole. What is wrong with a token by itself is reported. Reusable: the machinery behind it
/// costs more to make than a short piece of text to read.
class Lexer {
 public:
  Lexer(const SourceFile& source, FileId file, const ParseLimits& limits, Diagnostics& diagnostics);
  ~Lexer();
  Lexer(const Lexer&) = delete;
  Lexer& operator=(const Lexer&) = delete;

  [[nodiscard]] Tokens read(uint32_t begin, uint32_t end);

 private:
  class Machine;
  std::unique_ptr<Machine> machine_;
};

}  // namespace chain::syntax
