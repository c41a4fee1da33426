// Writes that a value parsed from untrusted text decides about: whether they happen, how often, or with what.
//
// A write is decided by the conditions around it, and by those of every `return`, `fail` and `break` before
// it that could have skipped it.
#include <algorithm>

#include "compiler/graph/expression_text.h"
#include "compiler/graph/names.h"
#include "compiler/sema/trust.h"

namespace chain::sema {

namespace {

using graph::GuardedWrite;
using graph::Node;
using graph::Op;

constexpr size_t kMost = 1000;

class Search {
 public:
  Search(Context& context, const trust::Flow& flow)
      : module_(context.module), context_(context), flow_(flow) {}

  void run() {
    for (uint32_t i = 0; i < context_.chains.size(); ++i) {
      chain_ = i;
      guards_.clear();
      region(module_.chains[i].body, false);
    }
  }

 private:
  void region(RegionId id, bool in_loop) {
    const size_t before = guards_.size();
    for (NodeId node : module_[id].nodes) {
      visit(node, in_loop);
      exits(node, in_loop, guards_);  // what could end it before the next one
    }
    guards_.resize(before);
  }

  [[nodiscard]] static bool decides(Op op) {
    return op == Op::If || op == Op::Switch || op == Op::For || op == Op::Loop;
  }

  void visit(NodeId id, bool in_loop) {
    const Node& node = module_[id];
    if (is_write(node)) found(id);
    if (node.regions.empty()) return;
    const size_t before = guards_.size();
    if (decides(node.op)) guards_.push_back(node.operands[0]);
    const bool loop = node.op == Op::Loop;
    if (loop) {  // a `break` decides about the turns that come after it
      for (NodeId inner : module_[node.regions[0]].nodes) exits(inner, true, guards_);
    }
    for (RegionId inner : node.regions) region(inner, in_loop || loop);
    guards_.resize(before);
  }

  /// The conditions under which a node ends what it stands in.
  void exits(NodeId id, bool breaks, std::vector<NodeId>& out) const {
    std::vector<NodeId> path;
    exits(id, breaks, path, out);
  }

  void exits(NodeId id, bool breaks, std::vector<NodeId>& path, std::vector<NodeId>& out) const {
    const Node& node = module_[id];
    if (node.op == Op::Return || node.op == Op::Fail || (node.op == Op::Break && breaks)) {
      for (NodeId each : path) {
        if (std::find(out.begin(), out.end(), each) == out.end()) out.push_back(each);
      }
    }
    if (node.regions.empty()) return;
    if (decides(node.op)) path.push_back(node.operands[0]);
    for (RegionId inner : node.regions) {
      for (NodeId each : module_[inner].nodes) exits(each, breaks && node.op != Op::Loop, path, out);
    }
    if (decides(node.op)) path.pop_back();
  }

  [[nodiscard]] bool is_write(const Node& node) const {
    if (node.op == Op::Chain) return module_.chains[node.index].writes;
    return node.op == Op::External && module_.externals[node.index].effect == program::Effect::Writes;
  }

  void found(NodeId call) {
    const Node& node = module_[call];
    std::vector<NodeId> seen;
    for (NodeId guard : guards_) {
      if (std::find(seen.begin(), seen.end(), guard) != seen.end()) continue;
      seen.push_back(guard);
      add(call, guard, "whether it is called");
    }
    if (node.op != Op::External) return;
    const Signature& callee = context_.externals[node.index];
    for (size_t i = 0; i < node.operands.size(); ++i) {
      const Slot& slot = callee.parameters.items[i];
      if (!slot.untrusted) add(call, node.operands[i], "argument `" + std::string(slot.name) + '`');
    }
  }

  void add(NodeId call, NodeId decider, std::string decided) {
    const auto way = flow_.way_into(decider, flow_.chain(chain_));
    if (!way || module_.guarded_writes.size() >= kMost) return;
    const Node& node = module_[call];
    GuardedWrite write;
    write.chain = chain_;
    write.call = call;
    write.span = node.span;
    write.callee = node.op == Op::Chain ? "chain `" + module_.chains[node.index].name + '`'
                                        : std::string(graph::word_of(module_.externals[node.index].kind)) +
                                              " `" + module_.externals[node.index].name + '`';
    write.decided = std::move(decided);
    write.condition = as_written(decider);
    write.decider = module_[decider].span;
    for (const Note& note : *way) write.path.push_back({note.span, note.message});
    module_.guarded_writes.push_back(std::move(write));
  }

  /// Whether the graph's words for a value are those of branches and loops that the source may not have.
  [[nodiscard]] bool is_lowered(NodeId id, int depth = 0) const {
    const Node& node = module_[id];
    const bool named = !node.name.empty() && depth > 0;
    if (named || depth > 8) return false;
    if (!node.regions.empty()) return true;
    return std::any_of(node.operands.begin(), node.operands.end(),
                       [&](NodeId operand) { return is_lowered(operand, depth + 1); });
  }

  [[nodiscard]] std::string as_written(NodeId id) const {
    if (!is_lowered(id) || !module_[id].name.empty()) return graph::expression_text(module_, id);
    const Op op = module_[id].op;
    if (op == Op::Field && module_[module_[id].operands[0]].op == Op::Loop) return "how the loop ends";
    // On one line, and without the blocks of a statement.
    constexpr size_t kShortest = 3, kLongest = 100;  // an operator's place is its sign alone
    std::string_view text = context_.sources.text(module_[id].span);
    if (op == Op::If || op == Op::Switch || op == Op::For || op == Op::Field)
      text = text.substr(0, text.find('{'));
    std::string line;
    for (const char c : text) {
      const bool blank = c == ' ' || c == '\n' || c == '\r' || c == '\t';
      if (!blank) line += c;
      if (blank && !line.empty() && line.back() != ' ') line += ' ';
      if (line.size() > kLongest) break;
    }
    if (line.ends_with(' ')) line.pop_back();
    return line.size() < kShortest || line.size() > kLongest ? graph::expression_text(module_, id) : line;
  }

  graph::Module& module_;
  Context& context_;
  const trust::Flow& flow_;
  uint32_t chain_ = 0;
  std::vector<NodeId> guards_;
};

}  // namespace

void find_guarded_writes(Context& context) {
  if (context.diagnostics.has_errors()) return;
  trust::Flow flow(context, /*choices=*/true);
  flow.run();
  Search(context, flow).run();
}

}  // namespace chain::sema
