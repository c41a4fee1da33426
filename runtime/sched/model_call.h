// One call of a model that is under way, whoever makes it: what it may take, what is told of it, its end.
// Internal to runtime/sched.
#pragma once

#include <string>
#include <string_view>

#include "runtime/model/client.h"
#include "runtime/sched/prepared.h"
#include "runtime/sched/run_state.h"
#include "runtime/sched/tariff.h"

namespace chain::sched {

class ModelCall;

/// What a call needs of the scheduler.
class CallHost {
 public:
  virtual ~CallHost() = default;
  /// The result lies in the frame. The call may be destroyed from within.
  virtual void call_succeeded(ModelCall& call) = 0;
  virtual void call_failed(ModelCall& call, abi::ErrorKind kind, std::string message) = 0;
  /// The call does not fit into what is left of a budget before others have ended.
  virtual void wait(Call& call) = 0;
  /// Something was settled: calls of the run that wait may fit now.
  virtual void settled(Run& run) = 0;
};

class ModelCall : public Call, public model::Listener {
 public:
  ~ModelCall() override;
  void cancel() override;
  void admit() override;

  [[nodiscard]] const program::Prompt& prompt() const { return prompt_; }
  [[nodiscard]] const abi::Context& context() const { return own_; }

 protected:
  /// `model` is a place in Program::models.
  ModelCall(CallHost& host, model::Client& client, Tariff& tariff, Instance& instance, uint32_t task,
            const program::Prompt& prompt, uint32_t model);

  /// Sends `request()` when the budgets around allow it.
  void send();
  [[nodiscard]] virtual model::Request request() const = 0;
  /// Says where in the run the request is made, for its journal.
  virtual void name_step(model::Request& request) const = 0;
  /// Whether it is a step of an agent, which budgets count.
  [[nodiscard]] virtual bool is_step() const { return false; }

  void sent(std::string_view request) override;
  void delta(std::string_view text) override;
  void retry(std::string_view why, int64_t delay_ns) override;
  void waited(std::string_view why, int64_t time_ns) override;
  void failed(model::Failure failure) override;

  /// What the call holds of budgets becomes what the answer took. First of all when one has come.
  void settle(const model::Completion& completion);
  /// What was streamed so far no longer counts.
  void take_back();
  void fail_out_of_memory();
  /// Counts the call's own memory against the run's limit.
  void count_memory();
  [[nodiscard]] std::string path() const { return path_of(instance_, task_); }
  [[nodiscard]] Observer* observer() const { return instance_.run->observer(); }

  CallHost& host_;
  model::Client& client_;
  Tariff& tariff_;
  const program::Prompt& prompt_;
  const uint32_t model_;
  Budget* budget_;         // null for none
  abi::Context own_;       // what nobody needs once the call has ended: its messages
  bool streams_ = false;   // to the user
  bool streamed_ = false;  // something has

 private:
  void settle(Amount taken);

  uint64_t counted_ = 0;  // of own_'s bytes
  model::Client::CallId id_ = 0;
  Amount reserved_;     // while it is in flight under a budget
  bool holds_ = false;  // something is reserved
  bool waits_ = false;  // until something is settled
};

/// Reads `reply` as `prompt`'s result into `out`, whose memory is the run's; the complaint for the model if
/// it cannot be read.
[[nodiscard]] std::string read_reply(Run& run, const program::Prompt& prompt, const value::ReplyPlan& plan,
                                     std::string_view reply, std::byte* out);

/// What the model hears whose answer cannot be used.
[[nodiscard]] std::string ask_for_correction(std::string_view complaint);

}  // namespace chain::sched
