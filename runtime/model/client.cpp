#include "runtime/model/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <random>
#include <unordered_map>
#include <utility>

#include "runtime/http/client.h"
#include "runtime/http/printable.h"
#include "runtime/model/backend.h"
#include "runtime/program/providers.h"
#include "runtime/sched/event_loop.h"

namespace chain::model {

namespace {

/// Ids carry the model in their upper bits, so that `cancel` finds its way without a table.
constexpr int kModelShift = 44;

class ProgramClient final : public Client {
 public:
  ProgramClient(const program::Program& program, EventLoop& loop, ClientOptions options)
      : program_(program),
        loop_(loop),
        options_(options),
        random_(options.seed != 0 ? options.seed : std::random_device{}()),
        services_{loop, [this]() -> http::Client& { return http(); }, random_, options_},
        models_(program.models.size()) {}

  ~ProgramClient() override {
    for (const auto& [id, timer] : failing_) loop_.cancel_timer(timer);
  }

  CallId start(Request request, Listener& listener) override {
    const uint32_t index = request.model;
    const CallId id = uint64_t{index} << kModelShift | ++serial_;
    MadeBackend& made = backend(index);
    const auto holds_media = [](const Message& message) { return !message.media.empty(); };
    if (made.backend && std::any_of(request.messages.begin(), request.messages.end(), holds_media)) {
      fail_soon(id, no_media(request), listener);
    } else if (made.backend) {
      made.backend->start(id, std::move(request), listener);
    } else {
      fail_soon(id, made.failure, listener);
    }
    return id;
  }

  void cancel(CallId call) override {
    if (const auto found = failing_.find(call); found != failing_.end()) {
      loop_.cancel_timer(found->second);
      failing_.erase(found);
      return;
    }
    const uint64_t index = call >> kModelShift;
    if (index < models_.size() && models_[index] && models_[index]->backend)
      models_[index]->backend->cancel(call);
  }

 private:
  http::Client& http() {
    if (!http_) {
      http::ClientOptions options;
      options.max_connections = options_.max_connections;
      http_ = std::make_unique<http::Client>(loop_, options);
    }
    return *http_;
  }

  MadeBackend& backend(uint32_t index) {
    std::optional<MadeBackend>& made = models_.at(index);
    if (!made) {
      const program::Model& model = program_.models[index];
      const MakeBackend make = find_backend(model.provider);
      made.emplace(make != nullptr ? make(program_, model, services_) : unknown_provider(model));
    }
    return *made;
  }

  static MadeBackend unknown_provider(const program::Model& model) {
    MadeBackend made;
    const bool known = program::find_model_provider(model.provider) != nullptr;
    made.failure = {
        known ? abi::ErrorKind::Failed : abi::ErrorKind::NotFound,
        fmt::format(fmt::runtime(known ? "model `{0}`: provider `{1}` cannot be called by this version "
                                         "yet; --model '{0}=openai(\"...\")' puts another in its place"
                                       : "model `{0}`: there is no provider `{1}`"),
                    http::printable(model.name), http::printable(model.provider))};
    return made;
  }

  static Failure no_media(const Request& request) {
    return {abi::ErrorKind::Failed,
            fmt::format("prompt `{}` shows media, which this version does not send yet",
                        request.prompt ? request.prompt->name : "")};
  }

  void fail_soon(CallId id, const Failure& failure, Listener& listener) {
    failing_[id] = loop_.after(0, [this, id, failure, &listener] {
      failing_.erase(id);
      listener.failed(failure);
    });
  }

  const program::Program& program_;
  EventLoop& loop_;
  ClientOptions options_;
  Random random_;
  Services services_;
  std::unique_ptr<http::Client> http_;  // outlives the backends
  std::vector<std::optional<MadeBackend>> models_;
  std::unordered_map<CallId, EventLoop::TimerId> failing_;
  uint64_t serial_ = 0;
};

}  // namespace

std::unique_ptr<Client> make_client(const program::Program& program, EventLoop& loop, ClientOptions options) {
  return std::make_unique<ProgramClient>(program, loop, options);
}

}  // namespace chain::model
