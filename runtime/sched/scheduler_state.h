// How the scheduler walks graphs: counts down dependencies, starts what is ready, and ends regions, chains
// and runs. Everything happens on the event loop's thread, from one queue, so that no completion recurses
// into the next. Internal to runtime/sched; a file for each part of it.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/sched/agent_call.h"
#include "runtime/sched/event_loop.h"
#include "runtime/sched/journal.h"
#include "runtime/sched/memory_call.h"
#include "runtime/sched/prompt_call.h"
#include "runtime/sched/run.h"
#include "runtime/sched/run_state.h"
#include "runtime/sched/search_call.h"
#include "runtime/sched/tariff.h"
#include "runtime/sched/tool_call.h"

namespace chain::sched {

inline constexpr uint32_t kNever = UINT32_MAX;
/// Why a call that a person was to approve fails.
inline constexpr const char* kSaidNo = "a person said no";

struct Scheduler::State final : CallHost,
                                StepHost,
                                ToolHost,
                                SearchHost,
                                MemoryHost,
                                std::enable_shared_from_this<State> {
  State(const program::Program& program, model::Client& client, EventLoop& loop, tool::Caller* tools,
        retrieve::Searches* searches, memory::Memories* memories)
      : program(program),
        client(client),
        loop(loop),
        tools(tools),
        searches(searches),
        memories(memories),
        prepared(program) {}

  // ---- scheduler.cpp: runs --------------------------------------------------------------------

  void begin(Run& run, const std::string& arguments);
  /// Ends a run once; what is in flight is dropped. Its memory goes when the queue is empty.
  void end(Run& run, RunError error);
  void succeed(Run& run);
  void finish(Run& run, RunResult result);
  /// Has the end kept, then says it. A run that was cancelled, or lost its journal, stays open there.
  static void close_journal(Journal& journal, RunResult result, Done done);
  /// Ends the run at the queue's next turn, before anything else: whoever asks for it, an observer for one,
  /// may be called from the midst of one of the run's calls.
  void cancel(Run& run);
  void end_cancelled(RunId id);
  static RunError cancellation(const Run& run);
  static RunError memory_used_up(const Run& run);
  /// Runs what is ready until nothing is. Called from outside only: never recursively.
  void drain();
  /// One thing that is to be done, ends before beginnings; false if there is none.
  bool take_turn();

  // ---- failures.cpp: failures -----------------------------------------------------------------

  /// The error that native code left in `context`.
  void fail(Instance& instance, uint32_t task, const abi::Context& context);
  /// `refused_by`: of `budget`, whose bound did not allow a call.
  void fail_at(Instance& instance, uint32_t task, abi::ErrorKind kind, std::string message,
               const Budget* refused_by = nullptr);
  /// Something in `scope` has failed: the innermost `try` that catches it goes on, or else the run ends.
  void raise(Scope& inside, RunError error);
  /// Nothing in the scope counts any more: its calls are cancelled, what it has in the queue is passed over.
  static void drop(Scope& scope);
  /// Runs what catches the error of a `try`.
  void recover(Instance& holder, uint32_t index, uint32_t arm, const RunError& error);
  /// At the task, or at the one that `instance` carries out.
  void out_of_memory(Instance& instance, uint32_t task);

  // ---- regions.cpp: regions and their tasks ---------------------------------------------------

  void enter(Instance& instance, Instance* parent, uint32_t parent_task);
  /// All that counts in a region has ended. By way of `left`: chains may call one another thousands deep, and
  /// the end of the innermost can be the end of all.
  void leave(Instance& instance);
  /// No `return` can come out of the region any more.
  void region_decided(Instance& instance);
  void push(Instance& instance, uint32_t task);
  void release(Instance& instance, const std::vector<uint32_t>& tasks);
  abi::Status step(Instance& instance, program::FunctionId function);
  void run_task(Instance& instance, uint32_t index);
  void task_ended(Instance& instance, uint32_t index);
  /// The task can no longer return; said once.
  void task_decided(Instance& instance, uint32_t index);
  /// The chain returns here, or the loop around ends. What stands before it in the text still runs, so that
  /// its errors count whatever the timing; what stands after it never starts.
  void task_returned(Instance& instance, uint32_t index, bool broke);

  // ---- calls.cpp: calls and branches ----------------------------------------------------------

  void call_prompt(Instance& instance, uint32_t index);
  /// Whom the run's prompts ask: its journal stands before the models.
  model::Client& client_of(Run& run);
  /// The run's journal cannot be written: it does nothing more.
  void lose(RunId id, std::string_view problem);
  static RunError journal_lost(const Run& run, std::string_view problem);
  void call_succeeded(ModelCall& call) override;
  void call_failed(ModelCall& call, abi::ErrorKind kind, std::string message) override;
  static void enlist(std::unique_ptr<Call> call);
  static void forget(Call& call);
  static void bound_depth(Instance& body, const program::Chain& chain, Instance* around);
  /// Gives `body`, one of `chain`, a budget of its own if the chain's bounds ask for one, else that of
  /// around. False if the run's memory is used up. A test calls nothing: it has none.
  /// `caller` and `task` are what calls it; null for the run's own chain.
  bool bound_calls(Instance& body, const program::Chain& chain, const Instance* caller, uint32_t task);
  /// A budget for what `chain` bounds, within the one that `body` has. False if memory is used up.
  static bool add_budget(Instance& body, const program::Chain& chain);
  void bound_time(Instance& body, const program::Chain& chain, const Instance* caller, uint32_t task);
  /// The chain that `body` carries out has taken the time that it may.
  void time_is_up(RunId run, Instance& body, const program::Chain& chain);
  Tariff& tariff(const Run& run);
  void wait(Call& call) override;
  void settled(Run& run) override;
  void admit_waiting(RunId run);
  void call_chain(Instance& instance, uint32_t index);
  void take_branch(Instance& instance, uint32_t index);

  // ---- externals.cpp: calls of what is outside ------------------------------------------------

  void call_external(Instance& instance, uint32_t index);
  /// What a test says that it answers.
  void answer_given(Instance& instance, uint32_t index);
  /// A test has no `given` for `name`; `why` it needs one.
  void not_given(Instance& instance, uint32_t index, const std::string& name, std::string_view why);

  // ---- tool_calls.cpp: calls of tools ---------------------------------------------------------

  void call_tool(Instance& instance, uint32_t index);
  /// A person has allowed the call, if one has to.
  void make_tool_call(Instance& instance, uint32_t index);
  /// Whether there is no call to be made: it ended in an earlier process, or the journal speaks of another
  /// one. For runs with a journal.
  bool answered_before(Instance& instance, uint32_t index, const StepBegin& step);
  /// As the call ended in an earlier process.
  void answer_recorded(Instance& instance, uint32_t index, const std::string& path, const StepEnd& end);
  /// Nobody knows whether a call of an earlier process was carried out: a person says what to do. `why`: how
  /// it failed; empty if that process ended first.
  void ask_doubt(Instance& instance, uint32_t index, const std::string& why, uint32_t again = 0,
                 const std::string& complaint = {});
  void begin_tool_call(Instance& instance, uint32_t index, const std::string& path, const Told& told = {});
  void tool_answered(Instance& instance, uint32_t index, const std::string& answer);
  /// Does what waited for the end of a call that writes. Whether the run goes on: if not, it is gone.
  bool let_end(Run& run);
  void tool_ended(ToolCall& call, model::Completion completion) override;
  void tool_failed(ToolCall& call, model::Failure failure) override;
  void tool_asks(ToolCall& call, tool::Inquiry inquiry) override;
  /// Why a value for the call's result cannot be read from `answer`; empty if it now stands there.
  std::string read_answer(Instance& instance, uint32_t index, const std::string& answer);
  /// The same for what a person says that a tool answered, which is JSON of a text as well; `answer` is then
  /// what the tool would have sent.
  std::string read_settled(Instance& instance, uint32_t index, std::string& answer);
  /// The arguments of an external's call, as JSON; nothing if they are nested too deeply.
  /// {MEMBER: TEXT}
  static std::string question_json(std::string_view member, const std::string& text);
  std::optional<std::string> arguments_of(const Instance& instance, uint32_t index) const;

  // ---- inquiries.cpp: what servers ask about calls ---------------------------------------------

  /// How many questions about the call at `path` have answers in the journal.
  static uint32_t questions_answered(const Journal& journal, const std::string& path);
  /// Whether the last that is known of that call is a question, so that it is not in doubt.
  static bool waits_for_answer(const Journal& journal, const std::string& path);
  /// Whether an earlier process was asked something about the call that has an answer by now; the call goes
  /// on from there then.
  bool asked_before(Instance& instance, uint32_t index, const std::string& path, Told told);
  /// Puts the first question to a person that `told` has no answer to.
  void ask_next(Instance& instance, uint32_t index, const std::string& path, tool::Inquiry inquiry,
                Told told);
  /// Makes the call again with all answers, unless nobody knows whether that was done before.
  void call_told(Instance& instance, uint32_t index, const std::string& path, Told told);
  static void note_told(Journal& journal, const std::string& path, const Told& told);

  // ---- searches.cpp: searches of indexes -------------------------------------------------------

  void call_search(Instance& instance, uint32_t index);
  void begin_search(Instance& instance, uint32_t index, const std::string& path, const std::string& arguments,
                    retrieve::SearchRequest request);
  void search_ended(SearchCall& call, retrieve::SearchResult result) override;
  void search_failed(SearchCall& call, model::Failure failure) override;
  void search_waits(SearchCall& call) override;
  void search_settled(Run& run) override;
  /// What a search, or a call of a memory, took in an earlier process counts in this one.
  void charge_search(const Instance& instance, const program::External& search, const model::Usage& usage);

  // ---- memories.cpp: what is remembered --------------------------------------------------------

  /// Whose memories the run uses.
  static memory::Owner owner_of(Run& run);
  void call_memory(Instance& instance, uint32_t index);
  void begin_memory(Instance& instance, uint32_t index, const std::string& path, const std::string& arguments,
                    MemoryRequest request);
  void memory_ended(MemoryCall& call, model::Completion completion) override;
  void memory_failed(MemoryCall& call, model::Failure failure) override;
  void memory_waits(MemoryCall& call) override;
  void memory_settled(Run& run) override;

  // ---- people.cpp: questions to people ---------------------------------------------------------

  void ask_person(Instance& instance, uint32_t index);
  /// Has `answered` called with the recorded answer, or stops the run until there is one.
  void ask(Instance& instance, uint32_t index, Question question, std::string_view name,
           std::function<void(const std::string& answer)> answered);
  /// The answer of an earlier process, as the task's result.
  void person_answered(Instance& instance, uint32_t index, const std::string& answer);
  /// The question is kept: the run ends here until somebody has answered it.
  void stop_for(RunId id, Question question);

  // ---- agents.cpp: agents from their beginning to their end ------------------------------------

  void call_agent(Instance& instance, uint32_t index);
  /// Renders its first messages. False if that failed, and with it the call.
  bool render_opening(AgentCall& agent);
  void begin_conversation(AgentCall& agent);
  static bool is_agent_body(const Instance& instance);
  /// Its loop has come to its end.
  void agent_returned(AgentCall& agent);
  /// `text` is the agent's answer, or it is asked once more.
  void read_final(AgentCall& agent, const std::string& text);
  void ask_again(AgentCall& agent, const std::string& text, const std::string& complaint);
  /// The result lies in the frame of its caller.
  void end_agent(AgentCall& agent);
  void note_begin(const AgentCall& agent);
  /// Has a system message say how the answer is to look, unless it does.
  static void add_format(std::string& system, const std::string& format);
  static void taint_call_of(const AgentCall& agent);
  /// A copy of a record in which every text is fenced; null if there is no memory.
  const std::byte* fenced_copy(Run& run, program::TypeId record, const std::byte* arguments);

  // ---- agent_memory.cpp: what agents remember ---------------------------------------------------

  void open_memory(AgentCall& agent);
  void ask_memory(AgentCall& agent);
  void memory_opened(AgentCall& agent, const memory::Opening& opening);
  /// What was said before the run stands before what is asked. False if there is no memory.
  static bool put_history(AgentCall& agent);
  /// Likewise what `opening` holds, which is from `name`.
  static bool put_before(AgentCall& agent, const memory::Opening& opening, const std::string& name);
  void charge_memory(const AgentCall& agent, StepEnd& end);
  /// Keeps what was asked and answered, then ends the agent.
  void remember(AgentCall& agent);

  // ---- agent_steps.cpp: an agent's model is asked -----------------------------------------------

  void call_step(Instance& instance, uint32_t index);
  void step_answered(StepCall& call, model::Completion completion) override;

  // ---- agent_acts.cpp: the calls of a turn are carried out --------------------------------------

  void call_act(Instance& instance, uint32_t index);
  /// Begins the calls of tools that may begin by now, and ends when all have ended.
  void advance(ActCall& act);
  void begin_tool(ActCall& act, uint32_t place);
  void hand_over(ActCall& act, uint32_t place, const std::byte* arguments);
  /// A person is to allow it: it writes, and others may have had a say in it.
  void ask_write(ActCall& act, uint32_t place, const std::byte* arguments);
  void run_tool(ActCall& act, uint32_t place, const std::byte* arguments);
  void call_returned(Instance& body);
  /// What failed in a call of a tool is said to the model. False if it goes further outwards.
  bool call_raised(Scope& scope, const RunError& error);
  void slot_ended(ActCall& act);
  void end_act(ActCall& act);

  // ---- effects.cpp: the clock, chance and the log ---------------------------------------------

  /// `now`, `random` and `log`. False if it is none of these.
  bool call_effect(Instance& instance, uint32_t index);

  // ---- alternatives.cpp: several for one value ------------------------------------------------

  void attempt(Instance& instance, uint32_t index);
  void begin_race(Instance& instance, uint32_t index);
  void begin_samples(Instance& instance, uint32_t index);
  static Alternatives* new_alternatives(Instance& instance, uint32_t index, uint64_t size);
  bool begin_alternative(Instance& instance, uint32_t index, const program::Region& region, uint32_t ordinal,
                         std::byte* result);
  /// What has a scope of its own has come to its end. False if that is nothing but the end of a region.
  bool scope_succeeded(Instance& body);
  static void drop_others(Instance& instance, uint32_t index);
  /// An arm of several has failed. True once that is the failure of all of them: `error`, that of the first
  /// in the text, goes on outwards.
  bool alternative_failed(Scope& scope, RunError& error);
  /// The list of what has succeeded, in the order of the ordinals.
  void samples_ended(Instance& instance, uint32_t index);

  // ---- loops.cpp: loops -----------------------------------------------------------------------

  void begin_loop(Instance& instance, uint32_t index);
  static LoopState* new_loop(Run& run);
  void continue_loop(Instance& instance, uint32_t index);
  static void begin_iteration(const program::Task& task, LoopState& state, abi::Frame& frame);
  /// A cleared instance of the loop's body: that of an iteration that has ended, or a new one.
  Instance* next_iteration(Instance& instance, uint32_t index);
  void end_iteration(Instance& instance, uint32_t index, Instance& body);

  // ---- What all of them use --------------------------------------------------------------------

  static RunError error_at(const Instance& instance, uint32_t task, const model::Failure& failure);
  void fail(Instance& instance, uint32_t task) { fail(instance, task, instance.run->context); }
  static bool dropped(const Instance& instance) { return instance.run->ended || instance.scope->ended; }
  static void link_inner(Instance& inner, const Instance& outer) {
    inner.frame->parent = outer.frame;
    inner.frame->loop_result = outer.frame->loop_result;
    inner.frame->chain_result = outer.frame->chain_result;
  }
  template <class T>
  static T take_last(std::vector<T>& from) {
    const T last = from.back();
    from.pop_back();
    return last;
  }

  struct Ready {
    Instance* instance;
    uint32_t task;
  };
  const program::Program& program;
  model::Client& client;
  EventLoop& loop;
  tool::Caller* tools;           // null: none can be called
  retrieve::Searches* searches;  // null: no index can be searched
  memory::Memories* memories;    // null: nothing is remembered
  Prepared prepared;
  std::unique_ptr<Tariff> tariff_;  // once a call was made
  std::unordered_map<RunId, std::unique_ptr<Run>> runs;
  std::vector<std::unique_ptr<Run>> ended;  // whose memory the queue may still name
  std::vector<RunId> cancelled;             // to be ended
  std::vector<RunId> admitting;             // in which calls that wait for budget may fit by now
  std::deque<Instance*> left;               // regions in which nothing is left to do
  std::vector<Ready> again;                 // loops that may go on
  std::deque<Ready> ready;                  // tasks that may start
  bool draining = false;
  RunId next_id = 1;
};

}  // namespace chain::sched
