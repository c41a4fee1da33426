#include "compiler/sema/model_circles.h"

#include <set>
#include <string>

#include "compiler/sema/context.h"
#include "runtime/program/model_links.h"

namespace chain::sema {

namespace {

/// A way from `model` back to `first` through models behind that, as " -> b -> a"; empty if there is none.
std::string way_back(const Context& context, const ModelLinks& links, uint32_t first, uint32_t model,
                     std::set<uint32_t>& seen) {
  for (const ModelLink& link : links[model]) {
    const std::string step = " -> " + std::string(context.model_symbols[link.model]->name);
    if (link.model == first) return step;
    if (link.model < first || !seen.insert(link.model).second) continue;
    const std::string rest = way_back(context, links, first, link.model, seen);
    if (!rest.empty()) return step + rest;
  }
  return {};
}

}  // namespace

void check_circles(Context& context, const ModelLinks& links) {
  for (uint32_t first = 0; first < links.size(); ++first) {
    for (const ModelLink& link : links[first]) {
      std::set<uint32_t> seen{link.model};
      const std::string step = " -> " + std::string(context.model_symbols[link.model]->name);
      const std::string rest = link.model == first ? "" : way_back(context, links, first, link.model, seen);
      if (link.model < first || (link.model != first && rest.empty())) continue;
      context.diagnostics.report(
          FallbackCycle{.path = std::string(context.model_symbols[first]->name) + step + rest}, link.span);
      break;
    }
  }
}

namespace {

void check_members(Context& context, const std::vector<ModelLink>& members) {
  for (const ModelLink& link : members) {
    const program::Model& model = context.module.models[link.model];
    if (model.provider != "balance") continue;
    std::vector<std::string> names;
    for (const uint32_t each : program::links_of(model).members)
      names.emplace_back(context.model_symbols[each]->name);
    const std::string hint = names.empty()
                                 ? "; name its models"
                                 : "; name its models in its place: " + list_of_names(names, names.size());
    context.diagnostics.report(NestedBalance{.name = model.name, .hint = hint}, link.span);
  }
}

}  // namespace

void check_members(Context& context, const ModelLinks& members) {
  for (const std::vector<ModelLink>& each : members) check_members(context, each);
}

}  // namespace chain::sema
