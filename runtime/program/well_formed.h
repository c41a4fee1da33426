#pragma once

#include "runtime/program/program.h"

namespace chain::program {

/// Whether every index of the program lies within its table, the scalar types stand where they belong, and
/// types and frames have room for what they hold: what the runtime takes for granted of a program that it was
/// given.
[[nodiscard]] bool is_well_formed(const Program& program);

}  // namespace chain::program
