#include "cli/session.h"

#include <utility>

#include "cli/interrupt.h"

namespace chain::cli {

Session::Session(std::shared_ptr<const program::Program> program, bool verbose)
    : program_(std::move(program)),
      client_(model::make_client(*program_, loop_, {.verbose = verbose})),
      scheduler_(*program_, *client_, loop_) {}

std::optional<sched::RunResult> Session::run(uint32_t chain, std::string_view arguments_json,
                                             sched::RunOptions options) {
  const Interrupt interrupt(loop_);
  // Shared: a run that was given up may still report its end when the scheduler goes.
  const auto result = std::make_shared<std::optional<sched::RunResult>>();
  scheduler_.start(chain, arguments_json, options, [this, result](sched::RunResult ended) {
    *result = std::move(ended);
    loop_.stop();
  });
  if (!*result) loop_.run();
  if (!*result) {
    scheduler_.cancel_all();
    return std::nullopt;
  }
  return std::move(*result);
}

}  // namespace chain::cli
