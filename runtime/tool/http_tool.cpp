#include "runtime/tool/http_tool.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "runtime/access/host.h"
#include "runtime/access/policy.h"
#include "runtime/http/header_name.h"
#include "runtime/http/printable.h"
#include "runtime/http/redact.h"
#include "runtime/model/retry.h"
#include "runtime/sched/ambient.h"
#include "runtime/sched/event_loop.h"
#include "runtime/tool/charset.h"
#include "runtime/tool/http_request.h"
#include "runtime/tool/pages.h"
#include "runtime/tool/selection.h"

namespace chain::tool {

namespace {

using abi::ErrorKind;
using model::Failure;
using model::Problem;

constexpr uint64_t kMostAnswer = uint64_t{16} << 20;
constexpr size_t kMostLinks = 16384;  // bytes
constexpr int64_t kConnect = 10'000'000'000;

/// What an answer that is none means.
Problem problem_of(int status, std::string_view body, const model::Head& head) {
  const std::string said = http::printable(body, 200);
  Problem problem{.kind = ErrorKind::ToolFailed, .what = fmt::format("it answered {}", status)};
  if (!said.empty()) problem.what += ": " + said;
  if (status >= 300 && status < 400) {
    problem.what =
        fmt::format("it answered {}, which leads to `{}`; redirects are not followed: name where it leads",
                    status, http::printable(head.location, 200));
    problem.final = true;
  }
  problem.transient = status == 408 || status == 429 || status >= 500;
  if (status == 429) problem.kind = ErrorKind::RateLimited;
  if (status == 502 || status == 503 || status == 504) problem.kind = ErrorKind::Unavailable;
  return problem;
}

Problem problem_of(const http::Outcome& outcome) {
  Problem problem{.kind = ErrorKind::Unavailable, .what = outcome.message, .transient = true};
  switch (outcome.result) {
    case http::Result::TimeoutConnect:
    case http::Result::TimeoutFirstByte:
    case http::Result::TimeoutIdle:
    case http::Result::TimeoutTotal: problem.kind = ErrorKind::Timeout; break;
    case http::Result::Private:
      problem.what += "; `--allow host=...` with its own name says that this is meant";
      problem.kind = ErrorKind::Denied;
      problem.final = true;
      break;
    case http::Result::BadUrl:
    case http::Result::TooLarge:
    case http::Result::Malformed:
      problem.kind = ErrorKind::ToolFailed;
      problem.final = true;
      break;
    case http::Result::Tls: problem.final = true; break;
    default: break;
  }
  return problem;
}

class HttpCaller final : public Caller {
 public:
  HttpCaller(const program::Program& program, EventLoop& loop, const Options& options,
             std::shared_ptr<const Redactor> redact)
      : program_(program),
        loop_(loop),
        options_(options),
        redact_(std::move(redact)),
        random_(sched::fresh_seed()) {}
  ~HttpCaller() override;

  CallId start(Request request, model::Listener& listener) override;
  void cancel(CallId call) override;

 private:
  class Call;

  http::Client& client() {
    if (!client_) client_ = std::make_shared<http::Client>(loop_);
    return *client_;
  }
  /// Takes the call off the books.
  std::unique_ptr<Call> take(CallId id);
  /// At the loop's next turn, for the client may be at work.
  void remove(http::Client::EndpointId endpoint);

  const program::Program& program_;
  EventLoop& loop_;
  const Options options_;
  const std::shared_ptr<const Redactor> redact_;
  model::Random random_;
  // Made when it is needed: libcurl costs milliseconds to load. Shared with what waits to tidy up in it.
  std::shared_ptr<http::Client> client_;
  std::unordered_map<CallId, std::unique_ptr<Call>> calls_;
  CallId serial_ = 0;
};

class HttpCaller::Call final : public http::Handler {
 public:
  Call(HttpCaller& owner, CallId id, Request request, model::Listener& listener)
      : id(id), owner_(owner), call_(std::move(request)), listener_(listener) {}

  /// At the loop's next turn: nobody hears of it from within `start`.
  void begin() {
    timer_ = owner_.loop_.after(0, [this] {
      timer_ = 0;
      if (prepare()) attempt();
    });
  }
  /// What is under way ends without a word.
  void stop() {
    owner_.loop_.cancel_timer(timer_);
    if (http_request_ != 0) owner_.client().cancel(std::exchange(http_request_, 0));
  }
  [[nodiscard]] std::optional<http::Client::EndpointId> endpoint() const { return endpoint_; }

  void status(int code) override { status_ = code; }
  void header(std::string_view name, std::string_view value) override {
    if (http::same_name(name, "retry-after")) head_.retry_after = value;
    if (http::same_name(name, "retry-after-ms")) head_.retry_after_ms = value;
    if (http::same_name(name, "date")) head_.date = value;
    if (http::same_name(name, "location")) head_.location = value;
    if (http::same_name(name, "x-request-id")) head_.request_id = value;
    if (http::same_name(name, "content-type")) type_ = value;
    if (http::same_name(name, "link") && links_.size() < kMostLinks)
      links_ += (links_.empty() ? "" : ", ") + std::string(value);
  }
  void body(std::string_view bytes) override { answer_ += bytes; }
  void end(const http::Outcome& outcome) override;

  const CallId id;

 private:
  bool prepare();
  void connect();
  void attempt();
  /// An answer has come whole.
  void answered();
  void fail(ErrorKind kind, std::string what);
  void problem(const Problem& problem);
  [[nodiscard]] std::string sentence(const std::string& what) const {
    return owner_.redact_->sentence(call_.tool->name, redacted(what));
  }

  [[nodiscard]] std::string redacted(std::string text) const {
    http::redact(text, http_.hidden);
    return (*owner_.redact_)(std::move(text));
  }

  HttpCaller& owner_;
  const Request call_;
  model::Listener& listener_;
  HttpRequest http_;
  std::optional<http::Client::EndpointId> endpoint_;
  http::Client::RequestId http_request_ = 0;
  EventLoop::TimerId timer_ = 0;
  uint32_t attempt_ = 0;   // of this page
  uint32_t attempts_ = 0;  // of all pages
  int status_ = 0;
  model::Head head_;
  std::string type_;   // of the answer's content
  std::string links_;  // the headers `Link`
  std::string answer_;
  std::optional<Pages> pages_;
  bool in_doubt_ = false;  // an attempt may have been carried out
  bool public_only_ = true;
};

bool HttpCaller::Call::prepare() {
  std::string error;
  auto request = make_http_request(call_, error);
  if (!request) {
    fail(ErrorKind::InvalidValue, error);
    return false;
  }
  http_ = *std::move(request);
  const std::string host = access::host_of_url(http_.url);
  const access::Policy* const policy = owner_.options_.access.get();
  if (!policy ||
      policy->denies({.kind = program::CapabilityKind::Host, .value = host, .user = {}, .model = {}})) {
    fail(ErrorKind::Denied, fmt::format("`{}` is a host that it may not call", host));
    return false;
  }
  public_only_ = !policy->names_host(host);
  if (Pages::wanted(*call_.tool)) pages_.emplace(*call_.tool, http_.url, kMostAnswer);
  connect();
  return true;
}

void HttpCaller::Call::connect() {
  if (endpoint_) owner_.remove(*endpoint_);
  endpoint_ =
      owner_.client().add({.url = http_.url,
                           .method = http_.method,
                           .headers = http_.headers,
                           .timeouts = {.connect = std::min(kConnect, http_.timeout), .total = http_.timeout},
                           .max_body_bytes = kMostAnswer,
                           .public_only = public_only_,
                           .fresh = http_.method != "GET"});
}

void HttpCaller::Call::attempt() {
  ++attempt_;
  ++attempts_;
  status_ = 0;
  head_ = {};
  type_.clear();
  links_.clear();
  answer_.clear();
  http_request_ = owner_.client().start(*endpoint_, http_.body, *this);
  if (owner_.options_.verbose) listener_.sent(redacted(shown(http_)));
}

void HttpCaller::Call::end(const http::Outcome& outcome) {
  http_request_ = 0;
  // Who is refused has done nothing; what went wrong within the server may have gone wrong afterwards.
  const bool refused = outcome.result == http::Result::Ok && status_ >= 400 && status_ < 500;
  if (http::may_have_arrived(outcome.result) && !refused) in_doubt_ = true;
  if (outcome.result != http::Result::Ok) return problem(problem_of(outcome));
  answer_ = as_utf8(std::move(answer_), type_);
  if (status_ < 200 || status_ >= 300) return problem(problem_of(status_, answer_, head_));
  answered();
}

void HttpCaller::Call::answered() {
  std::string error;
  std::optional<std::string> answer;
  if (pages_) {
    const PageTaken page = pages_->take(answer_, links_);
    if (!page.error.empty()) return fail(ErrorKind::ToolFailed, page.error);
    if (!page.next.empty()) {
      http_.url = page.next;
      attempt_ = 0;
      connect();
      return attempt();
    }
    answer = pages_->list();
  } else {
    answer = selected(owner_.program_, *call_.tool, std::move(answer_), error);
    if (!answer) return fail(ErrorKind::ToolFailed, "its answer " + error);
  }
  const std::unique_ptr<Call> self = owner_.take(id);
  model::Completion completion;
  completion.text = redacted(*std::move(answer));
  completion.attempts = attempts_;
  completion.request_id = head_.request_id;
  listener_.done(std::move(completion));
}

void HttpCaller::Call::problem(const Problem& problem) {
  const model::RetryDecision decision =
      model::decide_retry(problem, head_, attempt_, http_.attempts, owner_.random_);
  if (!decision.again)
    return fail(problem.kind, problem.what + (decision.why_not.empty() ? "" : "; " + decision.why_not));
  timer_ = owner_.loop_.after(decision.delay_ns, [this] {
    timer_ = 0;
    attempt();
  });
  listener_.retry(sentence(problem.what), decision.delay_ns);
}

void HttpCaller::Call::fail(ErrorKind kind, std::string what) {
  const std::unique_ptr<Call> self = owner_.take(id);
  if (attempt_ > 1) what += fmt::format("; tried {} times", attempt_);
  listener_.failed(
      {.kind = kind, .message = sentence(what), .attempts = std::max(attempts_, 1U), .in_doubt = in_doubt_});
}

HttpCaller::~HttpCaller() {
  for (const auto& [id, call] : calls_) call->stop();
}

Caller::CallId HttpCaller::start(Request request, model::Listener& listener) {
  const CallId id = ++serial_;
  calls_.emplace(id, std::make_unique<Call>(*this, id, std::move(request), listener)).first->second->begin();
  return id;
}

void HttpCaller::cancel(CallId call) {
  if (const std::unique_ptr<Call> taken = take(call)) taken->stop();
}

std::unique_ptr<HttpCaller::Call> HttpCaller::take(CallId id) {
  auto node = calls_.extract(id);
  if (!node) return nullptr;
  if (const auto endpoint = node.mapped()->endpoint()) remove(*endpoint);
  return std::move(node.mapped());
}

void HttpCaller::remove(http::Client::EndpointId endpoint) {
  loop_.post([weak = std::weak_ptr(client_), endpoint] {
    if (const auto client = weak.lock()) client->remove(endpoint);
  });
}

}  // namespace

std::unique_ptr<Caller> make_http_caller(const program::Program& program, EventLoop& loop,
                                         const Options& options, std::shared_ptr<const Redactor> redact) {
  return std::make_unique<HttpCaller>(program, loop, options, std::move(redact));
}

}  // namespace chain::tool
