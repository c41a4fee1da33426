// Regions that hold effects: their steps, their frames, and the native code between the steps.
#pragma once

#include "compiler/codegen/function_emitter.h"

namespace chain::codegen {

/// Lowers a chain's body and the regions inside it; gives the body's place in `Program::regions`.
uint32_t lower_body(ModuleEmitter& m, const graph::Chain& chain);

}  // namespace chain::codegen
