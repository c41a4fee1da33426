#include "runtime/retrieve/embed.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "runtime/documents/load.h"
#include "runtime/model/media.h"
#include "runtime/retrieve/local_hash.h"
#include "runtime/sched/event_loop.h"

namespace chain::retrieve {
namespace {

constexpr size_t kBatchTexts = 64;
constexpr size_t kBatchBytes = size_t{128} << 10;  // about 32,000 tokens; APIs take ten times that
constexpr size_t kInFlight = 4;
constexpr auto kLook = std::chrono::milliseconds(50);  // how soon `stop` is heard

/// An image of a document is no larger than one of a prompt.
static_assert(documents::Limits{}.image == model::kMostMediumBytes);

class LocalEmbedder final : public Embedder {
 public:
  explicit LocalEmbedder(uint32_t dimensions) : dimensions_(dimensions) {}

  bool embed(std::span<const std::string> texts, const Made& made, const std::atomic<bool>* stop,
             std::string& error) override {
    for (size_t i = 0; i < texts.size(); ++i) {
      if (stop && *stop) {
        error = "it was stopped";
        return false;
      }
      made(i, local_hash(texts[i], dimensions_));
      ++spent_.texts;
    }
    return true;
  }

  [[nodiscard]] Spent spent() const override { return spent_; }

 private:
  uint32_t dimensions_;
  Spent spent_;
};

void add(model::Usage& sum, const model::Usage& usage) {
  sum.input_tokens += usage.input_tokens;
  sum.output_tokens += usage.output_tokens;
  sum.cached_tokens += usage.cached_tokens;
}

/// What the loop's thread leaves for the thread that waits. Shared: an answer may come when nobody waits any
/// more.
struct Mailbox {
  struct Letter {
    size_t place = 0;  // of the first text
    model::Embeddings embeddings;
    std::string failure;  // empty if there is none
  };

  std::mutex mutex;
  std::condition_variable arrived;
  std::deque<Letter> letters;
  bool closed = false;                               // nobody waits any more
  std::vector<model::VectorClient::CallId> waiting;  // of the loop's thread

  bool is_closed() {
    const std::lock_guard lock(mutex);
    return closed;
  }
  void put(Letter letter) {
    {
      const std::lock_guard lock(mutex);
      if (!closed) letters.push_back(std::move(letter));
    }
    arrived.notify_one();
  }
};

class ModelEmbedder final : public Embedder {
 public:
  ModelEmbedder(const IndexSettings& settings, model::VectorClient& client, EventLoop& loop)
      : model_(settings.embed_model),
        dimensions_(settings.dimensions),
        texts_(settings.images ? model::EmbedInput::Text : model::EmbedInput::Plain),
        client_(client),
        loop_(loop) {}

  bool embed(std::span<const std::string> texts, const Made& made, const std::atomic<bool>* stop,
             std::string& error) override {
    return embed_all(texts, texts_, made, stop, error);
  }
  bool embed_images(std::span<const std::string> images, const Made& made, const std::atomic<bool>* stop,
                    std::string& error) override {
    return embed_all(images, model::EmbedInput::Image, made, stop, error);
  }

  [[nodiscard]] Spent spent() const override { return spent_; }

 private:
  bool embed_all(std::span<const std::string> texts, model::EmbedInput input, const Made& made,
                 const std::atomic<bool>* stop, std::string& error) {
    const auto mailbox = std::make_shared<Mailbox>();
    size_t next = 0, in_flight = 0;
    bool good = true;
    while (good && (next < texts.size() || in_flight > 0)) {
      for (; next < texts.size() && in_flight < kInFlight; ++in_flight)
        next = send(mailbox, texts, input, next);
      auto letter = wait(*mailbox, stop);
      good = letter && letter->failure.empty();
      if (good) take(*letter, made), --in_flight;
      if (!good) error = letter ? letter->failure : "it was stopped";
    }
    if (!good) close(mailbox, made);
    return good;
  }

  /// The texts from `begin` on that go well into one request. Gives where the next one begins.
  size_t send(const std::shared_ptr<Mailbox>& mailbox, std::span<const std::string> texts,
              model::EmbedInput input, size_t begin) {
    model::EmbedRequest request{.model = model_, .texts = {}, .input = input, .dimensions = dimensions_};
    size_t end = begin, bytes = 0;
    for (; end < texts.size() && end - begin < kBatchTexts; ++end) {
      bytes += texts[end].size();
      if (end > begin && bytes > kBatchBytes) break;
      request.texts.push_back(texts[end]);
    }
    loop_.post([this, mailbox, begin, request = std::move(request)]() mutable {
      if (mailbox->is_closed()) return;
      mailbox->waiting.push_back(client_.embed(
          std::move(request),
          {.done = [mailbox, begin](
                       model::Embeddings embeddings) { mailbox->put({begin, std::move(embeddings), {}}); },
           .failed = [mailbox, begin](
                         const model::Failure& failure) { mailbox->put({begin, {}, failure.message}); }}));
    });
    return end;
  }

  static std::optional<Mailbox::Letter> wait(Mailbox& mailbox, const std::atomic<bool>* stop) {
    std::unique_lock lock(mailbox.mutex);
    while (mailbox.letters.empty()) {
      if (stop && *stop) return std::nullopt;
      mailbox.arrived.wait_for(lock, kLook);
    }
    Mailbox::Letter letter = std::move(mailbox.letters.front());
    mailbox.letters.pop_front();
    return letter;
  }

  void take(const Mailbox::Letter& letter, const Made& made) {
    const model::Embeddings& got = letter.embeddings;
    for (size_t i = 0; i < got.vectors.size(); ++i) made(letter.place + i, got.vectors[i]);
    spent_.texts += got.vectors.size();
    spent_.requests += got.requests;
    add(spent_.usage, got.usage);
  }

  /// Takes what has come, for it was paid, and gives the other calls up.
  void close(const std::shared_ptr<Mailbox>& mailbox, const Made& made) {
    std::deque<Mailbox::Letter> rest;
    {
      const std::lock_guard lock(mailbox->mutex);
      mailbox->closed = true;
      rest.swap(mailbox->letters);
    }
    for (const Mailbox::Letter& letter : rest) {
      if (letter.failure.empty()) take(letter, made);
    }
    loop_.post([mailbox, &client = client_] {
      for (const auto call : mailbox->waiting) client.cancel(call);
    });
  }

  const uint32_t model_;
  const uint32_t dimensions_;
  const model::EmbedInput texts_;  // how they are written
  model::VectorClient& client_;
  EventLoop& loop_;
  Spent spent_;
};

}  // namespace

bool Embedder::embed_images(std::span<const std::string> /*images*/, const Made& /*made*/,
                            const std::atomic<bool>* /*stop*/, std::string& error) {
  error = "this embedder takes no images";
  return false;
}

std::unique_ptr<Embedder> make_local_embedder(uint32_t dimensions) {
  return std::make_unique<LocalEmbedder>(dimensions);
}

std::unique_ptr<Embedder> make_model_embedder(const IndexSettings& settings, model::VectorClient& client,
                                              EventLoop& loop) {
  return std::make_unique<ModelEmbedder>(settings, client, loop);
}

}  // namespace chain::retrieve
