// Opening the library that makes native code, when it is first needed.
#pragma once

#include <string>

#include "compiler/jit/engine.h"

namespace chain::jit {

/// The library beside this program (../lib or ../lib/chain). Null and `error`, which names the places
/// that were tried, if it cannot be opened or is of another build. Opened once; safe from any thread.
[[nodiscard]] const Api* open(std::string& error);

/// Its path if it is there, without opening it; empty otherwise.
[[nodiscard]] std::string library_path();

}  // namespace chain::jit
