#include "runtime/mcp/fetch.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/access/policy.h"
#include "runtime/http/printable.h"
#include "runtime/sched/event_loop.h"

namespace chain::mcp {

namespace {

constexpr int64_t kConnect = 10'000'000'000;
constexpr int64_t kTotal = 30'000'000'000;
constexpr uint64_t kMostBytes = 1 << 20;

}  // namespace

class Fetcher::Call final : public http::Handler {
 public:
  Call(Fetcher& owner, std::string body, Done done)
      : body_(std::move(body)), owner_(owner), done_(std::move(done)) {}

  void begin(http::Endpoint endpoint) {
    endpoint_ = owner_.client_->add(std::move(endpoint));
    owner_.client_->start(endpoint_, body_, *this);
  }
  void status(int code) override { reply_.status = code; }
  void body(std::string_view bytes) override { reply_.body += bytes; }
  void end(const http::Outcome& outcome) override {
    if (outcome.result != http::Result::Ok) reply_.error = outcome.message;
    // Later: the client may be at work, and whoever hears of it may end all of this.
    owner_.loop_.post([&owner = owner_, call = this, alive = std::weak_ptr(alive_)] {
      if (alive.expired()) return;
      const Done done = std::move(call->done_);
      const Reply reply = std::move(call->reply_);
      owner.client_->remove(call->endpoint_);
      std::erase_if(owner.calls_, [&](const auto& each) { return each.get() == call; });
      done(reply);
    });
  }

 private:
  std::string body_;
  Fetcher& owner_;
  Done done_;
  Reply reply_;
  http::Client::EndpointId endpoint_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

Fetcher::Fetcher(EventLoop& loop, std::shared_ptr<const access::Policy> access, Url server)
    : loop_(loop), access_(std::move(access)), server_(std::move(server)) {}

Fetcher::~Fetcher() {
  client_.reset();
}

std::string Fetcher::refused(const std::string& text) const {
  const std::optional<Url> url = parse_url(text);
  if (!url) return fmt::format("`{}` is no URL of http or https", http::printable(text, 200));
  if (url->scheme != "https" && !url->is_loopback())
    return fmt::format("`{}` is not of https", http::printable(text, 200));
  const program::Capability host{.kind = program::CapabilityKind::Host, .value = url->authority};
  if (access_ && access_->denies(host)) return fmt::format("`--deny` forbids the host `{}`", url->authority);
  if (url->is_loopback() && !server_.is_loopback() && !(access_ && access_->names_host(url->authority)))
    return fmt::format("`{}` is on this machine, and the server is not", http::printable(text, 200));
  return {};
}

void Fetcher::get(const std::string& url, Done done) {
  start({.url = url, .method = "GET", .headers = {{"Accept", "application/json"}}}, "", std::move(done));
}

void Fetcher::post(const std::string& url, std::string body, std::vector<http::Header> headers, Done done) {
  headers.push_back({"Accept", "application/json"});
  start({.url = url, .method = "POST", .headers = std::move(headers)}, std::move(body), std::move(done));
}

void Fetcher::start(http::Endpoint endpoint, std::string body, Done done) {
  if (std::string why = refused(endpoint.url); !why.empty()) {
    loop_.post([done = std::move(done), why = std::move(why)] { done({0, "", why}); });
    return;
  }
  const Url url = *parse_url(endpoint.url);
  const bool named = url.authority == server_.authority || (access_ && access_->names_host(url.authority));
  endpoint.public_only = !named && !url.is_loopback();
  endpoint.headers.push_back({"User-Agent", "chain"});
  endpoint.timeouts = {.connect = kConnect, .first_byte = 0, .idle = 0, .total = kTotal};
  endpoint.max_body_bytes = kMostBytes;
  if (!client_) client_ = std::make_unique<http::Client>(loop_);
  calls_.push_back(std::make_unique<Call>(*this, std::move(body), std::move(done)));
  calls_.back()->begin(std::move(endpoint));
}

}  // namespace chain::mcp
