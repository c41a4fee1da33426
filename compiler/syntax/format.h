// The one layout of a `.chain` file.
#pragma once

#include <optional>
#include <string>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/source/source.h"

namespace chain::syntax {

/// The file's text in the standard layout: two spaces a level, comments kept, at most one blank line,
/// lines up to 100 columns where they can be broken. Formatting twice changes nothing, and the tree is
/// the same before and after. Nothing if the file has syntax errors, or would become larger than can be read;
/// both are reported.
[[nodiscard]] std::optional<std::string> format(const SourceMap& sources, FileId file,
                                                Diagnostics& diagnostics);

}  // namespace chain::syntax
