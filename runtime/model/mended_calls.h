// Calls of tools that a model wrote wrongly: made such as can be told of, to it and to its provider.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/model/tool_calls.h"

namespace chain::model {

/// Makes `calls` such as can be told of again. Gives ids to those that have none, and `{}` to those without
/// arguments; arguments that are no object become a string of what the model wrote, and of more than
/// `kMostCalls` one too many is kept: whoever carries them out tells the model what is wrong. `cut_off`: the
/// token limit ended the answer. False if they are not what the model's provider said.
[[nodiscard]] bool mend_calls(std::vector<ToolCall>& calls, bool cut_off);

/// What the model wrote in place of an object; nothing if the call's arguments are one.
[[nodiscard]] std::optional<std::string> wrong_arguments(const ToolCall& call);

/// Whether APIs take `name` as a tool's.
[[nodiscard]] bool is_tool_name(std::string_view name);
/// A name that they take for one that a model made up.
[[nodiscard]] std::string name_to_send(std::string_view name);
/// `{}` for what is no object.
[[nodiscard]] std::string_view arguments_to_send(const ToolCall& call);

}  // namespace chain::model
