#include "server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

namespace mock {

namespace {

constexpr size_t kLargestRequest = size_t{64} << 20;
constexpr int kBacklog = 65535;

/// The value of a header in `head`; empty if it has none.
std::string_view header(std::string_view head, std::string_view name) {
  for (size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at)) {
    at += 2;
    const std::string_view line = head.substr(at, head.find("\r\n", at) - at);
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    if (strncasecmp(line.data(), name.data(), name.size()) != 0) continue;
    std::string_view value = line.substr(name.size() + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    return value;
  }
  return {};
}

/// Decodes a chunked body. 0: not all there; else the bytes that it took.
size_t read_chunked(std::string_view text, std::string& body) {
  size_t at = 0;
  while (true) {
    const size_t line = text.find("\r\n", at);
    if (line == std::string_view::npos) return 0;
    const size_t size = std::strtoul(std::string(text.substr(at, line - at)).c_str(), nullptr, 16);
    if (size > kLargestRequest || text.size() < line + 2 + size + 2) return 0;
    body += text.substr(line + 2, size);
    at = line + 2 + size + 2;
    if (size == 0) return at;
  }
}

}  // namespace

Server::Server(chain::EventLoop& loop, Options options)
    : loop_(loop),
      options_(std::move(options)),
      holding_(options_.hold > 0),
      errors_left_(options_.error_count),
      malformed_left_(options_.malformed_count) {}

Server::~Server() {
  for (const auto& connection : connections_) {
    if (connection) ::close(connection->fd);
  }
  if (listener_ >= 0) ::close(listener_);
}

uint16_t Server::listen() {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int one = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(options_.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, generic, size) != 0 || ::listen(listener_, kBacklog) != 0) return 0;
  getsockname(listener_, generic, &size);
  loop_.watch(listener_, EPOLLIN, [this](uint32_t) { accept_all(); });
  return ntohs(address.sin_port);
}

void Server::accept_all() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    const auto index = static_cast<size_t>(fd);
    if (index >= connections_.size()) connections_.resize(index * 2 + 1);
    connections_[index] = std::make_unique<Connection>();
    connections_[index]->fd = fd;
    connections_[index]->serial = ++serial_;
    ++accepted_;
    max_open_ = std::max(max_open_, ++open_);
    loop_.watch(fd, EPOLLIN, [this, fd](uint32_t events) { on_ready(fd, events); });
  }
}

void Server::on_ready(int fd, uint32_t events) {
  Connection* connection = connections_[static_cast<size_t>(fd)].get();
  if (connection == nullptr) return;
  const uint64_t serial = connection->serial;
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
    if (!receive(*connection)) return close(*connection);
    serve(*connection);
    connection = connections_[static_cast<size_t>(fd)].get();
  }
  if (connection != nullptr && connection->serial == serial && (events & EPOLLOUT) != 0) flush(*connection);
}

bool Server::receive(Connection& connection) {
  char buffer[16384];
  while (true) {
    const ssize_t size = recv(connection.fd, buffer, sizeof buffer, 0);
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    if (size == 0 || connection.in.size() > kLargestRequest) return false;
    connection.in.append(buffer, static_cast<size_t>(size));
    if (static_cast<size_t>(size) < sizeof buffer) return true;
  }
}

void Server::serve(Connection& connection) {
  const auto index = static_cast<size_t>(connection.fd);
  const uint64_t serial = connection.serial;
  while (connections_[index] && connections_[index]->serial == serial && !connection.pending &&
         !connection.closing) {
    const size_t end = connection.in.find("\r\n\r\n");
    if (end == std::string::npos) return;
    const std::string_view head = std::string_view(connection.in).substr(0, end);
    const std::string_view rest = std::string_view(connection.in).substr(end + 4);
    std::string decoded;
    size_t size = 0;
    if (header(head, "transfer-encoding") == "chunked") {
      size = read_chunked(rest, decoded);
      if (size == 0) return;
    } else {
      size = std::strtoul(std::string(header(head, "content-length")).c_str(), nullptr, 10);
      if (rest.size() < size) return;
    }
    const std::string request = connection.in.substr(0, end + 4 + size);
    connection.in.erase(0, end + 4 + size);
    const std::string_view view = request;
    handle(connection, view.substr(0, end),
           decoded.empty() ? view.substr(end + 4) : std::string_view(decoded));
  }
}

void Server::handle(Connection& connection, std::string_view head, std::string_view body) {
  if (head.starts_with("GET /stats")) return send(connection, json_response(200, stats()));
  if (head.starts_with("GET /last")) return send(connection, json_response(200, last_));
  if (head.starts_with("POST /reset")) {
    requests_ = accepted_ = 0;
    max_pending_ = pending_;
    max_open_ = open_;
    holding_ = options_.hold > 0;
    errors_left_ = options_.error_count;
    malformed_left_ = options_.malformed_count;
    return send(connection, json_response(200, "{}"));
  }
  if (!head.starts_with("POST ") || head.find("/chat/completions") == std::string_view::npos) {
    return send(connection,
                error_response(options_, 404, "no such path here; try POST /v1/chat/completions"));
  }
  chat(connection, head, body);
}

void Server::chat(Connection& connection, std::string_view head, std::string_view body) {
  ++requests_;
  max_pending_ = std::max(max_pending_, ++pending_);
  connection.pending = true;
  last_.assign(head).append("\r\n\r\n").append(body);
  if (options_.silent) return;
  Held held{connection.fd, connection.serial, {}, Then::KeepAlive};
  held.response = chat_response(head, body, held.then);
  if (!holding_) return answer(std::move(held));
  held_.push_back(std::move(held));
  if (held_.size() < options_.hold) return;
  holding_ = false;
  for (Held& one : std::exchange(held_, {})) answer(std::move(one));
}

std::string Server::chat_response(std::string_view head, std::string_view body, Then& then) {
  // Load tests ask the same thing thousands of times a second; nothing in the request matters then.
  const bool plain =
      options_.has_reply && options_.replies.empty() && options_.key.empty() && !options_.repeats_key &&
      options_.knows_response_format && options_.error_status == 0 && options_.malformed == Malformed::None &&
      body.find("\"stream\"") == std::string_view::npos && body.find("\"tools\"") == std::string_view::npos;
  if (plain && !fixed_.empty()) return fixed_;
  ChatRequest request = read_chat_request(body);
  if (options_.obeys && request.wrong.empty()) request.calls = obeyed_calls(body);
  if (options_.has_arguments) {
    for (ToolCall& call : request.calls) call.arguments = options_.arguments;
  }
  const std::string repeated = options_.repeats_key ? " " + std::string(header(head, "authorization")) : "";
  request.model += repeated;
  if (!options_.key.empty() && header(head, "authorization") != "Bearer " + options_.key) {
    return error_response(options_, 401, "Incorrect API key provided." + repeated);
  }
  if (options_.error_status != 0 && errors_left_ != 0) {
    if (errors_left_ > 0) --errors_left_;
    return error_response(options_, options_.error_status, "This error was asked for." + repeated);
  }
  if (!request.valid) return error_response(options_, 400, "The request needs `model` and `messages`.");
  if (!request.wrong.empty()) return error_response(options_, 400, request.wrong);
  if (request.has_response_format && !options_.knows_response_format) {
    return error_response(options_, 400, "Unrecognized request argument supplied: response_format");
  }
  const std::string text = reply_text(options_, request) + repeated;
  Malformed malformed = malformed_left_ != 0 ? options_.malformed : Malformed::None;
  if (malformed != Malformed::None && malformed_left_ > 0) --malformed_left_;
  if (malformed == Malformed::CloseMidStream) then = Then::Close;
  if (malformed == Malformed::Stall) then = Then::Stall;
  const bool spoils_whole = malformed == Malformed::Html || malformed == Malformed::TruncatedJson ||
                            malformed == Malformed::Empty || malformed == Malformed::HugeHeader;
  if (request.stream && !spoils_whole) return stream_response(options_, request, text, malformed);
  if (malformed != Malformed::None) return spoilt_response(options_, request, text, malformed);
  std::string response = completion_response(options_, request, text);
  if (plain) fixed_ = response;
  return response;
}

void Server::answer(Held held) {
  if (options_.latency_ms == 0) return deliver(held);
  loop_.after(options_.latency_ms * 1'000'000, [this, held = std::move(held)] { deliver(held); });
}

void Server::deliver(const Held& held) {
  Connection* connection = connections_[static_cast<size_t>(held.fd)].get();
  if (connection == nullptr || connection->serial != held.serial) return;  // the client went away
  if (held.then != Then::Stall) {
    connection->pending = false;
    --pending_;
  }
  connection->closing = held.then == Then::Close;
  send(*connection, held.response);
  connection = connections_[static_cast<size_t>(held.fd)].get();
  if (connection != nullptr && connection->serial == held.serial) serve(*connection);
}

void Server::send(Connection& connection, std::string_view bytes) {
  connection.out += bytes;
  flush(connection);
}

void Server::flush(Connection& connection) {
  bool blocked = false;
  bool more = true;
  while (connection.sent < connection.out.size() && more) {
    const size_t left = connection.out.size() - connection.sent;
    const size_t size = options_.chunk == 0 ? left : std::min(left, options_.chunk);
    const ssize_t sent = ::send(connection.fd, connection.out.data() + connection.sent, size, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno != EAGAIN && errno != EINTR) return close(connection);
      blocked = true;
      break;
    }
    connection.sent += static_cast<size_t>(sent);
    more = options_.chunk == 0;  // small pieces take turns with the other connections
  }
  const int fd = connection.fd;
  const bool done = connection.sent == connection.out.size();
  if (done) {
    connection.out.clear();
    connection.sent = 0;
    if (connection.closing) return close(connection);
  }
  const bool want = blocked || !done;
  if (want == connection.writing) return;
  connection.writing = want;
  const uint32_t events = want ? EPOLLIN | EPOLLOUT : EPOLLIN;
  loop_.watch(fd, events, [this, fd](uint32_t ready) { on_ready(fd, ready); });
}

void Server::close(Connection& connection) {
  if (connection.pending) --pending_;
  --open_;
  const int fd = connection.fd;
  loop_.watch(fd, 0, nullptr);
  ::close(fd);
  connections_[static_cast<size_t>(fd)].reset();
}

std::string Server::stats() const {
  // The connection that asks is not counted as open.
  return "{\"requests\":" + std::to_string(requests_) + ",\"pending\":" + std::to_string(pending_) +
         ",\"max_pending\":" + std::to_string(max_pending_) + ",\"open\":" + std::to_string(open_ - 1) +
         ",\"max_open\":" + std::to_string(max_open_) + ",\"accepted\":" + std::to_string(accepted_) + "}";
}

}  // namespace mock
