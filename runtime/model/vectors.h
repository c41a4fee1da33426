// Embeddings and reranking: calls of models that write nothing, through the same queues, limits, time-outs
// and retries as all calls.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/model/client.h"

namespace chain::model {

/// How what is embedded is written. `Plain`: texts, as all APIs take them. `Text` and `Image`: for models of
/// both, as `{"text": ...}` and `{"image": ...}`, the latter in base64 without `data:`.
/// Jina's API has this (LangChain's and LlamaIndex's clients of it send the same), and servers of CLIP
/// models share it.
enum class EmbedInput : uint8_t { Plain, Text, Image };

struct EmbedRequest {
  uint32_t model = 0;              // index into Program::models
  std::vector<std::string> texts;  // or images, as their bytes
  EmbedInput input = EmbedInput::Plain;
  int64_t dimensions = 0;     // of each vector, of models that can choose; 0 for the model's own
  const void* run = nullptr;  // as of Request
};

struct Embeddings {
  std::vector<std::vector<float>> vectors;  // by text; of one length, and finite
  std::string model;                        // that answered, if it says so
  Usage usage;                              // of all requests together
  uint32_t requests = 0;
  uint32_t attempts = 0;
};

/// `Documents` is what Cohere, Jina and vLLM speak, `Texts` what text-embeddings-inference does. `Auto` tries
/// the first, and the second where a server asks for `texts`.
enum class RerankForm : uint8_t { Auto, Documents, Texts };

struct RerankRequest {
  uint32_t model = 0;
  std::string query;
  std::vector<std::string> documents;
  int64_t top_n = 0;  // so many at most; 0 for all
  RerankForm form = RerankForm::Auto;
  const void* run = nullptr;
};

struct Ranked {
  size_t index = 0;  // of the document
  double score = 0;
};

struct Ranking {
  std::vector<Ranked> ranked;  // the best first; of equal scores the first document
  std::string model;
  Usage usage;
  uint32_t attempts = 0;
};

class VectorClient {
 public:
  using CallId = uint64_t;
  /// Exactly one of the two, on the loop's thread and never from within the call that asks.
  struct EmbedEnd {
    std::function<void(Embeddings)> done;
    std::function<void(Failure)> failed;
  };
  struct RerankEnd {
    std::function<void(Ranking)> done;
    std::function<void(Failure)> failed;
  };

  virtual ~VectorClient() = default;
  /// Texts go out in as many requests as the API needs. If one of them fails, all do.
  virtual CallId embed(EmbedRequest request, EmbedEnd end) = 0;
  virtual CallId rerank(RerankRequest request, RerankEnd end) = 0;
  /// Nobody hears of the call any more; its connections are closed. Unknown ids are ignored.
  virtual void cancel(CallId call) = 0;
};

/// For the models of `program`, which must outlive the client, as must `loop`. A reply that is not what was
/// asked for (another number of vectors, another length, a NaN, an index twice) is a failure of the kind
/// `invalid_output`.
[[nodiscard]] std::unique_ptr<VectorClient> make_vector_client(const program::Program& program,
                                                               EventLoop& loop, ClientOptions options = {});

}  // namespace chain::model
