// Prompty (https://prompty.ai): YAML above, Jinja or Mustache below, whose messages begin with lines like
// `system:`.
#pragma once

#include <string>
#include <vector>

#include "compiler/foreign/prompt_file.h"

namespace chain::foreign {

/// `front` must outlive what is returned.
[[nodiscard]] PromptFile read_prompty(const Yaml& front, const Parts& parts, std::string name,
                                      std::vector<Remark>& remarks);

}  // namespace chain::foreign
