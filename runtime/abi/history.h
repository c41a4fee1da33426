// The conversation that a run goes on with, as values. Internal to runtime/abi.
#pragma once

#include "runtime/abi/context.h"

namespace chain::abi {

/// Makes `context.history` a list of the type `list`, of Message { role, parts }, each of one text. Fails if
/// the run's memory is used up.
[[nodiscard]] Status write_history(Context& context, program::TypeId list, value::List& out) noexcept;

}  // namespace chain::abi
