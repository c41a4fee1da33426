// Making vectors of texts.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "runtime/model/vectors.h"
#include "runtime/retrieve/settings.h"

namespace chain {
class EventLoop;
}

namespace chain::retrieve {

/// For one thread, which is not the event loop's.
class Embedder {
 public:
  struct Spent {
    uint64_t texts = 0;
    uint64_t requests = 0;
    model::Usage usage;
  };
  using Made = std::function<void(size_t place, std::span<const float> vector)>;

  virtual ~Embedder() = default;
  /// Calls `made` with the vector of each text, by its place, as they come. False, and `error`, if some
  /// cannot be had, or because of `stop`, which may be null; those that came before count.
  [[nodiscard]] virtual bool embed(std::span<const std::string> texts, const Made& made,
                                   const std::atomic<bool>* stop, std::string& error) = 0;
  /// The same of images, each by the bytes of its file; for models that take them.
  [[nodiscard]] virtual bool embed_images(std::span<const std::string> images, const Made& made,
                                          const std::atomic<bool>* stop, std::string& error);
  /// Since it was made.
  [[nodiscard]] virtual Spent spent() const = 0;
};

/// `local_hash`, on the thread that asks.
[[nodiscard]] std::unique_ptr<Embedder> make_local_embedder(uint32_t dimensions);

/// By calls of `client` on `loop`'s thread, which must run meanwhile: several at a time, each of as many
/// texts as go well into one request. Both outlive the embedder.
[[nodiscard]] std::unique_ptr<Embedder> make_model_embedder(const IndexSettings& settings,
                                                            model::VectorClient& client, EventLoop& loop);

}  // namespace chain::retrieve
