// What stands beside what in a union.
#pragma once

#include <optional>
#include <string>

#include "compiler/sema/context.h"

namespace chain::sema {

/// Why values of the two members, the first of which is written first, could not be told apart where they
/// are read from JSON; nothing if they can. "both are lists".
[[nodiscard]] std::optional<std::string> alike(const Context& context, TypeId first, TypeId second);

/// Checks the members of a union that is written at `span`: at once, or once every type is known.
void check_members(Context& context, TypeId whole, Span span);

/// Checks the unions of declared types.
void check_declared_unions(Context& context);

}  // namespace chain::sema
