// The models behind an index: what makes vectors of its texts, and what ranks its passages anew.
#pragma once

#include <string_view>

#include "compiler/sema/context.h"

namespace chain::sema {

/// Where a reranker is, and which variable holds its key, unless a program says otherwise.
struct RerankService {
  std::string_view provider;
  std::string_view home;
  std::string_view key;
};

/// Null if it is somewhere else for each program.
[[nodiscard]] const RerankService* find_rerank_service(std::string_view provider);

/// Puts what makes a dataset in the place of its name, and enters the models that the index calls among those
/// of the program.
void complete_index(Context& context, graph::Resource& index);

}  // namespace chain::sema
