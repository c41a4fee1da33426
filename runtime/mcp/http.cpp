// A server at a URL: streamable HTTP of both eras.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "runtime/access/host.h"
#include "runtime/access/policy.h"
#include "runtime/http/header_name.h"
#include "runtime/http/printable.h"
#include "runtime/mcp/exchange.h"
#include "runtime/mcp/message.h"
#include "runtime/mcp/param_headers.h"
#include "runtime/sched/event_loop.h"

namespace chain::mcp {

namespace {

using Kind = Exchange::Kind;

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kConnect = 10 * kSecond;
constexpr int64_t kOpening =
    500'000'000;  // until requests go out without the stream of what the server sends
constexpr int64_t kAfterAnswer = kSecond;       // that a stream may go on when the answer has come
constexpr int64_t kLongestWait = 60 * kSecond;  // before a stream is taken up again
constexpr uint32_t kMostResumed = 5;            // times in a row that brought nothing
constexpr uint32_t kMostSignins = 2;            // for one message
constexpr uint32_t kMostRedirects = 3;
constexpr size_t kMostReplies = 256;  // under way
constexpr size_t kShownBody = 300;    // bytes

Trouble trouble_of(const http::Outcome& outcome) {
  Trouble trouble{.what = outcome.message, .unsent = !http::may_have_arrived(outcome.result)};
  switch (outcome.result) {
    case http::Result::TimeoutConnect:
    case http::Result::TimeoutFirstByte:
    case http::Result::TimeoutIdle:
    case http::Result::TimeoutTotal: trouble.kind = abi::ErrorKind::Timeout; break;
    case http::Result::Private:
      trouble.kind = abi::ErrorKind::Denied;
      trouble.what += "; `--allow host=...` with its own name says that this is meant";
      break;
    case http::Result::BadUrl:
    case http::Result::TooLarge:
    case http::Result::Malformed: trouble.kind = abi::ErrorKind::ToolFailed; break;
    default: break;
  }
  return trouble;
}

Trouble trouble_of(const Exchange& exchange) {
  const int status = exchange.status();
  Trouble trouble{
      .kind = abi::ErrorKind::ToolFailed, .what = fmt::format("it answered {}", status), .status = status};
  if (status == 429) trouble.kind = abi::ErrorKind::RateLimited;
  if (status == 502 || status == 503 || status == 504) trouble.kind = abi::ErrorKind::Unavailable;
  if (status == 401 || status == 403) trouble.kind = abi::ErrorKind::Denied;
  if (status >= 300 && status < 400 && !exchange.location().empty()) {
    trouble.what +=
        fmt::format(", which leads to `{}`; redirects to elsewhere are not followed: name where it leads",
                    http::printable(exchange.location(), kShownBody));
  } else if (const std::string said = http::printable(exchange.body_text(), kShownBody); !said.empty()) {
    trouble.what += ": " + said;
  }
  return trouble;
}

/// "https://host:port" of a URL.
std::string_view origin_of(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  return url.substr(0, url.find_first_of("/?#", scheme + 3));
}

bool is_control(char c) {
  return (c >= 0 && c < ' ' && c != '\t') || c == 0x7f;
}

class Http final : public Transport, public ExchangeHost {
 public:
  Http(EventLoop& loop, const Server& server, const Options& options, Receiver& receiver)
      : loop_(loop), server_(server), options_(options), receiver_(receiver), url_(server.url) {}

  void send(Outgoing message) override {
    if (gone_) return;
    if (message.id != 0) open_.insert(message.id);
    if (opening_ && message.id != 0) {
      held_.push_back(std::move(message));
    } else {
      begin(Kind::Post, std::move(message));
    }
  }
  void drop(uint64_t id) override;
  [[nodiscard]] uint64_t pending() const override;
  [[nodiscard]] bool waiting() const override { return authorizing_; }
  void agreed(std::string_view version) override;
  void close(std::function<void()> done) override;
  void abandon() override;

  void begun(Exchange& exchange) override {
    if (exchange.kind == Kind::Listen) listening();
  }
  void message(Exchange& exchange, std::string_view json) override;
  void over(Exchange& exchange, const http::Outcome& outcome) override;

 private:
  struct Parked {  // until somebody has signed in
    Outgoing message;
    uint32_t signins = 0;
  };

  /// Nothing, and `trouble`, if it may not be.
  Exchange* begin(Kind kind, Outgoing message, std::string_view last_event = {}, uint32_t signins = 0,
                  uint32_t resumed = 0);
  [[nodiscard]] bool allowed(Trouble& trouble) const;
  [[nodiscard]] std::vector<http::Header> headers(Kind kind, const Outgoing& message,
                                                  std::string_view last_event) const;
  /// Off the books; it is destroyed at the loop's next turn.
  void retire(Exchange& exchange);
  void sweep_soon();
  void post_over(Exchange& exchange, const http::Outcome& outcome);
  void listen_over(const Exchange& exchange);
  /// The stream of what the server sends by itself stands, or will not.
  void listening();
  void take_up(const Exchange& exchange, const http::Outcome& outcome);
  bool redirected(Exchange& exchange);
  void sign_in(Exchange& exchange);
  void signed_in(std::string token, std::string error);
  void fail(uint64_t id, Trouble trouble) {
    if (open_.erase(id) > 0) receiver_.failed(id, std::move(trouble));
  }
  void later(int64_t delay, std::function<void()> work) {
    loop_.after(delay, [weak = std::weak_ptr(alive_), this, work = std::move(work)] {
      if (!weak.expired() && !gone_) work();
    });
  }

  EventLoop& loop_;
  const Server& server_;
  const Options& options_;
  Receiver& receiver_;
  std::string url_;
  std::string session_;
  std::string version_;  // of the era of sessions, once it is agreed
  std::string token_;
  bool authorizing_ = false;
  bool opening_ = false;        // that stream: what a server asks before it stands is lost
  std::vector<Outgoing> held_;  // requests, meanwhile
  bool gone_ = false;
  uint32_t redirects_ = 0;
  uint32_t quiet_streams_ = 0;  // in a row, that brought nothing
  std::vector<Parked> parked_;
  std::set<uint64_t> open_;  // requests that wait for an answer
  std::function<void()> closed_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::vector<std::unique_ptr<Exchange>> exchanges_;
  std::vector<std::unique_ptr<Exchange>> retired_;
  bool sweeping_ = false;
  std::unique_ptr<http::Client> http_;
};

bool Http::allowed(Trouble& trouble) const {
  const std::string host = access::host_of_url(url_);
  const access::Policy* const policy = options_.access.get();
  if (policy == nullptr ||
      policy->denies({.kind = program::CapabilityKind::Host, .value = host, .user = {}, .model = {}})) {
    trouble = {.kind = abi::ErrorKind::Denied,
               .what = fmt::format("`{}` is a host that may not be called", host)};
    return false;
  }
  for (const auto& [name, value] : server_.headers) {
    if (std::ranges::none_of(value, is_control)) continue;
    trouble = {.kind = abi::ErrorKind::InvalidValue,
               .what = fmt::format("its header `{}` holds a line break or another control character", name)};
    return false;
  }
  return true;
}

std::vector<http::Header> Http::headers(Kind kind, const Outgoing& message,
                                        std::string_view last_event) const {
  std::vector<http::Header> all;
  if (kind == Kind::Post) {
    all.push_back({"Content-Type", "application/json"});
    all.push_back({"Accept", "application/json, text/event-stream"});
  } else if (kind != Kind::Delete) {
    all.push_back({"Accept", "text/event-stream"});
  }
  for (const auto& [name, value] : server_.headers) {
    if (token_.empty() || !http::same_name(name, "authorization")) all.push_back({name, value});
  }
  if (!token_.empty()) all.push_back({"Authorization", "Bearer " + token_});
  if (kind == Kind::Post && message.era == Era::Stateless) {
    all.push_back({"MCP-Protocol-Version", std::string(kStatelessVersion)});
    all.push_back({"Mcp-Method", message.method});
    if (!message.name.empty()) all.push_back({"Mcp-Name", header_value(message.name)});
    for (const auto& [name, value] : message.headers) all.push_back({name, value});
  } else if (!message.begins_session) {
    if (!version_.empty()) all.push_back({"MCP-Protocol-Version", version_});
    if (!session_.empty()) all.push_back({"Mcp-Session-Id", session_});
  }
  if (!last_event.empty()) all.push_back({"Last-Event-ID", std::string(last_event)});
  return all;
}

Exchange* Http::begin(Kind kind, Outgoing message, std::string_view last_event, uint32_t signins,
                      uint32_t resumed) {
  Trouble trouble;
  if (!allowed(trouble)) {
    trouble.unsent = true;
    later(0, [this, id = message.id, trouble] { fail(id, trouble); });
    return nullptr;
  }
  if (!http_) http_ = std::make_unique<http::Client>(loop_);
  static constexpr const char* kMethods[] = {"POST", "GET", "GET", "DELETE"};
  http::Endpoint endpoint{.url = url_,
                          .method = kMethods[static_cast<size_t>(kind)],
                          .headers = headers(kind, message, last_event),
                          .timeouts = {.connect = std::min(kConnect, server_.timeout)},
                          .max_body_bytes = UINT64_MAX,  // a stream may last; messages have their own bound
                          .public_only = !options_.access->names_host(access::host_of_url(url_)),
                          .fresh = kind == Kind::Post};
  if (kind == Kind::Delete) endpoint.timeouts.total = options_.close_grace;
  if (kind == Kind::Post && message.id == 0) endpoint.timeouts.total = server_.timeout;
  auto& exchange = *exchanges_.emplace_back(
      std::make_unique<Exchange>(*this, kind, std::move(message), options_.most_bytes));
  exchange.signins = signins;
  exchange.resumed = resumed;
  exchange.resumed_at = last_event;
  exchange.endpoint = http_->add(std::move(endpoint));
  exchange.request = http_->start(
      exchange.endpoint, kind == Kind::Post ? std::string_view(exchange.message.json) : std::string_view(),
      exchange);
  return &exchange;
}

void Http::retire(Exchange& exchange) {
  if (std::exchange(exchange.retired, true)) return;
  http_->cancel(exchange.request);
  const auto found = std::ranges::find(exchanges_, &exchange, &std::unique_ptr<Exchange>::get);
  retired_.push_back(std::move(*found));
  exchanges_.erase(found);
  if (std::exchange(sweeping_, true)) return;
  loop_.post([weak = std::weak_ptr(alive_), this] {
    if (weak.expired()) return;
    sweeping_ = false;
    for (const auto& each : std::exchange(retired_, {})) http_->remove(each->endpoint);
  });
}

void Http::message(Exchange& exchange, std::string_view json) {
  if (gone_ || closed_) return;
  if (exchange.message.begins_session && exchange.good() && !exchange.session().empty())
    session_ = exchange.session();
  quiet_streams_ = 0;
  uint64_t id = 0;
  if (exchange.kind == Kind::Post || exchange.kind == Kind::Resume) {
    using Of = Message::Kind;
    const Of of = read_message(json).kind;
    if (of == Of::Result || of == Of::Error) {
      id = exchange.message.id;
      if (id != 0 && open_.erase(id) == 0) return;  // dropped, or answered before
      exchange.set_answered();
      // The stream should end now. Its connection can be used again if it does.
      http_->expire(exchange.request, kAfterAnswer);
    } else if (of == Of::Invalid) {
      retire(exchange);
      return fail(exchange.message.id, {.kind = abi::ErrorKind::ToolFailed,
                                        .what = fmt::format("it sent what is no message of MCP: {}",
                                                            http::printable(json, kShownBody))});
    }
  }
  receiver_.received(json, id);
}

void Http::over(Exchange& exchange, const http::Outcome& outcome) {
  if (gone_ || exchange.retired) return;
  retire(exchange);
  if (exchange.kind == Kind::Delete) {
    if (closed_) std::exchange(closed_, nullptr)();
    return;
  }
  if (closed_) return;
  if (exchange.kind == Kind::Listen) return listen_over(exchange);
  if (exchange.message.id != 0 && !open_.contains(exchange.message.id)) return;  // answered, or dropped
  post_over(exchange, outcome);
}

void Http::post_over(Exchange& exchange, const http::Outcome& outcome) {
  const uint64_t id = exchange.message.id;
  if (outcome.result == http::Result::TooLarge)
    return fail(id,
                {.kind = abi::ErrorKind::ToolFailed,
                 .what = fmt::format("it sent a message of more than {} MiB", options_.most_bytes >> 20)});
  if (exchange.kind == Kind::Resume) return take_up(exchange, outcome);
  if (outcome.result != http::Result::Ok) {
    if (exchange.streams() && exchange.good()) return take_up(exchange, outcome);
    return fail(id, trouble_of(outcome));
  }
  if (exchange.good()) {
    if (exchange.streams()) return take_up(exchange, outcome);
    if (id == 0) return;
    if (exchange.body_text().empty())
      return fail(id, {.kind = abi::ErrorKind::ToolFailed,
                       .what = fmt::format("it answered {} and nothing else, where a result is due",
                                           exchange.status())});
    message(exchange, exchange.body_text());
    return fail(
        id, {.kind = abi::ErrorKind::ToolFailed, .what = "it answered with something else than a result"});
  }
  const bool scope =
      exchange.status() == 403 && exchange.authenticate().find("insufficient_scope") != std::string::npos;
  if (exchange.status() == 401 || scope) return sign_in(exchange);
  if (redirected(exchange)) return;
  if (exchange.status() == 404 && !session_.empty() && exchange.message.era == Era::Sessions) {
    session_.clear();
    Trouble trouble = trouble_of(exchange);
    trouble.session_gone = true;
    return fail(id, std::move(trouble));
  }
  if (id == 0) return;
  if (read_message(exchange.body_text()).kind == Message::Kind::Error)
    return message(exchange, exchange.body_text());
  fail(id, trouble_of(exchange));
}

// Where it broke off, if the server names its events; sessions have that alone.
void Http::take_up(const Exchange& exchange, const http::Outcome& outcome) {
  const uint64_t id = exchange.message.id;
  if (id == 0) return;
  const std::string event(exchange.last_event().empty() ? exchange.resumed_at : exchange.last_event());
  const bool last = event.empty() || exchange.message.era != Era::Sessions ||
                    (outcome.result == http::Result::Ok && !exchange.good());
  if (last || exchange.resumed >= kMostResumed) {
    if (exchange.kind == Kind::Resume && outcome.result == http::Result::Ok && !exchange.good())
      return fail(id, trouble_of(exchange));
    if (outcome.result != http::Result::Ok) return fail(id, trouble_of(outcome));
    return fail(id, {.kind = abi::ErrorKind::Unavailable, .what = "its answer ended before the result"});
  }
  const int64_t delay = static_cast<int64_t>(exchange.retry().value_or(1000)) * 1'000'000 << exchange.resumed;
  later(std::clamp<int64_t>(delay, 0, kLongestWait),
        [this, message = exchange.message, event, resumed = exchange.resumed] {
          if (open_.contains(message.id)) begin(Kind::Resume, message, event, 0, resumed + 1);
        });
}

void Http::listening() {
  if (!std::exchange(opening_, false)) return;
  for (Outgoing& message : std::exchange(held_, {})) {
    if (open_.contains(message.id)) begin(Kind::Post, std::move(message));
  }
}

void Http::listen_over(const Exchange& exchange) {
  listening();
  if (!exchange.good()) return;  // most servers have none
  const int64_t usual = static_cast<int64_t>(exchange.retry().value_or(1000)) * 1'000'000;
  const int64_t delay = std::clamp<int64_t>(usual << std::min(quiet_streams_++, 6U), kSecond, kLongestWait);
  later(delay, [this, session = session_, event = std::string(exchange.last_event())] {
    if (session == session_ && !closed_) begin(Kind::Listen, {.era = Era::Sessions}, event);
  });
}

bool Http::redirected(Exchange& exchange) {
  if ((exchange.status() != 307 && exchange.status() != 308) || redirects_ >= kMostRedirects) return false;
  const std::string origin(origin_of(url_));
  std::string_view to = exchange.location();
  if (to.starts_with(origin) && origin_of(to) == origin) to.remove_prefix(origin.size());
  if (!to.starts_with('/') || to.starts_with("//")) return false;
  ++redirects_;
  url_ = origin + std::string(to);
  begin(Kind::Post, std::move(exchange.message), {}, exchange.signins);
  return true;
}

void Http::sign_in(Exchange& exchange) {
  const uint64_t id = exchange.message.id;
  Trouble trouble{.kind = abi::ErrorKind::Denied, .what = {}, .status = exchange.status()};
  if (!options_.authorize) {
    trouble.what = fmt::format("it wants to know who calls (it answered {}); `{}` signs in",
                               exchange.status(), server_.signs_in());
    return fail(id, std::move(trouble));
  }
  if (exchange.signins >= kMostSignins) {
    trouble.what = fmt::format("it answered {} to whom it gave a token itself; `{}` signs in anew",
                               exchange.status(), server_.signs_in());
    return fail(id, std::move(trouble));
  }
  parked_.push_back({std::move(exchange.message), exchange.signins + 1});
  if (std::exchange(authorizing_, true)) return;
  options_.authorize(server_, exchange.authenticate(),
                     [weak = std::weak_ptr(alive_), this](std::string token, const std::string& error) {
                       if (weak.expired() || gone_) return;
                       later(0, [this, token = std::move(token), error] { signed_in(token, error); });
                     });
}

void Http::signed_in(std::string token, std::string error) {
  if (!std::exchange(authorizing_, false)) return;
  if (error.empty() && (token.empty() || std::ranges::any_of(token, is_control)))
    error = "the token that it was given is none";
  if (error.empty()) {
    token_ = std::move(token);
    receiver_.keeps(token_);
  }
  for (Parked& each : std::exchange(parked_, {})) {
    const uint64_t id = each.message.id;
    if (id != 0 && !open_.contains(id)) continue;
    if (error.empty()) {
      begin(Kind::Post, std::move(each.message), {}, each.signins);
    } else {
      fail(id, {.kind = abi::ErrorKind::Denied, .what = error, .status = 401});
      if (gone_) return;
    }
  }
}

void Http::drop(uint64_t id) {
  if (open_.erase(id) == 0) return;
  const auto found = std::ranges::find_if(
      exchanges_, [&](const auto& each) { return each->message.id == id && each->kind != Kind::Delete; });
  if (found != exchanges_.end()) retire(**found);
}

uint64_t Http::pending() const {
  uint64_t bytes = 0;
  size_t replies = 0;
  for (const auto& each : exchanges_) {
    if (each->message.id != 0 || each->kind != Kind::Post) continue;
    bytes += each->message.json.size();
    if (++replies >= kMostReplies) return UINT64_MAX;
  }
  return bytes;
}

void Http::agreed(std::string_view version) {
  version_ = version;
  const auto old =
      std::ranges::find_if(exchanges_, [](const auto& each) { return each->kind == Kind::Listen; });
  if (old != exchanges_.end()) retire(**old);
  // Behind `notifications/initialized`, before which a server need not know the session.
  opening_ = true;
  later(0, [this, session = session_] {
    if (session != session_ || closed_ || begin(Kind::Listen, {.era = Era::Sessions}) == nullptr) listening();
  });
  later(kOpening, [this] { listening(); });
}

void Http::close(std::function<void()> done) {
  open_.clear();
  parked_.clear();
  while (!exchanges_.empty()) retire(*exchanges_.back());
  Exchange* ending = nullptr;
  closed_ = done;
  if (!session_.empty()) ending = begin(Kind::Delete, {.era = Era::Sessions});
  if (ending == nullptr) later(0, [this] { std::exchange(closed_, nullptr)(); });
}

void Http::abandon() {
  if (std::exchange(gone_, true)) return;
  for (const auto& each : exchanges_) {
    each->retired = true;
    http_->cancel(each->request);
  }
}

}  // namespace

std::unique_ptr<Transport> make_http(EventLoop& loop, const Server& server, const Options& options,
                                     Receiver& receiver) {
  return std::make_unique<Http>(loop, server, options, receiver);
}

}  // namespace chain::mcp
