// What options of models and of resources have in common: keys, paths and addresses.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "compiler/syntax/ast.h"

namespace chain::sema {

/// For "`api_key:` is ...".
inline constexpr const char* kSecretWanted =
    "the name of an environment variable, written `secret(\"NAME\")`";

/// The call `secret(NAME)`; null if `expr` is something else.
[[nodiscard]] const syntax::CallExpr* secret_call(const syntax::Expr& expr);

/// What a path should be instead, for "`file:` is ..."; null if it leads nowhere but under the project's
/// folder.
[[nodiscard]] const char* path_mistake(std::string_view path);

/// Why a URL may not stand in a source: those are kept with runs and shown to others. Nothing if it names no
/// user. `url` has a scheme.
[[nodiscard]] std::optional<std::string> user_in_url(std::string_view url);

}  // namespace chain::sema
