// What the calls of the journal's runs took and cost, summed up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/model/client.h"
#include "runtime/store/records.h"

namespace chain::store {

/// What calls are summed up by.
enum class CostKey : uint8_t {
  All,      // one sum
  Prompt,   // "classify@2.0"
  Model,    // "openai/gpt-5-mini": whichever answered, a fallback too
  Chain,    // "support.chain:reply"
  Version,  // "support.chain:reply@1.0"
  Day,      // "2026-11-22", UTC, of the call's beginning
};

/// Calls of models that have ended, made or saved, or were dropped.
struct CostRow {
  std::string key;
  int64_t runs = 0;  // in which they are
  int64_t calls = 0;
  int64_t failed = 0;
  int64_t dropped = 0;  // nobody waited for them any more: what they took is estimated
  int64_t repairs = 0;  // calls that asked again, for the answer before could not be read
  int64_t kept = 0;     // answers of the cache: no model was asked
  model::Usage usage;   // of the others
  int64_t cost = 0;     // 1e-9 US dollars, of those that had a price when they were made
  int64_t saved = 0;    // likewise, by answers of the cache
};

/// Answers that were paid for, of a model that had no price then.
struct UnpricedRow {
  std::string key;
  std::string model;  // "PROVIDER/ID"; empty if the journal does not say
  int64_t calls = 0;
  model::Usage usage;
};

struct Costs {
  int64_t runs = 0;           // with any call that counts
  std::vector<CostRow> rows;  // what cost most first; days in their order
  std::vector<UnpricedRow> unpriced;
};

/// The sums over all calls that began at `since`, in nanoseconds since 1970, or later. Nothing if the file
/// cannot be read: `Records::why` tells.
[[nodiscard]] std::optional<Costs> costs(Records& records, CostKey key, int64_t since);

/// What whole runs of one artifact cost that are done, the newest `most` of them, in 1e-9 US dollars. A run
/// in which a call had no price is left out.
[[nodiscard]] std::vector<int64_t> costs_of_runs(Records& records, const std::string& artifact, size_t most);

}  // namespace chain::store
