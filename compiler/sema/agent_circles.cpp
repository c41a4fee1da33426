#include "compiler/sema/agent_circles.h"

#include <algorithm>

#include "compiler/graph/properties.h"
#include "compiler/sema/call_order.h"
#include "compiler/sema/context.h"

namespace chain::sema {

namespace {

using graph::Op;
using program::ExternalKind;

/// Who calls whom: the chains first, behind them the externals, of which agents call.
class Callers {
 public:
  explicit Callers(Context& context) : context_(context), chains_(context.module.chains.size()) {
    calls_.resize(chains_ + context.module.externals.size());
    handoffs_.resize(calls_.size());
    for (uint32_t chain = 0; chain < chains_; ++chain) add_chain(chain);
    for (const auto& [agent, tools] : context.agent_tools) add_agent(agent, tools);
  }

  void check() {
    const auto name = [&](uint32_t caller) { return name_of(caller); };
    for (const Circle& circle : order_of(calls_).circles) {
      // Of chains alone it has been told.
      if (std::ranges::all_of(circle.path, [&](uint32_t caller) { return caller < chains_; })) continue;
      report("call each other", path_text(circle, name),
             "bound one of them with `within { depth: 3 }` or `within { steps: 20 }`", circle.call.span,
             circle.call.target);
    }
    for (uint32_t caller = chains_; caller < calls_.size(); ++caller) {
      const Circle circle = handed_back(caller);
      if (circle.path.empty()) continue;
      // A conversation keeps to the bounds of the agent that it began with, whoever has it.
      report("hand a conversation to each other", path_text(circle, name),
             "bound `" + name_of(caller) + "` with `within { steps: 20 }`", span_of(caller), caller);
    }
  }

 private:
  void add_chain(uint32_t chain) {
    const graph::Module& module = context_.module;
    graph::for_each_node(module, module.chains[chain].body, [&](NodeId id) {
      const graph::Node& node = module[id];
      if (node.op == Op::Chain && !bounded(module.chains[node.index].bounds))
        calls_[chain].push_back({node.index, node.span});
      const bool to_agent =
          node.op == Op::External && module.externals[node.index].kind == ExternalKind::Agent;
      if (to_agent && !bounded(module.externals[node.index].bounds))
        calls_[chain].push_back({chains_ + node.index, node.span});
    });
  }

  void add_agent(uint32_t agent, const std::vector<AgentTool>& tools) {
    const graph::Module& module = context_.module;
    const uint32_t caller = chains_ + agent;
    if (module.externals[agent].loop_chain < chains_)
      calls_[caller].push_back({module.externals[agent].loop_chain, span_of(caller)});
    for (const AgentTool& tool : tools) {
      if (tool.handoff) {
        handoffs_[caller].push_back(chains_ + tool.index);
      } else if (tool.kind == SymbolKind::Chain && tool.index < chains_) {
        if (!bounded(module.chains[tool.index].bounds))
          calls_[caller].push_back({tool.index, span_of(caller)});
      } else if (tool.kind == SymbolKind::Tool && !bounded(module.externals[tool.index].bounds)) {
        calls_[caller].push_back({chains_ + tool.index, span_of(caller)});
      }
    }
  }

  static bool bounded(const program::Bounds& bounds) { return bounds.depth >= 0 || bounds.steps >= 0; }

  /// The way by which an agent without `steps` gets its own conversation back; empty if there is none.
  [[nodiscard]] Circle handed_back(uint32_t agent) const {
    if (handoffs_[agent].empty() || context_.module.externals[agent - chains_].bounds.steps >= 0) return {};
    std::vector<uint32_t> from(calls_.size(), UINT32_MAX), open{agent};
    for (size_t next = 0; next < open.size(); ++next) {
      for (const uint32_t target : handoffs_[open[next]]) {
        if (target == agent) {
          Circle circle{{}, {agent, span_of(agent)}};
          for (uint32_t at = open[next]; at != agent; at = from[at]) circle.path.push_back(at);
          circle.path.push_back(agent);
          std::ranges::reverse(circle.path);
          return circle;
        }
        if (from[target] != UINT32_MAX) continue;
        from[target] = open[next];
        open.push_back(target);
      }
    }
    return {};
  }

  [[nodiscard]] const Signature& signature(uint32_t caller) const {
    return caller < chains_ ? context_.chains[caller] : context_.externals[caller - chains_];
  }
  [[nodiscard]] std::string name_of(uint32_t caller) const {
    return name_among_versions(context_, signature(caller));
  }
  [[nodiscard]] Span span_of(uint32_t caller) const { return signature(caller).declaration->name.span; }

  void report(const char* what, std::string path, std::string hint, Span span, uint32_t called) {
    auto report = context_.diagnostics.report(
        AgentCycle{.what = what, .path = std::move(path), .hint = std::move(hint)}, span);
    if (!(span == span_of(called))) report.note(span_of(called), "it is declared here");
  }

  Context& context_;
  uint32_t chains_;
  Calls calls_;
  std::vector<std::vector<uint32_t>> handoffs_;
};

}  // namespace

void check_agent_circles(Context& context) {
  if (!context.agent_tools.empty()) Callers(context).check();
}

}  // namespace chain::sema
