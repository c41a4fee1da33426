#include "runtime/http/sockets.h"

#include <sys/socket.h>
#include <unistd.h>

namespace chain::http {

curl_socket_t Sockets::open(const curl_sockaddr& address) {
  const int fd = socket(address.family, address.socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address.protocol);
  if (fd < 0) return CURL_SOCKET_BAD;
  const auto index = static_cast<size_t>(fd);
  if (index >= open_.size()) open_.resize(index + 64);
  open_[index] = true;
  return fd;
}

bool Sockets::opened(curl_socket_t fd) const {
  return static_cast<size_t>(fd) < open_.size() && open_[static_cast<size_t>(fd)];
}

int Sockets::on_close(void* self, curl_socket_t fd) {
  auto* sockets = static_cast<Sockets*>(self);
  sockets->loop_.watch(fd, 0, nullptr);
  if (sockets->opened(fd)) sockets->open_[static_cast<size_t>(fd)] = false;
  return close(fd);
}

}  // namespace chain::http
