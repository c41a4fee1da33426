// JSON that a model, a tool or a server wrote, as typed values: what it says chooses no file of whoever runs
// the program.
#pragma once

#include <string_view>

#include "runtime/value/json.h"

namespace chain::value {

/// As `from_json`, but media may be nothing but data or https URLs (`may_name_medium`): a path is a mistake,
/// or mere text where the type takes that too. Defaults of fields are the program's own.
[[nodiscard]] ReadResult from_json_of_others(const program::TypeTable& types, program::TypeId type,
                                             std::string_view json, Arena& arena, void* out,
                                             ConstraintCheck* check = nullptr, JsonLimits limits = {});

}  // namespace chain::value
