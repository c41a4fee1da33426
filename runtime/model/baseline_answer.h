// The value that `baseline` gives, as JSON: inputs and labelled examples in, a value of the result type out.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "runtime/program/program.h"

namespace chain::model::baseline {

using Json = nlohmann::ordered_json;

/// One of the prompt's examples: its arguments as a JSON object, and its result.
struct Shown {
  Json arguments;
  Json result;
};

/// A value of `prompt.result` with fields and enum cases as models see them (by alias if there is one).
[[nodiscard]] Json answer(const program::Program& program, const program::Prompt& prompt, const Json& inputs,
                          std::vector<Shown> examples);

}  // namespace chain::model::baseline
