// What a chain can reach: everything that a run of it may call, send or read.
#pragma once

#include <set>

#include "compiler/graph/module.h"

namespace chain::graph {

/// Places in the tables of a module.
struct Reach {
  std::set<uint32_t> chains;  // the chain itself among them
  std::set<uint32_t> prompts;
  std::set<uint32_t> externals;
  std::set<uint32_t> templates;
  std::set<uint32_t> models;
  std::set<uint32_t> resources;
};

/// Through calls, the tools of agents, templates and resources; tests' answers (`given`) do not count.
[[nodiscard]] Reach reach_of_chain(const Module& module, uint32_t chain);
/// The same without what the chains it calls reach; these are in `chains`, and so is the chain itself.
[[nodiscard]] Reach own_reach_of_chain(const Module& module, uint32_t chain);

}  // namespace chain::graph
