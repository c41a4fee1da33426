// Native code and the scheduler against the oracle.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "compiler/graph/module.h"

namespace chain::oracle {

/// What came of comparing one program.
struct Comparison {
  std::string difference;  // empty if both agree; else what differs, with both sides
  uint32_t runs = 0;
  uint32_t succeeded = 0;                 // runs that gave a value
  uint32_t failed_elsewhere = 0;          // both failed, but at two places: see `compare`
  uint32_t calls = 0;                     // of prompts, as the oracle counts them
  std::map<std::string, uint64_t> fired;  // by pass: the calls that it took out of the graph, or of a loop
};

/// Interprets the untransformed graph, what graph::needed leaves out aside, runs its passes, makes native
/// code of it and runs that on the scheduler, once for each of `arguments_json` and once for each test. The
/// model's answers come in an order that `seed` chooses. Results and expectations must be equal. The requests
/// are those that the oracle finds in the transformed graph, and none that it does not find in the other. Of
/// a failing run the kind and place must be equal too, unless calls that were under way side by side both
/// failed: then the one that the order of answers brought first counts.
[[nodiscard]] Comparison compare(const graph::Module& module, uint32_t chain,
                                 const std::vector<std::string>& arguments_json, uint64_t seed);

/// The same for the chain `main` of a program in source. A program that does not compile is a difference.
[[nodiscard]] Comparison compare(const std::string& source, const std::vector<std::string>& arguments_json,
                                 uint64_t seed);

/// How many nodes of each op the module has, by the op's text; every op is there, with 0 if need be.
[[nodiscard]] std::map<std::string, uint64_t> count_ops(const graph::Module& module);

}  // namespace chain::oracle
