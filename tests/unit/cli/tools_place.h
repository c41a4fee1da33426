// Programs whose tools are at a server over HTTP, for tests of the command line.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/peers/peer.h"
#include "tests/unit/cli/place.h"

namespace chain::testing {

/// A folder with a program whose tools are at a server (tests/peers/mock_node/mock_tools.cjs).
struct Tools {
  test::Peer server{"mock_tools"};
  Place place;

  /// `SERVER` in the program is where the tools are.
  explicit Tools(std::string program) {
    const std::string url = "http://127.0.0.1:" + std::to_string(server.port());
    for (size_t at = 0; (at = program.find("SERVER", at)) != std::string::npos;) program.replace(at, 6, url);
    place.file("tools.chain", program);
  }

  [[nodiscard]] Command command(std::vector<std::string> words) const {
    Command command = place.command(std::move(words));
    command.environment.emplace_back("TOOL_KEY", "s3cret/key");
    return command;
  }
  [[nodiscard]] Ended chain(std::vector<std::string> words) const { return run(command(std::move(words))); }
  /// Allowed what the program needs.
  [[nodiscard]] Ended run_main(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"run", "tools.chain", "--allow", "host=127.0.0.1", "--allow", "env=TOOL_KEY"});
    return chain(std::move(more));
  }
};

/// A program that calls the tool once.
inline std::string tool(const std::string& declaration, const std::string& call) {
  return declaration + "\n\nchain main() -> string {\n  let x = " + call + "\n  return \"{{ x }}\"\n}\n";
}

}  // namespace chain::testing
