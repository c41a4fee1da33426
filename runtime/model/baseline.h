// The model `baseline()`: offline, deterministic, and no language model. docs/baseline.md says what it does.
#pragma once

#include <cstddef>
#include <string>

#include "runtime/program/program.h"

namespace chain::model {

/// What `baseline` replies to a call of `prompt` with the parameter record `arguments`: the text itself for a
/// string, a bare word or number for other scalars and enums, JSON otherwise. It can always be read as the
/// prompt's result type; `where` conditions are kept if the prompt's examples or the inputs offer a value
/// that keeps them. Predicates run if the program's code is loaded. Time grows linearly with inputs and
/// examples.
[[nodiscard]] std::string baseline_reply(const program::Program& program, const program::Prompt& prompt,
                                         const std::byte* arguments);

}  // namespace chain::model
