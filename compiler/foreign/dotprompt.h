// Dotprompt (https://google.github.io/dotprompt): YAML with Picoschema above, Handlebars below.
#pragma once

#include <string>
#include <vector>

#include "compiler/foreign/prompt_file.h"

namespace chain::foreign {

/// `front` must outlive what is returned.
[[nodiscard]] PromptFile read_dotprompt(const Yaml& front, const Parts& parts, std::string name,
                                        std::vector<Remark>& remarks);

}  // namespace chain::foreign
