// What went wrong, as the user sees it on standard error.
#pragma once

#include <string>

#include "compiler/diagnostics/diagnostics.h"
#include "runtime/sched/run.h"

namespace chain::cli {

/// Every diagnostic, with colour where there is some.
void report(const Diagnostics& diagnostics, const SourceMap& sources);

/// A failed run: kind, message, path in the graph, and the source line as it is on disk now.
void report(const sched::RunError& error, const program::Program& program);

}  // namespace chain::cli
