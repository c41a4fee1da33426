// A libcurl easy handle and the request that it carries now; handles are reused, an endpoint's settings stay.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/http/client.h"
#include "runtime/http/libcurl.h"
#include "runtime/http/sockets.h"
#include "runtime/sched/event_loop.h"

namespace chain::http {

class Shard;

/// Ends a transfer whose time-out has passed.
class TransferOwner {
 public:
  virtual ~TransferOwner() = default;
  virtual void timed_out(class Transfer& transfer) = 0;
};

struct HeaderListDeleter {
  void operator()(curl_slist* list) const { libcurl().slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, HeaderListDeleter>;

/// An endpoint's headers as libcurl takes them. It looks through them several times for each request, so
/// there are no more than needed.
struct EndpointHeaders {
  explicit EndpointHeaders(const Endpoint& endpoint);
  HeaderList usual;
  HeaderList unexpecting;  // for long bodies: without `Expect`
  std::string user_agent;
};

class Transfer {
 public:
  Transfer(const Endpoint& endpoint, const EndpointHeaders& headers, CURLSH* share, EventLoop& loop,
           Sockets& sockets, TransferOwner& owner);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// Sets what differs from request to request and starts the clocks.
  void begin(std::string_view body, Handler& new_handler);
  /// Stops the clocks.
  void finish();
  /// TimeoutTotal at `due`.
  void expire_at(int64_t due);
  /// What `code`, or our own reason to end the transfer, means.
  [[nodiscard]] Outcome outcome(CURLcode code) const;
  [[nodiscard]] CURL* easy() const { return easy_; }
  /// No socket could be had because too many files are open.
  [[nodiscard]] bool out_of_descriptors() const { return out_of_descriptors_; }

  // The client's own notes.
  uint64_t request = 0;
  uint32_t endpoint_id = 0;
  Shard* shard = nullptr;
  Handler* handler = nullptr;  // null: cancelled, to be removed

 private:
  enum class Phase : uint8_t { Connecting, Waiting, Receiving };

  static size_t on_header(char* data, size_t size, size_t count, void* self);
  static size_t on_body(char* data, size_t size, size_t count, void* self);
  static int on_ready(void* self, char*, char*, int, int);
  static curl_socket_t on_open(void* self, curlsocktype purpose, curl_sockaddr* address);

  void configure(CURLSH* share);
  bool header_line(std::string_view line);
  [[nodiscard]] bool must_be_public() const;
  [[nodiscard]] int64_t due(Result& why) const;
  void arm();
  void check();

  const Endpoint& endpoint_;
  const EndpointHeaders& headers_;
  EventLoop& loop_;
  Sockets& sockets_;
  TransferOwner& owner_;
  CURL* easy_;
  EventLoop::TimerId timer_ = 0;
  int64_t armed_ = 0;  // when timer_ runs
  int64_t started_ = 0;
  int64_t phase_began_ = 0;  // Receiving: when the last piece came
  int64_t expires_ = 0;
  uint64_t body_bytes_ = 0;
  uint32_t header_bytes_ = 0;
  Phase phase_ = Phase::Connecting;
  Result ended_by_us_ = Result::Ok;
  bool out_of_descriptors_ = false;
  bool long_body_ = false;  // which headers are set
  char error_[CURL_ERROR_SIZE] = {};
};

}  // namespace chain::http
