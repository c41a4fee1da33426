// What a server's result says to a program. Internal to runtime/tool.
#pragma once

#include <string>
#include <string_view>

namespace chain::tool {

/// Whether the result of a call holds what one must: a list of contents, or structured content alone.
[[nodiscard]] bool is_result(std::string_view result);

/// The text of what a call of a tool's came to: its text parts, each on lines of its own; of images and other
/// bytes what they are.
[[nodiscard]] std::string text_of_content(std::string_view result);
/// `structuredContent`; empty if there is none.
[[nodiscard]] std::string structured_content(std::string_view result);
[[nodiscard]] bool is_error(std::string_view result);
/// The text of a resource that was read.
[[nodiscard]] std::string text_of_resource(std::string_view result);
/// The messages of a prompt, each with its role.
[[nodiscard]] std::string text_of_prompt(std::string_view result);

}  // namespace chain::tool
