// `chain plan FILE[:chain]`: what a run may touch, how often it may call, and what untrusted text decides
// about.
#include "cli/plan.h"

#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <set>

#include "cli/output.h"
#include "cli/permission.h"
#include "cli/price_table.h"
#include "cli/report.h"
#include "cli/target.h"
#include "cli/usage.h"
#include "cli/verbs.h"
#include "compiler/driver/compile.h"
#include "compiler/graph/names.h"
#include "compiler/graph/properties.h"
#include "compiler/graph/reach.h"
#include "runtime/store/records.h"

namespace chain::cli {
namespace {

/// What `target` names: one chain, or every public one.
std::optional<std::vector<uint32_t>> chosen_chains(const graph::Module& module, const Target& target,
                                                   std::string& error) {
  if (target.name.empty()) return module.entries;
  std::optional<uint32_t> best;
  std::vector<std::string_view> names;
  for (const uint32_t index : module.entries) {
    const graph::Chain& chain = module.chains[index];
    names.push_back(chain.name);
    if (graph::versioned(chain.name, chain.version) == target.name) return std::vector{index};
    if (chain.name == target.name && (!best || chain.version > module.chains[*best].version)) best = index;
  }
  if (best) return std::vector{*best};
  error = "`" + target.file + "` has no chain `" + target.name + "`" + meant(target.name, names);
  return std::nullopt;
}

/// `model.act` in a loop stands for all that an agent may call; an agent that can be run is a chain around
/// it.
bool tells_elsewhere(const graph::Module& module, const graph::Node& node) {
  const graph::External& external = module.externals[node.index];
  return external.kind == program::ExternalKind::Act ||
         (external.kind == program::ExternalKind::Agent && node.span == external.span);
}

/// What the model of an agent may call that writes. Agents among its tools tell of their own.
void add_agent_writes(Plan& plan, const graph::Module& module, uint32_t index) {
  using Kind = graph::Callable::Kind;
  const graph::External& agent = module.externals[index];
  for (const graph::Callable& callable : agent.callables) {
    const graph::External* const external =
        callable.kind == Kind::External ? &module.externals[callable.index] : nullptr;
    if (!callable.writes || (external && external->kind == program::ExternalKind::Agent)) continue;
    std::string called;
    if (external)
      called = std::string(graph::word_of(external->kind)) + " `" +
               graph::versioned(external->name, external->version) + '`';
    else if (callable.kind == Kind::Chain)
      called = "chain `" +
               graph::versioned(module.chains[callable.index].name, module.chains[callable.index].version) +
               '`';
    const std::string name = graph::versioned(agent.name, agent.version);
    plan.writes.push_back({agent.span,
                           called + ", called by agent `" + name + "` as its model decides",
                           name,
                           {},
                           external && external->approve
                               ? "a person approves each call"
                               : "a person approves calls once the conversation holds text of others"});
  }
}

void add_writes(Plan& plan, const graph::Module& module, uint32_t index) {
  const graph::Chain& chain = module.chains[index];
  graph::for_each_node(module, chain.body, [&](graph::NodeId id) {
    const graph::Node& node = module[id];
    const bool outside =
        node.op == graph::Op::External && module.externals[node.index].effect == program::Effect::Writes;
    // What an agent's model may call is told of the agent, and an agent that is run of what calls it.
    const bool of_agent = node.op == graph::Op::External && tells_elsewhere(module, node);
    if (of_agent) return;
    Plan::Write write{node.span, "", graph::versioned(chain.name, chain.version), {}, ""};
    for (const graph::GuardedWrite& guard : module.guarded_writes) {
      if (guard.chain == index && guard.call == id) write.guards.push_back(&guard);
    }
    if (!outside && write.guards.empty()) return;
    if (outside) {
      const graph::External& external = module.externals[node.index];
      write.callee = std::string(graph::word_of(external.kind)) + " `" +
                     graph::versioned(external.name, external.version) + '`';
    } else {
      write.callee = write.guards.front()->callee;
    }
    plan.writes.push_back(std::move(write));
  });
}

void add_summary(Plan& plan, const graph::Module& module, const graph::Reach& all) {
  size_t tools = 0, agents = 0, other = 0;
  for (const uint32_t each : all.externals) {
    const program::ExternalKind kind = module.externals[each].kind;
    const bool inside = kind == program::ExternalKind::Now || kind == program::ExternalKind::Random ||
                        kind == program::ExternalKind::Draw || kind == program::ExternalKind::Log;
    if (inside) continue;
    ++(kind == program::ExternalKind::Tool ? tools : kind == program::ExternalKind::Agent ? agents : other);
  }
  plan.summary = {{"chain", all.chains.size()},
                  {"prompt", all.prompts.size()},
                  {"tool", tools},
                  {"agent", agents},
                  {"other call", other},
                  {"model", all.models.size()},
                  {"resource", all.resources.size()}};
}

Plan gather(const graph::Module& module, const std::vector<uint32_t>& chains, const Target& target,
            const access::Policy& policy, const model::Prices& prices) {
  Plan plan;
  plan.file = target.file;
  plan.folder = policy.folder;
  graph::Reach all;
  std::set<uint32_t> needs;
  for (const uint32_t index : chains) {
    const graph::Chain& chain = module.chains[index];
    Plan::Chain& planned = plan.chains.emplace_back();
    planned = {graph::versioned(chain.name, chain.version),
               chain.artifact,
               chain.bounds,
               plan::call_bounds(module, index),
               {}};
    planned.cost.requests = request_costs(module, planned.calls, prices);
    graph::Reach reach = graph::reach_of_chain(module, index);
    all.chains.merge(reach.chains);
    all.prompts.merge(reach.prompts);
    all.externals.merge(reach.externals);
    all.models.merge(reach.models);
    all.resources.merge(reach.resources);
    needs.insert(chain.needs.begin(), chain.needs.end());
  }
  for (const uint32_t need : needs)
    plan.needs.push_back({&module.capabilities[need], policy.judge(module.capabilities[need])});
  for (const uint32_t index : all.chains) add_writes(plan, module, index);
  for (const uint32_t index : all.externals) {
    if (module.externals[index].kind == program::ExternalKind::Agent) add_agent_writes(plan, module, index);
  }
  add_summary(plan, module, all);
  return plan;
}

/// What runs of the chains cost before. The journal is looked at if there is one that can be read.
void add_past(Plan& plan) {
  const std::string folder = store::state_folder();
  if (folder.empty() || ::access(store::journal_path(folder).c_str(), R_OK) != 0) return;
  std::string ignored;
  const auto records = store::Records::open(folder, store::Durability::Normal, ignored);
  if (!records) return;
  for (Plan::Chain& chain : plan.chains) chain.cost.past = past_cost(*records, chain.artifact);
}

}  // namespace

std::string_view word_of(access::Verdict verdict) {
  switch (verdict) {
    case access::Verdict::Usual: return "usual";
    case access::Verdict::Granted: return "allowed";
    case access::Verdict::Allowed: return "allowed";
    case access::Verdict::Missing: return "not allowed";
    case access::Verdict::Denied: return "denied";
  }
  return "";
}

std::optional<uint64_t> model_requests(const Plan::Chain& chain) {
  uint64_t sum = 0;
  for (const plan::CallLine& line : chain.calls) {
    if (!line.asks_model) continue;
    const std::optional<uint64_t> bound = line.bound();
    if (!bound) return std::nullopt;
    sum = plan::add_up(sum, *bound);
  }
  return sum;
}

int plan(Arguments arguments) {
  CLI::App app(
      "Says what a run may touch, how often it may call what, and which writes untrusted text decides about. "
      "Runs nothing.",
      "chain plan");
  std::string text;
  PermissionSettings permissions;
  driver::CompileOptions options;
  options.transform = false;
  options.choices = true;
  options.contents = true;
  bool json = false;
  app.add_option("target", text, "the file, and a chain in it if the plan is about that alone")
      ->required()
      ->option_text("FILE[:chain]");
  app.add_flag("--json", json, "print the plan as JSON");
  app.add_option("--profile", options.profile, "the profile whose resources take the place of the file's own")
      ->option_text("NAME");
  declare_permissions(app, permissions);
  if (const auto code = read_options(app, arguments)) return *code;
  const Target target = split_target(text);
  if (target.ends_early) return usage_error("plan", missing_name(target, "main"));

  SourceMap sources;
  Diagnostics diagnostics;
  const auto module = driver::compile_graph(target.file, sources, diagnostics, options);
  report(diagnostics, sources);
  if (!module) return kWrongFile;
  std::string error;
  const auto chains = chosen_chains(*module, target, error);
  const auto policy = policy_for(target.file, options.profile, permissions, error);
  if (!chains || !policy) return usage_error("plan", error);
  const auto prices = load_prices(error);
  if (!prices) {
    say_error(error);
    return kFailed;
  }
  Plan plan = gather(*module, *chains, target, *policy, *prices);
  add_past(plan);
  const bool written = json ? answer_json(plan_json(plan, sources)) : answer_text(plan_text(plan, sources));
  return written ? kOk : kFailed;
}

}  // namespace chain::cli
