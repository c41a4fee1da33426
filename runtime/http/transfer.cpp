#include "runtime/http/transfer.h"

#include <cerrno>
#include <cstdlib>
#include <limits>

#include "runtime/http/header_name.h"
#include "runtime/http/printable.h"
#include "runtime/http/private_address.h"

namespace chain::http {

namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
// libcurl holds such a buffer for every transfer under way, a fifth of what a run in flight takes when it is
// 4 KiB. Replies are small and come in small pieces; the default of 16 KiB would be 160 MB for 10,000
// transfers.
constexpr long kReceiveBuffer = 2048;
constexpr long kSendBuffer = 16384;
constexpr size_t kExpectingBody = 1'000'000;  // from about here on libcurl sends `Expect: 100-continue`

Result classify(CURLcode code, bool connected) {
  switch (code) {
    case CURLE_OK: return Result::Ok;
    case CURLE_UNSUPPORTED_PROTOCOL: return connected ? Result::Malformed : Result::BadUrl;
    case CURLE_URL_MALFORMAT: return Result::BadUrl;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return Result::Resolve;
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
    case CURLE_INTERFACE_FAILED:
    case CURLE_FAILED_INIT:
    case CURLE_OUT_OF_MEMORY: return Result::Connect;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_USE_SSL_FAILED: return Result::Tls;
    case CURLE_OPERATION_TIMEDOUT: return connected ? Result::TimeoutTotal : Result::TimeoutConnect;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING: return Result::Malformed;
    default: return connected ? Result::Closed : Result::Connect;
  }
}

std::string_view describe(Result result) {
  switch (result) {
    case Result::TimeoutConnect: return "no connection within the time allowed";
    case Result::TimeoutFirstByte: return "no answer within the time allowed";
    case Result::TimeoutIdle: return "the answer stopped half way for longer than allowed";
    case Result::TimeoutTotal: return "the answer was not complete within the time allowed";
    case Result::Private: return "the host has no address but one of this machine or its network";
    case Result::TooLarge: return "the answer is larger than allowed";
    default: return "the request was ended";
  }
}

/// A file of trusted certificates, where the environment names one (as for the `curl` command); else null.
const char* certificate_authorities() {
  for (const char* name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != 0) return value;
  }
  return nullptr;
}

/// The environment names a proxy: libcurl connects to that alone.
bool has_proxy() {
  for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != 0) return true;
  }
  return false;
}

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

HeaderList make_headers(const Endpoint& endpoint, bool expecting) {
  // With long bodies libcurl would wait for an interim answer before it sends them.
  curl_slist* list = expecting ? nullptr : libcurl().slist_append(nullptr, "Expect:");
  for (const Header& header : endpoint.headers) {
    if (same_name(header.name, "User-Agent")) continue;
    // libcurl reads a name without a value as a header that it is to leave out.
    const std::string line = header.value.empty() ? header.name + ';' : header.name + ": " + header.value;
    list = libcurl().slist_append(list, line.c_str());
  }
  return HeaderList(list);
}

}  // namespace

EndpointHeaders::EndpointHeaders(const Endpoint& endpoint)
    : usual(make_headers(endpoint, true)), unexpecting(make_headers(endpoint, false)) {
  for (const Header& header : endpoint.headers) {
    if (same_name(header.name, "User-Agent")) user_agent = header.value;
  }
}

Transfer::Transfer(const Endpoint& endpoint, const EndpointHeaders& headers, CURLSH* share, EventLoop& loop,
                   Sockets& sockets, TransferOwner& owner)
    : endpoint_(endpoint),
      headers_(headers),
      loop_(loop),
      sockets_(sockets),
      owner_(owner),
      easy_(libcurl().easy_init()) {
  if (easy_ != nullptr) configure(share);
}

Transfer::~Transfer() {
  finish();
  if (easy_ != nullptr) libcurl().easy_cleanup(easy_);
}

void Transfer::configure(CURLSH* share) {
  const auto set = [&](CURLoption option, auto value) { libcurl().easy_setopt(easy_, option, value); };
  set(CURLOPT_URL, endpoint_.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set(CURLOPT_PIPEWAIT, endpoint_.url.starts_with("https:") ? 1L : 0L);  // rather a stream than a connection
  if (endpoint_.method == "GET") {
    set(CURLOPT_HTTPGET, 1L);
  } else {
    set(CURLOPT_POST, 1L);
    if (endpoint_.method != "POST") set(CURLOPT_CUSTOMREQUEST, endpoint_.method.c_str());
  }
  if (endpoint_.fresh) set(CURLOPT_FRESH_CONNECT, 1L);
  set(CURLOPT_HTTPHEADER, headers_.usual.get());
  if (!headers_.user_agent.empty()) set(CURLOPT_USERAGENT, headers_.user_agent.c_str());
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);  // else giving up waits until the system has given up looking for the name
  if (const char* authorities = certificate_authorities()) set(CURLOPT_CAINFO, authorities);
  set(CURLOPT_SHARE, share);
  set(CURLOPT_BUFFERSIZE, kReceiveBuffer);
  set(CURLOPT_UPLOAD_BUFFERSIZE, kSendBuffer);
  set(CURLOPT_CONNECTTIMEOUT, 86400L);  // ours counts, on the loop's clock; 0 would be libcurl's 300 s
  set(CURLOPT_ERRORBUFFER, error_);
  set(CURLOPT_PRIVATE, this);
  set(CURLOPT_HEADERFUNCTION, &on_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, &on_body);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_PREREQFUNCTION, &on_ready);
  set(CURLOPT_PREREQDATA, this);
  set(CURLOPT_OPENSOCKETFUNCTION, &on_open);
  set(CURLOPT_OPENSOCKETDATA, this);
  set(CURLOPT_CLOSESOCKETFUNCTION, &Sockets::on_close);
  set(CURLOPT_CLOSESOCKETDATA, &sockets_);
}

void Transfer::begin(std::string_view body, Handler& new_handler) {
  handler = &new_handler;
  error_[0] = 0;
  body_bytes_ = 0;
  header_bytes_ = 0;
  expires_ = 0;
  phase_ = Phase::Connecting;
  ended_by_us_ = Result::Ok;
  out_of_descriptors_ = false;
  if (endpoint_.method != "GET") {
    libcurl().easy_setopt(easy_, CURLOPT_POSTFIELDS, body.empty() ? "" : body.data());
    libcurl().easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    const bool long_body = body.size() > kExpectingBody;
    if (long_body != long_body_) {
      libcurl().easy_setopt(easy_, CURLOPT_HTTPHEADER,
                            (long_body ? headers_.unexpecting : headers_.usual).get());
    }
    long_body_ = long_body;
  }
  started_ = phase_began_ = loop_.now();
  arm();
}

bool Transfer::must_be_public() const {
  return endpoint_.public_only && !has_proxy();
}

void Transfer::finish() {
  if (timer_ != 0) loop_.cancel_timer(timer_);
  timer_ = 0;
}

void Transfer::expire_at(int64_t due) {
  expires_ = due;
  arm();
}

int64_t Transfer::due(Result& why) const {
  int64_t result = kNever;
  const auto limit = [&](int64_t since, int64_t timeout, Result reason) {
    if (timeout <= 0 || timeout > kNever - since || since + timeout >= result) return;
    result = since + timeout;
    why = reason;
  };
  const Timeouts& timeouts = endpoint_.timeouts;
  limit(started_, timeouts.total,
        phase_ == Phase::Connecting ? Result::TimeoutConnect : Result::TimeoutTotal);
  switch (phase_) {
    case Phase::Connecting: limit(phase_began_, timeouts.connect, Result::TimeoutConnect); break;
    case Phase::Waiting: limit(phase_began_, timeouts.first_byte, Result::TimeoutFirstByte); break;
    case Phase::Receiving: limit(phase_began_, timeouts.idle, Result::TimeoutIdle); break;
  }
  if (expires_ != 0) limit(0, expires_, Result::TimeoutTotal);
  return result;
}

// The timer is moved only when it would run too late; when it runs too early, `check` sets it anew. So the
// pieces of a long answer cost nothing here.
void Transfer::arm() {
  Result why{};
  const int64_t when = due(why);
  if (when == kNever || (timer_ != 0 && armed_ <= when)) return;
  finish();
  armed_ = when;
  timer_ = loop_.after(when - loop_.now(), [this] { check(); });
}

void Transfer::check() {
  timer_ = 0;
  Result why{};
  if (due(why) > loop_.now()) return arm();
  ended_by_us_ = why;
  owner_.timed_out(*this);
}

Outcome Transfer::outcome(CURLcode code) const {
  if (ended_by_us_ != Result::Ok) return {ended_by_us_, std::string(describe(ended_by_us_))};
  const Result result = classify(code, phase_ != Phase::Connecting);
  if (result == Result::Ok) return {};
  return {result, printable(error_[0] != 0 ? error_ : libcurl().easy_strerror(code))};
}

int Transfer::on_ready(void* self, char* peer, char* /*local*/, int /*peer_port*/, int /*local_port*/) {
  auto* transfer = static_cast<Transfer*>(self);
  // A connection that is used again may have been opened by an endpoint that may go anywhere.
  if (transfer->must_be_public() && is_private_address(peer)) {
    transfer->ended_by_us_ = Result::Private;
    return CURL_PREREQFUNC_ABORT;
  }
  transfer->phase_ = Phase::Waiting;
  transfer->phase_began_ = transfer->loop_.now();
  if (transfer->endpoint_.timeouts.first_byte > 0) transfer->arm();
  return CURL_PREREQFUNC_OK;
}

curl_socket_t Transfer::on_open(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) {
  auto* transfer = static_cast<Transfer*>(self);
  if (transfer->must_be_public() && is_private_address(address->addr)) {
    transfer->ended_by_us_ = Result::Private;  // unless another of the host's addresses will do
    return CURL_SOCKET_BAD;
  }
  transfer->ended_by_us_ = Result::Ok;
  const curl_socket_t fd = transfer->sockets_.open(*address);
  if (fd == CURL_SOCKET_BAD && (errno == EMFILE || errno == ENFILE)) transfer->out_of_descriptors_ = true;
  return fd;
}

size_t Transfer::on_header(char* data, size_t size, size_t count, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  return transfer->header_line({data, size * count}) ? size * count : 0;
}

bool Transfer::header_line(std::string_view line) {
  header_bytes_ += static_cast<uint32_t>(line.size());
  if (header_bytes_ > endpoint_.max_header_bytes) {
    ended_by_us_ = Result::TooLarge;
    return false;
  }
  if (line.starts_with("HTTP/")) {
    long code = 0;
    libcurl().easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &code);
    // An interim answer (1xx) is not what was asked for; the real one follows.
    if (handler != nullptr && code >= 200) handler->status(static_cast<int>(code));
    return handler != nullptr;
  }
  const size_t colon = line.find(':');
  if (handler != nullptr && colon != std::string_view::npos && body_bytes_ == 0) {
    handler->header(line.substr(0, colon), trimmed(line.substr(colon + 1)));
  }
  return handler != nullptr;
}

size_t Transfer::on_body(char* data, size_t size, size_t count, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  const size_t bytes = size * count;
  transfer->body_bytes_ += bytes;
  if (transfer->body_bytes_ > transfer->endpoint_.max_body_bytes) {
    transfer->ended_by_us_ = Result::TooLarge;
    return 0;
  }
  transfer->phase_began_ = transfer->loop_.now();
  if (transfer->phase_ != Phase::Receiving) {
    transfer->phase_ = Phase::Receiving;
    if (transfer->endpoint_.timeouts.idle > 0) transfer->arm();
  }
  if (transfer->handler != nullptr) transfer->handler->body({data, bytes});
  return transfer->handler != nullptr ? bytes : 0;
}

}  // namespace chain::http
