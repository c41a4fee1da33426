#include "compiler/sema/check.h"

#include "compiler/sema/context.h"

namespace chain::sema {

std::optional<graph::Module> check(const Modules& modules, const SourceMap& sources, Diagnostics& diagnostics,
                                   const CheckOptions& options) {
  Context context(modules, sources, diagnostics);
  context.profile = options.profile;
  collect_declarations(context);
  resolve_types(context);
  resolve_signatures(context);
  check_constants(context);
  resolve_defaults(context);
  build_predicates(context);
  build_models(context);
  build_resources(context);
  build_functions(context);
  build_templates(context);
  check_pure_calls(context);
  build_prompts(context);  // after the defaults: `output.format` describes whole types
  build_externals(context);
  build_chains(context);
  if (!diagnostics.has_errors()) {  // the nodes of a wrong program are never looked at
    infer_effects(context);
    check_trust(context);  // before the tests, which call without meaning it
    if (!diagnostics.has_errors()) check_needs(context);
  }
  const Untested untested(context.module);
  build_tests(context);
  check_conditions(context);  // of tests too, dropped or not
  if (!options.tests) untested.restore(context.module);
  if (diagnostics.has_errors()) return std::nullopt;
  return std::move(context.module);
}

}  // namespace chain::sema
