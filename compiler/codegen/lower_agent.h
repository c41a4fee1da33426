// The tables of agents. Internal to compiler/codegen.
#pragma once

#include "compiler/codegen/module_emitter.h"

namespace chain::codegen {

/// Gives every agent among the externals of `graph` its place in `m.program.agents`.
void number_agents(ModuleEmitter& m);

/// Fills it. Chains and externals must be there.
void lower_agent(ModuleEmitter& m, program::Agent& agent);

}  // namespace chain::codegen
