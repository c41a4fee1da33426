// Where `secret("NAME")` of a tool finds its value.
#pragma once

#include <functional>
#include <string>

namespace chain::program {

using SecretSource = std::function<std::string(const std::string& name)>;

/// What the process's environment says, else the source; empty if neither does.
[[nodiscard]] std::string secret_value(const std::string& name);
/// For the whole process: asked for what its environment does not set, files of variables for one. Not while
/// runs are under way.
void set_secret_source(SecretSource source);

}  // namespace chain::program
