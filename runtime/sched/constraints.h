// `where` conditions, evaluated by native code.
#pragma once

#include "runtime/abi/context.h"
#include "runtime/program/program.h"
#include "runtime/value/constraint.h"

namespace chain::sched {

class NativeConstraints final : public value::ConstraintCheck {
 public:
  NativeConstraints(const program::Program& program, abi::Context& context)
      : program_(program), context_(context) {}

  bool holds(const program::Constraint& constraint, program::TypeId /*type*/, const void* value) override {
    if (!constraint.predicate.valid() || constraint.predicate.index >= program_.functions.size()) return true;
    const auto predicate =
        reinterpret_cast<abi::PredicateFn>(const_cast<void*>(program_.functions[constraint.predicate.index]));
    return predicate(&context_, static_cast<const std::byte*>(value)) == 1;
  }

 private:
  const program::Program& program_;
  abi::Context& context_;
};

}  // namespace chain::sched
