#include "runtime/model/http_backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "runtime/http/header_name.h"
#include "runtime/http/printable.h"
#include "runtime/model/media.h"
#include "runtime/model/paused.h"
#include "runtime/program/web_search.h"
#include "runtime/sched/event_loop.h"
#include "runtime/value/text.h"

namespace chain::model {

namespace {

constexpr size_t kMostErrorText = 64 << 10;
constexpr int64_t kLingerAfterEnd = 250'000'000;  // for the connection to end well and be used again

/// Which time-out passed, how long it was, and the option that sets it.
std::string describe_timeout(http::Result result, const http::Timeouts& timeouts) {
  struct Row {
    http::Result result;
    int64_t http::Timeouts::* time;
    std::string_view what;
    std::string_view option;
  };
  static constexpr Row kRows[] = {
      {http::Result::TimeoutConnect, &http::Timeouts::connect, "no connection within", "connect_timeout"},
      {http::Result::TimeoutFirstByte, &http::Timeouts::first_byte, "no answer within",
       "first_token_timeout"},
      {http::Result::TimeoutIdle, &http::Timeouts::idle, "the answer stopped half way for", "idle_timeout"},
      {http::Result::TimeoutTotal, &http::Timeouts::total, "the answer was not complete within", "timeout"},
  };
  for (const Row& row : kRows) {
    if (row.result != result) continue;
    std::string time;
    value::append_duration(time, timeouts.*row.time);
    return fmt::format("{} {}; raise `{}` to wait longer", row.what, time, row.option);
  }
  return {};
}

Problem transport_problem(const http::Outcome& outcome, const http::Timeouts& timeouts) {
  using http::Result;
  Problem problem;
  problem.what = outcome.message;
  switch (outcome.result) {
    case Result::BadUrl:
      problem.kind = abi::ErrorKind::Failed;
      problem.what = "`base_url` is not a URL of http or https: " + outcome.message;
      break;
    case Result::Resolve:
    case Result::Connect:
    case Result::Closed: problem.transient = true; break;
    case Result::TimeoutConnect:
    case Result::TimeoutFirstByte:
    case Result::TimeoutIdle:
    case Result::TimeoutTotal:
      problem.kind = abi::ErrorKind::Timeout;
      problem.what = describe_timeout(outcome.result, timeouts);
      problem.transient = outcome.result == Result::TimeoutConnect;
      break;
    case Result::Tls:
      if (outcome.message.find("certificate") != std::string::npos)
        problem.what += "; to trust it, name a file with its authority's certificate in SSL_CERT_FILE";
      break;
    case Result::Private:
    case Result::Ok:
    case Result::TooLarge:
    case Result::Malformed: break;
  }
  return problem;
}

}  // namespace

/// One call, from the queue through its attempts to its end.
class HttpBackend::Call final : public http::Handler, public DeltaSink {
 public:
  Call(HttpBackend& backend, CallId call_id, Request call_request, Listener& call_listener)
      : id(call_id), request(std::move(call_request)), listener(&call_listener), backend_(backend) {}

  void ask();
  void begin_wait(std::string why);
  [[nodiscard]] bool end_wait();
  void stop();  // cancels what is under way

  void status(int code) override { head_.status = code; }
  void header(std::string_view name, std::string_view value) override;
  void body(std::string_view bytes) override;
  void end(const http::Outcome& outcome) override;
  bool delta(std::string_view text) override;

  const CallId id;
  Request request;
  Listener* listener;  // null once retired
  EventLoop::TimerId timer = 0;
  bool running = false;  // counts against the cap

 private:
  void begin_attempt();
  [[nodiscard]] int64_t likely_tokens() const;
  [[nodiscard]] uint32_t attempts() const;
  [[nodiscard]] bool write();
  [[nodiscard]] std::optional<Failure> request_problem() const;
  [[nodiscard]] std::optional<Failure> media_problem();
  void conclude(const http::Outcome& outcome);
  void take(Completion completion);
  void go_on(Completion begun);
  void problem(const Problem& problem);
  void try_again(const std::string& why, int64_t delay_ns);
  [[nodiscard]] Failure failure(const Problem& problem, const std::string& why_not) const;

  HttpBackend& backend_;
  std::string body_;
  std::string shown_;  // the body for who wants to see it, if that differs
  Form form_;
  Head head_;
  http::Client::RequestId http_request_ = 0;
  std::unique_ptr<Reply> reply_;
  std::string refused_body_;  // of a response that is no answer
  uint32_t attempt_ = 0;
  RateBucket::Ticket ticket_ = 0;  // while it waits for its turn
  RateBucket::Grant grant_ = 0;
  std::string waits_for_;  // empty: it does not wait
  int64_t waits_since_ = 0;
  int64_t longest_wait_ = 0;
  Waited waited_;
  /// What there is of an answer that its provider has paused.
  std::optional<Completion> begun_;
  uint32_t pauses_ = 0;
  bool head_read_ = false;
  bool lingering_ = false;
};

void HttpBackend::Call::begin_wait(std::string why) {
  waits_since_ = backend_.loop_.now();
  waits_for_ = std::move(why);
}

/// False if the listener cancelled the call.
bool HttpBackend::Call::end_wait() {
  if (waits_for_.empty()) return true;
  const int64_t time = backend_.loop_.now() - waits_since_;
  if (time > longest_wait_) {
    longest_wait_ = time;
    waited_.why = waits_for_;
  }
  waited_.time += time;
  const std::string why = std::exchange(waits_for_, {});
  if (time > 0) listener->waited(why, time);
  return listener != nullptr;
}

/// Asks for the attempt's turn, as far as the model's rate is bounded or its provider asked for a pause.
void HttpBackend::Call::ask() {
  timer = 0;
  RateBucket& bucket = *backend_.bucket_;
  const int64_t tokens = backend_.policy_.rate.tokens > 0 ? likely_tokens() : 0;
  const std::string why = bucket.reason(tokens);
  ticket_ = bucket.ask({.run = request.run,
                        .tokens = tokens,
                        .urgent = attempt_ > 0 || request.again || begun_,
                        .go =
                            [this](RateBucket::Grant grant) {
                              ticket_ = 0;
                              grant_ = grant;
                              if (end_wait()) begin_attempt();
                            }},
                       grant_);
  if (ticket_ != 0) return begin_wait(why);
  if (!backend_.verbose_) return begin_attempt();
  // What the listener hears must not come from within `start`; the turn is taken already, for others look.
  timer = backend_.loop_.after(0, [this] {
    timer = 0;
    begin_attempt();
  });
}

/// What the request will take, before anybody has counted: four bytes are a token in usual text, a picture is
/// a thousand or so, and the answer is as long as those before.
int64_t HttpBackend::Call::likely_tokens() const {
  constexpr int64_t kMedium = 1000, kPerMessage = 4;
  auto bytes = static_cast<int64_t>(request.schema.size());
  int64_t tokens = 0;
  for (const Message& message : request.messages) {
    bytes += static_cast<int64_t>(message.text.size());
    tokens += kPerMessage + kMedium * static_cast<int64_t>(message.media.size());
  }
  const int64_t most =
      backend_.policy_.answer_tokens > 0 ? backend_.policy_.answer_tokens : request.max_tokens;
  const int64_t usual = backend_.bucket_->usual_answer();
  return tokens + (bytes + 3) / 4 + (most > 0 ? std::min(most, usual) : usual);
}

/// At most, with those that other models have made of the call.
uint32_t HttpBackend::Call::attempts() const {
  if (request.once) return 1;
  return std::max(backend_.policy_.attempts - std::min(backend_.policy_.attempts, request.tried), 1U);
}

void HttpBackend::Call::begin_attempt() {
  ++attempt_;
  head_ = {};
  reply_.reset();
  refused_body_.clear();
  head_read_ = lingering_ = false;
  if (body_.empty() && !write()) return;
  if (backend_.verbose_) {
    listener->sent(backend_.dialect_->shown_head() + "\n\n" + (shown_.empty() ? body_ : shown_));
    if (listener == nullptr) return;  // cancelled by its own listener
  }
  http_request_ = backend_.http_.start(backend_.endpoint_, body_, *this);
}

/// False if the request, or what it shows, cannot be sent. The call then fails at the loop's next turn, for
/// nobody may hear of it from within `start`.
bool HttpBackend::Call::write() {
  std::span<const Medium> media;
  std::optional<Failure> why = request_problem();
  if (!why && request.media) why = media_problem();
  if (why) {
    timer = backend_.loop_.after(0, [this, why = *std::move(why)] {
      timer = 0;
      backend_.fail(*this, why);
    });
    return false;
  }
  if (request.media) {
    media = request.media->media();
    size_t size = 1024;
    for (const Medium& medium : media) size += medium.bytes.size() / 3 * 4 + 256;
    body_.reserve(size);  // else it is copied, megabytes at a time, as it grows
  }
  form_ = backend_.dialect_->write(request, media, body_);
  if (!media.empty() && backend_.verbose_) {
    shown_.clear();
    backend_.dialect_->write(request, request.media->shown(), shown_);
  }
  return true;
}

std::optional<Failure> HttpBackend::Call::request_problem() const {
  Problem problem;
  problem.kind = abi::ErrorKind::InvalidValue;
  problem.what = backend_.dialect_->refuses(request);
  if (problem.what.empty()) return std::nullopt;
  return failure(problem, {});
}

std::optional<Failure> HttpBackend::Call::media_problem() {
  if (const Failure* why = request.media->read()) return *why;
  for (const Medium& medium : request.media->media()) {
    Problem problem;
    problem.kind = abi::ErrorKind::InvalidValue;
    problem.what = backend_.dialect_->refuses(medium);
    if (!problem.what.empty()) return failure(problem, {});
  }
  return std::nullopt;
}

void HttpBackend::Call::stop() {
  backend_.loop_.cancel_timer(timer);
  backend_.bucket_->leave(ticket_);
  backend_.http_.cancel(http_request_);
  listener = nullptr;
}

void HttpBackend::Call::header(std::string_view name, std::string_view value) {
  struct Field {
    std::string_view name;
    std::string Head::* member;
  };
  static constexpr Field kFields[] = {
      {"content-type", &Head::content_type},
      {"x-request-id", &Head::request_id},
      {"request-id", &Head::request_id},
      {"retry-after", &Head::retry_after},
      {"retry-after-ms", &Head::retry_after_ms},
      {"x-should-retry", &Head::should_retry},
      {"date", &Head::date},
      {"location", &Head::location},
      {"x-ratelimit-remaining-requests", &Head::requests_left},
      {"x-ratelimit-reset-requests", &Head::requests_reset},
      {"x-ratelimit-remaining-tokens", &Head::tokens_left},
      {"x-ratelimit-reset-tokens", &Head::tokens_reset},
      {"anthropic-ratelimit-requests-remaining", &Head::requests_left},
      {"anthropic-ratelimit-requests-reset", &Head::requests_reset},
      {"anthropic-ratelimit-tokens-remaining", &Head::tokens_left},
      {"anthropic-ratelimit-tokens-reset", &Head::tokens_reset},
  };
  for (const Field& field : kFields) {
    if (http::same_name(name, field.name)) {
      (head_.*field.member).assign(value);
      return;
    }
  }
}

void HttpBackend::Call::body(std::string_view bytes) {
  if (!head_read_) {
    head_read_ = true;
    reply_ = backend_.dialect_->open(request, form_, head_);
  }
  if (!reply_) {
    refused_body_ += bytes.substr(0, kMostErrorText - std::min(kMostErrorText, refused_body_.size()));
    return;
  }
  reply_->read(bytes, *this);
  if (listener != nullptr && !lingering_ && reply_->complete()) {
    lingering_ = true;
    backend_.http_.expire(http_request_, kLingerAfterEnd);
  }
}

bool HttpBackend::Call::delta(std::string_view text) {
  if (listener != nullptr && request.stream) listener->delta(text);
  return listener != nullptr;
}

void HttpBackend::Call::end(const http::Outcome& outcome) {
  http_request_ = 0;
  conclude(outcome);
}

void HttpBackend::Call::conclude(const http::Outcome& outcome) {
  const bool whole = reply_ && reply_->whole();
  if (outcome.result != http::Result::Ok && !whole)
    return problem(transport_problem(outcome, backend_.timeouts_));
  if (!head_read_) reply_ = backend_.dialect_->open(request, form_, head_);  // an empty body
  if (!reply_) {
    if (backend_.dialect_->adapt(form_, head_, refused_body_)) {
      body_.clear();
      return try_again("the endpoint does not take the schema of the result; asking without it", 0);
    }
    return problem(backend_.dialect_->explain(head_, refused_body_));
  }
  Completion completion;
  Problem found;
  if (!reply_->finish(completion, found)) return problem(found);
  completion.request_id = head_.request_id;
  const int64_t used = completion.usage.input_tokens + completion.usage.output_tokens;
  if (used > 0) {
    backend_.bucket_->settle(grant_, used);
    backend_.bucket_->answered(completion.usage.output_tokens);
  }
  take(std::move(completion));
}

/// An answer, or the end of one.
void HttpBackend::Call::take(Completion completion) {
  const bool paused = backend_.dialect_->is_paused(form_, completion);
  const int64_t searches = completion.usage.searches;
  if (begun_) {
    put_before(std::move(*begun_), completion);
    begun_.reset();
  }
  if (!paused) {
    completion.attempts = attempt_;
    completion.waited = waited_;
    if (!form_.tools) completion.state = {};  // it was for going on
    return backend_.complete(*this, std::move(completion));
  }
  // Who pauses without having searched would never come to an end.
  if (searches > 0 && !completion.state.api.empty() && ++pauses_ <= program::kMostPauses)
    return go_on(std::move(completion));
  Problem stuck;
  stuck.kind = abi::ErrorKind::InvalidOutput;
  stuck.what = "the provider paused its answer, and it cannot be gone on with; ask for less at once";
  problem(stuck);
}

/// Asks for the rest of an answer, in the same attempt: whoever asked sees one call.
void HttpBackend::Call::go_on(Completion begun) {
  if (!begun.text.empty() && !begun.text.ends_with('\n')) {
    begun.text += "\n\n";
    if (!delta("\n\n")) return;
  }
  const bool first = pauses_ == 1;
  if (!first) request.messages.pop_back();
  Message turn{.role = program::Role::Assistant, .text = {}, .media = {}};
  turn.turn = std::make_shared<const Turn>(Turn{.calls = {}, .state = begun.state, .results = {}});
  request.messages.push_back(std::move(turn));
  request.searches = begun.usage.searches;
  begun_ = std::move(begun);
  body_.clear();
  grant_ = {};
  --attempt_;
  timer = backend_.loop_.after(0, [this] { ask(); });
}

void HttpBackend::Call::problem(const Problem& problem) {
  if (head_.status == 429) {
    backend_.bucket_->settle(grant_, 0);
    // What one call is told holds for all of them.
    if (const auto pause = wished_pause(head_)) backend_.bucket_->pause(*pause);
  }
  const RetryDecision decision = decide_retry(problem, head_, attempt_, attempts(), backend_.random_);
  if (decision.again) return try_again(failure(problem, {}).message, decision.delay_ns);
  backend_.fail(*this, failure(problem, decision.why_not));
}

void HttpBackend::Call::try_again(const std::string& why, int64_t delay_ns) {
  timer = backend_.loop_.after(delay_ns, [this] { ask(); });
  listener->retry(why, delay_ns);
  if (begun_ && listener != nullptr && !begun_->text.empty())
    (void)delta(begun_->text);  // which still counts
}

Failure HttpBackend::Call::failure(const Problem& problem, const std::string& why_not) const {
  std::string message = fmt::format("model `{}`: {}", backend_.model_name_, problem.what);
  if (attempt_ > 1) message += fmt::format("; tried {} times", attempt_);
  if (!why_not.empty()) message += "; " + why_not;
  if (!head_.request_id.empty()) message += fmt::format(" [request {}]", head_.request_id);
  return {.kind = problem.kind,
          .message = http::printable(backend_.dialect_->redacted(std::move(message)), 1200),
          .attempts = attempt_,
          .waited = waited_};
}

HttpBackend::HttpBackend(std::string model_name, std::unique_ptr<Dialect> dialect, CallPolicy policy,
                         const Services& services, std::shared_ptr<RateBucket> bucket)
    : model_name_(std::move(model_name)),
      dialect_(std::move(dialect)),
      timeouts_(dialect_->endpoint().timeouts),
      policy_(policy),
      loop_(services.loop),
      http_(services.http()),
      random_(services.random),
      verbose_(services.options.verbose),
      endpoint_(http_.add(dialect_->endpoint())),
      bucket_(bucket ? std::move(bucket) : std::make_shared<RateBucket>(services.loop)) {
  bucket_->limit(policy_.rate);
}

HttpBackend::~HttpBackend() {
  for (const auto& [id, call] : calls_) call->stop();
  loop_.cancel_timer(turn_);
}

void HttpBackend::start(CallId id, Request request, Listener& listener) {
  const bool again = request.again;
  auto call = std::make_unique<Call>(*this, id, std::move(request), listener);
  Call& started = *call;
  calls_.emplace(id, std::move(call));
  // Those that wait already are first, unless this goes on with a call that had its turn.
  const bool behind = !again && !waiting_.empty();
  if (policy_.concurrency != 0 && (behind || running_ >= policy_.concurrency)) {
    started.begin_wait(fmt::format("`concurrency: {}`", policy_.concurrency));
    waiting_.push(id, started.request.run, again);
  } else {
    launch(started);
  }
}

void HttpBackend::launch(Call& call) {
  call.running = true;
  ++running_;
  call.ask();
}

void HttpBackend::launch_waiting() {
  while (!waiting_.empty() && running_ < policy_.concurrency) {
    Call& call = *calls_.at(waiting_.pop());
    if (call.end_wait()) launch(call);
  }
}

void HttpBackend::cancel(CallId id) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;
  Call& call = *found->second;
  call.stop();
  waiting_.erase(id);
  retire(call);
}

void HttpBackend::retire(Call& call) {
  if (call.running) --running_;
  call.listener = nullptr;
  const auto found = calls_.find(call.id);
  retired_.push_back(std::move(found->second));
  calls_.erase(found);
  if (turn_ != 0) return;
  turn_ = loop_.after(0, [this] {
    turn_ = 0;
    retired_.clear();
    launch_waiting();
  });
}

void HttpBackend::complete(Call& call, Completion completion) {
  Listener* listener = call.listener;
  retire(call);
  listener->done(std::move(completion));
}

void HttpBackend::fail(Call& call, Failure failure) {
  Listener* listener = call.listener;
  retire(call);
  listener->failed(std::move(failure));
}

}  // namespace chain::model
