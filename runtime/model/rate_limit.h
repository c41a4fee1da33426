// How often a model may be asked: requests and tokens a minute, and the pauses that its provider asks for.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "runtime/model/fair_queue.h"

#include "runtime/model/fair_queue.h"

namespace chain {
class EventLoop;
}

namespace chain::model {

/// In any minute; 0 for no limit.
struct RateLimit {
  int64_t requests = 0;
  int64_t tokens = 0;
};

/// What models at one endpoint, with one id and one key, may use together. A request is granted if, with all
/// that were granted in the minute before, it stays within the limits: whether a provider counts in minutes
/// or refills a bucket all the time, it never sees more than it allows.
class RateBucket {
 public:
  using Ticket = uint64_t;  // never 0
  using Grant = uint64_t;

  explicit RateBucket(EventLoop& loop) : loop_(loop) {}
  ~RateBucket();
  RateBucket(const RateBucket&) = delete;
  RateBucket& operator=(const RateBucket&) = delete;

  /// Of several limits the least counts.
  void limit(RateLimit limit);

  struct Ask {
    const void* run = nullptr;
    int64_t tokens = 0;   // as far as one can tell; more than the limit is taken for the limit
    bool urgent = false;  // goes on with a call that has had its turn
    /// Told when the turn comes, on the loop's thread and not from within `ask`.
    std::function<void(Grant grant)> go;
  };
  /// The ticket of who has to wait; 0 if the request was granted at once: `granted` says as which, and `go`
  /// is not called.
  [[nodiscard]] Ticket ask(Ask ask, Grant& granted);
  /// Who waits no more has cost nothing. Other tickets are ignored.
  void leave(Ticket ticket);
  /// What the request took in truth. A grant of more than a minute ago is of no account.
  void settle(Grant grant, int64_t tokens);
  /// No request goes out for `time_ns`: the provider asked for that.
  void pause(int64_t time_ns);
  /// What a request of so many tokens would have to wait for at this moment, for people; empty if it would
  /// not.
  [[nodiscard]] std::string reason(int64_t tokens);

  /// Tokens of an answer, by those that came lately.
  [[nodiscard]] int64_t usual_answer() const { return usual_answer_; }
  void answered(int64_t output_tokens);

 private:
  struct Granted {
    int64_t time = 0;
    int64_t tokens = 0;
  };

  enum class Bound : uint8_t { None, Pause, Requests, Tokens };
  struct Free {
    int64_t time = 0;
    Bound bound = Bound::None;  // the one that holds longest
  };
  /// From when on a request of so many tokens may go.
  [[nodiscard]] Free free_at(int64_t tokens);
  void forget_old();
  Grant grant(int64_t tokens);
  /// Grants what may go.
  void serve();
  /// Comes back when the first that waits may go.
  void come_back();

  EventLoop& loop_;
  RateLimit limit_;
  FairQueue queue_;
  std::unordered_map<Ticket, Ask> asked_;
  std::deque<Granted> lately_;  // grants of the last minute, if there is a limit
  int64_t lately_tokens_ = 0;   // their sum
  Grant first_ = 1;             // of `lately_`
  Ticket serial_ = 0;
  int64_t paused_until_ = 0;
  int64_t usual_answer_ = 256;  // tokens; a guess until one came
  uint64_t timer_ = 0;
};

/// The buckets of a process, or of one client.
class RateLimits {
 public:
  explicit RateLimits(EventLoop& loop) : loop_(loop) {}
  /// Who asks for the same `url`, `key` and `id` shares a bucket.
  [[nodiscard]] std::shared_ptr<RateBucket> bucket(const std::string& url, const std::string& key,
                                                   const std::string& id);

 private:
  EventLoop& loop_;
  std::unordered_map<std::string, std::shared_ptr<RateBucket>> buckets_;
};

}  // namespace chain::model
