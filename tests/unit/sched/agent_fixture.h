// Agents without a compiler: a program whose loop is written by hand, a model that is a function, tools that
// are one too, and a journal in memory.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/memory/memories.h"
#include "runtime/model/client.h"
#include "runtime/program/program.h"
#include "runtime/sched/event_loop.h"
#include "runtime/sched/journal.h"
#include "runtime/sched/run.h"
#include "runtime/tool/caller.h"

namespace chain::test {

/// An answer is made at the loop's next turn; nothing where there is none to come, and a failure with its
/// text where its `finish_reason` is "failed".
class FunctionModel final : public model::Client {
 public:
  using Answer = std::function<model::Completion(const model::Request&)>;
  FunctionModel(EventLoop& loop, Answer answer) : loop_(loop), answer_(std::move(answer)) {}
  CallId start(model::Request request, model::Listener& listener) override;
  void cancel(CallId call) override;

  size_t asked = 0, cancelled = 0;

 private:
  EventLoop& loop_;
  Answer answer_;
  CallId last_ = 0;
  std::map<CallId, model::Listener*> open_;
};

/// A tool's answer: its text, or a failure if that begins with '!' ("!timeout", or `tool_failed` with the
/// text; '?' likewise, and nobody knows whether it was carried out), or none at all if it is "never".
class FunctionTools final : public tool::Caller {
 public:
  using Answer = std::function<std::string(const std::string& tool, const std::string& text)>;
  FunctionTools(EventLoop& loop, Answer answer) : loop_(loop), answer_(std::move(answer)) {}
  CallId start(tool::Request request, model::Listener& listener) override;
  void cancel(CallId call) override;

  std::vector<std::string> trace;  // "+look a", "look a", "-look a"

 private:
  EventLoop& loop_;
  Answer answer_;
  CallId last_ = 0;
  std::map<CallId, std::pair<std::string, model::Listener*>> open_;
};

/// Keeps what has ended, and takes it up again.
class MemoryJournal final : public sched::Journal {
 public:
  explicit MemoryJournal(EventLoop& loop, std::map<std::string, Recorded> before = {},
                         std::map<std::string, std::string> begun = {})
      : loop_(loop), before_(std::move(before)), begun_before_(std::move(begun)) {}
  [[nodiscard]] const Recorded* find(std::string_view path) const override;
  [[nodiscard]] std::optional<std::string> in_doubt(std::string_view path) const override;
  [[nodiscard]] std::string run_id() const override { return "run"; }
  [[nodiscard]] bool resumes() const override { return !before_.empty() || !begun_before_.empty(); }
  void took_over(const sched::StepBegin& step, const Recorded& recorded) override;
  void begin(const sched::StepBegin& step, Written written) override;
  void end(std::string_view path, sched::StepEnd end) override;
  void note(const sched::StepBegin& step, std::string_view text) override;
  void finish(const sched::RunResult&, Written written) override;

  /// Of what was asked at `path`.
  [[nodiscard]] std::string digest_of(const std::string& path) const { return digests_.at(path); }

  std::map<std::string, std::string> begun;  // requests by path, of what has not ended
  std::map<std::string, Recorded> ended;

 private:
  EventLoop& loop_;
  std::map<std::string, Recorded> before_;
  std::map<std::string, std::string> begun_before_;
  std::map<std::string, std::string> digests_;
};

struct ToolForm {
  std::string name;
  program::Effect effect = program::Effect::Reads;
  bool gives_untrusted = false;
  bool approve = false;
  std::string doc = {};
};

/// `agent researcher(question: string) -> string` and others, `chain main(question: string) -> string`, which
/// calls the first. Every tool takes a `text` and gives a string. The loop asks until no tool is called, 16
/// times at most.
class AgentProgram {
 public:
  AgentProgram();
  uint32_t add_agent(const std::string& name, std::vector<ToolForm> tools, program::Bounds bounds = {},
                     const std::string& provider = "openai");
  /// The agent `inner` becomes a tool of `outer`, or whom it can hand to.
  void add_agent_as_tool(uint32_t outer, uint32_t inner, program::Effect effect, bool handoff = false);
  /// `main` calls agent 0.
  void finish();

  program::Program program;

 private:
  program::TypeId record(const std::string& name,
                         std::vector<std::pair<std::string, program::TypeId>> fields);
  uint32_t add_region(program::Task task, program::TypeId parameters, program::TypeId result);

  program::TypeId message_, call_, result_, tool_, loop_parameters_, text_parameters_, question_parameters_;
  uint32_t loop_ = 0;
};

/// A run of `main`, whole.
struct AgentRun {
  explicit AgentRun(AgentProgram& made, FunctionModel::Answer model, FunctionTools::Answer tools = {},
                    const std::function<memory::Memories*(EventLoop&)>& memories = {});
  sched::RunResult run(const std::string& question = "Is it raining?", sched::RunOptions options = {});

  EventLoop loop;
  FunctionModel model;
  FunctionTools tools;
  sched::Scheduler scheduler;
};

/// Likewise, with the model that the program names at the other end of a wire.
struct WireRun {
  explicit WireRun(AgentProgram& made, FunctionTools::Answer tools = {},
                   memory::Memories* memories = nullptr);
  sched::RunResult run(const std::string& question, sched::RunOptions options = {});

  EventLoop loop;
  std::unique_ptr<model::Client> model;
  FunctionTools tools;
  sched::Scheduler scheduler;
};

/// Runs `main` to its end.
sched::RunResult run_main(EventLoop& loop, sched::Scheduler& scheduler, const std::string& question,
                          const sched::RunOptions& options);

/// An answer that calls tools: {"look", "a"} is look(text: "a").
model::Completion calling(std::vector<std::pair<std::string, std::string>> calls);
model::Completion saying(std::string text);
/// What the last message of a request says of calls.
const std::vector<model::ToolResult>& results_of(const model::Request& request);

}  // namespace chain::test
