// What a run writes down about itself while it goes on, so that another process can take it up where this
// one ends. runtime/store keeps it; the scheduler only knows this.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/model/client.h"

namespace chain::sched {

struct RunResult;

/// A step that begins. Views last for the call.
struct StepBegin {
  std::string_view path;    // "main/reply/for[2]/classify"; asked again: ".../repair[1]". Unlike any other's
  std::string_view kind;    // "prompt", "tool", "search", "remember", "recall", "ask", "approve", "doubt",
                            // "now", "log", "time"; "agent" for the whole of one, around its steps
  std::string_view name;    // of the prompt or tool, with its version; "human.ask"
  std::string_view digest;  // of what is asked; empty for steps that ask nothing
  std::string_view model;   // as the program names it; empty for other kinds
  std::string_view request = {};  // what a person is asked, or a tool or search is given, as JSON
};

/// How a step ended.
struct StepEnd {
  bool ok = true;
  bool dropped = false;          // nobody waited for its answer any more; not ok then
  model::Completion completion;  // of steps other than calls of models, `text` alone
  model::Failure failure;        // if not ok
  std::string request;           // as it was last sent, without secrets; may be empty
  std::string asked = {};        // "PROVIDER/ID" of the model that answered, or should have
  /// In 1e-9 US dollars, by the prices of the moment; of an answer from the cache what it saved. Nothing
  /// without a price, or without an answer.
  std::optional<int64_t> cost = std::nullopt;
};

/// One run's journal. For the loop's thread.
class Journal {
 public:
  /// Told on the loop's thread, in order, once all that came before is kept; with why not, if it could not
  /// be.
  using Written = std::function<void(std::string_view problem)>;

  /// A step that ended in an earlier process.
  struct Recorded {
    uint64_t order = 0;  // among all that ended
    std::string digest;
    StepEnd end;
  };

  virtual ~Journal() = default;
  /// Null if the step has not ended before.
  [[nodiscard]] virtual const Recorded* find(std::string_view path) const = 0;
  /// What is known of a step that an earlier process began and is not known to have ended: how the call
  /// failed without an answer, or nothing, "", if the process ended first. Nothing of any other.
  [[nodiscard]] virtual std::optional<std::string> in_doubt(std::string_view /*path*/) const {
    return std::nullopt;
  }
  /// The run's own name, unlike any other's.
  [[nodiscard]] virtual std::string run_id() const { return {}; }
  /// Whether any has.
  [[nodiscard]] virtual bool resumes() const = 0;
  /// Whether a step that asks something else than the recorded one is a new one; if not, the run does not go
  /// on.
  [[nodiscard]] virtual bool forks() const { return false; }
  /// A recorded step counts in this run.
  virtual void took_over(const StepBegin& /*step*/, const Recorded& /*recorded*/) {}
  /// Nanoseconds for which steps under `path` went on in earlier processes. Waiting for people is no step.
  [[nodiscard]] virtual int64_t spent(std::string_view /*path*/) const { return 0; }
  virtual void begin(const StepBegin& step, Written written) = 0;
  /// If it was dropped, whoever takes the run up may begin it anew.
  virtual void end(std::string_view path, StepEnd end) = 0;
  /// A step that takes no time.
  virtual void note(const StepBegin& step, std::string_view text) = 0;
  /// The run has come to its end.
  virtual void finish(const RunResult& result, Written written) = 0;
};

}  // namespace chain::sched
