// The tree as text, for tests and for eyes.
#pragma once

#include <string>

#include "compiler/syntax/ast.h"

namespace chain::syntax {

/// Compact s-expressions, one declaration a line. Everything but spans is shown, so that two trees that mean
/// the same print the same.
[[nodiscard]] std::string dump(const Ast& ast);
[[nodiscard]] std::string dump(const Decl& decl);
[[nodiscard]] std::string dump(const Expr& expr);
/// A declaration without the words that only say which model is asked: `model:` of a prompt, an agent or a
/// `with`.
[[nodiscard]] std::string dump_without_models(const Decl& decl);

}  // namespace chain::syntax
