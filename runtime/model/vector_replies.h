// Bodies of embedding and reranking requests, and what the replies to them say.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "runtime/model/raw_call.h"
#include "runtime/model/vectors.h"

namespace chain::model {

/// How a provider makes vectors.
struct EmbedApi {
  RawApi api;
  size_t most_texts = 0;  // in a request
};

/// Empty `api.path` if the provider makes none.
[[nodiscard]] EmbedApi embed_api(const program::Model& model);
[[nodiscard]] std::string embed_body(const program::Model& model, std::span<const std::string> texts,
                                     EmbedInput input, int64_t dimensions);
/// Adds the vectors of `count` texts to `embeddings`, and the usage. Empty, or what is wrong as a clause.
[[nodiscard]] std::string read_embeddings(std::string_view body, size_t count, int64_t dimensions,
                                          Embeddings& embeddings);

/// `form` is not Auto.
[[nodiscard]] std::string rerank_body(const program::Model& model, const RerankRequest& request,
                                      RerankForm form);
/// Empty, or what is wrong as a clause.
[[nodiscard]] std::string read_ranking(std::string_view body, const RerankRequest& request, RerankForm form,
                                       Ranking& ranking);

}  // namespace chain::model
