#include "compiler/codegen/lower.h"

#include "compiler/codegen/lower_agent.h"
#include "compiler/codegen/lower_messages.h"
#include "compiler/codegen/module_emitter.h"
#include "compiler/codegen/region_lowering.h"
#include "compiler/codegen/used.h"
#include "compiler/graph/resource_options.h"
#include "runtime/program/well_formed.h"

#include <set>

namespace chain::codegen {

namespace {

void lower_predicates(ModuleEmitter& m) {
  std::vector<llvm::Function*> functions;
  for (size_t i = 0; i < m.graph.predicates.size(); ++i) {
    functions.push_back(m.add_function("where." + std::to_string(i), m.predicate_type()).first);
  }
  for (size_t i = 0; i < functions.size(); ++i) {
    const graph::Predicate& predicate = m.graph.predicates[i];
    llvm::Function* function = functions[i];
    FunctionEmitter code(m, function, function->getArg(0), function->getArg(1), std::nullopt, 2);
    code.emit_region(predicate.body);
    llvm::IRBuilder<>& b = code.builder();
    b.CreateRet(b.CreateZExt(code.value(m.graph[predicate.body].result), m.i32));
  }
}

/// All are declared before any has a body: they call each other in any order.
void declare_pure_code(ModuleEmitter& m, const Used& used) {
  for (size_t i = 0; i < m.graph.functions.size(); ++i) {
    m.functions.push_back(used.functions[i]
                              ? m.internal("fn." + m.graph.functions[i].name, m.i32, {m.ptr, m.ptr, m.ptr})
                              : nullptr);
  }
  for (const graph::Template& each : m.graph.templates) {
    m.templates.push_back(m.internal("template." + each.name, m.i32, {m.ptr, m.ptr, m.ptr}));
  }
}

void lower_template_bodies(ModuleEmitter& m) {
  for (size_t i = 0; i < m.graph.templates.size(); ++i) {
    const graph::Template& each = m.graph.templates[i];
    llvm::Function* function = m.templates[i];
    FunctionEmitter code(m, function, function->getArg(0), function->getArg(2), each.parameters,
                         abi::kFailed);
    code.emit_into(function->getArg(1), each.body);
    code.finish(abi::kOk);
  }
}

void lower_function_bodies(ModuleEmitter& m) {
  for (size_t i = 0; i < m.graph.functions.size(); ++i) {
    const graph::Function& each = m.graph.functions[i];
    llvm::Function* function = m.functions[i];
    if (!function) continue;
    FunctionEmitter code(m, function, function->getArg(0), function->getArg(2), each.parameters,
                         abi::kFailed);
    code.emit_function(function->getArg(1), each.body);
    code.finish_unreachable();
  }
}

/// Code that makes what the provider of a tool is given.
program::MadeArgument lower_argument(ModuleEmitter& m, const graph::External& tool,
                                     const graph::ProviderArgument& argument) {
  const graph::NodeId made = m.graph[argument.body].result;
  auto [function, id] = m.add_function(tool.name + '.' + argument.name, m.render_type());
  FunctionEmitter code(m, function, function->getArg(0), function->getArg(1), tool.parameters, abi::kFailed);
  code.emit_region(argument.body);
  code.store(code.value(made), m.graph[made].type, function->getArg(2));
  code.finish(abi::kOk);
  return {argument.name, m.graph[made].type, id};
}

program::External lower_external(ModuleEmitter& m, const graph::External& external) {
  program::External out{external.kind,
                        external.name,
                        external.version,
                        external.doc,
                        external.parameters,
                        external.result,
                        external.effect,
                        external.approve,
                        external.idempotent,
                        external.provider.name,
                        external.provider.options_json,
                        {},
                        external.resource,
                        UINT32_MAX,
                        external.schema_hash};
  if (external.kind != program::ExternalKind::Tool) return out;
  for (const graph::ProviderArgument& each : external.provider.arguments)
    out.arguments.push_back(lower_argument(m, external, each));
  return out;
}

/// The environment variables that are read as secrets, each once.
std::vector<std::string> secrets_of(const graph::Module& graph) {
  std::set<std::string> names;
  for (const graph::Resource& each : graph.resources)
    names.insert(each.provider.secrets.begin(), each.provider.secrets.end());
  for (const graph::External& each : graph.externals)
    names.insert(each.provider.secrets.begin(), each.provider.secrets.end());
  for (const graph::Node& node : graph.nodes) {
    if (node.op == graph::Op::Secret) names.insert(std::get<std::string>(node.constant));
  }
  return {names.begin(), names.end()};
}

program::Prompt lower_prompt(ModuleEmitter& m, const graph::Prompt& prompt) {
  return {prompt.name,     prompt.version,
          prompt.doc,      prompt.parameters,
          prompt.result,   prompt.model,
          prompt.repair,   prompt.cache,
          prompt.similar,  lower_messages(m, prompt.name, prompt.parameters, prompt.messages),
          prompt.examples, prompt.prefix};
}

/// Of a chain that nothing calls.
uint32_t empty_body(program::Program& program) {
  program.regions.emplace_back().frame_size = program::kLeastFrame;
  return static_cast<uint32_t>(program.regions.size() - 1);
}

}  // namespace

program::Program lower(const graph::Module& graph, llvm::Module& module) {
  program::Program program;
  program.types = graph.types;
  program.aliases = graph.aliases;
  program.files = graph.files;
  program.models = graph.models;
  for (const graph::Resource& each : graph.resources) {
    program.resources.push_back({each.kind, each.name, each.provider.name,
                                 graph::resource_options(graph, each), graph.files.at(each.span.file.index),
                                 each.embed_model, each.rerank_model});
  }
  program.tests = graph.tests;
  program.expectations = graph.expectations;
  program.entries = graph.entries;
  program.capabilities = graph.capabilities;

  ModuleEmitter m(graph, program, module);
  const Used used = used_of(graph);
  declare_pure_code(m, used);
  lower_predicates(m);
  lower_template_bodies(m);
  lower_function_bodies(m);
  for (const graph::Prompt& prompt : graph.prompts) program.prompts.push_back(lower_prompt(m, prompt));
  program.secrets = secrets_of(graph);
  for (const graph::External& each : graph.externals) program.externals.push_back(lower_external(m, each));
  number_agents(m);
  for (size_t i = 0; i < graph.chains.size(); ++i) {
    const graph::Chain& chain = graph.chains[i];
    const uint32_t body = used.chains[i] ? lower_body(m, chain) : empty_body(program);
    program.chains.push_back({chain.name, chain.version, chain.doc, chain.parameters, chain.result, body,
                              chain.bounds, chain.needs, chain.artifact});
  }
  for (program::Agent& agent : program.agents) lower_agent(m, agent);
  m.finish();
  return program;
}

}  // namespace chain::codegen
