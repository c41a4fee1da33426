#include "compiler/graph/reach.h"

#include <vector>

#include "compiler/graph/properties.h"
#include "runtime/program/model_links.h"

namespace chain::graph {

namespace {

/// A worklist: calls nest far deeper than a stack is.
class Walk {
 public:
  /// `deep`: into the chains that are called as well.
  explicit Walk(const Module& module, bool deep = true) : module_(module), deep_(deep) {}

  void chain(uint32_t index) {
    const bool enter = deep_ || reach_.chains.empty();
    if (enter) return add(Kind::Chain, reach_.chains, index, module_.chains.size());
    if (index < module_.chains.size()) reach_.chains.insert(index);
  }
  void prompt(uint32_t index) { add(Kind::Prompt, reach_.prompts, index, module_.prompts.size()); }
  void external(uint32_t index) { add(Kind::External, reach_.externals, index, module_.externals.size()); }

  Reach run() {
    while (!open_.empty()) {
      const auto [kind, index] = open_.back();
      open_.pop_back();
      switch (kind) {
        case Kind::Chain: body(module_.chains[index].body); break;
        case Kind::Prompt: inside(module_.prompts[index]); break;
        case Kind::External: inside(module_.externals[index]); break;
        case Kind::Template: body(module_.templates[index].body); break;
        case Kind::Resource: provider(module_.resources[index].provider); break;
      }
    }
    return std::move(reach_);
  }

 private:
  enum class Kind : uint8_t { Chain, Prompt, External, Template, Resource };

  void add(Kind kind, std::set<uint32_t>& known, uint32_t index, size_t count) {
    if (index < count && known.insert(index).second) open_.emplace_back(kind, index);
  }

  void model(uint32_t index) {
    while (index < module_.models.size() && called_models_.insert(index).second) {
      reach_.models.insert(index);
      for (const uint32_t member : program::links_of(module_.models[index]).members) {
        if (member < module_.models.size()) reach_.models.insert(member);
      }
      index = index < module_.fallbacks.size() ? module_.fallbacks[index] : UINT32_MAX;
    }
  }

  void inside(const Prompt& prompt) {
    model(prompt.model);
    messages(prompt.messages);
  }

  void inside(const External& external) {
    provider(external.provider);
    add(Kind::Resource, reach_.resources, external.resource, module_.resources.size());
    if (external.kind != program::ExternalKind::Agent) return;
    model(external.model);
    messages(external.messages);
    if (external.loop_chain != UINT32_MAX) chain(external.loop_chain);
    for (const Callable& callable : external.callables) {
      switch (callable.kind) {
        case Callable::Kind::External: this->external(callable.index); break;
        case Callable::Kind::Chain: chain(callable.index); break;
        case Callable::Kind::Prompt: prompt(callable.index); break;
      }
    }
  }

  void messages(const std::vector<MessagePart>& parts) {
    for (const MessagePart& part : parts) {
      if (part.body.valid()) body(part.body);
    }
  }

  void provider(const ProviderCall& call) {
    for (const ProviderArgument& argument : call.arguments) body(argument.body);
  }

  void body(RegionId region) {
    for_each_node(module_, region, [this](NodeId id) {
      const Node& node = module_[id];
      switch (node.op) {
        case Op::Prompt:
          // With a model of its own, the call does not use the prompt's; that another call does is likely,
          // and saying so is safe.
          model(node.model);
          prompt(node.index);
          break;
        case Op::Chain: chain(node.index); break;
        case Op::External: external(node.index); break;
        case Op::Include: add(Kind::Template, reach_.templates, node.index, module_.templates.size()); break;
        default: break;
      }
    });
  }

  const Module& module_;
  bool deep_;
  std::set<uint32_t> called_models_;  // a member of a `balance` alone does not lead to its own fallback
  Reach reach_;
  std::vector<std::pair<Kind, uint32_t>> open_;
};

}  // namespace

Reach reach_of_chain(const Module& module, uint32_t chain) {
  Walk walk(module);
  walk.chain(chain);
  return walk.run();
}

Reach own_reach_of_chain(const Module& module, uint32_t chain) {
  Walk walk(module, /*deep=*/false);
  walk.chain(chain);
  return walk.run();
}

}  // namespace chain::graph
