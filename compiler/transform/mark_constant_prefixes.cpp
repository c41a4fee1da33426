#include "compiler/transform/mark_constant_prefixes.h"

#include <algorithm>

#include "compiler/graph/properties.h"

namespace chain::transform {

using graph::Module;
using graph::Node;
using graph::NodeId;
using graph::Op;
using graph::RegionId;

namespace {

/// Text that is always the same: an example, or what has been folded to a constant.
bool is_constant(const Module& module, const graph::MessagePart& part) {
  return !part.body.valid() || module[module[part.body].result].op == Op::Constant;
}

bool writes(const Module& module, NodeId id) {
  bool result = graph::writes_text(module[id].op);
  for (RegionId inner : module[id].regions) {
    if (module[id].op == Op::Render) continue;  // its emits are its own
    graph::for_each_node(module, inner, [&](NodeId each) { result |= graph::writes_text(module[each].op); });
  }
  return result;
}

/// The bytes of the constants that a render emits first.
size_t constant_start(const Module& module, const Node& render) {
  size_t bytes = 0;
  for (NodeId id : module[render.regions[0]].nodes) {
    if (!writes(module, id)) continue;
    const Node& node = module[id];
    const std::string* text =
        node.op == Op::Emit ? std::get_if<std::string>(&module[node.operands[0]].constant) : nullptr;
    if (!text || module[node.operands[0]].op != Op::Constant) break;
    bytes += text->size();
  }
  return bytes;
}

}  // namespace

void mark_constant_prefixes(Module& module) {
  for (graph::Prompt& prompt : module.prompts) {
    const auto varies = std::ranges::find_if_not(
        prompt.messages, [&](const graph::MessagePart& part) { return is_constant(module, part); });
    prompt.prefix.parts = static_cast<uint32_t>(varies - prompt.messages.begin());
    prompt.prefix.bytes = 0;
    if (varies == prompt.messages.end()) continue;
    const Node& text = module[module[varies->body].result];
    if (text.op == Op::Render) prompt.prefix.bytes = static_cast<uint32_t>(constant_start(module, text));
  }
}

}  // namespace chain::transform
