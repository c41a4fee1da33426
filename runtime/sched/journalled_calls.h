// The calls of one run's prompts, by way of its journal. Internal to runtime/sched.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/model/client.h"
#include "runtime/sched/event_loop.h"
#include "runtime/sched/journal.h"
#include "runtime/sched/tariff.h"

namespace chain::sched {

/// What the journal compares by: of all that a step asks.
[[nodiscard]] std::string step_digest(std::string_view asked);

/// Why a run cannot go on whose step at `path` is not what its journal says.
[[nodiscard]] std::string other_question(std::string_view path);

/// A call goes out once its beginning is kept, and with it the end of every call before: whatever a model was
/// asked hangs on nothing that could be lost.
///
/// Calls that ended in an earlier process are answered from the journal, one at a time, in the order in which
/// they ended then, and meanwhile none goes out: races and failures come out as they did, and what was
/// dropped then is dropped again before it could be asked.
///
/// Shared with callbacks of the journal, which may come when the run has ended.
class JournalledCalls final : public model::Client, public std::enable_shared_from_this<JournalledCalls> {
 public:
  /// `lost` is told when the journal cannot be written: the run must not go on. What calls cost is written
  /// down by `tariff`.
  JournalledCalls(model::Client& client, Journal& journal, EventLoop& loop, Tariff& tariff,
                  std::function<void(std::string_view problem)> lost);
  ~JournalledCalls() override;

  CallId start(model::Request request, model::Listener& listener) override;
  void cancel(CallId call) override;

  /// Has `happen` called once all that ended in an earlier process, and is asked for, has been answered.
  void when_live(std::function<void()> happen);
  /// Has `happen` called in its turn among what ended in an earlier process.
  void at(uint64_t order, std::function<void()> happen);

 private:
  class Call;

  void begin(Call& call);
  void written(CallId id, std::string_view problem);
  /// At the loop's next turn, when all that follows from the last answer has been asked.
  void schedule();
  void turn();
  void answer(CallId id);
  std::unique_ptr<Call> take(CallId id);

  model::Client& client_;
  Journal& journal_;
  EventLoop& loop_;
  Tariff& tariff_;
  std::function<void(std::string_view problem)> lost_;
  std::unordered_map<CallId, std::unique_ptr<Call>> calls_;
  bool replaying_;
  std::map<uint64_t, std::function<void()>> recorded_;  // by when it was
  std::vector<std::function<void()>> held_;             // until all of those are answered
  EventLoop::TimerId turn_ = 0;
  CallId serial_ = 0;
};

}  // namespace chain::sched
