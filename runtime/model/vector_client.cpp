#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <unordered_map>
#include <utility>

#include "runtime/http/client.h"
#include "runtime/http/printable.h"
#include "runtime/model/abilities.h"
#include "runtime/model/backend.h"
#include "runtime/model/rate_limit.h"
#include "runtime/model/vector_replies.h"
#include "runtime/sched/event_loop.h"

namespace chain::model {

namespace {

constexpr size_t kMostBatchBytes = 800'000;  // OpenAI's limit is 300,000 tokens

Failure refusal(const program::Model& model, abi::ErrorKind kind, std::string_view what) {
  return {.kind = kind, .message = fmt::format("model `{}`: {}", http::printable(model.name), what)};
}

class ProgramVectors final : public VectorClient {
 public:
  ProgramVectors(const program::Program& program, EventLoop& loop, ClientOptions options)
      : program_(program),
        loop_(loop),
        options_(std::move(options)),
        random_(options_.seed != 0 ? options_.seed : std::random_device{}()),
        limits_(options_.limits ? options_.limits : std::make_shared<RateLimits>(loop)),
        services_{loop, [this]() -> http::Client& { return http(); }, random_, options_, limits_.get()} {}

  ~ProgramVectors() override {
    loop_.cancel_timer(turn_);
    for (const auto& [id, call] : calls_) loop_.cancel_timer(call->timer);
  }

  CallId embed(EmbedRequest request, EmbedEnd end) override;
  CallId rerank(RerankRequest request, RerankEnd end) override;
  void cancel(CallId call) override;

 private:
  /// A call, and the requests that it makes.
  struct Call {
    virtual ~Call() = default;
    virtual void failed(Failure failure) = 0;
    CallId id = 0;
    EventLoop::TimerId timer = 0;
    std::vector<std::pair<Backend*, Backend::CallId>> asked;
  };
  struct EmbedCall;
  struct RerankCall;
  class Asked;

  http::Client& http() {
    if (!http_) {
      http::ClientOptions options;
      options.max_connections = options_.max_connections;
      http_ = std::make_unique<http::Client>(loop_, options);
    }
    return *http_;
  }
  MadeBackend& backend(uint32_t model, const RawApi& api) {
    const auto [place, is_new] = backends_.try_emplace({model, api.path});
    if (is_new) place->second = make_raw_backend(program_.models[model], services_, api);
    return place->second;
  }
  void add(std::unique_ptr<Call> call);
  /// Fails the call at the loop's next turn.
  void fail_soon(Call& call, Failure failure);
  /// Takes the call off the books; it is destroyed at the loop's next turn, when nobody can be inside it.
  void retire(Call& call);

  const program::Program& program_;
  EventLoop& loop_;
  ClientOptions options_;
  Random random_;
  std::shared_ptr<RateLimits> limits_;
  Services services_;
  std::unique_ptr<http::Client> http_;  // outlives the backends
  std::map<std::pair<uint32_t, std::string>, MadeBackend> backends_;
  std::map<uint32_t, RerankForm> forms_;  // that servers were found to speak
  std::unordered_map<CallId, std::unique_ptr<Call>> calls_;
  std::vector<std::unique_ptr<Call>> retired_;
  EventLoop::TimerId turn_ = 0;
  uint64_t serial_ = 0;
};

/// One request, with the body that its messages point at.
class ProgramVectors::Asked : public Listener {
 public:
  Asked(ProgramVectors& client, Call& call) : client_(client), call_(call) {}

  void send(uint32_t model, const RawApi& api, std::string body, const void* run) {
    body_ = std::move(body);
    MadeBackend& made = client_.backend(model, api);
    if (!made.backend) return client_.fail_soon(call_, made.failure);
    Request request;
    request.model = model;
    request.run = run;
    request.messages.push_back({program::Role::User, body_, {}});
    const Backend::CallId id = ++client_.serial_;
    call_.asked.emplace_back(made.backend.get(), id);
    made.backend->start(id, std::move(request), *this);
  }
  void failed(Failure failure) override { call_.failed(std::move(failure)); }

 protected:
  ProgramVectors& client_;
  Call& call_;

 private:
  std::string body_;
};

void ProgramVectors::add(std::unique_ptr<Call> call) {
  call->id = ++serial_;
  calls_.emplace(call->id, std::move(call));
}

void ProgramVectors::fail_soon(Call& call, Failure failure) {
  if (call.timer != 0) return;
  call.timer = loop_.after(0, [&call, failure = std::move(failure)] {
    call.timer = 0;
    call.failed(failure);
  });
}

void ProgramVectors::retire(Call& call) {
  loop_.cancel_timer(std::exchange(call.timer, 0));
  for (const auto& [backend, id] : std::exchange(call.asked, {})) backend->cancel(id);
  const auto found = calls_.find(call.id);
  retired_.push_back(std::move(found->second));
  calls_.erase(found);
  if (turn_ != 0) return;
  turn_ = loop_.after(0, [this] {
    turn_ = 0;
    retired_.clear();
  });
}

void ProgramVectors::cancel(CallId id) {
  if (const auto found = calls_.find(id); found != calls_.end()) retire(*found->second);
}

// ---- Embeddings ------------------------------------------------------------------------------

struct ProgramVectors::EmbedCall final : Call {
  struct Batch final : Asked {
    Batch(ProgramVectors& client, EmbedCall& call, size_t count)
        : Asked(client, call), whole(call), count(count) {}
    void done(Completion completion) override {
      answer = std::move(completion);
      if (--whole.open == 0) whole.finish();
    }
    EmbedCall& whole;
    size_t count;
    Completion answer;
  };

  EmbedCall(ProgramVectors& owner, EmbedRequest request, EmbedEnd end)
      : client(owner), request(std::move(request)), end(std::move(end)) {}

  void failed(Failure failure) override {
    const auto tell = std::move(end.failed);
    client.retire(*this);
    tell(std::move(failure));
  }
  void finish() {
    Embeddings embeddings;
    for (const auto& batch : batches) {
      const std::string wrong =
          read_embeddings(batch->answer.text, batch->count, request.dimensions, embeddings);
      if (!wrong.empty()) {
        const program::Model& model = client.program_.models[request.model];
        return failed(refusal(model, abi::ErrorKind::InvalidOutput, wrong));
      }
      embeddings.attempts += batch->answer.attempts;
      ++embeddings.requests;
    }
    const auto tell = std::move(end.done);
    client.retire(*this);
    tell(std::move(embeddings));
  }

  ProgramVectors& client;
  EmbedRequest request;
  EmbedEnd end;
  std::vector<std::unique_ptr<Batch>> batches;
  size_t open = 0;  // batches without an answer
};

VectorClient::CallId ProgramVectors::embed(EmbedRequest request, EmbedEnd end) {
  auto made = std::make_unique<EmbedCall>(*this, std::move(request), std::move(end));
  EmbedCall& call = *made;
  add(std::move(made));
  const program::Model& model = program_.models.at(call.request.model);
  const EmbedApi api = embed_api(model);
  if (api.api.path.empty()) {
    fail_soon(call, refusal(model, abi::ErrorKind::InvalidValue,
                            fmt::format("`{}` makes no embeddings; `openai`, `gemini`, `ollama` and "
                                        "`compatible` do",
                                        model.provider)));
    return call.id;
  }
  if (abilities_of(model.provider, model.id).embeddings == Does::No) {
    fail_soon(call,
              refusal(model, abi::ErrorKind::InvalidValue,
                      fmt::format("`{}` makes no embeddings; name a model that does, such as "
                                  "`text-embedding-3-small`, `gemini-embedding-001` or `nomic-embed-text`",
                                  http::printable(model.id))));
    return call.id;
  }
  if (call.request.texts.empty()) {
    call.timer = loop_.after(0, [&call] {
      call.timer = 0;
      call.finish();
    });
    return call.id;
  }
  const std::span<const std::string> texts = call.request.texts;
  for (size_t begin = 0; begin < texts.size();) {
    size_t end_of_batch = begin, bytes = 0;
    while (end_of_batch < texts.size() && end_of_batch - begin < api.most_texts) {
      bytes += texts[end_of_batch].size();
      if (end_of_batch > begin && bytes > kMostBatchBytes) break;
      ++end_of_batch;
    }
    const auto part = texts.subspan(begin, end_of_batch - begin);
    call.batches.push_back(std::make_unique<EmbedCall::Batch>(*this, call, part.size()));
    ++call.open;
    call.batches.back()->send(call.request.model, api.api,
                              embed_body(model, part, call.request.input, call.request.dimensions),
                              call.request.run);
    begin = end_of_batch;
  }
  return call.id;
}

// ---- Reranking -------------------------------------------------------------------------------

struct ProgramVectors::RerankCall final : Call {
  struct Try final : Asked {
    Try(ProgramVectors& client, RerankCall& call) : Asked(client, call), whole(call) {}
    void done(Completion completion) override { whole.finish(completion); }
    RerankCall& whole;
  };

  RerankCall(ProgramVectors& owner, RerankRequest request, RerankEnd end)
      : client(owner), request(std::move(request)), end(std::move(end)) {}

  void ask(RerankForm as) {
    form = as;
    tries.push_back(std::make_unique<Try>(client, *this));
    tries.back()->send(request.model, {"/rerank", "reranking servers"},
                       rerank_body(client.program_.models[request.model], request, form), request.run);
  }
  void failed(Failure failure) override {
    attempts += failure.attempts;
    // text-embeddings-inference names the field that it misses.
    const bool other = request.form == RerankForm::Auto && form == RerankForm::Documents &&
                       failure.kind == abi::ErrorKind::Failed &&
                       failure.message.find("`texts`") != std::string::npos;
    if (other) return ask(RerankForm::Texts);
    failure.attempts = attempts;
    const auto tell = std::move(end.failed);
    client.retire(*this);
    tell(std::move(failure));
  }
  void finish(const Completion& answer) {
    Ranking ranking;
    const std::string wrong = read_ranking(answer.text, request, form, ranking);
    if (!wrong.empty()) {
      const program::Model& model = client.program_.models[request.model];
      Failure failure = refusal(model, abi::ErrorKind::InvalidOutput, wrong);
      failure.attempts = answer.attempts;
      return failed(std::move(failure));
    }
    client.forms_[request.model] = form;
    ranking.attempts = attempts + answer.attempts;
    const auto tell = std::move(end.done);
    client.retire(*this);
    tell(std::move(ranking));
  }

  ProgramVectors& client;
  RerankRequest request;
  RerankEnd end;
  RerankForm form = RerankForm::Documents;
  std::vector<std::unique_ptr<Try>> tries;
  uint32_t attempts = 0;  // of tries before
};

VectorClient::CallId ProgramVectors::rerank(RerankRequest request, RerankEnd end) {
  auto made = std::make_unique<RerankCall>(*this, std::move(request), std::move(end));
  RerankCall& call = *made;
  add(std::move(made));
  const program::Model& model = program_.models.at(call.request.model);
  if (model.provider != "compatible") {
    fail_soon(call, refusal(model, abi::ErrorKind::InvalidValue,
                            fmt::format("`{}` does not rerank; a server that does is "
                                        "`compatible(\"...\", base_url: \"...\")`",
                                        model.provider)));
    return call.id;
  }
  if (call.request.documents.empty()) {
    call.timer = loop_.after(0, [&call] {
      call.timer = 0;
      call.finish({.text = "[]"});
    });
    return call.id;
  }
  const auto known = forms_.find(call.request.model);
  const RerankForm form = call.request.form != RerankForm::Auto ? call.request.form
                          : known != forms_.end()               ? known->second
                                                                : RerankForm::Documents;
  call.ask(form);
  return call.id;
}

}  // namespace

std::unique_ptr<VectorClient> make_vector_client(const program::Program& program, EventLoop& loop,
                                                 ClientOptions options) {
  return std::make_unique<ProgramVectors>(program, loop, std::move(options));
}

}  // namespace chain::model
