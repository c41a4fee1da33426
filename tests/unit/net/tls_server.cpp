#include "tests/unit/net/tls_server.h"

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string_view>

#include "tests/unit/net/certificate.h"

namespace chain::test {

TlsServer::TlsServer() {
  const Certificate made = make_certificate();
  certificate_ = made.certificate;
  const TemporaryFile certificate(made.certificate), key(made.key);
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  SSL_CTX_use_certificate_file(context, certificate.path().c_str(), SSL_FILETYPE_PEM);
  SSL_CTX_use_PrivateKey_file(context, key.path().c_str(), SSL_FILETYPE_PEM);

  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, generic, size) == 0 && listen(listener_, 8) == 0) {
    getsockname(listener_, generic, &size);
    port_ = ntohs(address.sin_port);
  }
  thread_ = std::thread([this, context] { serve(context); });
}

TlsServer::~TlsServer() {
  shutdown(listener_, SHUT_RDWR);
  thread_.join();
  close(listener_);
}

void TlsServer::serve(void* context) {
  const int fd = accept(listener_, nullptr, nullptr);
  SSL* session = SSL_new(static_cast<SSL_CTX*>(context));
  if (fd >= 0) {
    SSL_set_fd(session, fd);
    if (SSL_accept(session) == 1) {
      char buffer[4096];
      SSL_read(session, buffer, sizeof buffer);
      constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nsafe";
      SSL_write(session, kAnswer.data(), static_cast<int>(kAnswer.size()));
      SSL_shutdown(session);
    }
    close(fd);
  }
  SSL_free(session);
  SSL_CTX_free(static_cast<SSL_CTX*>(context));
}

}  // namespace chain::test
