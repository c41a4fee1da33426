// Searches of indexes between a program's values and runtime/retrieve: both sides as JSON. Internal to
// runtime/sched.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/program/program.h"
#include "runtime/retrieve/searches.h"

namespace chain::sched {

/// What a call of `search` asks for. `arguments` is its parameter record as JSON, as the scheduler wrote it.
/// Nothing, and a sentence, if a number lies outside of its bounds (runtime/program/search_bounds.h).
[[nodiscard]] std::optional<retrieve::SearchRequest> search_request(const program::External& search,
                                                                    std::string_view arguments,
                                                                    std::string& error);

/// A JSON list of Passages, best first.
[[nodiscard]] std::string passages_json(const std::vector<retrieve::Found>& passages);

}  // namespace chain::sched
