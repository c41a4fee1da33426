// Which media the requests of each API can carry.
#pragma once

#include <cstdint>
#include <string>

namespace chain::model {

struct Medium;

enum class MediaApi : uint8_t { Chat, Responses, Anthropic, Gemini, Ollama };

/// Why `medium` cannot be sent, as a clause that says who can and what to do; empty if it can.
[[nodiscard]] std::string media_refusal(MediaApi api, const Medium& medium);

}  // namespace chain::model
