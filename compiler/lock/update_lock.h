// The one way by which chain.lock is written.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "compiler/lock/lock.h"

namespace chain::lock {

enum class Update : uint8_t {
  Written,
  Same,     // it held that already, and was left alone
  Damaged,  // what stands there is no lock: reported to the diagnostics, and left alone
  Failed,   // it cannot be read or written: `error` says why
};

/// Lets `change` alter what the lock at `path` holds now, an empty one if there is no such file, and puts the
/// outcome in its place at once: nobody reads half of it, and nobody's entries are lost, since of all
/// processes that do this to files of one folder one has its turn at a time (`flock` of the folder, for which
/// 10 s are waited). So `change` sees what others wrote meanwhile, must be quick, and only touches what it
/// means to. A link stays one, and the file keeps its mode. The text goes to `sources` for the diagnostics.
[[nodiscard]] Update update_lock(const std::string& path, const std::function<void(Lock&)>& change,
                                 SourceMap& sources, Diagnostics& diagnostics, std::string& error);

}  // namespace chain::lock
