// The fields of every stored struct, named once: writing and reading both go through these functions, so they
// cannot differ. A field that is added to a struct and not here does not compile. Internal to serialize.cpp.
#pragma once

#include <type_traits>

#include "runtime/program/program.h"

namespace chain::program {

/// `T&` for an archive that reads into it, `const T&` for one that writes it.
template <class Archive, class T>
using Stored = std::conditional_t<Archive::kReads, T&, const T&>;

// Each takes the struct apart, which fixes the number of its fields, and hands them to the archive in order.
#define FIELDS(Struct, ...)                                      \
  template <class Archive>                                       \
  void fields(Archive& archive, Stored<Archive, Struct> whole) { \
    auto& [__VA_ARGS__] = whole;                                 \
    archive(__VA_ARGS__);                                        \
  }

FIELDS(TypeId, index)
FIELDS(FunctionId, index)
FIELDS(Constraint, predicate, text)
FIELDS(Field, name, alias, doc, type, offset, constraints, default_json)
FIELDS(EnumCase, name, alias, description)
FIELDS(Type, kind, name, doc, element, fields, cases, literals, members, constraints, size, align,
       record_size)
FIELDS(Alias, name, type)
FIELDS(Version, major, minor)
FIELDS(Model, name, provider, id, options_json, use)
FIELDS(Resource, kind, name, provider, options_json, file, embed_model, rerank_model)
FIELDS(MessagePart, role, render, example)
FIELDS(Example, arguments_json, result_json)
FIELDS(Bounds, cost, time, calls, tokens, steps, depth)
FIELDS(Prefix, parts, bytes)
FIELDS(Prompt, name, version, doc, parameters, result, model, repair, cache, similar, messages, examples,
       prefix)
FIELDS(MadeArgument, name, type, make)
FIELDS(External, kind, name, version, doc, parameters, result, effect, approve, idempotent, provider,
       options_json, arguments, resource, agent, schema_hash)
FIELDS(AgentTool, name, source, doc, parameters, result, region, effect, gives_untrusted, handoff, agent)
FIELDS(Agent, external, prompt, loop, tools, pick, memory, bounds, begins_untrusted)
FIELDS(Task, kind, start, finish, target, input_offset, result_offset, result, stride, regions, parallel,
       ordered, counted, carries, catches, model, cache, similar, may_return, tail, dependencies, after_done,
       after_decided, path, file, line, column)
FIELDS(Region, frame_size, enter, yield, tasks, ready)
FIELDS(Chain, name, version, doc, parameters, result, body, bounds, needs, artifact)
FIELDS(Capability, kind, value, user, model, usual, file, begin, end)
FIELDS(Taped, callee, file)
FIELDS(Test, title, chain, file, line, taped)
FIELDS(EvalScore, name, type, kind)
FIELDS(EvalArm, name, kind, target, instead)
FIELDS(Eval, name, doc, dataset, case_type, run, score, require, scores, groups, arms, bounds, file, line)
FIELDS(Expectation, text, operand, file, line, column)
FIELDS(Site, file, line, column)

#undef FIELDS

/// The last value of each stored enumeration.
constexpr TypeKind last_of(TypeKind) {
  return TypeKind::Union;
}
constexpr ModelUse last_of(ModelUse) {
  return ModelUse::Reranks;
}
constexpr Role last_of(Role) {
  return Role::Assistant;
}
constexpr TaskKind last_of(TaskKind) {
  return TaskKind::External;
}
constexpr ExternalKind last_of(ExternalKind) {
  return ExternalKind::Act;
}
constexpr CapabilityKind last_of(CapabilityKind) {
  return CapabilityKind::Search;
}
constexpr ScoreKind last_of(ScoreKind) {
  return ScoreKind::Pairwise;
}
constexpr ArmKind last_of(ArmKind) {
  return ArmKind::External;
}
constexpr Effect last_of(Effect) {
  return Effect::Writes;
}

/// A program without its code. The types that every table begins with are stored too, and compared.
template <class Archive>
void fields(Archive& archive, Stored<Archive, Program> value) {
  auto& [types, aliases, files, models, resources, prompts, externals, agents, chains, regions, tests,
         expectations, sites, entries, capabilities, secrets, functions, code, evals] = value;
  archive(types.types, aliases, files, models, resources, prompts, externals, agents, chains, regions, tests,
          expectations, sites, entries, capabilities, secrets, evals);
}

}  // namespace chain::program
