// The native code that renders messages, of prompts and of agents. Internal to compiler/codegen.
#pragma once

#include <string>
#include <vector>

#include "compiler/codegen/module_emitter.h"

namespace chain::codegen {

/// `name` is whose messages they are, `parameters` its record type.
[[nodiscard]] std::vector<program::MessagePart> lower_messages(ModuleEmitter& m, const std::string& name,
                                                               program::TypeId parameters,
                                                               const std::vector<graph::MessagePart>& parts);

}  // namespace chain::codegen
