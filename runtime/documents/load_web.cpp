#include <algorithm>
#include <memory>
#include <optional>

#include "runtime/access/host.h"
#include "runtime/access/policy.h"
#include "runtime/documents/convert.h"
#include "runtime/documents/load.h"
#include "runtime/http/client.h"
#include "runtime/http/header_name.h"
#include "runtime/http/printable.h"
#include "runtime/sched/event_loop.h"
#include "runtime/value/digest.h"

namespace chain::documents {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr http::Timeouts kTimeouts = {
    .connect = 10 * kSecond, .first_byte = 30 * kSecond, .idle = 20 * kSecond, .total = 120 * kSecond};
constexpr uint64_t kMostBody = uint64_t{64} << 20;
constexpr uint32_t kMostRedirects = 5;
constexpr size_t kAtOnce = 4;
constexpr int64_t kStopEvery = kSecond / 10;

bool is_loopback(const std::string& host) {
  const std::string name = host.substr(0, host.starts_with('[') ? host.find(']') + 1 : host.find(':'));
  return name == "localhost" || name.starts_with("127.") || name == "[::1]";
}

/// What a redirect leads to, which may be said relative to where it is.
std::string resolve(const std::string& base, const std::string& location) {
  if (location.find("://") != std::string::npos) return location;
  const size_t scheme = base.find("://");
  if (location.starts_with("//")) return base.substr(0, scheme + 1) + location;
  const size_t host_end = std::min(base.find_first_of("/?#", scheme + 3), base.size());
  if (location.starts_with('/')) return base.substr(0, host_end) + location;
  const std::string path =
      base.substr(host_end, std::min(base.find_first_of("?#", host_end), base.size()) - host_end);
  const size_t slash = path.rfind('/');
  return base.substr(0, host_end) + (slash == std::string::npos ? "/" : path.substr(0, slash + 1)) + location;
}

/// "euc-kr" of "text/html; charset=EUC-KR"
std::string charset_of(std::string_view content_type) {
  std::string lower(content_type);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  const size_t found = lower.find("charset=");
  if (found == std::string::npos) return {};
  std::string name = lower.substr(found + 8, lower.find(';', found) - (found + 8));
  std::erase(name, '"');
  return name;
}

/// Why nobody may ask for this, if so. `first`: the program says it itself, no redirect.
std::optional<std::string> refused(const std::string& url, bool first, const std::string& host_before,
                                   const access::Policy& policy) {
  if (const auto mistake = access::url_mistake(url, true)) return mistake;
  const std::string host = access::host_of_url(url);
  const program::Capability capability{
      .kind = program::CapabilityKind::Host, .value = host, .user = {}, .model = {}};
  if (host == "*" || policy.denies(capability))
    return "`" + http::printable(host, 200) + "` is a host that may not be asked";
  const bool plain = (url[4] | 0x20) != 's';
  if (plain && !(is_loopback(host) && policy.names_host(host)))
    return std::string("it is not https; http is for servers on this machine that `--allow host=...` names");
  if (first || host == host_before) return std::nullopt;
  const access::Verdict verdict = policy.judge(capability);
  if (verdict == access::Verdict::Allowed || verdict == access::Verdict::Granted) return std::nullopt;
  return "it leads to `" + http::printable(host, 200) +
         "`: name that URL instead, or `--allow host=" + http::printable(host, 200) + "`";
}

class Loader;

/// One page on its way, over all its redirects.
class Fetch final : public http::Handler {
 public:
  Fetch(Loader& loader, std::string url) : loader_(loader), first_(url), url_(std::move(url)) {}

  /// False if it may not be asked for, of which the sink has heard.
  bool begin();
  void stop();
  void status(int code) override { status_ = code; }
  void header(std::string_view name, std::string_view value) override {
    if (http::same_name(name, "location")) location_ = value;
    if (http::same_name(name, "content-type")) type_ = value;
  }
  void body(std::string_view bytes) override { body_ += bytes; }
  void end(const http::Outcome& outcome) override;

 private:
  void finish(const std::string& why, bool keep);
  void done();

  Loader& loader_;
  const std::string first_;  // the program's
  std::string url_;
  std::string host_;
  uint32_t redirects_ = 0;
  int status_ = 0;
  std::string location_, type_, body_;
  http::Client::RequestId request_ = 0;
};

class Loader {
 public:
  Loader(const FromWeb& from, const Surroundings& around, Sink& sink)
      : from_(from), around_(around), sink_(sink), client_(loop_) {}

  void run() {
    fill();
    watch_stop();
    loop_.run();
  }

 private:
  friend class Fetch;

  void fill() {
    while (next_ < from_.urls.size() && active_.size() < kAtOnce && !stopped()) {
      active_.push_back(std::make_unique<Fetch>(*this, from_.urls[next_++]));
      if (!active_.back()->begin()) {
        active_.pop_back();
        sink_.progress(++done_, from_.urls.size());
      }
    }
  }
  [[nodiscard]] bool stopped() const { return around_.stop != nullptr && *around_.stop; }
  void watch_stop() {
    if (active_.empty()) return;
    loop_.after(kStopEvery, [this] {
      if (stopped()) {
        for (const auto& each : active_) each->stop();
        active_.clear();
      }
      watch_stop();
    });
  }
  /// At the loop's next turn: the client is at work in this one.
  void ended(Fetch* fetch) {
    loop_.post([this, fetch] {
      std::erase_if(active_, [&](const auto& each) { return each.get() == fetch; });
      sink_.progress(++done_, from_.urls.size());
      fill();
    });
  }

  const FromWeb& from_;
  const Surroundings& around_;
  Sink& sink_;
  EventLoop loop_;
  http::Client client_;
  std::vector<std::unique_ptr<Fetch>> active_;
  size_t next_ = 0;
  uint64_t done_ = 0;
};

bool Fetch::begin() {
  const access::Policy& policy = *loader_.around_.access;
  if (const auto why = refused(url_, redirects_ == 0, host_, policy)) {
    loader_.sink_.skipped(first_, *why, true);
    return false;
  }
  host_ = access::host_of_url(url_);
  status_ = 0;
  location_.clear();
  type_.clear();
  body_.clear();
  const auto endpoint = loader_.client_.add(
      {.url = url_,
       .method = "GET",
       .headers = {{"Accept", "text/html,text/markdown,text/plain,application/pdf,*/*;q=0.5"},
                   {"User-Agent", "chain"}},
       .timeouts = kTimeouts,
       .max_body_bytes = std::min(kMostBody, loader_.around_.limits.file),
       .public_only = !policy.names_host(host_)});
  request_ = loader_.client_.start(endpoint, {}, *this);
  return true;
}

void Fetch::stop() {
  loader_.client_.cancel(request_);
}

void Fetch::finish(const std::string& why, bool keep) {
  loader_.sink_.skipped(first_, why, keep);
  loader_.ended(this);
}

void Fetch::end(const http::Outcome& outcome) {
  if (outcome.result != http::Result::Ok) {
    const bool private_one = outcome.result == http::Result::Private;
    return finish(outcome.message +
                      (private_one ? "; `--allow host=...` with its own name says that this is meant" : ""),
                  outcome.result != http::Result::TooLarge);
  }
  if (status_ >= 300 && status_ < 400 && !location_.empty()) {
    if (++redirects_ > kMostRedirects) return finish("it leads on and on, over more than 5 redirects", true);
    url_ = resolve(url_, location_);
    if (!begin()) loader_.ended(this);
    return;
  }
  if (status_ < 200 || status_ >= 300) {
    const bool gone = status_ == 404 || status_ == 410;
    return finish("the server answered " + std::to_string(status_) + (gone ? ": there is no such page" : ""),
                  !gone);
  }
  done();
}

void Fetch::done() {
  const std::string digest = value::hex(value::sha256(body_));
  if (!loader_.sink_.known(first_, digest)) {
    Kind kind = kind_of_type(type_);
    const std::string path = url_.substr(0, url_.find_first_of("?#"));
    if (kind == Kind::Unknown && path.find('/', path.find("://") + 3) != std::string::npos)
      kind = kind_of_path(path);
    convert({.source = first_, .bytes = body_, .digest = digest, .kind = kind, .charset = charset_of(type_)},
            {}, loader_.around_, loader_.sink_);
  }
  loader_.ended(this);
}

}  // namespace

bool load(const FromWeb& from, const Surroundings& around, Sink& sink, std::string& error) {
  if (from.urls.empty()) return error = "no URL is named", false;
  if (!around.access) return error = "nothing says which hosts may be asked", false;
  Loader(from, around, sink).run();
  return true;
}

}  // namespace chain::documents
