// The sockets that libcurl opens for a client.
#pragma once

#include <curl/curl.h>

#include <vector>

#include "runtime/sched/event_loop.h"

namespace chain::http {

/// Opens and closes sockets for libcurl, so that the event loop's watch ends before a descriptor does.
/// Descriptors that libcurl opens otherwise (its resolver's) are not known here.
class Sockets {
 public:
  explicit Sockets(EventLoop& loop) : loop_(loop) {}

  /// CURL_SOCKET_BAD, and errno, if there is none.
  curl_socket_t open(const curl_sockaddr& address);
  [[nodiscard]] bool opened(curl_socket_t fd) const;
  /// A CURLOPT_CLOSESOCKETFUNCTION; `self` is the Sockets.
  static int on_close(void* self, curl_socket_t fd);

 private:
  EventLoop& loop_;
  std::vector<bool> open_;  // by descriptor
};

}  // namespace chain::http
