// A chain's arguments, as the command line gives them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/program/types.h"
#include "runtime/value/constraint.h"

namespace chain::cli {

/// The JSON object that `sched::Scheduler::start` takes, from `settings` ("name=value", of `-a`) and from
/// `input`, a JSON object or nothing; settings count above the input. Values of settings are taken as they
/// are for strings, enums, durations and amounts, else as JSON; `@@` at their front is one `@`. Nothing, with
/// `error` set, if one is unknown, missing, of the wrong type, or breaks a `where`; `check`, which may be
/// null, knows those.
[[nodiscard]] std::optional<std::string> arguments_json(const program::TypeTable& types,
                                                        program::TypeId parameters,
                                                        const std::vector<std::string>& settings,
                                                        const std::optional<std::string>& input,
                                                        value::ConstraintCheck* check, std::string& error);

/// One line for each parameter: name, type, default and what its doc comment says. Empty if there are none.
[[nodiscard]] std::string list_parameters(const program::TypeTable& types, program::TypeId parameters);

}  // namespace chain::cli
