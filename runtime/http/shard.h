// One libcurl multi handle on the event loop. A client has several, because libcurl walks over all
// connections to a host to find a free one: with 10,000 of them in one handle that walk would be most of the
// work.
#pragma once

#include <curl/curl.h>

#include <cstdint>

#include "runtime/http/sockets.h"
#include "runtime/sched/event_loop.h"

namespace chain::http {

/// What a shard tells its client; from within libcurl, except `finished`.
class ShardOwner {
 public:
  virtual ~ShardOwner() = default;
  virtual void enter_curl() = 0;
  /// libcurl may be called again: what was put off can be done.
  virtual void leave_curl() = 0;
  virtual void finished(CURL* easy, CURLcode code) = 0;
};

class Shard {
 public:
  /// At most `capacity` connections, idle ones included; when they are needed, idle ones make room.
  Shard(EventLoop& loop, Sockets& sockets, ShardOwner& owner, uint32_t capacity);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  [[nodiscard]] bool add(CURL* easy);
  /// Closes the connection if the transfer is not over (HTTP/2: resets the stream).
  void remove(CURL* easy);

  // Kept by the client:
  uint32_t active = 0;  // transfers
  size_t number = 0;

 private:
  static int on_socket(CURL* easy, curl_socket_t fd, int what, void* self, void* socket);
  static int on_timer(CURLM* multi, long milliseconds, void* self);
  void act(curl_socket_t fd, int mask);

  EventLoop& loop_;
  Sockets& sockets_;
  ShardOwner& owner_;
  CURLM* multi_;
  EventLoop::TimerId timer_ = 0;
};

}  // namespace chain::http
