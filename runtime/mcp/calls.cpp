// Requests of this client: sent, timed, answered.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/mcp/connection.h"
#include "runtime/model/json_reader.h"

namespace chain::mcp {

namespace {

constexpr uint32_t kMostResends = 3;
constexpr int64_t kMostProgress = 10;  // times the timeout, however much progress there is

/// What stands in `Mcp-Name`.
std::string name_of(std::string_view method, std::string_view params) {
  if (method == "tools/call" || method == "prompts/get") return text_of(params, "name");
  if (method == "resources/read") return text_of(params, "uri");
  return {};
}

/// Pages that a server wants opened before it answers.
std::string pages_of(std::string_view data) {
  std::string pages;
  model::JsonReader reader(member_of(data, "elicitations"));
  reader.array([&] {
    std::string_view each;
    if (!reader.raw(each)) return false;
    const std::string url = text_of(each, "url");
    if (!url.empty() && pages.size() < 1000) pages += (pages.empty() ? "`" : ", `") + url + "`";
    return true;
  });
  return pages;
}

}  // namespace

Connection::CallId Connection::request(std::string method, std::string params, Client::Done done) {
  const CallId id = ++serial_;
  Call& call = calls_[id];
  call.method = std::move(method);
  call.params = std::move(params);
  call.done = std::move(done);
  // Nobody hears of it from within.
  loop_.post([weak = weak_from_this(), id] {
    const auto self = weak.lock();
    if (!self || self->gone_) return;
    const auto found = self->calls_.find(id);
    if (found == self->calls_.end()) return;
    if (self->state_ == State::Closing)
      return self->fail(id, abi::ErrorKind::Cancelled, "the connection is being closed");
    if (self->state_ != State::Ready) return self->connect();
    if (found->second.wire == 0) self->send(id, found->second);
  });
  return id;
}

Connection::CallId Connection::call_of(uint64_t wire) const {
  const auto found = sent_.find(wire);
  return found != sent_.end() ? found->second : 0;
}

void Connection::send_waiting() {
  std::vector<CallId> waiting;
  for (const auto& [id, call] : calls_) {
    if (call.wire == 0) waiting.push_back(id);
  }
  for (const CallId id : waiting) {
    const auto found = calls_.find(id);
    if (state_ != State::Ready) return;
    if (found != calls_.end() && found->second.wire == 0) send(id, found->second);
  }
}

Outgoing Connection::outgoing(Call& call) {
  call.wire = ++wires_;
  std::string params = call.params;
  if (!call.answers.empty()) {
    Members members;
    for (const char* name : {"inputResponses", "requestState"}) {
      const std::string_view value = member_of(call.answers, name);
      if (!value.empty()) members.emplace_back(name, std::string(value));
    }
    params = with_members(params, members);
  }
  params = enveloped(params, era_, call.wire, options_.handler != nullptr);
  Outgoing message{.json = params.empty() ? std::string() : request_message(call.wire, call.method, params),
                   .id = call.wire,
                   .era = era_,
                   .method = call.method,
                   .name = name_of(call.method, params),
                   .headers = {}};
  if (era_ == Era::Stateless && call.method == "tools/call") {
    const auto declared = headers_.find(message.name);
    if (declared != headers_.end())
      message.headers = headers_of(declared->second, member_of(params, "arguments"));
  }
  return message;
}

void Connection::send(CallId id, Call& call) {
  Outgoing message = outgoing(call);
  if (message.json.empty())
    return fail(id, abi::ErrorKind::InvalidValue,
                fmt::format("the parameters of `{}` are no JSON object", call.method));
  if (message.json.size() > options_.most_bytes)
    return fail(
        id, abi::ErrorKind::InvalidValue,
        fmt::format("the parameters of `{}` are longer than {} MiB", call.method, options_.most_bytes >> 20));
  sent_[call.wire] = id;
  if (call.until == 0) call.until = loop_.now() + std::min(server_.timeout, INT64_MAX / 100) * kMostProgress;
  arm(id, call, server_.timeout);
  transport_->send(std::move(message));
}

void Connection::resend(CallId id, Call& call) {
  sent_.erase(call.wire);
  call.wire = 0;
  if (state_ == State::Ready) return send(id, call);
  connect();
}

void Connection::arm(CallId id, Call& call, int64_t delay) {
  loop_.cancel_timer(call.timer);
  call.timer = loop_.after(delay, [weak = weak_from_this(), id] {
    if (const auto self = weak.lock(); self && !self->gone_) self->late(id);
  });
}

void Connection::late(CallId id) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;
  Call& call = found->second;
  call.timer = 0;
  // While a person thinks, the server waits too.
  if (asking_ > 0 || (transport_ && transport_->waiting())) {
    call.until = std::max(call.until, loop_.now() + server_.timeout);
    return arm(id, call, server_.timeout);
  }
  tell_cancelled(call, "it took too long");
  std::string what = fmt::format("`{}` was not answered within {:g} s", call.method,
                                 static_cast<double>(server_.timeout) / 1e9);
  if (loop_.now() >= call.until)
    what = fmt::format("`{}` was not done after {:g} s, though it reported progress", call.method,
                       static_cast<double>(server_.timeout) * kMostProgress / 1e9);
  if (noise_ > 0) what += "; on its standard output stood: " + noise_line_;
  fail(id, abi::ErrorKind::Timeout, what + "; `timeout:` of its declaration says how long", 0,
       /*in_doubt=*/true);
}

void Connection::progressed(const Message& message) {
  int64_t token = 0;
  model::JsonReader(member_of(message.params, "progressToken")).integer(token);
  const CallId id = call_of(static_cast<uint64_t>(token));
  if (id == 0) return;
  Call& call = calls_.at(id);
  arm(id, call, std::clamp<int64_t>(call.until - loop_.now(), 0, server_.timeout));
  if (options_.handler == nullptr) return;
  const auto number = [&](std::string_view name) -> std::optional<double> {
    const std::string text(member_of(message.params, name));
    if (text.empty() || (text[0] != '-' && (text[0] < '0' || text[0] > '9'))) return std::nullopt;
    return std::strtod(text.c_str(), nullptr);
  };
  std::string said = text_of(message.params, "message");
  secrets_.redact(said);
  options_.handler->progress(server_.name, number("progress").value_or(0), number("total"), said);
}

void Connection::answered(CallId id, const Message& message) {
  Call& call = calls_.at(id);
  if (message.kind == Message::Kind::Error) return refused(id, call, message);
  const bool asks = text_of(message.result, "resultType") == "input_required";
  if (asks && !options_.hands_over_questions) return input_required(id, call, message.result);
  Answer answer{.ok = true, .asks = asks, .json = std::string(message.result), .error = {}};
  secrets_.redact(answer.json);
  end(id, std::move(answer));
}

void Connection::refused(CallId id, Call& call, const Message& message) {
  if (message.code == kHeaderMismatch && call.method == "tools/call" && call.resends++ == 0)
    return learn_headers_and_resend(id);
  if (message.code == kUnsupportedVersion && era_ == Era::Stateless && call.resends++ < kMostResends) {
    // It was replaced by one of another era meanwhile.
    era_ = Era::Unknown;
    sent_.erase(call.wire);
    call.wire = 0;
    discard_transport();
    return connect();
  }
  if (message.code == kUrlElicitationRequired)
    return fail(id, abi::ErrorKind::Denied,
                fmt::format("it wants somebody to open {} first: {}; call again when that is done",
                            pages_of(message.data), message.error),
                message.code);
  const abi::ErrorKind kind =
      message.code == kMethodNotFound ? abi::ErrorKind::NotFound : abi::ErrorKind::ToolFailed;
  fail(id, kind, fmt::format("it refused `{}`: {} ({})", call.method, message.error, message.code),
       message.code);
}

void Connection::learn_headers_and_resend(CallId id) {
  sent_.erase(calls_.at(id).wire);
  list_pages(shared_from_this(), "tools/list", "tools",
             [weak = weak_from_this(), id](std::vector<std::string> tools, const std::string& error) {
               const auto self = weak.lock();
               if (!self || self->gone_) return;
               const auto found = self->calls_.find(id);
               if (found == self->calls_.end()) return;
               if (!error.empty()) return self->fail(id, abi::ErrorKind::ToolFailed, error);
               for (const std::string& tool : tools) {
                 if (auto headers = param_headers(member_of(tool, "inputSchema")))
                   self->learn(text_of(tool, "name"), *std::move(headers));
               }
               self->resend(id, found->second);
             });
}

void Connection::end(CallId id, Answer answer) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;
  loop_.cancel_timer(found->second.timer);
  sent_.erase(found->second.wire);
  const Client::Done done = std::move(found->second.done);
  calls_.erase(found);
  done(std::move(answer));
}

void Connection::fail(CallId id, abi::ErrorKind kind, std::string_view what, int64_t code, bool in_doubt) {
  end(id,
      {.ok = false, .json = {}, .kind = kind, .error = sentence(what), .code = code, .in_doubt = in_doubt});
}

void Connection::tell_cancelled(const Call& call, std::string_view why) {
  if (!transport_ || !sent_.contains(call.wire)) return;
  transport_->drop(call.wire);
  if (over_http() && era_ != Era::Sessions) return;  // the closed stream says it
  const std::string params =
      with_members({}, {{"requestId", std::to_string(call.wire)}, {"reason", quoted(why)}});
  transport_->send(
      {.json = notification_message("notifications/cancelled",
                                    era_ == Era::Stateless ? enveloped(params, era_, 0, false) : params),
       .era = era_,
       .method = "notifications/cancelled",
       .name = {},
       .headers = {}});
}

void Connection::cancel(CallId id) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;
  loop_.cancel_timer(found->second.timer);
  tell_cancelled(found->second, "nobody waits for it any more");
  sent_.erase(found->second.wire);
  calls_.erase(found);
}

}  // namespace chain::mcp
