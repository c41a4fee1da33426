// The mock's sockets: HTTP/1.1 with keep-alive, one thread, tens of thousands of connections.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "completion.h"
#include "options.h"
#include "runtime/sched/event_loop.h"

namespace mock {

class Server {
 public:
  Server(chain::EventLoop& loop, Options options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// 0 if the port cannot be had; errno says why.
  [[nodiscard]] uint16_t listen();

 private:
  struct Connection {
    int fd = -1;
    uint64_t serial = 0;  // tells apart connections that had the same descriptor
    std::string in;
    std::string out;
    size_t sent = 0;       // of `out`
    bool pending = false;  // a request is under way
    bool closing = false;  // after `out`
    bool writing = false;  // watched for writing
  };
  enum class Then : uint8_t { KeepAlive, Close, Stall };
  /// A request's answer that waits for its time.
  struct Held {
    int fd;
    uint64_t serial;
    std::string response;
    Then then;
  };

  void accept_all();
  void on_ready(int fd, uint32_t events);
  bool receive(Connection& connection);
  void serve(Connection& connection);
  void handle(Connection& connection, std::string_view head, std::string_view body);
  void chat(Connection& connection, std::string_view head, std::string_view body);
  /// The response to a chat request, and what happens to the connection after it.
  std::string chat_response(std::string_view head, std::string_view body, Then& then);
  void answer(Held held);
  void deliver(const Held& held);
  void send(Connection& connection, std::string_view bytes);
  void flush(Connection& connection);
  void close(Connection& connection);
  [[nodiscard]] std::string stats() const;

  chain::EventLoop& loop_;
  Options options_;
  int listener_ = -1;
  std::vector<std::unique_ptr<Connection>> connections_;  // by descriptor
  std::vector<Held> held_;
  bool holding_;
  int64_t errors_left_;
  int64_t malformed_left_;
  std::string last_;
  std::string fixed_;  // the response to plain requests, if it is always the same
  uint64_t serial_ = 0;
  uint64_t requests_ = 0, pending_ = 0, max_pending_ = 0, open_ = 0, max_open_ = 0, accepted_ = 0;
};

}  // namespace mock
