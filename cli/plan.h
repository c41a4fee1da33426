// What `chain plan` shows: gathered once, printed as text or JSON.
#pragma once

#include <string>
#include <vector>

#include "cli/plan_cost.h"
#include "compiler/graph/module.h"
#include "compiler/plan/call_bounds.h"
#include "compiler/source/source.h"
#include "runtime/access/policy.h"

namespace chain::cli {

struct Plan {
  struct Need {
    const program::Capability* capability = nullptr;
    access::Verdict verdict = access::Verdict::Missing;
  };
  struct Chain {
    std::string name;  // "reply@1.0"
    std::string artifact;
    program::Bounds bounds;
    std::vector<plan::CallLine> calls;
    ChainCost cost;
  };
  /// A call that writes, and what untrusted text decides about it.
  struct Write {
    Span span;
    std::string callee;
    std::string chain;  // in which it stands
    std::vector<const graph::GuardedWrite*> guards;
    std::string guarded;  // of one that an agent's model may call: who says yes to it
  };
  /// How many of a kind the chains reach: {"prompt", 2}.
  std::vector<std::pair<std::string, size_t>> summary;
  std::string file;
  std::string folder;  // of the project
  std::vector<Chain> chains;
  std::vector<Need> needs;
  std::vector<Write> writes;
};

[[nodiscard]] std::string plan_text(const Plan& plan, const SourceMap& sources);
[[nodiscard]] std::string plan_json(const Plan& plan, const SourceMap& sources);

/// "not allowed", "usual".
[[nodiscard]] std::string_view word_of(access::Verdict verdict);

/// Requests to models in the worst case; nothing if there is no bound.
[[nodiscard]] std::optional<uint64_t> model_requests(const Plan::Chain& chain);

}  // namespace chain::cli
