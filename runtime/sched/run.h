// Running chains: any number at once on one event loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/abi/context.h"
#include "runtime/model/client.h"
#include "runtime/program/history.h"
#include "runtime/program/program.h"

namespace chain {
class EventLoop;
}

namespace chain::model {
class Prices;
}
namespace chain::tool {
class Caller;
}
namespace chain::retrieve {
class Searches;
}
namespace chain::memory {
class Memories;
}

namespace chain::sched {

class Budget;
class Journal;

struct RunError {
  abi::ErrorKind kind = abi::ErrorKind::Failed;
  std::string message;
  std::string path;                         // where in the graph: "main/reply/for[2]/classify"
  uint32_t file = 0, line = 0, column = 0;  // line 0: nowhere in source
  const Budget* refused_by = nullptr;       // of `budget`: whose bound did not allow a call. Never followed
  bool in_doubt = false;                    // a write failed, and nobody knows whether it was carried out
};

/// What happens while a run goes on, for progress, `--verbose` and `--stream`. Called on the loop's thread;
/// may start and cancel runs; hears nothing more of one that it has cancelled.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void started(std::string_view /*path*/, const program::Prompt&, const program::Model&) {}
  virtual void ended(std::string_view /*path*/, const program::Prompt&, const model::Completion&) {}
  virtual void failed(std::string_view /*path*/, const program::Prompt&, const RunError&) {}
  /// A tool is called, or an index searched; it has answered, has failed.
  virtual void called(std::string_view /*path*/, const program::External& /*tool*/) {}
  virtual void returned(std::string_view /*path*/, const program::External& /*tool*/,
                        const model::Completion& /*answer*/) {}
  virtual void failed(std::string_view /*path*/, const program::External& /*tool*/,
                      const RunError& /*error*/) {}
  virtual void sent(std::string_view /*path*/, std::string_view /*request*/) {}
  virtual void retried(std::string_view /*path*/, std::string_view /*why*/, int64_t /*delay_ns*/) {}
  /// A call's turn has come after it waited `time_ns` for `why`: "`rpm: 60`".
  virtual void waited(std::string_view /*path*/, std::string_view /*why*/, int64_t /*time_ns*/) {}
  /// The reply could not be read as the type; the prompt asks again with `complaint`.
  virtual void repaired(std::string_view /*path*/, std::string_view /*complaint*/) {}
  /// Text of the prompt whose result the chain returns, as it arrives. `reset` before a repair or retry.
  virtual void streamed(std::string_view /*text*/) {}
  virtual void reset() {}
  /// With `RunOptions::stream_all`: text of any prompt, as it arrives. `taken_back` if what came no longer
  /// counts.
  virtual void piece(std::string_view /*path*/, const program::Prompt&, std::string_view /*text*/) {}
  virtual void taken_back(std::string_view /*path*/) {}
  /// `log(...)`: text as the program made it.
  virtual void logged(std::string_view /*path*/, std::string_view /*text*/) {}
};

struct Expected {
  uint32_t expectation = 0;  // index into Program::expectations
  bool holds = false;
  std::string left, right;  // as JSON, of a comparison
};

/// What a person is to say before a run goes on.
struct Question {
  enum class Kind : uint8_t {
    Ask,      // anything, or one of some choices
    Approve,  // yes or no
    Doubt,    // whether a call that writes, and was cut short, is made again
  };
  Kind kind = Kind::Ask;
  std::string path;     // of the step
  std::string request;  // its arguments, a JSON object: {"question", "choices"} or {"what"}; of a
                        // doubt {"question"}
};

/// As the journal has it: "ask", "approve", "doubt".
[[nodiscard]] std::string_view to_string(Question::Kind kind);

struct RunResult {
  bool ok = false;
  std::string value_json;  // the chain's value; "null" for Void
  std::string text;        // if the chain's result is a string: as it is
  RunError error;
  bool journal_lost = false;  // it could not be written, which is the error
  /// The run stops here until a person answers; it stays open in its journal. `error` says the same.
  std::optional<Question> question;
  std::vector<Expected> expected;  // of a test
  /// Calls for which a test has no `given`, each place once. A `try` or a `race` goes on from there, but the
  /// test has not passed.
  std::vector<RunError> unanswered;
};

struct RunOptions {
  bool stream = false;
  bool stream_all = false;                 // every prompt's answer, not only what is returned
  bool names_steps = false;                // for clients that tell calls apart: `Request::step` is set
  uint64_t row = 0;                        // `Request::row`
  bool test = false;                       // no model is called: a prompt without a `given` fails
  uint64_t max_bytes = uint64_t{1} << 30;  // of the run's arena
  Observer* observer = nullptr;
  std::function<int64_t()> now;  // what `now()` gives: nanoseconds since 1970; the system's clock if empty
  /// Where the run is written down, and what it did before is found; outlives the loop's work. A run that is
  /// cancelled stays open there. Without one nobody can be asked.
  Journal* journal = nullptr;
  std::optional<uint64_t> seed;  // of `random`; a fresh one if empty
  /// What models cost, for bounds on that; the built-in table if null. The same for all runs of a scheduler,
  /// which it outlives.
  const model::Prices* prices = nullptr;
  std::string user;     // whose memories are used; "local" if empty
  std::string session;  // the conversation that the run belongs to; its own id if empty
  /// What was said in that conversation before, oldest first: `history` of prompts, and what agents without a
  /// memory begin with.
  std::vector<program::HistoryTurn> history;
  /// 64 bits for the `random` at that place of the run; from `seed` if empty.
  std::function<uint64_t(std::string_view path)> chance;
};

/// Walks programs' graphs. Every run ends with one call of its `done`, on the loop's thread.
class Scheduler {
 public:
  using Done = std::function<void(RunResult)>;
  using RunId = uint64_t;

  /// `tools` makes the calls of tools, `searches` those of indexes, `memories` remembers; none of that can be
  /// had if it is null.
  Scheduler(const program::Program& program, model::Client& client, EventLoop& loop,
            tool::Caller* tools = nullptr, retrieve::Searches* searches = nullptr,
            memory::Memories* memories = nullptr);
  /// Ends every run with `cancelled` at once. Not from a callback.
  ~Scheduler();

  /// Starts `chain` with the JSON object `arguments_json`. A wrong argument ends the run with
  /// invalid_value and a message that names it.
  RunId start(uint32_t chain, std::string_view arguments_json, RunOptions options, Done done);
  /// Asks for a run's end with `cancelled`: nothing more starts, calls in flight are dropped. The loop
  /// carries it out, not this call, so that observers and `done` may ask too. A run that ends before keeps
  /// its result.
  void cancel(RunId run);
  void cancel_all();
  [[nodiscard]] size_t running() const;

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with work posted to the loop, which may outlive the scheduler
};

}  // namespace chain::sched
