// How declared types lie in each other.
#pragma once

#include "compiler/sema/context.h"

namespace chain::sema {

/// How deep types may lie in each other, but for those that lie in themselves; later phases walk them
/// recursively.
inline constexpr uint32_t kTypeDepthLimit = 64;

/// Of how many parts a type may consist: unions, lists and the like, and what they hold, written out to the
/// names of records and enums. Types made of types made of types double with each line of text.
inline constexpr uint32_t kTypePartsLimit = 1000;

/// Reports records that lie too deep in each other, and those of which no value can be made because each
/// needs another one first.
void check_recursion(Context& context);

}  // namespace chain::sema
