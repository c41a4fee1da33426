// Calls a model over HTTP: a queue with a cap, attempts with time-outs and retries, cancellation. What is
// said there is its dialect's business.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/http/client.h"
#include "runtime/model/backend.h"
#include "runtime/model/dialect.h"
#include "runtime/model/fair_queue.h"
#include "runtime/model/rate_limit.h"

namespace chain::model {

struct CallPolicy {
  uint32_t attempts = 3;     // the first one included
  uint32_t concurrency = 0;  // calls under way, waits between attempts included; 0: no cap
  RateLimit rate;
  int64_t answer_tokens = 0;  // of an answer, at most; 0 if nothing bounds it
};

class HttpBackend final : public Backend {
 public:
  /// `bucket`: what the model may use together with others; null for one of its own.
  HttpBackend(std::string model_name, std::unique_ptr<Dialect> dialect, CallPolicy policy,
              const Services& services, std::shared_ptr<RateBucket> bucket = nullptr);
  ~HttpBackend() override;

  void start(CallId id, Request request, Listener& listener) override;
  void cancel(CallId id) override;
  [[nodiscard]] Load load() override {
    const int64_t tokens = policy_.rate.tokens > 0 ? bucket_->usual_answer() : 0;
    return {calls_.size(), policy_.concurrency, !bucket_->reason(tokens).empty()};
  }

 private:
  class Call;

  void launch(Call& call);
  void launch_waiting();
  /// Takes the call off the books. At the loop's next turn, when nobody can be inside it any more, it is
  /// destroyed and its place goes to one that waits: not before, for a run that ends cancels all its calls,
  /// waiting ones too, and none of them shall start in between.
  void retire(Call& call);
  void complete(Call& call, Completion completion);
  void fail(Call& call, Failure failure);

  std::string model_name_;
  std::unique_ptr<Dialect> dialect_;
  http::Timeouts timeouts_;
  CallPolicy policy_;
  EventLoop& loop_;
  http::Client& http_;
  Random& random_;
  bool verbose_;
  http::Client::EndpointId endpoint_;
  std::shared_ptr<RateBucket> bucket_;
  std::unordered_map<CallId, std::unique_ptr<Call>> calls_;
  FairQueue waiting_;  // for a place among the running
  size_t running_ = 0;
  std::vector<std::unique_ptr<Call>> retired_;
  uint64_t turn_ = 0;  // timer
};

}  // namespace chain::model
