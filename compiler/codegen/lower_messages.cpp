#include "compiler/codegen/lower_messages.h"

#include "compiler/codegen/function_emitter.h"

namespace chain::codegen {

std::vector<program::MessagePart> lower_messages(ModuleEmitter& m, const std::string& name,
                                                 program::TypeId parameters,
                                                 const std::vector<graph::MessagePart>& parts) {
  std::vector<program::MessagePart> messages;
  for (const graph::MessagePart& part : parts) {
    program::MessagePart message{part.role, {}, part.example};
    if (part.body.valid()) {
      auto [function, id] = m.add_function(name + ".render", m.render_type());
      FunctionEmitter code(m, function, function->getArg(0), function->getArg(1), parameters, abi::kFailed);
      code.emit_region(part.body);
      code.store(code.value(m.graph[part.body].result), m.graph.types.string_type, function->getArg(2));
      code.finish(abi::kOk);
      message.render = id;
    }
    messages.push_back(message);
  }
  return messages;
}

}  // namespace chain::codegen
