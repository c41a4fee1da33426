// Which of an agent's tools fit what is asked. Internal to runtime/sched.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "runtime/program/program.h"

namespace chain::sched {

/// Places in `agent.tools`, in their order: the `agent.pick` that fit `question` best by their names, docs
/// and parameters, and every handoff. By words (BM25, Robertson and Zaragoza 2009) and by hashed features
/// (value::local_hash), joined by reciprocal rank (Cormack, Clarke and Buettcher 2009). All if `pick` is 0.
[[nodiscard]] std::vector<uint32_t> picked_tools(const program::TypeTable& types, const program::Agent& agent,
                                                 std::string_view question);

}  // namespace chain::sched
