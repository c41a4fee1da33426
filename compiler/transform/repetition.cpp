#include "compiler/transform/repetition.h"

#include <algorithm>
#include <string_view>

#include "compiler/graph/properties.h"
#include "runtime/program/providers.h"

namespace chain::transform {

using graph::Module;
using graph::Node;
using graph::NodeId;
using graph::Op;

namespace {

/// The text behind `"name":` in a flat JSON object that the compiler wrote; empty if it is not there.
std::string_view option(std::string_view json, std::string_view name) {
  const std::string key = '"' + std::string(name) + "\":";
  const size_t found = json.find(key);
  if (found == std::string_view::npos) return {};
  json.remove_prefix(found + key.size());
  return json.substr(0, json.find_first_of(",}"));
}

/// What stands in for a model that fails may be set otherwise, so a model with one varies.
bool always_says_the_same(const program::Model& model) {
  if (program::is_stand_in(model.provider)) return true;
  const std::string_view temperature = option(model.options_json, "temperature");
  const bool zero = !temperature.empty() && temperature.find_first_not_of("0.") == std::string_view::npos;
  return zero && option(model.options_json, "fallback").empty();
}

}  // namespace

/// A chain is as the call in it that varies most.
Repetition::Repetition(const Module& module) : module_(module), chains_(module.chains.size(), Again::Same) {
  std::vector<uint32_t> open;
  for (uint32_t i = 0; i < module.chains.size(); ++i) {
    Again worst = module.chains[i].writes ? Again::Counts : Again::Same;
    graph::for_each_node(module, module.chains[i].body, [&](NodeId id) {
      const Node& node = module[id];
      if (node.op == Op::Prompt || node.op == Op::External) worst = std::max(worst, of(node));
      if (node.op == Op::Sample) worst = std::max(worst, Again::Varies);
    });
    chains_[i] = worst;
    open.push_back(i);
  }
  const std::vector<std::vector<uint32_t>> callers = graph::callers(module);
  while (!open.empty()) {
    const uint32_t callee = open.back();
    open.pop_back();
    for (const uint32_t caller : callers[callee]) {
      if (chains_[caller] >= chains_[callee]) continue;
      chains_[caller] = chains_[callee];
      open.push_back(caller);
    }
  }
}

Again Repetition::of(const Node& call) const {
  switch (call.op) {
    case Op::Prompt: return prompt(call);
    case Op::External: return external(module_.externals[call.index]);
    case Op::Chain: return chains_[call.index];
    default: return Again::Counts;
  }
}

Again Repetition::prompt(const Node& call) const {
  const graph::Prompt& prompt = module_.prompts[call.index];
  const uint32_t model = call.model != UINT32_MAX ? call.model : prompt.model;
  const int64_t cache = call.cache >= 0 ? call.cache : prompt.cache;
  return cache > 0 || always_says_the_same(module_.models[model]) ? Again::Same : Again::Varies;
}

Again Repetition::external(const graph::External& external) const {
  if (external.is_barrier()) return Again::Counts;
  if (external.kind == program::ExternalKind::Search) return Again::Same;
  const bool pure = external.kind == program::ExternalKind::Tool && external.effect == program::Effect::Pure;
  return pure ? Again::Same : Again::Counts;
}

}  // namespace chain::transform
