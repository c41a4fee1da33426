// Chains and tests, and the rule that chains do not call each other in a circle.
#include <unordered_map>

#include "compiler/sema/body.h"
#include "compiler/sema/context.h"

namespace chain::sema {

namespace {

using Calls = std::vector<std::vector<CallSite>>;  // by chain

class CycleFinder {
 public:
  CycleFinder(Context& context, const Calls& calls)
      : context_(context), calls_(calls), state_(calls.size(), New) {}

  /// Depth first with its own stack: each call that leads back to a chain on the way closes a cycle.
  void from(uint32_t chain) {
    if (state_[chain] != New) return;
    path_ = {{chain}};
    state_[chain] = Open;
    while (!path_.empty()) {
      Step& step = path_.back();
      if (step.next == calls_[step.chain].size()) {
        state_[step.chain] = Done;
        path_.pop_back();
        continue;
      }
      const CallSite& call = calls_[step.chain][step.next++];
      if (state_[call.chain] == Open) {
        report(call);
      } else if (state_[call.chain] == New) {
        state_[call.chain] = Open;
        path_.push_back({call.chain});
      }
    }
  }

 private:
  struct Step {
    uint32_t chain;
    size_t next = 0;
  };
  enum State : uint8_t { New, Open, Done };

  void report(const CallSite& call) {
    constexpr size_t kShown = 8;
    std::string text;
    size_t first = 0;
    while (path_[first].chain != call.chain) ++first;
    for (size_t i = first; i < path_.size(); ++i) {
      if (i - first == kShown) {
        text += "... -> ";
        break;
      }
      text += name_among_versions(context_, context_.chains[path_[i].chain]) + " -> ";
    }
    text += name_among_versions(context_, context_.chains[call.chain]);
    context_.diagnostics.report(CallCycle{.path = text}, call.span)
        .note(context_.chains[call.chain].declaration->name.span, "it is declared here");
  }

  Context& context_;
  const Calls& calls_;
  std::vector<State> state_;
  std::vector<Step> path_;
};

std::vector<CallSite> build_chain(Context& context, Signature& signature) {
  if (signature.declaration->kind == syntax::DeclKind::Route) {
    context.module.chains.push_back(build_route(context, signature));
    std::vector<CallSite> calls;
    for (const Route& route : context.routes) {
      if (route.declaration != signature.declaration || route.symbol->kind != SymbolKind::Chain) continue;
      for (const uint32_t target : route.targets) calls.push_back({target, signature.declaration->name.span});
    }
    return calls;
  }
  const auto& declaration = signature.declaration->as<syntax::ChainDecl>();
  BodyChecker body(context, {.unit = signature.parameters.unit, .chain = &signature});
  const RegionId region = body.open();
  body.declare_parameters(signature.parameters);
  if (declaration.body) body.body(*declaration.body);
  body.emit().close();
  graph::Chain chain;
  chain.name = signature.name;
  chain.version = signature.version;
  chain.doc = declaration.doc;
  chain.span = declaration.name.span;
  chain.parameters = signature.parameters.type;
  chain.result = signature.result;
  chain.body = region;
  chain.bounds = bounds_of(context, signature.parameters.unit, declaration.within, false);
  context.module.chains.push_back(std::move(chain));
  const bool right = !context.diagnostics.has_errors();  // else the use may be what is wrong
  for (const Slot& slot : signature.parameters.items) {
    if (!right || slot.used || slot.broken || slot.name.starts_with('_')) continue;
    context.diagnostics.report(UnusedParameter{.name = std::string(slot.name)}, slot.span);
  }
  return body.calls();
}

void build_test(Context& context, uint32_t unit, const syntax::TestDecl& declaration) {
  BodyChecker body(context, {.unit = unit, .test = true});
  const size_t expectations = context.module.expectations.size();
  const RegionId region = body.open();
  if (declaration.body) body.body(*declaration.body);
  body.emit().close();
  program::Type record;
  record.kind = program::TypeKind::Record;
  record.name = declaration.title;
  graph::Chain chain;
  chain.name = declaration.title;
  chain.span = declaration.span;
  chain.parameters = context.module.types.add(std::move(record));
  context.module.types.layout_record(chain.parameters);
  chain.result = context.module.types.void_type;
  chain.body = region;
  const program::Site site = context.places.at(declaration.span);
  context.module.tests.push_back({std::string(declaration.title),
                                  static_cast<uint32_t>(context.module.chains.size()), site.file, site.line});
  context.module.chains.push_back(std::move(chain));
  const bool idle = context.module.expectations.size() == expectations && !body.has_steps();
  if (idle && !context.diagnostics.has_errors())
    context.diagnostics.report(ExpectsNothing{.title = std::string(declaration.title)},
                               declaration.name.span);
}

}  // namespace

void build_chains(Context& context) {
  Calls calls;
  for (Signature& signature : context.chains) calls.push_back(build_chain(context, signature));
  CycleFinder finder(context, calls);
  for (uint32_t chain = 0; chain < calls.size(); ++chain) finder.from(chain);
  const auto main = static_cast<uint32_t>(context.modules.units.size() - 1);
  for (uint32_t chain = 0; chain < context.chains.size(); ++chain) {
    const Signature& signature = context.chains[chain];
    const bool routes_prompts = signature.alike && signature.alike->kind == syntax::DeclKind::Prompt;
    if (signature.parameters.unit != main || signature.name.starts_with('_') || routes_prompts) continue;
    context.module.entries.push_back(chain);
  }
}

/// The tests of the file that was named; those of imported files are run with them, not with this one.
void build_tests(Context& context) {
  const auto main = static_cast<uint32_t>(context.modules.units.size() - 1);
  std::unordered_map<std::string_view, Span> titles;
  for (const syntax::Decl* declaration : context.modules.units[main].ast.declarations) {
    if (declaration->kind != syntax::DeclKind::Test) continue;
    const auto& test = declaration->as<syntax::TestDecl>();
    const auto [earlier, is_new] = titles.try_emplace(test.title, test.name.span);
    if (!is_new) {
      context.diagnostics.report(DuplicateName{.name = std::string(test.title)}, test.name.span)
          .note(earlier->second, "it is declared here first");
    }
    build_test(context, main, test);
  }
}

Untested::Untested(const graph::Module& module)
    : nodes_(module.nodes.size()),
      regions_(module.regions.size()),
      chains_(module.chains.size()),
      externals_(module.externals.size()),
      types_(module.types.types.size()) {}

void Untested::restore(graph::Module& module) const {
  module.nodes.resize(nodes_);
  module.regions.resize(regions_);
  module.chains.resize(chains_);
  module.externals.resize(externals_);
  module.types.types.resize(types_);
  module.tests.clear();
  module.expectations.clear();
}

}  // namespace chain::sema
