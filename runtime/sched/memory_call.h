// One call of a memory that is under way. Internal to runtime/sched.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/memory/memories.h"
#include "runtime/sched/budget.h"
#include "runtime/sched/run_state.h"
#include "runtime/sched/tariff.h"

namespace chain::sched {

class MemoryCall;

/// What a call of a memory needs of the scheduler. It may be destroyed from within, but for the last two.
class MemoryHost {
 public:
  virtual ~MemoryHost() = default;
  /// `completion` is the answer as the journal has it: null, or a JSON list of texts.
  virtual void memory_ended(MemoryCall& call, model::Completion completion) = 0;
  virtual void memory_failed(MemoryCall& call, model::Failure failure) = 0;
  /// As of calls of prompts.
  virtual void memory_waits(MemoryCall& call) = 0;
  virtual void memory_settled(Run& run) = 0;
};

/// What `remember` and `recall` are given.
struct MemoryRequest {
  memory::Owner owner;
  std::string text;  // to be kept, or looked for
  uint32_t top = 0;
  memory::Entry entry;  // of what is kept, without its text
  std::string key;
};

/// A model that makes vectors of the text takes of the budgets around; all else is free.
class MemoryCall final : public Call {
 public:
  MemoryCall(MemoryHost& host, memory::Memories& memories, Tariff& tariff, Instance& instance, uint32_t task,
             std::string path, MemoryRequest request)
      : Call(instance, task),
        host_(host),
        memories_(memories),
        tariff_(tariff),
        path_(std::move(path)),
        request_(std::move(request)) {}
  ~MemoryCall() override;

  /// Makes the call when its budgets allow it.
  void send() { go(); }
  void admit() override;
  void cancel() override;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const program::External& callee() const;

 private:
  void go();
  /// False if it has to wait, or has failed.
  [[nodiscard]] bool reserve();
  void settle(const model::Usage& usage);
  void ended(std::string answer);
  void failed(model::Failure failure);
  [[nodiscard]] model::Usage usage() const;
  [[nodiscard]] uint32_t embed_model() const;

  MemoryHost& host_;
  memory::Memories& memories_;
  Tariff& tariff_;
  std::string path_;
  MemoryRequest request_;
  Amount reserved_;
  bool waits_ = false;
  bool holds_ = false;
  memory::Memories::CallId id_ = 0;
};

}  // namespace chain::sched
