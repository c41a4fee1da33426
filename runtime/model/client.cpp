#include "runtime/model/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <random>
#include <unordered_map>
#include <utility>

#include "runtime/http/client.h"
#include "runtime/http/printable.h"
#include "runtime/model/backend.h"
#include "runtime/model/balance.h"
#include "runtime/model/media.h"
#include "runtime/model/options.h"
#include "runtime/model/rate_limit.h"
#include "runtime/model/redacting_client.h"
#include "runtime/model/secrets.h"
#include "runtime/program/model_links.h"
#include "runtime/program/providers.h"
#include "runtime/sched/event_loop.h"

namespace chain::model {

namespace {

/// Ids carry the model in their upper bits, so that `cancel` finds its way without a table.
constexpr int kModelShift = 44;

/// A server may claim any number.
Usage possible(Usage usage) {
  constexpr int64_t kMost = 1'000'000'000'000;
  for (int64_t* each : {&usage.input_tokens, &usage.output_tokens})
    *each = std::clamp<int64_t>(*each, 0, kMost);
  usage.cached_tokens = std::clamp<int64_t>(usage.cached_tokens, 0, usage.input_tokens);
  usage.written_tokens = std::clamp<int64_t>(usage.written_tokens, 0, usage.input_tokens);
  usage.searches = std::clamp<int64_t>(usage.searches, 0, 1'000'000);
  usage.reasoning_tokens = std::clamp<int64_t>(usage.reasoning_tokens, 0, usage.output_tokens);
  return usage;
}

class ProgramClient final : public Client {
 public:
  ProgramClient(const program::Program& program, EventLoop& loop, ClientOptions options)
      : program_(program),
        loop_(loop),
        options_(std::move(options)),
        media_(options_.access),
        random_(options_.seed != 0 ? options_.seed : std::random_device{}()),
        limits_(options_.limits ? options_.limits : std::make_shared<RateLimits>(loop)),
        services_{loop, [this]() -> http::Client& { return http(); }, random_, options_, limits_.get()},
        models_(program.models.size()),
        failing_until_(program.models.size()) {}

  ~ProgramClient() override {
    for (const auto& [id, timer] : failing_) loop_.cancel_timer(timer);
    loop_.cancel_timer(turn_);
  }

  CallId start(Request request, Listener& listener) override {
    const auto shows_media = [](const Message& message) { return !message.media.empty(); };
    if (std::any_of(request.messages.begin(), request.messages.end(), shows_media))
      request.media = std::make_shared<CallMedia>(request.messages, program_.types, media_);
    const Way& way = way_of(request.model);
    if (!way.fallback && way.members.empty()) return start_at(std::move(request), listener);
    auto relay = std::make_unique<Relay>(*this, std::move(request), listener);
    Relay& started = *relay;
    const CallId id = started.begin();
    relays_.emplace(id, std::move(relay));
    return id;
  }

  /// Asks the model that `request` names, and no other.
  CallId start_at(Request request, Listener& listener) {
    const uint32_t index = request.model;
    const CallId id = uint64_t{index} << kModelShift | ++serial_;
    MadeBackend& made = backend(index);
    if (made.backend) {
      made.backend->start(id, std::move(request), listener);
    } else {
      fail_soon(id, made.failure, listener);
    }
    return id;
  }

  void cancel(CallId call) override {
    if (const auto found = relays_.find(call); found != relays_.end()) {
      const CallId inner = found->second->inner();
      retire(call);
      if (inner != call) return cancel(inner);
    }
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
  /// What a model leads to: the members of a `balance`, and the model that is asked when all have failed.
  struct Way {
    std::vector<uint32_t> members;
    std::vector<int64_t> weights;  // by member
    std::optional<uint32_t> fallback;
  };

  /// A call that more than one model may answer: a member of a `balance`, once, then the others of them, of
  /// which the last one has what is left of its attempts; when none of these can, its stand-in, and so on. To
  /// the outside it stays one call, under the id of its first.
  class Relay final : public Listener {
   public:
    Relay(ProgramClient& client, Request request, Listener& listener)
        : client_(client), request_(std::move(request)), listener_(listener), asked_(request_.model) {}

    CallId begin() {
      aim(asked_);
      return id_ = inner_ = client_.start_at(request_, *this);
    }
    [[nodiscard]] CallId inner() const { return inner_; }

    void sent(std::string_view request) override { listener_.sent(request); }
    void delta(std::string_view text) override { listener_.delta(text); }
    void retry(std::string_view why, int64_t delay_ns) override { listener_.retry(why, delay_ns); }
    void waited(std::string_view why, int64_t time_ns) override { listener_.waited(why, time_ns); }
    void done(Completion completion) override {
      completion.usage = possible(completion.usage);
      client_.failing_until_[request_.model] = 0;
      completion.attempts += attempts_;
      completion.stand_in = stands_in_;
      if (request_.model != asked_) completion.answered_by = client_.program_.models[request_.model].name;
      add(completion.waited, waited_);
      completion.stood_in = request_.model;
      Listener& listener = listener_;
      client_.retire(id_);
      listener.done(std::move(completion));
    }
    void failed(Failure failure) override {
      attempts_ += failure.attempts;
      request_.tried += failure.attempts;
      note(failure);
      // What a model will not say is not asked of the next.
      const bool final = failure.final || failure.kind == abi::ErrorKind::Refused;
      if (!final && aim_on()) return pass_on(std::move(failure));
      if (!before_.empty() && !final)
        failure.message += (stands_in_ ? "; it stood in, for " : "; before, ") + before_;
      failure.attempts = attempts_;
      failure.waited = waited_;
      Listener& listener = listener_;
      client_.retire(id_);
      listener.failed(std::move(failure));
    }

   private:
    /// The next call goes to `model`, or to the best of its members.
    void aim(uint32_t model) {
      way_ = &client_.way_of(model);
      tried_.assign(way_->members.size(), false);
      request_.tried = 0;
      request_.once = false;
      if (!choose()) request_.model = model;
    }
    /// False if there is no member that has not been tried.
    bool choose() {
      const size_t member = client_.choose(*way_, tried_);
      if (member >= tried_.size()) return false;
      tried_[member] = true;
      request_.once = std::ranges::find(tried_, false) != tried_.end();
      request_.model = way_->members[member];
      return true;
    }
    /// False if nobody is left to ask.
    bool aim_on() {
      if (choose()) return true;
      if (!way_->fallback) return false;
      stands_in_ = true;
      aim(*way_->fallback);
      return true;
    }
    void note(const Failure& failure) {
      const bool passing =
          failure.kind == abi::ErrorKind::RateLimited || failure.kind == abi::ErrorKind::Unavailable;
      if (passing) client_.failing_until_[request_.model] = client_.loop_.now() + kPassOver;
      add(waited_, failure.waited);
    }
    static void add(Waited& sum, const Waited& more) {
      if (more.time > sum.time) sum.why = more.why;
      sum.time += more.time;
    }
    void pass_on(Failure failure) {
      before_ = before_.empty() ? failure.message : failure.message + "; before, " + before_;
      const std::string name = http::printable(client_.program_.models[request_.model].name);
      const CallId id = id_;
      ProgramClient& client = client_;
      listener_.retry(failure.message + "; asking `" + name + "`", 0);
      if (!client.relays_.contains(id)) return;  // cancelled by its listener
      inner_ = client_.start_at(request_, *this);
    }

    ProgramClient& client_;
    Request request_;
    Listener& listener_;
    uint32_t asked_;            // by the program
    const Way* way_ = nullptr;  // of the model that is asked now, or whose member is
    std::vector<bool> tried_;   // of its members
    bool stands_in_ = false;
    CallId id_ = 0, inner_ = 0;
    uint32_t attempts_ = 0;  // of the models before
    Waited waited_;          // likewise
    std::string before_;     // how those failed
  };

  const Way& way_of(uint32_t index) {
    if (ways_.empty()) {
      for (const program::Model& model : program_.models) {
        const program::ModelLinks links = program::links_of(model);
        const auto known = [&](uint32_t place) { return place < program_.models.size(); };
        Way& way = ways_.emplace_back();
        std::ranges::copy_if(links.members, std::back_inserter(way.members), known);
        if (links.fallback && known(*links.fallback)) way.fallback = links.fallback;
        if (way.members.empty()) continue;
        std::string error;
        const std::optional<Options> options = Options::read(model, error);
        if (options) way.weights = options->integers("weights");
        way.weights.resize(way.members.size(), 1);
      }
    }
    return ways_.at(index);
  }

  /// The place of the member that a call goes to.
  size_t choose(const Way& way, const std::vector<bool>& tried) {
    std::vector<MemberLoad> loads;
    for (size_t i = 0; i < way.members.size(); ++i) {
      const uint32_t member = way.members[i];
      MemberLoad& load = loads.emplace_back();
      load.weight = way.weights[i];
      load.tried = tried[i];
      load.failing = failing_until_[member] > loop_.now();
      if (MadeBackend& made = backend(member); made.backend) load.load = made.backend->load();
    }
    return choose_member(loads);
  }

  /// Takes a relay off the books; it is destroyed at the loop's next turn, when nobody can be inside it any
  /// more.
  void retire(CallId id) {
    const auto found = relays_.find(id);
    retired_.push_back(std::move(found->second));
    relays_.erase(found);
    if (turn_ != 0) return;
    turn_ = loop_.after(0, [this] {
      turn_ = 0;
      retired_.clear();
    });
  }

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

  void fail_soon(CallId id, const Failure& failure, Listener& listener) {
    failing_[id] = loop_.after(0, [this, id, failure, &listener] {
      failing_.erase(id);
      listener.failed(failure);
    });
  }

  const program::Program& program_;
  EventLoop& loop_;
  ClientOptions options_;
  MediaReader media_;
  Random random_;
  std::shared_ptr<RateLimits> limits_;
  Services services_;
  std::unique_ptr<http::Client> http_;  // outlives the backends
  std::vector<std::optional<MadeBackend>> models_;
  std::unordered_map<CallId, EventLoop::TimerId> failing_;
  std::vector<Way> ways_;               // by model, once one was asked for
  std::vector<int64_t> failing_until_;  // by model: as a member of a `balance` it is passed over
  std::unordered_map<CallId, std::unique_ptr<Relay>> relays_;
  std::vector<std::unique_ptr<Relay>> retired_;
  EventLoop::TimerId turn_ = 0;  // when the retired are destroyed
  uint64_t serial_ = 0;
};

constexpr std::pair<Cached, std::string_view> kCachedNames[] = {{Cached::Miss, "miss"},
                                                                {Cached::Hit, "hit"},
                                                                {Cached::Coalesced, "coalesced"},
                                                                {Cached::Replay, "replay"},
                                                                {Cached::Similar, "semantic"}};

}  // namespace

std::string_view to_string(Cached cached) {
  for (const auto& [value, name] : kCachedNames) {
    if (value == cached) return name;
  }
  return {};
}

Cached cached_named(std::string_view name) {
  for (const auto& [value, known] : kCachedNames) {
    if (known == name) return value;
  }
  return Cached::No;
}

std::unique_ptr<Client> make_client(const program::Program& program, EventLoop& loop, ClientOptions options) {
  Secrets secrets = secrets_of(program, options.variables.get());
  auto client = std::make_unique<ProgramClient>(program, loop, std::move(options));
  if (secrets.empty()) return client;
  return make_redacting_client(std::move(client), std::move(secrets), loop);
}

}  // namespace chain::model
