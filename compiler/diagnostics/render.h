// Diagnostics as people and programs read them.
#pragma once

#include <string>

#include "compiler/diagnostics/diagnostics.h"

namespace chain {

struct RenderOptions {
  bool color = false;
};

/// Each diagnostic with its place, the line, a caret under the span, notes and fixes, then a count.
/// Control characters of the source are escaped.
[[nodiscard]] std::string render_text(const Diagnostics& diagnostics, const SourceMap& sources,
                                      RenderOptions options = {});

/// A JSON object: {"diagnostics": [{code, severity, message, file, line, column, end_line,
/// end_column, notes: [...], fixes: [{begin, end, replacement, message}]}], "errors": N}.
/// Lines and columns count from 1, columns in code points; `begin` and `end` are byte offsets.
[[nodiscard]] std::string render_json(const Diagnostics& diagnostics, const SourceMap& sources);

}  // namespace chain
