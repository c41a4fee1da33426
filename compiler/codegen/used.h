// What of a module can run. Internal to compiler/codegen.
#pragma once

#include <vector>

#include "compiler/graph/module.h"

namespace chain::codegen {

/// By place in the module. Modules of the library have more than a program calls; what of theirs nothing
/// calls gets no code.
struct Used {
  std::vector<bool> chains;
  std::vector<bool> functions;
};

/// All that the program's own files declare, and what can be reached from there.
[[nodiscard]] Used used_of(const graph::Module& module);

}  // namespace chain::codegen
