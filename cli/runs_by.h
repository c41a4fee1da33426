// Runs side by side, by the versions that carried them out.
#pragma once

#include <string>
#include <vector>

#include "runtime/store/records.h"

namespace chain::cli {

/// What runs of one version of a chain, or calls of one version of a prompt, came to.
struct VersionRow {
  std::string kind;  // "chain", "prompt"
  std::string name;  // "support.chain:reply@1.0", "classify@2.1"
  int64_t count = 0;
  int64_t failed = 0;
  int64_t repaired = 0;  // of prompts: calls that asked again
  int64_t took = 0;      // nanoseconds, the median of those that ended
  int64_t cost = 0;      // 1e-9 US dollars, of calls with a price
  model::Usage usage;
};

/// Chains first, then prompts, each by name. Of runs that goes on or waits nothing counts but the calls that
/// have ended.
[[nodiscard]] std::vector<VersionRow> by_version(store::Records& records,
                                                 const std::vector<store::RunRecord>& runs);

[[nodiscard]] std::string as_text(const std::vector<VersionRow>& rows);
/// An object a line.
[[nodiscard]] std::string as_json(const std::vector<VersionRow>& rows);

}  // namespace chain::cli
