// Text to tree.
#pragma once

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/source/source.h"
#include "compiler/syntax/ast.h"

namespace chain::syntax {

/// Limits on what one file may hold; beyond them the file is refused with a diagnostic.
struct ParseLimits {
  size_t bytes = 4u << 20;
  size_t nesting = 200;  // brackets, braces, blocks and templates within each other
};

/// Parses a file of `sources`, templates inside strings included. Reports every mistake it finds and
/// gives what could be read of the rest; never throws and never recurses deeper than the limits.
[[nodiscard]] Ast parse(const SourceMap& sources, FileId file, Diagnostics& diagnostics,
                        ParseLimits limits = {});

}  // namespace chain::syntax
