// What a program needs of the world outside.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "compiler/graph/module.h"

namespace chain::sema {

/// Fills `graph::Module::capabilities`, sorted and each once for each place that needs it, and `needs` of its
/// chains. Paths are as the source has them; those of imports as `graph::Module::imports` has them.
void find_capabilities(graph::Module& module);

/// The host in a URL as a capability has it: "api.example.com", "localhost:8080". `*` stands for what is made
/// at run time, and alone for a URL that does not say its host.
[[nodiscard]] std::string host_of_url(std::string_view url);

/// Why `url` cannot be called, or why nobody can say where it leads; nothing if it is one of http or https.
/// If it is not `whole`, something that is made at run time follows it.
[[nodiscard]] std::optional<std::string> url_mistake(std::string_view url, bool whole);

}  // namespace chain::sema
