// Chains and tests, and the rule that chains do not call each other in a circle.
#include <unordered_map>

#include "compiler/graph/properties.h"
#include "compiler/sema/body.h"
#include "compiler/sema/context.h"

namespace chain::sema {

namespace {

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
  BodyChecker body(context, {.unit = signature.parameters.unit, .chain = &signature, .returns = true});
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
                                  static_cast<uint32_t>(context.module.chains.size()), site.file, site.line,
                                  body.taped()});
  context.module.chains.push_back(std::move(chain));
  const bool idle = context.module.expectations.size() == expectations && !body.has_steps();
  if (idle && !context.diagnostics.has_errors())
    context.diagnostics.report(ExpectsNothing{.title = std::string(declaration.title)},
                               declaration.name.span);
}

}  // namespace

namespace {

bool is_loop(const Context& context, uint32_t chain) {
  bool asks = false;
  graph::for_each_node(context.module, context.module.chains[chain].body, [&](NodeId id) {
    const graph::Node& node = context.module[id];
    if (node.op != Op::External) return;
    const program::ExternalKind kind = context.module.externals[node.index].kind;
    asks = asks || kind == program::ExternalKind::Step || kind == program::ExternalKind::Act;
  });
  return asks;
}

/// What `chain run FILE:agent` runs: a chain that calls the agent and gives what it answers.
graph::Chain build_entry(Context& context, Signature& signature, uint32_t external) {
  const graph::External& agent = context.module.externals[external];
  BodyChecker body(context, {.unit = signature.parameters.unit, .chain = &signature, .returns = true});
  const RegionId region = body.open();
  body.declare_parameters(signature.parameters);
  const std::vector<NodeId> arguments = context.module[region].nodes;
  const NodeId answer =
      body.emit().add(Op::External, signature.result, agent.span, {.operands = arguments, .index = external});
  std::vector<NodeId> given;
  if (signature.result != context.module.types.void_type) given.push_back(answer);
  body.emit().add(Op::Return, context.module.types.void_type, agent.span, {.operands = std::move(given)});
  body.emit().close();
  graph::Chain chain;
  chain.name = signature.name;
  chain.version = signature.version;
  chain.doc = agent.doc;
  chain.span = agent.span;
  chain.parameters = signature.parameters.type;
  chain.result = signature.result;
  chain.body = region;
  return chain;
}

/// The agents of the file that was named can be run like its chains.
void build_entries(Context& context) {
  const auto main = static_cast<uint32_t>(context.modules.units.size() - 1);
  for (uint32_t i = 0; i < context.externals.size(); ++i) {
    if (context.externals[i].kind != SymbolKind::Agent || context.externals[i].parameters.unit != main ||
        context.externals[i].broken)
      continue;
    Signature signature = context.externals[i];
    signature.kind = SymbolKind::Chain;
    context.chains.push_back(std::move(signature));
    context.module.chains.push_back(build_entry(context, context.chains.back(), i));
  }
}

}  // namespace

void build_chains(Context& context) {
  Calls calls;
  for (Signature& signature : context.chains) calls.push_back(build_chain(context, signature));
  // A chain with a bound ends every circle that it is on.
  const auto bounded = [&](const CallSite& call) {
    return context.module.chains[call.target].bounds.depth >= 0;
  };
  for (std::vector<CallSite>& each : calls) std::erase_if(each, bounded);
  for (const Circle& circle : order_of(calls).circles) {
    const auto name = [&](uint32_t chain) { return name_among_versions(context, context.chains[chain]); };
    context.diagnostics.report(CallCycle{.path = path_text(circle, name)}, circle.call.span)
        .note(context.chains[circle.call.target].declaration->name.span, "it is declared here");
  }
  build_entries(context);
  const auto main = static_cast<uint32_t>(context.modules.units.size() - 1);
  for (uint32_t chain = 0; chain < context.chains.size(); ++chain) {
    const Signature& signature = context.chains[chain];
    // A loop is carried out by an agent, which has the model that it asks.
    if (is_loop(context, chain)) continue;
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
