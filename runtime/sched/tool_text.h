// Tools for models whose providers know none: said in words, called in JSON that stands in the text of the
// answer. Internal to runtime/sched.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/model/client.h"

namespace chain::sched {

/// For the system message: the tools, and how they are called.
[[nodiscard]] std::string tools_in_words(std::span<const model::Tool> tools);

/// The calls of an answer, as `tools_in_words` asks for them, or as models write them: with prose around
/// them, in a Markdown fence, one or a list. None if it is an answer of another kind. Their arguments are
/// JSON as it is written, an object or not.
[[nodiscard]] std::vector<model::ToolCall> calls_in_text(std::string_view reply,
                                                         std::span<const model::Tool> tools);

/// Calls of a turn that another provider's model made, as `tools_in_words` asks for them.
[[nodiscard]] std::string calls_as_text(std::span<const model::ToolCall> calls);

/// What came of calls, as a user says it: each within the fence.
[[nodiscard]] std::string results_as_text(std::span<const model::ToolResult> results);

}  // namespace chain::sched
