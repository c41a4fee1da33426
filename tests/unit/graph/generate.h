// Random programs in Chain, as source text: well typed by construction, small, and the same for the same
// seed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace chain::oracle {

struct GeneratedProgram {
  std::string source;                       // of one file; its chain to run is called `main`
  std::vector<std::string> arguments_json;  // some arguments of `main`
};

/// Together, programs of different seeds hold every kind of node of ops.def: pure code of every type, prompts
/// and chains called from branches and loops within each other, early returns, templates, wheres, and a test.
[[nodiscard]] GeneratedProgram generate(uint64_t seed);

}  // namespace chain::oracle
