#include "tests/unit/mutation/try_compiler.h"

#include "compiler/graph/picture.h"
#include "compiler/graph/print.h"
#include "compiler/graph/validate.h"
#include "compiler/jit/load.h"
#include "compiler/sema/check.h"
#include "compiler/sema/modules.h"
#include "compiler/transform/pipeline.h"
#include "runtime/abi/functions.h"
#include "runtime/program/well_formed.h"
#include "tests/unit/syntax/fuzz_check.h"

namespace chain::mutation {

namespace {

using syntax::demand;

void valid(const graph::Module& module, const char* when) {
  for (const std::string& mistake : graph::validate(module)) demand(false, when, mistake, "");
}

/// Spans of what is reported and of what is suggested lie in their files.
void spans_hold(const Diagnostics& diagnostics, const SourceMap& sources) {
  const auto holds = [&](Span span) {
    return span.begin <= span.end && span.end <= sources.file(span.file).text().size();
  };
  for (const Diagnostic* item : diagnostics.sorted()) {
    demand(holds(item->span), "a span outside of the file", item->message, "");
    for (const auto& fix : item->fixes)
      demand(holds(fix.span), "a fix outside of the file", item->message, "");
  }
}

void lower_module(const graph::Module& module) {
  std::string error;
  const jit::Api* back_end = jit::open(error);
  demand(back_end != nullptr, "no back end", error, "");
  jit::Options options;
  for (const abi::Symbol& symbol : abi::symbols())
    options.symbols.push_back({symbol.name.data(), symbol.address});
  const jit::Compiled compiled = back_end->compile(module, options);
  demand(compiled.error.empty(), "no native code", compiled.error, "");
  demand(program::is_well_formed(compiled.program), "a program that would be refused", "", "");
}

}  // namespace

void try_compiler(const Mutant& mutant, const std::map<std::string, std::string>& files, bool lower,
                  Reached& reached) {
  syntax::check_source(mutant.text);
  SourceMap sources;
  Diagnostics diagnostics;
  sema::SourceReader reader;
  reader.read = [&](const std::string& path) -> std::optional<std::string> {
    if (path == mutant.origin) return mutant.text;
    const auto found = files.find(path);
    return found == files.end() ? std::nullopt : std::optional(found->second);
  };
  const sema::Modules modules = sema::load(sources, mutant.origin, reader, diagnostics);
  reached.parsed += !diagnostics.has_errors();
  auto module = sema::check(modules, sources, diagnostics, {.tests = true});
  demand(module.has_value() != diagnostics.has_errors(), "a graph beside errors, or neither", "", "");
  spans_hold(diagnostics, sources);
  (void)render_text(diagnostics, sources);
  (void)render_json(diagnostics, sources);
  if (!module) return;
  ++reached.checked;
  valid(*module, "the checker made a graph that is not well formed");
  (void)graph::print(*module);
  (void)graph::print_dot(*module);
  (void)graph::print_mermaid(*module);
  transform::transform(*module);
  valid(*module, "the passes made a graph that is not well formed");
  (void)graph::print(*module);
  if (!lower) return;
  lower_module(*module);
  ++reached.lowered;
}

}  // namespace chain::mutation
