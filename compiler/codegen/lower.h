// Graph to LLVM IR and the tables that go with it.
#pragma once

#include <llvm/IR/Module.h>

#include "compiler/graph/module.h"
#include "runtime/program/program.h"

namespace chain::codegen {

/// Fills `module` with the native code of `graph` and gives the program's tables, whose `FunctionId`s
/// index the table `kFunctionTable` of the module. The code holds no addresses.
[[nodiscard]] program::Program lower(const graph::Module& graph, llvm::Module& module);

}  // namespace chain::codegen
