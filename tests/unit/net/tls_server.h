// A TLS server on loopback with a certificate that nobody vouches for.
#pragma once

#include <cstdint>
#include <string>
#include <thread>

namespace chain::test {

/// Answers one connection, if its handshake succeeds, with a short HTTP response; in a thread of its own.
class TlsServer {
 public:
  TlsServer();
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  [[nodiscard]] uint16_t port() const { return port_; }
  /// The certificate, for "localhost" and 127.0.0.1, as PEM.
  [[nodiscard]] const std::string& certificate() const { return certificate_; }

 private:
  void serve(void* context);

  int listener_ = -1;
  uint16_t port_ = 0;
  std::string certificate_;
  std::thread thread_;
};

}  // namespace chain::test
