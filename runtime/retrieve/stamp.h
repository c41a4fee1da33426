// Whether the files of an index have changed, without reading them.
#pragma once

#include <string>

#include "runtime/documents/load.h"
#include "runtime/retrieve/settings.h"

namespace chain::retrieve {

/// Names the files of the index as they lie there: their paths, sizes, times and inodes. While it stays the
/// same, so do they. Empty if that cannot be said: of pages of the web, of a server's rows, and of files that
/// were written so lately that the next write need not show.
[[nodiscard]] std::string stamp_of(const IndexSettings& settings, const documents::Surroundings& around);

/// Whether the documents are files, which a run may look at each time.
[[nodiscard]] bool is_of_files(const IndexSettings& settings);

}  // namespace chain::retrieve
