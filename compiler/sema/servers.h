// The servers that a program declares, for whoever speaks to them before the program can be checked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/graph/module.h"
#include "compiler/sema/modules.h"
#include "compiler/source/source.h"

namespace chain::sema {

/// A tool that the lock has of a server.
struct ServerTool {
  uint32_t resource = 0;           // place in Servers::module
  std::string wire_name;           // as the server calls it
  std::string name;                // as programs do
  std::string problem;             // why they cannot, as a clause; empty if they can
  uint32_t external = UINT32_MAX;  // its signature: place in Servers::module, unless there is a problem
};

struct Servers {
  /// Types, resources and externals; no chains.
  graph::Module module;
  std::vector<uint32_t> declared;  // the servers among the module's resources, in the order of the text
  std::vector<std::string> keys;   // by resource: "support.chain:shop", as the lock has it
  std::vector<ServerTool> tools;
};

/// The `mcp` servers of all `modules`, with what the lock has of them. Of what is wrong in the program only
/// their declarations count: nothing, with a diagnostic, if one of these is wrong, or if the lock is damaged.
[[nodiscard]] std::optional<Servers> servers_of(const Modules& modules, const SourceMap& sources,
                                                Diagnostics& diagnostics, const std::string& profile = {});

}  // namespace chain::sema
