// Literals as text and as types.
#pragma once

#include <optional>
#include <string>

#include "compiler/syntax/ast.h"
#include "runtime/program/types.h"

namespace chain::sema {

/// The text of a string without holes.
[[nodiscard]] std::optional<std::string> plain_text(const syntax::Expr& expr);

/// What a literal type's literal is; nothing if it is no bool, int or string without holes.
[[nodiscard]] std::optional<program::Literal> literal_of(const syntax::Expr& expr);

/// As it is written: `"en"`, `3`, `true`.
[[nodiscard]] std::string quoted(const program::Literal& literal);

/// Whether `a` and `b` have one base.
[[nodiscard]] bool same_base(const program::Literal& a, const program::Literal& b);

}  // namespace chain::sema
