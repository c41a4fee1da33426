// The neutral type descriptions of tests/fixtures/typed_parse as a TypeTable, and their conditions.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "runtime/program/types.h"
#include "runtime/value/constraint.h"

namespace chain::value::test {

/// Builds the types of one case. Aliases are resolved; recursive ones become types that hold themselves.
class CaseTypes {
 public:
  explicit CaseTypes(const nlohmann::json& declarations) : declarations_(declarations) {}

  /// Throws std::runtime_error for a description that has no counterpart.
  program::TypeId build(const nlohmann::json& type);

  program::TypeTable types;

 private:
  program::TypeId build_union(const nlohmann::json& any_of);
  program::TypeId build_named(const std::string& name);
  program::TypeId build_class(const std::string& name, const nlohmann::json& declaration);
  program::TypeId build_enum(const std::string& name, const nlohmann::json& declaration);
  program::TypeId build_alias(const std::string& name, const nlohmann::json& declaration);

  const nlohmann::json& declarations_;
  std::map<std::string, program::TypeId> named_;
};

/// Evaluates the few forms of conditions that the cases use: `this.foo > 0`, `this|length > 0`, `this ==
/// "TWO"`, `false`.
class CaseConstraints : public ConstraintCheck {
 public:
  explicit CaseConstraints(const program::TypeTable& types) : types_(types) {}
  [[nodiscard]] bool holds(const program::Constraint& constraint, program::TypeId type,
                           const void* value) override;

 private:
  const program::TypeTable& types_;
};

}  // namespace chain::value::test
