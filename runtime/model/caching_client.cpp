#include "runtime/model/caching_client.h"

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/model/cache_key.h"
#include "runtime/program/versioned.h"
#include "runtime/sched/event_loop.h"

namespace chain::model {
namespace {

/// Set in the ids of calls that are this client's own; those of the others are the inner client's.
constexpr Client::CallId kOwn = Client::CallId{1} << 63;

/// Whether the model itself ended the answer, by what the providers call that. Of a stop for another reason
/// (a filter, a call of a tool, a word that nobody knows yet) nothing is kept.
bool ended_by_itself(std::string_view reason) {
  constexpr std::array<std::string_view, 8> kEnds = {
      "", "stop", "STOP", "end_turn", "stop_sequence", "eos", "eos_token", "completed"};
  return std::ranges::find(kEnds, reason) != kEnds.end();
}

bool worth_keeping(const Completion& answer) {
  return !answer.cut_off && !answer.stand_in && !answer.text.empty() && answer.tool_calls.empty() &&
         answer.sources.empty() && answer.usage.searches == 0 && answer.dropped.empty() &&
         ended_by_itself(answer.finish_reason);
}

std::string label(const Request& request) {
  if (request.prompt == nullptr) return std::string(request.schema_name);
  return program::versioned(request.prompt->name, request.prompt->version);
}

class CachingClient final : public Client {
 public:
  CachingClient(std::unique_ptr<Client> inner, AnswerStore& answers, const program::Program& program,
                EventLoop& loop, std::shared_ptr<const Variables> variables)
      : answers_(answers),
        loop_(loop),
        variables_(std::move(variables)),
        keys_(program, variables_.get()),
        inner_(std::move(inner)) {}

  ~CachingClient() override { loop_.cancel_timer(turn_); }

  CallId start(Request request, Listener& listener) override;
  void cancel(CallId call) override;

 private:
  class Flight;
  using Flights = std::unordered_map<std::string, std::unique_ptr<Flight>>;

  /// What joins calls: the question, and how it is asked.
  [[nodiscard]] std::string name_of(const std::string& key, const Request& request);
  void look_up(const Flight& flight);
  void found(const std::string& flight, uint64_t serial, std::optional<KeptAnswer> answer);
  /// Takes a flight off the books; it is destroyed at the loop's next turn, when nobody can be inside it any
  /// more.
  void retire(const Flight& flight);

  AnswerStore& answers_;
  EventLoop& loop_;
  std::shared_ptr<const Variables> variables_;
  CacheKeys keys_;
  uint64_t serial_ = 0;
  Flights flights_;
  std::unordered_map<CallId, Flight*> calls_;
  std::vector<std::unique_ptr<Flight>> retired_;
  EventLoop::TimerId turn_ = 0;
  std::unique_ptr<Client> inner_;  // last: it goes first
};

/// One question that is being answered, and everybody who waits for that.
class CachingClient::Flight final : public Listener {
 public:
  Flight(CachingClient& client, std::string name, std::string key, std::optional<Likeness> likeness,
         Request request)
      : name(std::move(name)),
        key(std::move(key)),
        likeness(std::move(likeness)),
        serial(++client.serial_),
        client_(client),
        request_(std::move(request)) {
    // Whoever asks first may go before the answer is there.
    for (Message& message : request_.messages) {
      message.text = texts_.emplace_back(message.text);
      for (abi::Attachment& medium : message.media)
        medium.source = value::Text{std::string_view(texts_.emplace_back(medium.source.view()))};
    }
    request_.schema = texts_.emplace_back(request_.schema);
    for (Tool& tool : request_.tools) {
      for (std::string_view* text : {&tool.name, &tool.description, &tool.parameters})
        *text = texts_.emplace_back(*text);
    }
    request_.tool_choice.name = texts_.emplace_back(request_.tool_choice.name);
  }

  void join(CallId call, bool streams, Listener& listener) {
    waiting_.emplace(call, Waiting{&listener, streams});
  }
  /// Whether nobody waits any more.
  [[nodiscard]] bool leave(CallId call) {
    waiting_.erase(call);
    return waiting_.empty();
  }

  void ask() { inner_ = client_.inner_->start(request_, *this); }
  void stop() {
    if (inner_) client_.inner_->cancel(*inner_);
  }
  [[nodiscard]] const Request& request() const { return request_; }

  void sent(std::string_view request) override { waiting_.begin()->second.listener->sent(request); }
  void delta(std::string_view text) override;
  void retry(std::string_view why, int64_t delay_ns) override;
  void waited(std::string_view why, int64_t time_ns) override;
  void done(Completion completion) override;
  void failed(Failure failure) override;
  void hit(KeptAnswer answer);

  const std::string name;
  const std::string key;
  const std::optional<Likeness> likeness;  // where answers to similar questions serve
  const uint64_t serial;

 private:
  struct Waiting {
    Listener* listener;
    bool streams;
    size_t heard = 0;  // of `text_`
  };
  /// In the order in which they came.
  using All = std::map<CallId, Waiting>;

  void catch_up(CallId call, std::string_view text);
  /// Ends the first call that waits, with `end`.
  void end_first(const std::function<void(Listener&)>& end);
  /// Likewise with `completion`, whose stream is `text`. False if it was cancelled by who heard the text.
  [[nodiscard]] bool end_first(std::string_view text, const Completion& completion);

  CachingClient& client_;
  Request request_;
  std::deque<std::string> texts_;  // what `request_` points at
  All waiting_;
  std::optional<CallId> inner_;
  std::string text_;  // what was streamed so far
};

// Listeners may cancel any call, this one and others, and start new ones. Each loop therefore finds its way
// by the last id, and ends when nobody is left; the flight itself lives on until the loop's next turn.

void CachingClient::Flight::catch_up(CallId call, std::string_view text) {
  Waiting& waiting = waiting_.at(call);
  if (!waiting.streams || waiting.heard >= text.size()) return;
  waiting.listener->delta(text.substr(std::exchange(waiting.heard, text.size())));
}

void CachingClient::Flight::delta(std::string_view text) {
  text_ += text;
  for (auto next = waiting_.begin(); next != waiting_.end();) {
    const CallId call = next->first;
    catch_up(call, text_);
    next = waiting_.upper_bound(call);
  }
}

void CachingClient::Flight::retry(std::string_view why, int64_t delay_ns) {
  text_.clear();
  for (auto& [call, waiting] : waiting_) waiting.heard = 0;
  for (auto next = waiting_.begin(); next != waiting_.end();) {
    const CallId call = next->first;
    next->second.listener->retry(why, delay_ns);
    next = waiting_.upper_bound(call);
  }
}

void CachingClient::Flight::waited(std::string_view why, int64_t time_ns) {
  for (auto next = waiting_.begin(); next != waiting_.end();) {
    const CallId call = next->first;
    next->second.listener->waited(why, time_ns);
    next = waiting_.upper_bound(call);
  }
}

void CachingClient::Flight::end_first(const std::function<void(Listener&)>& end) {
  const auto first = waiting_.begin();
  Listener& listener = *first->second.listener;
  client_.calls_.erase(first->first);
  waiting_.erase(first);
  end(listener);
}

bool CachingClient::Flight::end_first(std::string_view text, const Completion& completion) {
  const CallId call = waiting_.begin()->first;
  catch_up(call, text);
  if (!waiting_.contains(call)) return false;
  end_first([&](Listener& listener) { listener.done(completion); });
  return true;
}

void CachingClient::Flight::done(Completion completion) {
  client_.retire(*this);
  completion.cached = Cached::Miss;
  if (text_.empty()) text_ = completion.text;  // whoever came first did not want a stream
  Completion shared = completion;
  shared.cached = Cached::Coalesced;
  shared.saved = std::exchange(shared.usage, {});
  if (!request_.again) {
    completion.keep = [&answers = client_.answers_, key = key, prompt = label(request_),
                       keep = request_.cache, likeness = likeness](const Completion& answer) {
      if (!worth_keeping(answer)) return;
      answers.keep(key,
                   {answer.text, answer.model, answer.finish_reason, prompt, answer.usage, keep, likeness});
    };
  }
  bool counted = false;
  while (!waiting_.empty()) counted = end_first(text_, counted ? shared : completion) || counted;
}

void CachingClient::Flight::failed(Failure failure) {
  client_.retire(*this);
  while (!waiting_.empty()) end_first([&](Listener& listener) { listener.failed(failure); });
}

void CachingClient::Flight::hit(KeptAnswer answer) {
  client_.retire(*this);
  Completion completion;
  completion.text = std::move(answer.text);
  completion.model = std::move(answer.model);
  completion.finish_reason = std::move(answer.finish_reason);
  completion.attempts = 0;
  const bool similar = !answer.key.empty() && answer.key != key;
  completion.cached = similar ? Cached::Similar : Cached::Hit;
  completion.similarity = answer.similarity;
  completion.age = answer.age;
  completion.saved = answer.usage;
  completion.forget = [&answers = client_.answers_, key = similar ? answer.key : key] {
    answers.forget(key);
  };
  while (!waiting_.empty()) static_cast<void>(end_first(completion.text, completion));
}

// ---- The client ------------------------------------------------------------------------------

std::string CachingClient::name_of(const std::string& key, const Request& request) {
  std::string name = key + '/' + std::to_string(request.model) + '/' + std::to_string(request.cache) + '/' +
                     std::to_string(request.similar);
  // Arguments lie in the memory of the run that asks: nobody else can wait for what reads them.
  if (keys_.reads_arguments(request.model)) name += '/' + std::to_string(serial_ + 1);
  return name;
}

Client::CallId CachingClient::start(Request request, Listener& listener) {
  std::string key = keys_.key(request);
  if (key.empty()) return inner_->start(std::move(request), listener);
  std::string name = name_of(key, request);
  const auto [place, first] = flights_.try_emplace(std::move(name));
  const bool streams = request.stream, again = request.again;
  if (first) {
    if (!keys_.reads_arguments(request.model)) request.arguments = nullptr;
    std::optional<Likeness> likeness = keys_.likeness(request);
    place->second = std::make_unique<Flight>(*this, place->first, std::move(key), std::move(likeness),
                                             std::move(request));
  }
  Flight& flight = *place->second;
  const CallId call = kOwn | ++serial_;
  flight.join(call, streams, listener);
  calls_.emplace(call, &flight);
  if (!first) return call;
  if (again) {  // of a repair nothing is kept but under the question that began it
    flight.ask();
  } else {
    look_up(flight);
  }
  return call;
}

void CachingClient::look_up(const Flight& flight) {
  auto heard = [this, name = flight.name, serial = flight.serial](std::optional<KeptAnswer> answer) {
    found(name, serial, std::move(answer));
  };
  const int64_t most_age = flight.request().cache;
  if (!flight.likeness) return answers_.find(flight.key, most_age, std::move(heard));
  answers_.find_similar(flight.key, *flight.likeness, flight.request().similar, most_age, std::move(heard));
}

void CachingClient::found(const std::string& flight, uint64_t serial, std::optional<KeptAnswer> answer) {
  const auto place = flights_.find(flight);
  if (place == flights_.end() || place->second->serial != serial) return;  // nobody waits any more
  answer ? place->second->hit(std::move(*answer)) : place->second->ask();
}

void CachingClient::cancel(CallId call) {
  if ((call & kOwn) == 0) return inner_->cancel(call);
  const auto place = calls_.find(call);
  if (place == calls_.end()) return;
  Flight& flight = *place->second;
  calls_.erase(place);
  if (!flight.leave(call)) return;
  flight.stop();
  retire(flight);
}

void CachingClient::retire(const Flight& flight) {
  const auto place = flights_.find(flight.name);
  if (place == flights_.end() || place->second.get() != &flight) return;
  retired_.push_back(std::move(place->second));
  flights_.erase(place);
  if (turn_ != 0) return;
  turn_ = loop_.after(0, [this] {
    turn_ = 0;
    retired_.clear();
  });
}

}  // namespace

std::unique_ptr<Client> make_caching_client(std::unique_ptr<Client> inner, AnswerStore& answers,
                                            const program::Program& program, EventLoop& loop,
                                            std::shared_ptr<const Variables> variables) {
  return std::make_unique<CachingClient>(std::move(inner), answers, program, loop, std::move(variables));
}

}  // namespace chain::model
