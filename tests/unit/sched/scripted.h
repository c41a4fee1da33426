// A model whose answers say themselves when they come, in logical time: what runs beside what can be read off
// a trace, and is the same every time.
#pragma once

#include <string>
#include <vector>

#include "runtime/model/client.h"
#include "runtime/sched/event_loop.h"
#include "runtime/sched/run.h"

namespace chain::test {

/// A prompt's user message is its script: "NAME TICKS REPLY". The call takes so many ticks and gives the
/// reply, or fails: "NAME TICKS !timeout". At most `concurrency` calls are under way at once; the others wait
/// in order.
class ScriptedClient final : public model::Client, public sched::Observer {
 public:
  ScriptedClient(EventLoop& loop, size_t concurrency) : loop_(loop), concurrency_(concurrency) {}

  CallId start(model::Request request, model::Listener& listener) override;
  void cancel(CallId call) override;

  void logged(std::string_view path, std::string_view text) override;
  [[nodiscard]] int64_t now() const { return now_; }

  /// "0 +a", "3 a" (answered), "3 -b" (dropped), "2 a!" (failed), "3 log x", in order.
  std::vector<std::string> trace;

 private:
  struct Call {
    CallId id;
    model::Listener* listener;
    std::string name;
    int64_t ticks;
    std::string reply;
    bool begun = false;
    int64_t due = 0;
  };

  void begin_waiting();
  void wake();
  void advance();
  void note(const std::string& text) { trace.push_back(std::to_string(now_) + ' ' + text); }

  EventLoop& loop_;
  size_t concurrency_;
  int64_t now_ = 0;
  CallId next_ = 1;
  bool awake_ = false;
  std::vector<Call> calls_;
};

struct ScriptedRun {
  std::string outcome;  // the result's JSON, or "KIND: MESSAGE"
  std::string trace;    // joined by ", "
};

/// Compiles `source` and runs `main`. A tick is a second of what `now()` gives, from 1970 on. A source whose
/// prompts are to be scripted says `model m = openai("m")`.
ScriptedRun run_scripted(const std::string& source, size_t concurrency = 64);

}  // namespace chain::test
