// What a block may do to the block around it, seen before it is checked: the names that it assigns, and
// whether it breaks out of the loop that it is the body of.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "compiler/syntax/ast.h"

namespace chain::syntax {

struct Assigned {
  /// In the order of the text, some of them several times. A name that an inner block declares again is
  /// among them too.
  std::vector<std::string_view> names;
  bool breaks = false;  // a `break` that is not one of a loop inside
};

/// Visits each expression and statement inside once.
[[nodiscard]] Assigned assigned_in(std::span<const Block* const> blocks);
[[nodiscard]] Assigned assigned_in(const Expr& expr);

}  // namespace chain::syntax
