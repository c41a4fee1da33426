// One program through the whole compiler.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tests/unit/mutation/mutate.h"

namespace chain::mutation {

/// How many mutants came how far.
struct Reached {
  uint64_t parsed = 0;
  uint64_t checked = 0;
  uint64_t lowered = 0;
};

/// Parses, formats, checks and prints the mutant, runs the passes over what is right and, with `lower`, makes
/// native code of it. Aborts, with a word on standard error, if a phase contradicts itself or another.
/// `files` are what it may import, by path.
void try_compiler(const Mutant& mutant, const std::map<std::string, std::string>& files, bool lower,
                  Reached& reached);

}  // namespace chain::mutation
