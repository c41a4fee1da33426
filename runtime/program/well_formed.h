#pragma once

#include "runtime/program/program.h"

namespace chain::program {

/// The least that a frame takes: its header (runtime/abi/context.h).
inline constexpr uint32_t kLeastFrame = 64;

/// Whether the tables of a program are what the runtime takes for granted:
/// - every index lies within its table, and regions lie within each other without a circle;
/// - types have the layout that TypeTable gives them, the scalar ones stand first, and none holds itself but
///   in a record;
/// - what a task takes and gives has room in its frame, behind the frame's header, at its alignment;
/// - the tasks of a region wait for each other without a circle, as often as they release each other, and
///   just those that wait for nothing are ready.
///
/// What only the native code knows is beyond it: whether a function's frame, the place of a value in it and a
/// loop's stride are those it was made with. Tables and code therefore stand in one file under one checksum
/// (compiler/driver/artifact.h); whoever can write code there needs no damaged table.
[[nodiscard]] bool is_well_formed(const Program& program);

/// Whether every function that the tables name is there, and each is used as one kind of function only (a
/// step, a rendering, a `where`). For a program whose code is loaded.
[[nodiscard]] bool has_its_functions(const Program& program);

}  // namespace chain::program
