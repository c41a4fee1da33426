// The questions that show what an endpoint can do and that no prompt asks: tools, and several answers at
// once.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/model/abilities.h"
#include "runtime/model/raw_call.h"

namespace chain::model {

struct ProbeQuestion {
  RawApi api;
  std::string body;
};

/// The question that `ability` (tools, tool_choice, several) is found out with; nothing if the provider's API
/// has no such thing.
[[nodiscard]] std::optional<ProbeQuestion> question_about(const program::Model& model,
                                                          Does Abilities::* ability);
/// Whether it is OpenAI's Responses that the model speaks.
[[nodiscard]] bool speaks_responses(const program::Model& model);
/// Whether the reply shows that it works.
[[nodiscard]] bool shows(const program::Model& model, Does Abilities::* ability, std::string_view reply);

}  // namespace chain::model
