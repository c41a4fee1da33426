#include "compiler/transform/pipeline.h"

#include <cassert>
#include <cstdio>

#include "compiler/graph/print.h"
#include "compiler/graph/validate.h"
#include "compiler/transform/fold_constants.h"
#include "compiler/transform/fold_text.h"
#include "compiler/transform/hoist_invariant_effects.h"
#include "compiler/transform/inline_renders.h"
#include "compiler/transform/mark_constant_prefixes.h"
#include "compiler/transform/merge_equal_effects.h"
#include "compiler/transform/remove_dead_effects.h"
#include "compiler/transform/remove_dead_nodes.h"

namespace chain::transform {

namespace {

struct Pass {
  std::string_view name;
  void (*run)(graph::Module&);
};

constexpr Pass kPasses[] = {
    {"remove_dead_effects", remove_dead_effects},  // first: the checker warned of what it saw in this graph
    {"fold_constants", fold_constants},
    {"inline_renders", inline_renders},  // before fold_text, which joins what comes to stand together
    {"fold_text", fold_text},            // behind fold_constants, which finds out what is constant
    {"merge_equal_effects", merge_equal_effects},  // behind those that make equal texts of equal values
    {"hoist_invariant_effects", hoist_invariant_effects},  // behind the merging, which leaves one of several
    {"mark_constant_prefixes", mark_constant_prefixes},    // behind fold_text, which makes the constants
    {"remove_dead_nodes", remove_dead_nodes},              // last: the others leave nodes that nobody uses
};

void show(const graph::Module& module, std::string_view pass, const TransformOptions& options) {
  const std::string head = options.print_after == "all" ? "// after " + std::string(pass) + "\n" : "";
  const std::string text = head + graph::print(module);
  if (options.print)
    options.print(text);
  else
    std::fputs(text.c_str(), stderr);
}

}  // namespace

const std::vector<std::string_view>& pass_names() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> result;
    for (const Pass& pass : kPasses) result.push_back(pass.name);
    return result;
  }();
  return names;
}

void transform(graph::Module& module, const TransformOptions& options) {
  assert(graph::validate(module).empty() && "the checker made a graph that is not well formed");
  for (const Pass& pass : kPasses) {
    pass.run(module);
    assert(graph::validate(module).empty() && "a pass made a graph that is not well formed");
    if (options.print_after == pass.name || options.print_after == "all") show(module, pass.name, options);
  }
}

}  // namespace chain::transform
