#include "tests/unit/graph/interpreter.h"

#include <utility>

#include "runtime/value/json.h"
#include "tests/unit/graph/interpreter_body.h"

namespace chain::oracle {

namespace {

/// Before native code is made, a constraint's predicate is its place in `Module::predicates`.
class Constraints : public value::ConstraintCheck {
 public:
  explicit Constraints(Run& run) : run_(run) {}

  bool holds(const program::Constraint& constraint, TypeId type, const void* value) override {
    const Value it = from_native(run_.module.types, type, value);
    try {
      return oracle::holds(run_, run_.module.predicates.at(constraint.predicate.index), it);
    } catch (const Failure&) { return false; }
  }

 private:
  Run& run_;
};

}  // namespace

Values read_arguments(Run& run, TypeId record, std::string_view json) {
  value::Arena arena;
  void* place = arena.allocate(sizeof(void*));
  Constraints constraints(run);
  if (!value::from_json(run.module.types, record, json, arena, place, &constraints)) {
    throw Failure{ErrorKind::InvalidValue, {}, {}};
  }
  return from_native(run.module.types, record, place).items;
}

std::string write(const Module& module, TypeId type, const Value& value) {
  if (module.types[type].kind == TypeKind::Void) return "null";
  value::Arena arena;
  void* place = arena.allocate(std::max<uint64_t>(module.types[type].size, 8));
  to_native(module.types, type, value, arena, place);
  std::string json;
  if (!value::write_json(module.types, type, place, json)) throw Failure{ErrorKind::InvalidValue, {}, {}};
  return json;
}

namespace {

template <class Work>
Outcome outcome_of(Run& run, Work work) {
  try {
    run.outcome.json = work();
    run.outcome.ok = true;
  } catch (const Failure& failure) {
    run.outcome.kind = failure.kind;
    run.outcome.site = failure.site;
  }
  return std::move(run.outcome);
}

}  // namespace

Outcome interpret(const Module& module, uint32_t chain, std::string_view arguments_json,
                  const Answers& answers, bool test, const std::vector<bool>& needed) {
  Run run(module, answers, test);
  run.needed = needed;
  return outcome_of(run, [&] {
    const graph::Chain& target = module.chains.at(chain);
    return write(module, target.result,
                 call_chain(run, chain, read_arguments(run, target.parameters, arguments_json)));
  });
}

std::string request_text(uint32_t prompt, program::Role role, std::string_view text) {
  return std::to_string(prompt) + '|' + std::to_string(static_cast<int>(role)) + '|' + std::string(text) +
         '\n';
}

std::string media_text(uint64_t offset, std::string_view kind, std::string_view source) {
  return "@" + std::to_string(offset) + ' ' + std::string(kind) + ' ' + std::string(source) + '\n';
}

Outcome render(const Module& module, uint32_t prompt, uint32_t message, std::string_view arguments_json) {
  const Answers none;
  Run run(module, none);
  return outcome_of(run, [&] {
    const graph::Prompt& target = module.prompts.at(prompt);
    Body body(run, read_arguments(run, target.parameters, arguments_json));
    return write(module, module.types.string_type, body.region(target.messages.at(message).body));
  });
}

}  // namespace chain::oracle
