#include "runtime/mcp/redirect.h"

#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <string_view>
#include <utility>

#include "runtime/sched/event_loop.h"

namespace chain::mcp {

namespace {

constexpr size_t kMostHead = 16 << 10;  // bytes of a request
constexpr size_t kMostBrowsers = 16;    // at once
constexpr std::string_view kPath = "/callback";

std::string response(int status, std::string_view text) {
  const std::string body =
      "<!doctype html><meta charset=utf-8><title>chain</title><p>" + std::string(text) + "\n";
  return "HTTP/1.1 " + std::to_string(status) + (status == 200 ? " OK" : " Not Found") +
         "\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\nCache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n\r\n" + body;
}

class Listener final : public Redirect {
 public:
  Listener(EventLoop& loop, int socket, uint16_t port, Came came)
      : loop_(loop), socket_(socket), port_(port), came_(std::move(came)) {
    loop_.watch(socket_, EPOLLIN, [this](uint32_t) { accept_one(); });
  }
  ~Listener() override {
    loop_.watch(socket_, 0, {});
    close(socket_);
    for (const auto& [browser, head] : browsers_) drop(browser);
  }

  [[nodiscard]] std::string uri() const override {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string(kPath);
  }

 private:
  void accept_one() {
    const int browser = accept4(socket_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (browser < 0) return;
    if (browsers_.size() >= kMostBrowsers) {
      close(browser);
      return;
    }
    browsers_[browser];
    loop_.watch(browser, EPOLLIN, [this, browser](uint32_t) { read_some(browser); });
  }

  void drop(int browser) {
    loop_.watch(browser, 0, {});
    close(browser);
  }

  void read_some(int browser) {
    std::string& head = browsers_[browser];
    char buffer[4096];
    const ssize_t count = read(browser, buffer, sizeof buffer);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count > 0) head.append(buffer, static_cast<size_t>(count));
    const bool whole = head.find("\r\n\r\n") != std::string::npos;
    if (count > 0 && !whole && head.size() <= kMostHead) return;
    const std::string request = std::move(head);
    browsers_.erase(browser);
    if (whole) answer(browser, request);
    drop(browser);
  }

  void answer(int browser, std::string_view request) {
    const std::string_view line = request.substr(0, request.find("\r\n"));
    const size_t first = line.find(' ');
    const std::string_view target =
        first == std::string_view::npos ? "" : line.substr(first + 1, line.rfind(' ') - first - 1);
    const size_t question = target.find('?');
    const bool ours =
        line.starts_with("GET ") && target.substr(0, question) == kPath && question != std::string_view::npos;
    const std::string text = ours ? response(200, "You can close this window and go back to the terminal.")
                                  : response(404, "Nothing is here.");
    // A few hundred bytes: the socket's buffer takes them, or the browser has gone.
    [[maybe_unused]] const ssize_t sent = send(browser, text.data(), text.size(), MSG_NOSIGNAL);
    // Later: whoever hears of it may end this.
    if (ours) loop_.post([came = came_, fields = parse_form(target.substr(question + 1))] { came(fields); });
  }

  EventLoop& loop_;
  int socket_;
  uint16_t port_;
  Came came_;
  std::map<int, std::string> browsers_;  // what each has sent so far, by descriptor
};

}  // namespace

std::unique_ptr<Redirect> listen_for_redirect(EventLoop& loop, uint16_t port, Redirect::Came came,
                                              std::string& error) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const where = reinterpret_cast<sockaddr*>(&address);
  const int on = 1;  // what the last login left behind does not hold the port
  if (socket >= 0) setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const bool listens = socket >= 0 && bind(socket, where, size) == 0 && listen(socket, 8) == 0 &&
                       getsockname(socket, where, &size) == 0;
  if (listens) return std::make_unique<Listener>(loop, socket, ntohs(address.sin_port), std::move(came));
  error = std::string("no port of 127.0.0.1 to wait at for the browser: ") + std::strerror(errno);
  if (socket >= 0) close(socket);
  return nullptr;
}

}  // namespace chain::mcp
