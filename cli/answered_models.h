// Which snapshots of models answered, held against the lock.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "runtime/store/records.h"

namespace chain::cli {

/// By provider and id ("openai/gpt-5-mini"), what the model that answered called itself: of calls that a
/// provider answered, not the cache. Models on this machine that are none are left out.
[[nodiscard]] std::map<std::string, std::string> answered_models(const std::vector<store::StepRecord>& steps);

/// Likewise of the newest runs that belong to the lock at `lock_path`; what the newest of them says counts.
/// Empty if there is no journal.
[[nodiscard]] std::map<std::string, std::string> answered_models(const std::string& lock_path);

/// Whether all models of a run answered as the lock has them; an error for each that did not. A run that is
/// not written down says nothing.
[[nodiscard]] bool answered_as_locked(const std::string& run, const std::string& file);

}  // namespace chain::cli
