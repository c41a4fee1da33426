#include "runtime/mcp/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/http/printable.h"
#include "runtime/model/json_reader.h"
#include "runtime/value/utf8.h"

namespace chain::mcp {

namespace {

constexpr int64_t kProbe = 5'000'000'000;  // nanoseconds until an older server is assumed
constexpr uint32_t kMostNoise = 200;       // lines in a row that are no messages
constexpr size_t kSentence = 1200;         // bytes
constexpr size_t kShownNoise = 200;

/// An id that this client may have given; 0 for any other.
uint64_t number_of(std::string_view id) {
  const bool digits = std::ranges::all_of(id, [](char c) { return c >= '0' && c <= '9'; });
  return digits && !id.empty() && id.size() < 19 ? std::stoull(std::string(id)) : 0;
}

bool lists_version(std::string_view list, std::string_view version) {
  bool found = false;
  model::JsonReader reader(list);
  reader.array([&] {
    std::string each;
    const bool good = reader.string(each);
    found = found || each == version;
    return good;
  });
  return found;
}

/// What `Client::about` gives, of a result of `server/discover` or `initialize`.
std::string about_of(std::string_view result, std::string_view version) {
  std::string_view info = member_of(result, "serverInfo");
  if (info.empty()) info = member_of(member_of(result, "_meta"), "io.modelcontextprotocol/serverInfo");
  Members members{{"name", quoted(text_of(info, "name"))},
                  {"version", quoted(text_of(info, "version"))},
                  {"protocolVersion", quoted(version)}};
  const std::string_view capabilities = member_of(result, "capabilities");
  members.emplace_back("capabilities", capabilities.starts_with('{') ? std::string(capabilities) : "{}");
  if (const std::string instructions = text_of(result, "instructions"); !instructions.empty())
    members.emplace_back("instructions", quoted(instructions));
  return with_members({}, members);
}

}  // namespace

Connection::Connection(EventLoop& loop, Server server, Options options, MakeTransport make)
    : loop_(loop), server_(std::move(server)), options_(std::move(options)), make_(std::move(make)) {
  for (const std::string& secret : server_.secrets) secrets_.add(secret);
}

std::string Connection::sentence(std::string_view what) const {
  std::string text = fmt::format("mcp `{}`: {}", server_.name, what);
  secrets_.redact(text);
  return http::printable(text, kSentence);
}

bool Connection::offers(std::string_view feature) const {
  return about_.empty() || !member_of(member_of(about_, "capabilities"), feature).empty();
}

void Connection::learn(const std::string& tool, std::vector<ParamHeader> headers) {
  headers_[tool] = std::move(headers);
}

void Connection::connect() {
  if (state_ != State::Idle || !open_transport()) return;
  if (era_ == Era::Stateless) return ready(era_, std::move(about_));  // a server that was started again
  if (era_ == Era::Sessions || skips_probe_) return initialize();
  probe();
}

bool Connection::open_transport() {
  std::string error;
  if (make_) {
    transport_ = make_(*this, error);
  } else if (over_http()) {
    transport_ = make_http(loop_, server_, options_, *this);
  } else {
    transport_ = make_stdio(loop_, server_, options_, *this, error);
  }
  if (!transport_) break_off({.kind = abi::ErrorKind::Unavailable, .what = error});
  return transport_ != nullptr;
}

void Connection::probe() {
  state_ = State::Probing;
  probe_ = handshake_ = ++wires_;
  handshake_due(over_http() ? server_.timeout : std::min(kProbe, server_.timeout), &Connection::probe_late);
  const std::string params = enveloped({}, Era::Stateless, 0, false);
  transport_->send({.json = request_message(handshake_, "server/discover", params),
                    .id = handshake_,
                    .era = Era::Stateless,
                    .method = "server/discover",
                    .name = {},
                    .headers = {}});
}

void Connection::initialize() {
  state_ = State::Initializing;
  handshake_ = ++wires_;
  handshake_due(server_.timeout, &Connection::initialize_late);
  transport_->send({.json = request_message(handshake_, "initialize", initialize_params()),
                    .id = handshake_,
                    .era = Era::Sessions,
                    .method = "initialize",
                    .name = {},
                    .headers = {},
                    .begins_session = true});
}

void Connection::handshake_due(int64_t delay, void (Connection::*late)()) {
  loop_.cancel_timer(handshake_timer_);
  handshake_timer_ = loop_.after(delay, [weak = weak_from_this(), late, delay] {
    const auto self = weak.lock();
    if (!self || self->gone_) return;
    self->handshake_timer_ = 0;
    if (self->transport_ && self->transport_->waiting()) return self->handshake_due(delay, late);
    ((*self).*late)();
  });
}

void Connection::probe_late() {
  // Over pipes an older server may keep silent about what it does not know; its answer still counts if it
  // comes, for one that is slow to start.
  if (!over_http()) return initialize();
  initialize_late();
}

void Connection::initialize_late() {
  break_off({.kind = abi::ErrorKind::Timeout,
             .what = fmt::format("it did not answer within {:g} s when it was asked how to speak to it",
                                 static_cast<double>(server_.timeout) / 1e9)});
}

void Connection::probed(const Message& message) {
  if (message.kind == Message::Kind::Result &&
      lists_version(member_of(message.result, "supportedVersions"), kStatelessVersion))
    return discovered(message.result);
  if (state_ != State::Probing) return;  // late, and no reason to think otherwise
  if (message.kind == Message::Kind::Error && message.code == kUnsupportedVersion) {
    const std::string_view supported = member_of(message.data, "supported");
    // It may have been asked while it was replaced by one of another era.
    if (lists_version(supported, kStatelessVersion) && !std::exchange(probed_again_, true)) return probe();
    if (!supported.empty() && !lists_version(supported, kSessionsVersion) &&
        !lists_version(supported, "2025-06-18") && !lists_version(supported, "2025-03-26") &&
        !lists_version(supported, "2024-11-05"))
      return break_off({.kind = abi::ErrorKind::ToolFailed,
                        .what = fmt::format("it speaks none of the versions of the protocol that are known "
                                            "here, but {}",
                                            supported)});
  }
  initialize();
}

void Connection::discovered(std::string_view result) {
  ready(Era::Stateless, about_of(result, kStatelessVersion));
}

void Connection::initialized(const Message& message) {
  if (message.kind == Message::Kind::Error)
    return break_off({.kind = abi::ErrorKind::ToolFailed,
                      .what = fmt::format("it refused to begin: {} ({})", message.error, message.code)});
  const std::string version = text_of(message.result, "protocolVersion");
  if (!knows_session_version(version))
    return break_off(
        {.kind = abi::ErrorKind::ToolFailed,
         .what = fmt::format("it speaks version `{}` of the protocol, which is not known here", version)});
  transport_->agreed(version);
  transport_->send({.json = notification_message("notifications/initialized", {}),
                    .era = Era::Sessions,
                    .method = "notifications/initialized",
                    .name = {},
                    .headers = {}});
  ready(Era::Sessions, about_of(message.result, version));
}

void Connection::ready(Era era, std::string about) {
  loop_.cancel_timer(std::exchange(handshake_timer_, 0));
  handshake_ = 0;
  era_ = era;
  about_ = std::move(about);
  secrets_.redact(about_);
  state_ = State::Ready;
  send_waiting();
}

void Connection::received_noise(std::string_view json, const Message& message, bool text, uint64_t id) {
  const std::string why = text ? "it sent what is no message of MCP: " : "it sent what is not UTF-8: ";
  const std::string shown = "`" + http::printable(json, kShownNoise) + "`";
  if (id == 0 && sent_.contains(number_of(message.id))) id = number_of(message.id);
  if (id != 0) return failed(id, {.kind = abi::ErrorKind::ToolFailed, .what = why + shown});
  if (noise_++ == 0) noise_line_ = shown;
  // A word or two on standard output, from a server that should know better, does no harm.
  if (noise_ >= kMostNoise) break_off({.kind = abi::ErrorKind::ToolFailed, .what = why + noise_line_});
}

void Connection::received(std::string_view json, uint64_t id) {
  const auto self = shared_from_this();
  if (gone_) return;
  const bool text = value::find_invalid_utf8(json) == std::string_view::npos;
  const Message message = read_message(json);
  if (message.kind == Message::Kind::Invalid || !text) return received_noise(json, message, text, id);
  noise_ = 0;
  if (message.kind == Message::Kind::Request) return asked(message);
  if (message.kind == Message::Kind::Notification) return notified(message);
  uint64_t wire = number_of(message.id);
  // An error that could not tell whose it is, answers what was asked with it, or all there is.
  if (message.id.empty())
    wire = id != 0 ? id : handshake_ != 0 ? handshake_ : sent_.size() == 1 ? sent_.begin()->first : 0;
  if (wire == 0 || wire > wires_ || (id != 0 && wire != id)) {
    if (message.id.empty()) return;
    const Trouble trouble{
        .kind = abi::ErrorKind::ToolFailed,
        .what = fmt::format("it answered under the id `{}`, which nothing was asked under", message.id)};
    return id != 0 ? failed(id, trouble) : break_off(trouble);
  }
  if (wire == probe_ && state_ != State::Ready) return probed(message);
  if (wire == handshake_) return initialized(message);
  if (const CallId call = call_of(wire)) answered(call, message);
}

bool Connection::handshake_failed(uint64_t id, const Trouble& trouble) {
  if (id == 0 || id != handshake_) return false;
  // A server of the older era knows no request without a session.
  const bool older = state_ == State::Probing && trouble.status >= 400 && trouble.status != 401 &&
                     trouble.status != 403 && trouble.status != 502 && trouble.status != 503 &&
                     trouble.status != 504;
  if (older) {
    initialize();
  } else {
    break_off(trouble);
  }
  return true;
}

void Connection::failed(uint64_t id, Trouble trouble) {
  const auto self = shared_from_this();
  if (gone_ || handshake_failed(id, trouble)) return;
  const CallId call = call_of(id);
  if (call == 0) return;
  Call& failing = calls_.at(call);
  if (trouble.session_gone && failing.resends++ < 2) {
    // Nothing of it was carried out: it goes again, in a new session.
    sent_.erase(failing.wire);
    failing.wire = 0;
    if (state_ == State::Ready) initialize();
    return;
  }
  const bool refused = trouble.status >= 400 && trouble.status < 500;
  fail(call, trouble.kind, trouble.what, 0, !trouble.unsent && !refused);
}

void Connection::broke(Trouble trouble) {
  const auto self = shared_from_this();
  if (gone_) return;
  if (state_ == State::Probing && !over_http()) {
    // Some end when they are asked what they do not know. Once more, without that.
    skips_probe_ = true;
    discard_transport();
    return connect();
  }
  if (noise_ > 0) trouble.what += "; on its standard output stood: " + noise_line_;
  break_off(std::move(trouble));
}

void Connection::discard_transport() {
  loop_.cancel_timer(std::exchange(handshake_timer_, 0));
  handshake_ = probe_ = 0;
  noise_ = 0;
  state_ = State::Idle;
  questions_.clear();
  if (!transport_) return;
  transport_->abandon();
  // It may be at work.
  loop_.post([dead = std::shared_ptr<Transport>(std::move(transport_))] {});
}

void Connection::break_off(Trouble trouble) {
  const auto self = shared_from_this();
  discard_transport();
  // What is started again need not be what it was.
  if (options_.handler != nullptr && era_ != Era::Unknown) {
    for (const char* list : {"tools", "resources", "prompts"})
      options_.handler->list_changed(server_.name, list);
  }
  fail_all(trouble);
}

void Connection::fail_all(const Trouble& trouble) {
  std::vector<std::pair<CallId, bool>> ids;  // and whether the server has it
  for (const auto& [id, call] : calls_) ids.emplace_back(id, call.wire != 0);
  for (const auto& [id, sent] : ids) fail(id, trouble.kind, trouble.what, 0, sent);
}

void Connection::close(std::function<void()> done) {
  const auto self = shared_from_this();
  std::vector<CallId> ids;
  for (const auto& [id, call] : calls_) ids.push_back(id);
  for (const CallId id : ids) cancel(id);
  loop_.cancel_timer(std::exchange(handshake_timer_, 0));
  if (!transport_ || state_ == State::Closing) {
    loop_.after(0, std::move(done));
    return;
  }
  state_ = State::Closing;
  transport_->close([weak = weak_from_this(), done = std::move(done)] {
    if (const auto alive = weak.lock(); alive && !alive->gone_) alive->discard_transport();
    done();
  });
}

void Connection::shut() {
  if (std::exchange(gone_, true)) return;
  for (auto& [id, call] : calls_) loop_.cancel_timer(call.timer);
  calls_.clear();
  discard_transport();
}

}  // namespace chain::mcp
