// One call of a prompt: rendering, the model, reading the reply, asking again. Internal to runtime/sched.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "runtime/sched/model_call.h"

namespace chain::sched {

class PromptCall final : public ModelCall {
 public:
  PromptCall(CallHost& host, model::Client& client, const PreparedPrompt& prepared, Tariff& tariff,
             Instance& instance, uint32_t task, uint32_t model);

  /// Renders the messages and sends them. False if rendering failed: `context` holds the error.
  [[nodiscard]] bool start();

 private:
  void done(model::Completion completion) override;

  [[nodiscard]] model::Request request() const override;
  void name_step(model::Request& request) const override;
  /// Nanoseconds for which an answer may be used again.
  [[nodiscard]] int64_t cache() const;
  [[nodiscard]] uint32_t similar() const;
  /// Which of several answers to its question this is for: samples shall differ, kept or not.
  [[nodiscard]] std::string repeat() const;
  /// Reads the reply into the frame; the complaint for the model if it cannot be read.
  [[nodiscard]] std::string read(const model::Completion& completion);
  void give_up(const model::Completion& completion, const std::string& complaint);
  /// An answer that was kept cannot be read any more: asks as if there had been none.
  void ask_anew(const std::function<void()>& forget);
  void ask_again(std::string reply, const std::string& complaint);

  const PreparedPrompt& prepared_;
  uint32_t repairs_ = 0;
  bool anew_ = false;                                   // has asked anew
  std::function<void(const model::Completion&)> keep_;  // what its own question is to be answered with later
  std::vector<model::Message> messages_;
};

}  // namespace chain::sched
