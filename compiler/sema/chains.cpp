// Chains and tests, and the rule that chains do not call each other in a circle.
#include "compiler/sema/body.h"
#include "compiler/sema/context.h"

namespace chain::sema {

namespace {

std::vector<CallSite> build_chain(Context& context, Signature& signature) {
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
}

}  // namespace

void build_chains(Context& context) {
  Calls calls;
  for (Signature& signature : context.chains) calls.push_back(build_chain(context, signature));
  for (const Circle& circle : order_of(calls).circles) {
    const auto name = [&](uint32_t chain) { return context.chains[chain].name; };
    context.diagnostics.report(CallCycle{.path = path_text(circle, name)}, circle.call.span)
        .note(context.chains[circle.call.target].declaration->name.span, "it is declared here");
  }
  const auto main = static_cast<uint32_t>(context.modules.units.size() - 1);
  for (uint32_t chain = 0; chain < context.chains.size(); ++chain) {
    const Signature& signature = context.chains[chain];
    if (signature.parameters.unit != main || signature.name.starts_with('_')) continue;
    context.module.entries.push_back(chain);
  }
}

/// The tests of the file that was named; those of imported files are run with them, not with this one.
void build_tests(Context& context, bool keep) {
  graph::Module& module = context.module;
  const size_t nodes = module.nodes.size();
  const size_t regions = module.regions.size();
  const size_t chains = module.chains.size();
  const size_t types = module.types.types.size();
  const auto main = static_cast<uint32_t>(context.modules.units.size() - 1);
  for (const syntax::Decl* declaration : context.modules.units[main].ast.declarations) {
    if (declaration->kind == syntax::DeclKind::Test)
      build_test(context, main, declaration->as<syntax::TestDecl>());
  }
  if (keep) return;
  module.nodes.resize(nodes);
  module.regions.resize(regions);
  module.chains.resize(chains);
  module.types.types.resize(types);
  module.tests.clear();
  module.expectations.clear();
}

}  // namespace chain::sema
