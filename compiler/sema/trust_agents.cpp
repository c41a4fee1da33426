// Trust in agents: whose text their models have read, and what they call with it.
#include <algorithm>
#include <utility>

#include "compiler/graph/reach.h"
#include "compiler/sema/trust.h"
#include "runtime/program/web_search.h"

namespace chain::sema::trust {

using program::ExternalKind;

/// Whether the model of an agent reads text of others before it calls a tool: from its messages, its memory,
/// or a tool that it called before.
bool Flow::hears_others(const graph::External& agent, uint32_t index) const {
  const auto is_given = [](bool given) { return given; };
  return begins_untrusted(agent, index) || externals_[index].handed ||
         std::ranges::any_of(externals_[index].given, is_given) || !agent.memory.empty() ||
         std::ranges::any_of(agent.callables,
                             [&](const graph::Callable& each) { return gives_untrusted(each); });
}

bool Flow::begins_untrusted(const graph::External& agent, uint32_t index) const {
  const auto takes_others = [&](const Slot& slot) {
    return !marks_.closed_parameter(slot) && (slot.untrusted || marks_.first_mark(slot.type));
  };
  return externals_[index].asked || loop_reads_others(agent.loop_chain) ||
         std::ranges::any_of(context_.externals[index].parameters.items, takes_others);
}

/// Whether a loop brings text of others into the conversation by itself, not by way of the agent's tools.
bool Flow::loop_reads_others(uint32_t chain) const {
  if (chain >= module_.chains.size()) return false;
  const graph::Reach reach = graph::reach_of_chain(module_, chain);
  const auto reads = [&](uint32_t index) {
    const graph::External& external = module_.externals[index];
    switch (external.kind) {
      case ExternalKind::Tool:
      case ExternalKind::Agent:
      case ExternalKind::Search:
      case ExternalKind::Recall:
      case ExternalKind::Remote: return !marks_.closed(external.result);
      default: return false;
    }
  };
  const auto searches = [&](uint32_t prompt) {
    return program::searching_model(module_.models, module_.prompts[prompt].model).has_value();
  };
  return std::ranges::any_of(reach.externals, reads) || std::ranges::any_of(reach.prompts, searches);
}

bool Flow::gives_untrusted(const graph::Callable& callable) const {
  switch (callable.kind) {
    case graph::Callable::Kind::External: {
      const graph::External& external = module_.externals[callable.index];
      return external.kind != ExternalKind::Ask && !marks_.closed(external.result);
    }
    case graph::Callable::Kind::Chain:
      return chains_[callable.index].source != nullptr ||
             marks_.first_mark(module_.chains[callable.index].result) != nullptr;
    case graph::Callable::Kind::Prompt:
      return prompts_[callable.index].source != nullptr ||
             marks_.first_mark(module_.prompts[callable.index].result) != nullptr ||
             program::searching_model(module_.models, module_.prompts[callable.index].model);
  }
  return true;
}

void Flow::mark_agents() {
  for (uint32_t i = 0; i < module_.externals.size(); ++i) {
    graph::External& agent = module_.externals[i];
    if (agent.kind != ExternalKind::Agent) continue;
    agent.begins_untrusted = begins_untrusted(agent, i);
    for (graph::Callable& each : agent.callables) each.gives_untrusted = gives_untrusted(each);
  }
}

void Flow::mark_registry() {
  for (graph::Registered& each : module_.registry) {
    using Kind = graph::Callable::Kind;
    const auto [kind, index] = std::pair(each.callable.kind, each.callable.index);
    const Signature& signature = kind == Kind::Chain    ? context_.chains[index]
                                 : kind == Kind::Prompt ? context_.prompts[index]
                                                        : context_.externals[index];
    const Summary& summary = kind == Kind::Chain    ? chains_[index]
                             : kind == Kind::Prompt ? prompts_[index]
                                                    : externals_[index];
    each.callable.gives_untrusted = gives_untrusted(each.callable);
    for (size_t i = 0; i < signature.parameters.items.size(); ++i) {
      const Slot& slot = signature.parameters.items[i];
      const bool writes = kind == Kind::External &&
                          module_.externals[index].effect == program::Effect::Writes &&
                          module_.externals[index].kind != ExternalKind::Agent;
      const bool sinks = writes || (i < summary.sinks.size() && !summary.sinks[i].empty());
      each.takes_untrusted.push_back(!sinks || slot.untrusted || marks_.closed_parameter(slot));
    }
  }
}

/// What an agent calls its tools with is up to a model that has read text of others. A tool that writes asks
/// a person then; nobody asks about a path, a host, a command or a system part.
void Flow::agent_tools(const graph::External& agent, uint32_t index) {
  if (agent.callables.empty() || !hears_others(agent, index)) return;
  const std::string name = "agent `" + agent.name + '`';
  for (const graph::Callable& each : agent.callables) {
    const auto kind = each.kind;
    const bool is_chain = kind == graph::Callable::Kind::Chain,
               is_prompt = kind == graph::Callable::Kind::Prompt;
    const Signature& callee = is_chain    ? context_.chains[each.index]
                              : is_prompt ? context_.prompts[each.index]
                                          : context_.externals[each.index];
    Summary& summary = is_chain    ? chains_[each.index]
                       : is_prompt ? prompts_[each.index]
                                   : externals_[each.index];
    if (each.handoff && !std::exchange(summary.handed, true)) changed_ = true;
    for (size_t i = 0; i < callee.parameters.items.size(); ++i) {
      const Slot& slot = callee.parameters.items[i];
      if (marks_.closed_parameter(slot)) continue;
      const std::string passed = name + ", whose model has read what others wrote, chooses `" +
                                 std::string(slot.name) + "` of `" + std::string(callee.name) + '`';
      Taint chosen;
      chosen.add(kSource, step(agent.span, passed));
      pass(summary, i, chosen, agent.span, passed);
      for (const Sink& sink : summary.sinks[i]) {
        if (!sink.asks) reach(chosen, sink, agent.span, "");
      }
    }
  }
}

}  // namespace chain::sema::trust
