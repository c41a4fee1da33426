// Types that can hold values of themselves.
#pragma once

#include "runtime/program/types.h"

namespace chain::program {

/// Whether a value of `type` can lie within another one of it, at any depth.
[[nodiscard]] bool holds_itself(const TypeTable& types, TypeId type);

}  // namespace chain::program
