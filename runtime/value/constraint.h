// How whoever makes values from text asks whether a `where` holds.
#pragma once

#include "runtime/program/types.h"

namespace chain::value {

/// Evaluates `where` conditions. The runtime has one that calls native code; without one nothing is checked.
class ConstraintCheck {
 public:
  virtual ~ConstraintCheck() = default;
  /// Whether `constraint`, which stands on a field or alias of `type`, holds for the complete value at
  /// `value`. A condition that cannot be evaluated (it divides by zero, say) does not hold. Absent optionals
  /// are never asked about.
  [[nodiscard]] virtual bool holds(const program::Constraint& constraint, program::TypeId type,
                                   const void* value) = 0;
};

}  // namespace chain::value
