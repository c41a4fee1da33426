// Internal to compiler/syntax: a tree together with the tokens it was made of.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/syntax/ast.h"
#include "compiler/syntax/layout.h"
#include "compiler/syntax/parse.h"

namespace chain::syntax {

/// What a formatter wants to know that tokens alone do not tell; all are offsets of tokens.
struct Marks {
  std::vector<uint32_t>
      items;  // where a declaration, field, case, parameter, member, statement or arm begins
  std::vector<uint32_t> brackets;  // `<`, `>` and `[` of types
};

struct Parsed {
  Ast ast;
  LaidOut tokens;
};

/// As `parse`. `marks` may be null.
[[nodiscard]] Parsed parse_marked(const SourceMap& sources, FileId file, Diagnostics& diagnostics,
                                  const ParseLimits& limits, Marks* marks);

}  // namespace chain::syntax
