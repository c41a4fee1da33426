// `--model fast=openai("gpt-5-mini", temperature: 0)`: another model under a name of the program.
#pragma once

#include <string>
#include <vector>

#include "runtime/program/program.h"

namespace chain::cli {

/// Replaces models of `program` by what `settings` say; the right side is read by the compiler as that of a
/// `model` declaration beside the program's others, `baseline` alone standing for `baseline()`. False, with
/// everything said on standard error, if one is wrong, names no model of the program, or lets a model search
/// the web that did not when the program was checked.
[[nodiscard]] bool set_models(program::Program& program, const std::vector<std::string>& settings);

/// The names before the `=` of settings.
[[nodiscard]] std::vector<std::string> models_named(const std::vector<std::string>& settings);

}  // namespace chain::cli
