// Reading a verb's own options and saying what is wrong with them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/verbs.h"

namespace CLI {
class App;
}

namespace chain::cli {

/// Reads `arguments` by what `app`, which is named after its verb, declares. An exit code if the process
/// should end now: help was asked for and shown, or the options are wrong.
[[nodiscard]] std::optional<int> read_options(CLI::App& app, Arguments arguments);

/// Says what is wrong with the command line and where to look, and gives `kUsage`.
int usage_error(std::string_view verb, std::string_view message);

/// " (did you mean `main`?)", or nothing if no candidate is close.
[[nodiscard]] std::string meant(std::string_view name, const std::vector<std::string_view>& candidates);

}  // namespace chain::cli
