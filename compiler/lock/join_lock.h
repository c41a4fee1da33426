// A lock that git has left half merged.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "compiler/lock/lock.h"

namespace chain::lock {

struct Joined {
  Lock lock;
  /// What the other side has under a key of `lock.released`, where the two differ: one of them is not what
  /// the sources say.
  std::map<std::string, Released> others;
};

/// Both sides of a lock with marks of a conflict. What is released on either side stays so; what was found in
/// data is left out where the sides differ, for it is found again. Nothing, and a diagnostic at its place, if
/// one of the sides is no lock, or if they say different things of a server's tool: then it has to be pinned
/// again.
[[nodiscard]] std::optional<Joined> join_lock(SourceMap& sources, FileId file, Diagnostics& diagnostics);

}  // namespace chain::lock
