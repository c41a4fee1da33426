#include "compiler/codegen/lower_agent.h"

#include "compiler/codegen/lower_messages.h"
#include "runtime/program/well_formed.h"

namespace chain::codegen {

namespace {

using graph::Callable;
using program::TaskKind;

/// What of its row in a table a callable takes and gives.
struct Called {
  TaskKind kind;
  const std::string* name;
  program::TypeId parameters, result;
};

Called called(const graph::Module& graph, const Callable& callable) {
  switch (callable.kind) {
    case Callable::Kind::Prompt: {
      const graph::Prompt& prompt = graph.prompts[callable.index];
      return {TaskKind::Prompt, &prompt.name, prompt.parameters, prompt.result};
    }
    case Callable::Kind::Chain: {
      const graph::Chain& chain = graph.chains[callable.index];
      return {TaskKind::Call, &chain.name, chain.parameters, chain.result};
    }
    case Callable::Kind::External: break;
  }
  const graph::External& external = graph.externals[callable.index];
  return {TaskKind::External, &external.name, external.parameters, external.result};
}

/// A region whose one task is the call: there is no code around it, for its arguments come from a model.
uint32_t region_of(program::Program& program, const Callable& callable, const Called& called) {
  const auto place = [&](uint32_t from, uint32_t align) { return (from + align - 1) / align * align; };
  program::Task task;
  task.kind = called.kind;
  task.target = callable.index;
  task.path = *called.name;
  task.result = called.result;
  task.input_offset = program::kLeastFrame;
  const program::Type& result = program.types[called.result];
  task.result_offset = place(task.input_offset + program.types[called.parameters].record_size,
                             std::max<uint32_t>(result.align, 1));
  program::Region region;
  region.frame_size = place(task.result_offset + result.size, 8);
  region.tasks.push_back(std::move(task));
  region.ready = {0};
  program.regions.push_back(std::move(region));
  return static_cast<uint32_t>(program.regions.size() - 1);
}

program::AgentTool lower_tool(ModuleEmitter& m, const Callable& callable) {
  const Called called = codegen::called(m.graph, callable);
  program::AgentTool tool;
  tool.name = callable.name;
  tool.source = callable.source;
  tool.doc = callable.doc;
  tool.parameters = called.parameters;
  tool.result = called.result;
  tool.effect = callable.writes ? program::Effect::Writes : program::Effect::Reads;
  tool.gives_untrusted = callable.gives_untrusted;
  tool.handoff = callable.handoff;
  if (callable.kind == Callable::Kind::External) tool.agent = m.program.externals[callable.index].agent;
  if (!tool.handoff) tool.region = region_of(m.program, callable, called);
  return tool;
}

}  // namespace

void number_agents(ModuleEmitter& m) {
  for (uint32_t i = 0; i < m.graph.externals.size(); ++i) {
    if (m.graph.externals[i].kind != program::ExternalKind::Agent) continue;
    m.program.externals[i].agent = static_cast<uint32_t>(m.program.agents.size());
    m.program.agents.emplace_back().external = i;
  }
}

void lower_agent(ModuleEmitter& m, program::Agent& agent) {
  const graph::External& external = m.graph.externals[agent.external];
  program::Prompt& prompt = agent.prompt;
  prompt.name = external.name;
  prompt.version = external.version;
  prompt.doc = external.doc;
  prompt.parameters = external.parameters;
  prompt.result = external.result;
  prompt.model = external.model;
  prompt.messages = lower_messages(m, external.name, external.parameters, external.messages);
  agent.loop = external.loop_chain;
  for (const Callable& each : external.callables) agent.tools.push_back(lower_tool(m, each));
  agent.pick = external.pick;
  if (!external.memory.empty()) agent.memory = external.resource;
  agent.bounds = external.bounds;
  agent.begins_untrusted = external.begins_untrusted;
}

}  // namespace chain::codegen
