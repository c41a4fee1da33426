// Everything that runs chains of one program: loop, client and scheduler.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "runtime/model/client.h"
#include "runtime/program/program.h"
#include "runtime/sched/event_loop.h"
#include "runtime/sched/run.h"

namespace chain::cli {

class Session {
 public:
  Session(std::shared_ptr<const program::Program> program, bool verbose);

  [[nodiscard]] EventLoop& loop() { return loop_; }
  /// Runs `chain` to its end. Nothing if Ctrl-C came first; calls in flight are dropped then.
  [[nodiscard]] std::optional<sched::RunResult> run(uint32_t chain, std::string_view arguments_json,
                                                    sched::RunOptions options);

 private:
  std::shared_ptr<const program::Program> program_;
  EventLoop loop_;
  std::unique_ptr<model::Client> client_;
  sched::Scheduler scheduler_;
};

}  // namespace chain::cli
