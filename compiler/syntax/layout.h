// Between lexer and parser: says of each word and bracket what it is where it stands, so that one token of
// lookahead decides everything after, and repairs brackets, so that one that is missing costs one message.
#pragma once

#include <string_view>
#include <vector>

#include "compiler/syntax/tokens.h"

namespace chain::syntax {

/// One declaration's tokens, `[begin, end)` of the list.
struct Piece {
  uint32_t begin = 0;
  uint32_t end = 0;
  bool unavailable = false;  // a declaration of a later version; it has been reported
};

struct LaidOut {
  std::vector<Token> tokens;
  std::vector<Piece> pieces;
  std::vector<Comment> comments;
  bool complete = true;  // false if a limit stopped it: nothing of it should be parsed
};

/// For a whole file.
[[nodiscard]] LaidOut lay_out(Tokens raw, std::string_view text, FileId file, const ParseLimits& limits,
                              Diagnostics& diagnostics);

/// For an expression inside a template; `outer` brackets and templates stand around it already.
[[nodiscard]] LaidOut lay_out_embedded(Tokens raw, std::string_view text, FileId file,
                                       const ParseLimits& limits, size_t outer, Diagnostics& diagnostics);

}  // namespace chain::syntax
