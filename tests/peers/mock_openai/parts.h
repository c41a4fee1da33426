// The content of a message as a list of parts: texts, images, sounds and files.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace mock {

/// Why OpenAI would refuse the messages of a request for what their content holds; empty if it would not.
[[nodiscard]] std::string wrong_parts(const nlohmann::ordered_json& messages);

}  // namespace mock
