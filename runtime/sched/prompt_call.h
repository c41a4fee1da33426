// One call of a prompt: rendering, the model, reading the reply, asking again. Internal to runtime/sched.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "runtime/model/client.h"
#include "runtime/sched/prepared.h"
#include "runtime/sched/run_state.h"
#include "runtime/sched/tariff.h"

namespace chain::sched {

/// What a call needs of the scheduler.
class CallHost {
 public:
  virtual ~CallHost() = default;
  /// The result lies in the frame. The call may be destroyed from within.
  virtual void call_succeeded(PromptCall& call) = 0;
  virtual void call_failed(PromptCall& call, abi::ErrorKind kind, std::string message) = 0;
  /// The call does not fit into what is left of a budget before others have ended.
  virtual void wait(Call& call) = 0;
  /// Something was settled: calls of the run that wait may fit now.
  virtual void settled(Run& run) = 0;
};

class PromptCall final : public Call, public model::Listener {
 public:
  PromptCall(CallHost& host, model::Client& client, const PreparedPrompt& prepared, Tariff& tariff,
             Instance& instance, uint32_t task, uint32_t model);
  ~PromptCall() override;

  /// Renders the messages and sends them. False if rendering failed: `context` holds the error.
  [[nodiscard]] bool start();
  void cancel() override;

  void admit() override;

  [[nodiscard]] const program::Prompt& prompt() const { return prompt_; }
  [[nodiscard]] const abi::Context& context() const { return own_; }

 private:
  void sent(std::string_view request) override;
  void delta(std::string_view text) override;
  void retry(std::string_view why, int64_t delay_ns) override;
  void waited(std::string_view why, int64_t time_ns) override;
  void done(model::Completion completion) override;
  void failed(model::Failure failure) override;

  void send();
  [[nodiscard]] model::Request request() const;
  /// Says where in the run the request is made, for its journal.
  void name_step(model::Request& request) const;
  /// What the call holds of budgets becomes what it took.
  void settle(const Amount& taken);
  /// Nanoseconds for which an answer may be used again.
  [[nodiscard]] int64_t cache() const;
  [[nodiscard]] uint32_t similar() const;
  /// Which of several answers to its question this is for: samples shall differ, kept or not.
  [[nodiscard]] std::string repeat() const;
  /// What was streamed so far no longer counts.
  void take_back();
  /// Reads the reply into the frame; the complaint for the model if it cannot be read.
  [[nodiscard]] std::string read(std::string_view reply);
  [[nodiscard]] std::string read(const model::Completion& completion);
  void give_up(const model::Completion& completion, const std::string& complaint);
  /// An answer that was kept cannot be read any more: asks as if there had been none.
  void ask_anew(const std::function<void()>& forget);
  void ask_again(std::string reply, const std::string& complaint);
  void fail_out_of_memory();
  /// Counts the call's own memory against the run's limit.
  void count_memory();
  [[nodiscard]] std::string path() const { return path_of(instance_, task_); }
  [[nodiscard]] Observer* observer() const { return instance_.run->observer(); }

  CallHost& host_;
  model::Client& client_;
  const PreparedPrompt& prepared_;
  Tariff& tariff_;
  uint32_t model_;  // place in Program::models
  const program::Prompt& prompt_;
  abi::Context own_;      // what nobody needs once the call has ended: its messages
  uint64_t counted_ = 0;  // of own_'s bytes
  model::Client::CallId id_ = 0;
  uint32_t repairs_ = 0;
  bool anew_ = false;                                   // has asked anew
  std::function<void(const model::Completion&)> keep_;  // what its own question is to be answered with later
  Amount reserved_;                                     // while it is in flight under a budget
  bool holds_ = false;                                  // something is reserved
  bool waits_ = false;                                  // until something is settled
  bool streams_ = false;                                // to the user
  bool streamed_ = false;                               // something has
  std::vector<model::Message> messages_;
};

}  // namespace chain::sched
