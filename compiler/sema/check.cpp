#include "compiler/sema/check.h"

#include <filesystem>

#include "compiler/sema/agent_circles.h"
#include "compiler/sema/context.h"
#include "compiler/sema/url_parts.h"

namespace chain::sema {

namespace {

/// Relative to the file that says so, as the loader has it.
std::vector<graph::Imported> imports_of(const Modules& modules, const SourceMap& sources) {
  std::vector<graph::Imported> all;
  for (const Unit& unit : modules.units) {
    const std::filesystem::path base =
        std::filesystem::path(sources.file(unit.ast.file).path()).parent_path();
    for (const Import& import : unit.imports) {
      if (!import.declaration || !import.declaration->is_file) continue;
      const std::string path(import.declaration->path);
      all.push_back({(base / path).lexically_normal().string(), import.declaration->path_span});
    }
  }
  return all;
}

}  // namespace

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
  if (options.registry) collect_registry(context);
  if (!diagnostics.has_errors()) {  // the nodes of a wrong program are never looked at
    check_agent_circles(context);
    infer_effects(context);
    check_trust(context);  // before the tests, which call without meaning it
    encode_url_parts(context.module);
    if (!diagnostics.has_errors()) check_needs(context);
    if (options.choices) find_guarded_writes(context);
    if (options.contents || !modules.released.empty()) find_contents(context);
    if (options.released) check_released(context);
  }
  const Untested untested(context.module);
  build_tests(context);
  std::vector<program::Eval> evals;
  build_evals(context, evals);
  check_conditions(context);  // of tests too, dropped or not
  if (!options.tests) untested.restore(context.module);
  blame_schemas(modules, diagnostics);
  if (diagnostics.has_errors()) return std::nullopt;
  if (options.evals) *options.evals = std::move(evals);
  context.module.imports = imports_of(modules, sources);
  return std::move(context.module);
}

}  // namespace chain::sema
