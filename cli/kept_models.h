// The models of a run, kept with its settings: a trace names them when the program is no longer at hand.
#pragma once

#include <string>
#include <vector>

#include "runtime/program/program.h"
#include "runtime/trace/span.h"

namespace chain::cli {

/// `settings`, a JSON object, with what a trace tells of `models`.
[[nodiscard]] std::string with_models(const std::string& settings, const std::vector<program::Model>& models);

/// Those of the settings; none if they are of an older run.
[[nodiscard]] trace::CalledModels models_of(const std::string& settings);

}  // namespace chain::cli
