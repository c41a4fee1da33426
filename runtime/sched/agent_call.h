// An agent that is going on: its conversation, what it asks its model, what it has the model's calls do.
// Internal to runtime/sched.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/memory/memories.h"
#include "runtime/program/program.h"
#include "runtime/sched/conversation.h"
#include "runtime/sched/model_call.h"
#include "runtime/sched/prepared.h"
#include "runtime/sched/run_state.h"

namespace chain::sched {

/// One activation of an agent. It lasts as long as the call of its external.
class AgentCall final : public Call {
 public:
  /// `around` is the agent within whose activation it is called; null if there is none. `index` is its place
  /// in Program::agents.
  AgentCall(Instance& instance, uint32_t task, uint32_t index, const PreparedAgent& prepared,
            AgentCall* around, memory::Memories* memories);
  void cancel() override;

  [[nodiscard]] const program::Agent& agent() const;
  /// Who has the conversation: the agent itself, or whom it was handed to.
  [[nodiscard]] const program::Agent& speaker() const;
  [[nodiscard]] const program::External& external() const;
  [[nodiscard]] std::string path() const { return path_of(instance_, task_); }
  [[nodiscard]] const std::byte* arguments() const;
  /// How many activations of the same agent are around this one, itself included.
  [[nodiscard]] int64_t depth() const;

  /// The conversation holds text that somebody else wrote: of `origin`, a phrase.
  void taint(std::string origin);
  [[nodiscard]] bool is_untrusted() const { return untrusted_; }
  /// Where from, as a sentence; empty if there is none.
  [[nodiscard]] std::string origins() const;

  /// What of a turn is no text. Kept: each step sends the whole conversation.
  [[nodiscard]] std::shared_ptr<const model::Turn> turn(Record message, SpokenMessage& spoken);

  const uint32_t index;
  const PreparedAgent* const prepared;  // its own
  AgentCall* const around;

  uint32_t speaks;                        // place in Program::agents
  const PreparedAgent* speaker_prepared;  // of that
  std::vector<Record> system;             // once it was handed on: in place of the first system messages
  std::vector<uint32_t> offered;          // places in the speaker's tools, which its model may call
  std::vector<Record> opening;            // the first messages
  std::string question;                   // what is asked, without what is remembered
  bool asked_untrusted = false;           // that holds text that somebody else wrote
  std::vector<Record> said;               // what its model was asked last
  bool in_words = false;                  // the speaker's provider has refused tools: they are said in words
  Instance* body = nullptr;               // of its loop
  std::byte* returned = nullptr;          // where the loop leaves its message
  uint32_t repairs = 0;
  std::string answer;  // the text that its result was read from
  /// Tools whose writes failed so that nobody knows whether they were carried out: how.
  std::map<std::string, std::string, std::less<>> doubts;

  memory::Memories::CallId remembering = 0;

 private:
  memory::Memories* memories_;
  bool untrusted_ = false;
  std::vector<std::string> origins_;
  size_t more_origins_ = 0;
  std::unordered_map<Record, std::shared_ptr<const model::Turn>> turns_;
};

class StepCall;

/// Whom a step tells of its end. It may be destroyed from within.
class StepHost {
 public:
  virtual ~StepHost() = default;
  virtual void step_answered(StepCall& call, model::Completion completion) = 0;
};

/// One question to an agent's model: a step of its loop, or the last one again because its answer could not
/// be read.
class StepCall final : public ModelCall {
 public:
  StepCall(CallHost& host, StepHost& steps, model::Client& client, Tariff& tariff, Instance& instance,
           uint32_t task, AgentCall& agent);

  /// Asks for the next turn in a conversation; `tools` are places in the speaker's.
  void start(const std::vector<Record>& messages, std::vector<uint32_t> tools);
  /// Asks for the final answer again, `said` being what the model said.
  void start_again(const std::vector<Record>& messages, const std::string& said,
                   const std::string& complaint);

  [[nodiscard]] AgentCall& agent() const { return agent_; }
  [[nodiscard]] bool is_repair() const { return repair_; }

 private:
  void done(model::Completion completion) override;
  void failed(model::Failure failure) override;
  void delta(std::string_view text) override;
  [[nodiscard]] model::Request request() const override;
  void name_step(model::Request& request) const override;
  [[nodiscard]] bool is_step() const override { return !repair_; }

  void add(const std::vector<Record>& messages);
  void add(Record message);
  void add(program::Role role, std::string_view text);
  void add_tools(const std::vector<uint32_t>& tools);
  /// The model's provider takes them.
  [[nodiscard]] bool calls_tools() const;
  [[nodiscard]] bool calls_in_words() const;
  /// What does not fit into the model's window is left out, with a note: old results, then old messages.
  void shorten();
  void leave_out_results(size_t& bytes, size_t most);
  void leave_out_messages(size_t& bytes, size_t most);
  /// For a model that knows no tools.
  void add_in_words(SpokenMessage& spoken);
  [[nodiscard]] std::string_view keep(std::string_view text);

  StepHost& steps_;
  AgentCall& agent_;
  std::vector<model::Message> messages_;
  std::vector<model::Tool> tools_;
  std::vector<Record> asked_;
  bool in_words_ = false;   // as the agent had it when this began, or the provider refused the tools
  bool once_more_ = false;  // because of that
  bool may_call_ = true;    // or else its tools are there for what was said before
  bool repair_ = false;
};

/// The calls of one turn, while they are carried out.
class ActCall final : public Call {
 public:
  struct Slot {
    const program::AgentTool* tool = nullptr;  // null: there is none of that name
    model::ToolCall call;
    model::ToolResult result;
    bool untrusted = false;  // the result may hold text that somebody else wrote
    bool alone = false;      // nothing else is under way meanwhile
  };

  ActCall(Instance& instance, uint32_t task, AgentCall& agent) : Call(instance, task), agent(agent) {}
  void cancel() override {}

  AgentCall& agent;
  std::vector<Slot> slots;
  size_t next = 0;  // the first that has not begun
  size_t running = 0;
  bool lonely = false;  // one that wants to be alone is under way
  bool advancing = false;
  bool handed_on = false;
  std::string offered;  // the tools that there are, for who asks for another
};

}  // namespace chain::sched
