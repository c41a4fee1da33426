// Servers as child processes of a test: started, asked, and stopped by process id.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace chain::test {

/// A program of the build's bin folder that prints its port as the first line of its stdout. Ends with the
/// object.
class Peer {
 public:
  /// Throws std::runtime_error if it does not start or prints no port.
  explicit Peer(const std::string& program, const std::vector<std::string>& arguments = {});
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  [[nodiscard]] uint16_t port() const { return port_; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// "http://127.0.0.1:PORT/v1"
  [[nodiscard]] std::string base_url() const;
  /// The body of the answer to a request without one. Waits for it.
  [[nodiscard]] std::string get(const std::string& path) const { return ask("GET", path); }
  std::string post(const std::string& path) const { return ask("POST", path); }
  /// One number of `get("/stats")`; -1 if it has none of that name.
  [[nodiscard]] int64_t stat(const std::string& name) const;
  /// SIGTERM, and waits. Returns the exit code, or 128 and the signal.
  int stop();

 private:
  [[nodiscard]] std::string ask(const std::string& method, const std::string& path) const;

  pid_t pid_ = -1;
  int output_ = -1;
  uint16_t port_ = 0;
};

/// The mock of chat completions (tests/peers/mock_openai).
class MockOpenAi : public Peer {
 public:
  explicit MockOpenAi(const std::vector<std::string>& arguments = {}) : Peer("mock_openai", arguments) {}
};

/// A loopback port that nobody listens on.
[[nodiscard]] uint16_t unused_port();

}  // namespace chain::test
