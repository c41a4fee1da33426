#include "runtime/http/shard.h"

#include <sys/epoll.h>

#include "runtime/http/libcurl.h"

namespace chain::http {

Shard::Shard(EventLoop& loop, Sockets& sockets, ShardOwner& owner, uint32_t capacity)
    : loop_(loop), sockets_(sockets), owner_(owner), multi_(libcurl().multi_init()) {
  if (multi_ == nullptr) return;  // `add` will say no
  libcurl().multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &on_socket);
  libcurl().multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  libcurl().multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &on_timer);
  libcurl().multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  libcurl().multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(capacity));
  libcurl().multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, static_cast<long>(capacity));
  libcurl().multi_setopt(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
}

Shard::~Shard() {
  if (multi_ != nullptr) libcurl().multi_cleanup(multi_);
  loop_.cancel_timer(timer_);
}

bool Shard::add(CURL* easy) {
  return multi_ != nullptr && libcurl().multi_add_handle(multi_, easy) == CURLM_OK;
}

void Shard::remove(CURL* easy) {
  libcurl().multi_remove_handle(multi_, easy);
}

int Shard::on_socket(CURL* /*easy*/, curl_socket_t fd, int what, void* self, void* /*socket*/) {
  auto* shard = static_cast<Shard*>(self);
  if (what == CURL_POLL_REMOVE) {
    if (shard->sockets_.opened(fd)) {
      // Either kept for the next request, which will want the same events again, or about to be closed,
      // which ends the watch.
      shard->loop_.park(fd);
    } else {
      shard->loop_.watch(fd, 0, nullptr);
    }
    return 0;
  }
  uint32_t events = 0;
  if ((what & CURL_POLL_IN) != 0) events |= EPOLLIN;
  if ((what & CURL_POLL_OUT) != 0) events |= EPOLLOUT;
  shard->loop_.watch(fd, events, [shard, fd](uint32_t ready) {
    int mask = 0;
    if ((ready & (EPOLLIN | EPOLLHUP)) != 0) mask |= CURL_CSELECT_IN;
    if ((ready & EPOLLOUT) != 0) mask |= CURL_CSELECT_OUT;
    if ((ready & EPOLLERR) != 0) mask |= CURL_CSELECT_ERR;
    shard->act(fd, mask);
  });
  return 0;
}

int Shard::on_timer(CURLM* /*multi*/, long milliseconds, void* self) {
  auto* shard = static_cast<Shard*>(self);
  shard->loop_.cancel_timer(shard->timer_);
  shard->timer_ = 0;
  if (milliseconds >= 0) {
    shard->timer_ = shard->loop_.after(int64_t{milliseconds} * 1'000'000, [shard] {
      shard->timer_ = 0;
      shard->act(CURL_SOCKET_TIMEOUT, 0);
    });
  }
  return 0;
}

void Shard::act(curl_socket_t fd, int mask) {
  int running = 0;
  owner_.enter_curl();
  libcurl().multi_socket_action(multi_, fd, mask, &running);
  owner_.leave_curl();
  int left = 0;
  while (const CURLMsg* message = libcurl().multi_info_read(multi_, &left)) {
    if (message->msg == CURLMSG_DONE) owner_.finished(message->easy_handle, message->data.result);
  }
}

}  // namespace chain::http
