// Backends that answer within this process: on the loop, after everything that is waiting already.
#pragma once

#include <unordered_map>
#include <variant>

#include "runtime/model/backend.h"
#include "runtime/sched/event_loop.h"

namespace chain::model {

class LocalBackend : public Backend {
 public:
  /// `said`: what `--verbose` puts above the messages, "baseline(): nothing leaves this process".
  LocalBackend(const Services& services, std::string said)
      : loop_(services.loop), verbose_(services.options.verbose), said_(std::move(said)) {}
  ~LocalBackend() override;

  void start(CallId id, Request request, Listener& listener) final;
  void cancel(CallId id) final;
  Load load() final { return {.calls = pending_.size()}; }

 private:
  virtual std::variant<Completion, Failure> answer(const Request& request) = 0;
  void answer(CallId id, const Request& request, Listener& listener);

  EventLoop& loop_;
  bool verbose_;
  std::string said_;
  std::unordered_map<CallId, EventLoop::TimerId> pending_;
};

}  // namespace chain::model
