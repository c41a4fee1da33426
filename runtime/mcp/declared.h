// The server that a program declares: `mcp shop = http("https://...", headers: {...})`.
#pragma once

#include <optional>
#include <string>

#include "runtime/mcp/client.h"
#include "runtime/program/program.h"

namespace chain::mcp {

/// What `resource`, of kind "mcp", says, with its secrets read (program::secret_value). Nothing, and why in
/// `error`, if a secret is not set.
[[nodiscard]] std::optional<Server> declared_server(const program::Resource& resource, std::string& error);

/// What a call of a server's becomes: the method of the protocol, and its `params` as JSON.
struct Method {
  std::string name;
  std::string params;
};

/// Of a call of `external`, of kind Remote: its provider is "tools/call", "resources/read" or "prompts/get",
/// and for a tool its options say what the server calls it, {"name": "get-sum"}. `arguments` is the JSON of
/// its parameters.
[[nodiscard]] Method method_of(const program::External& external, std::string_view arguments);

}  // namespace chain::mcp
