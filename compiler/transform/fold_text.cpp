#include "compiler/transform/fold_text.h"

#include <utility>

#include "compiler/graph/properties.h"
#include "compiler/transform/evaluate.h"
#include "runtime/value/text.h"

namespace chain::transform {

using graph::Constant;
using graph::Module;
using graph::Node;
using graph::NodeId;
using graph::Op;
using graph::RegionId;
using program::TypeKind;

namespace {

class TextFolding {
 public:
  explicit TextFolding(Module& module) : module_(module) {}

  void region(RegionId id) {
    std::vector<NodeId> nodes;
    nodes.swap(module_[id].nodes);
    std::vector<NodeId> kept;
    Run run;
    for (NodeId node : nodes) {
      for (size_t i = 0; i < module_[node].regions.size(); ++i) region(module_[node].regions[i]);
      if (module_[node].op == Op::Render) fold_render(node);
      if (emits_constant(node)) {
        const std::string text = text_of(node);
        if (run.text.size() + text.size() > kMaxFoldedText) flush(run, kept);
        run.emits.push_back(node);
        run.text += text;
        continue;
      }
      // Other emits keep their place; pure nodes between two emits do not part them.
      const bool appends = module_[node].op == Op::Emit || module_[node].op == Op::Include;
      if (appends || !module_[node].regions.empty()) flush(run, kept);
      kept.push_back(node);
    }
    flush(run, kept);
    module_[id].nodes = std::move(kept);
  }

 private:
  /// Emits of constants, one after the other, and what they append together.
  struct Run {
    std::vector<NodeId> emits;
    std::string text;
  };

  [[nodiscard]] bool emits_constant(NodeId id) const {
    const Node& node = module_[id];
    return node.op == Op::Emit && module_[node.operands[0]].op == Op::Constant &&
           module_.types[module_[node.operands[0]].type].kind != program::TypeKind::Media;
  }

  /// What the emit of a constant appends.
  [[nodiscard]] std::string text_of(NodeId emit) const;
  /// Puts one emit in place of the run and empties it.
  void flush(Run& run, std::vector<NodeId>& kept);
  void fold_render(NodeId id);

  Module& module_;
};

std::string TextFolding::text_of(NodeId emit) const {
  const Node& node = module_[module_[emit].operands[0]];
  const program::Type& type = module_.types[node.type];
  std::string text;
  if (const auto* flag = std::get_if<bool>(&node.constant)) return *flag ? "true" : "false";
  if (const auto* known = std::get_if<std::string>(&node.constant)) return *known;
  if (const auto* number = std::get_if<double>(&node.constant)) {
    value::append_float(text, *number);
    return text;
  }
  const auto number = std::get<int64_t>(node.constant);
  switch (type.kind) {
    case TypeKind::Enum: {
      const program::EnumCase& shown = type.cases[static_cast<size_t>(number)];
      return shown.alias.empty() ? shown.name : shown.alias;
    }
    default: break;
  }
  const value::TextForm* form = value::text_form(type.kind);
  if (!form) return std::to_string(number);
  form->append(text, number);
  return text;
}

void TextFolding::flush(Run& run, std::vector<NodeId>& kept) {
  const Run done = std::exchange(run, {});
  if (done.text.empty()) return;
  const NodeId emit = done.emits.front();
  if (done.emits.size() > 1 || module_[module_[emit].operands[0]].type != module_.types.string_type) {
    Node constant;
    constant.op = Op::Constant;
    constant.type = module_.types.string_type;
    constant.span = module_[emit].span;
    constant.site = module_[emit].site;
    constant.constant = done.text;
    module_.nodes.push_back(std::move(constant));
    module_[emit].operands[0] = {static_cast<uint32_t>(module_.nodes.size() - 1)};
    kept.push_back(module_[emit].operands[0]);
  }
  kept.push_back(emit);
}

void TextFolding::fold_render(NodeId id) {
  std::string text;
  const RegionId body = module_[id].regions[0];
  for (NodeId inner : module_[body].nodes) {
    if (emits_constant(inner))
      text += text_of(inner);
    else if (module_[inner].op != Op::Constant)
      return;
  }
  if (text.size() > kMaxFoldedText) return;
  module_[body] = {};
  Node& node = module_[id];
  node.op = Op::Constant;
  node.constant = std::move(text);
  node.regions.clear();
}

}  // namespace

void fold_text(Module& module) {
  TextFolding folding(module);
  graph::for_each_body(module, [&](RegionId body) { folding.region(body); });
}

}  // namespace chain::transform
