// Models that lead to other models: by `fallback:`, and as the members of a `balance`.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/source/source.h"

namespace chain::sema {

struct Context;

/// Another model that one may lead to, and where that is said.
struct ModelLink {
  uint32_t model = 0;
  Span span;
};
using ModelLinks = std::vector<std::vector<ModelLink>>;  // by model

/// Reports models that lead back to themselves. Each circle once, at the model that is declared first.
void check_circles(Context& context, const ModelLinks& links);

/// What a call goes to is one of the models that are named: reports a `balance` among the members of another,
/// which would say no more than one of all their members.
void check_members(Context& context, const ModelLinks& members);

}  // namespace chain::sema
