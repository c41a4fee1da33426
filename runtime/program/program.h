// What a compiled program is: plain tables plus native code. The compiler makes it, the runtime walks
// it, and neither knows the other. Everything but `code` can be stored (runtime/program/serialize.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/program/capability.h"
#include "runtime/program/types.h"

namespace chain::program {

/// `major.minor` of a prompt or chain; 0.0 if it has none.
struct Version {
  uint32_t major = 0;
  uint32_t minor = 0;
  friend auto operator<=>(const Version&, const Version&) = default;
};

/// The bounds of `within`; -1 where there is none.
struct Bounds {
  int64_t cost = -1;  // 1e-9 US dollars
  int64_t time = -1;  // nanoseconds
  int64_t calls = -1;
  int64_t tokens = -1;
  int64_t steps = -1;
  int64_t depth = -1;
  friend bool operator==(const Bounds&, const Bounds&) = default;
};

/// What a call may do to the world around the program.
enum class Effect : uint8_t { Pure, Reads, Writes };

/// What a model is called for. Those that prompts cannot ask stand behind an index, which is where their
/// options come from: no program names them.
enum class ModelUse : uint8_t { Answers, Embeds, Reranks };

/// `model fast = openai("gpt-5-mini", temperature: 0, timeout: 20s)`.
struct Model {
  std::string name;          // "fast"; of an index "handbook.embed" or "handbook.rerank"
  std::string provider;      // a row of runtime/program/providers.def
  std::string id;            // "gpt-5-mini"; empty for providers that need none
  std::string options_json;  // {"temperature": 0, "timeout": 20000000000}; durations in nanoseconds
  ModelUse use = ModelUse::Answers;
};

/// `index handbook = documents("docs/**/*.md", embed: openai("text-embedding-3-small"))`.
struct Resource {
  std::string kind;      // "index", "memory", "dataset", "mcp", "a2a"
  std::string name;      // "handbook"
  std::string provider;  // "documents", a row of runtime/program/resources.def
  /// What the text gives, by the names of resources.def; what it leaves out is not there. One text may stand
  /// for a list of texts. A provider inside is {"openai": {"model": "...", "dimensions": 512}}, a bare word
  /// {"hnsw": {}}. Durations in nanoseconds; of a secret, the name of its variable.
  std::string options_json;
  std::string file;  // whose declaration it is, as the user or an import wrote it
  uint32_t embed_model =
      UINT32_MAX;  // of an index: place in Program::models of what makes vectors of text, if
  uint32_t rerank_model = UINT32_MAX;  // that is a model, and of what ranks passages anew; else UINT32_MAX
};

enum class Role : uint8_t { System, User, Assistant };

/// One message of a prompt, in the order of its text. `example` is -1, or the number of an example,
/// which stands for two messages: the prompt's last user part rendered with the example's inputs, and
/// its result.
struct MessagePart {
  Role role = Role::User;
  FunctionId render;  // RenderFn
  int32_t example = -1;
};

/// Both sides as JSON of the prompt's parameter record and its result type.
struct Example {
  std::string arguments_json;
  std::string result_json;
};

/// What of a prompt's messages is the same in every call: the first `parts`, and the first `bytes` of the
/// part behind them. For providers that keep what requests begin with.
struct Prefix {
  uint32_t parts = 0;
  uint32_t bytes = 0;
  friend bool operator==(const Prefix&, const Prefix&) = default;
};

struct Prompt {
  std::string name;
  Version version;
  std::string doc;
  TypeId parameters;  // a Record type named after the prompt
  TypeId result;
  uint32_t model = 0;
  uint32_t repair = 1;   // how often it asks again
  int64_t cache = 0;     // nanoseconds for which an answer may be used again; 0 for never
  uint32_t similar = 0;  // how alike questions must be that share an answer, of 10,000; 0 for equal ones
  std::vector<MessagePart> messages;
  std::vector<Example> examples;
  Prefix prefix;
};

enum class ExternalKind : uint8_t {
  Tool,
  Agent,
  Search,    // of an index
  Remember,  // of a memory
  Recall,
  Ask,      // a question to a person
  Approve,  // a person's yes; a no fails the call with `denied`
  Now,      // the time
  Random,   // a float from 0 below 1
  Draw,     // an int from `low` to `high`
  Log,      // a line of the run's log
  Remote,   // a tool of an MCP server, or an agent that speaks A2A
  Step,     // of the agent around: its model's next turn in a conversation
  Act,      // of the agent around: carries out the calls of a turn
};

/// What a tool hands to its provider, made of its parameters for each call.
struct MadeArgument {
  std::string name;  // an option of runtime/program/resources.def
  TypeId type;
  FunctionId make;  // MakeFn
};

/// What a chain calls that is neither a prompt nor a chain.
struct External {
  ExternalKind kind = ExternalKind::Tool;
  std::string name;  // "refund", "handbook.search", "human.ask"
  Version version;
  std::string doc;
  TypeId parameters;  // a Record type
  TypeId result;
  Effect effect = Effect::Reads;
  bool approve = false;     // a person says yes to each call
  bool idempotent = false;  // may be repeated when it is in doubt whether it ended
  // Tool:
  std::string provider;                 // "http.get", a row of runtime/program/resources.def
  std::string options_json;             // {"timeout": 20000000000}; durations in nanoseconds
  std::vector<MadeArgument> arguments;  // in the order of the text
  /// Of what a resource offers, and of an agent with a memory: place in Program::resources.
  uint32_t resource = UINT32_MAX;
  uint32_t agent = UINT32_MAX;  // of an agent: place in Program::agents
  /// Remote: of the tool's description and schemas, as the lock has it (compiler/lock/lock.h, hash_of).
  std::string schema_hash;
};

/// What the model of an agent may call.
struct AgentTool {
  std::string name;    // as models say it, unlike the agent's others: letters, digits, `_`; 64 at most
  std::string source;  // as the program says it: "handbook.search", "refund@1.0"
  std::string doc;     // for the model
  TypeId parameters;   // a Record type: its JSON Schema is what the model is shown
  TypeId result;
  /// A region of one task, which has no code of its own: whoever calls it writes the arguments to the task's
  /// input_offset and finds the result at its result_offset. UINT32_MAX for a handoff.
  uint32_t region = UINT32_MAX;
  Effect effect = Effect::Reads;  // the worst that it may do, with all that it calls
  /// What it gives may be text that somebody else wrote.
  bool gives_untrusted = true;
  /// The conversation goes on with `agent`, under its instructions and with its tools.
  bool handoff = false;
  uint32_t agent = UINT32_MAX;  // of an agent, called or handed to: place in Program::agents
};

/// `agent researcher@1.0(question: string) -> Answer { ... }`: what a call of its External is made of.
struct Agent {
  uint32_t external = 0;  // whose `agent` is this one's place
  /// Its model, the first messages, and the type that the last turn is read as. Not among Program::prompts.
  Prompt prompt;
  /// A chain (messages: Message[], tools: Tool[]) -> Message: what it returns is read as the result.
  uint32_t loop = 0;
  std::vector<AgentTool> tools;
  uint32_t pick = 0;             // `registry.pick(5)`: so many of the tools, by what is asked; 0 for all
  uint32_t memory = UINT32_MAX;  // place in Program::resources
  Bounds bounds;
  /// Its first messages may hold text that somebody else wrote.
  bool begins_untrusted = false;
};

enum class TaskKind : uint8_t {
  Compute,   // native code alone
  Prompt,    // a call of `prompts[target]`
  Call,      // a call of `chains[target]`
  Branch,    // runs regions[selector]; a selector of UINT32_MAX runs none
  Loop,      // runs regions[0] once for each element of a list, or so many times
  Try,       // runs regions[0]; if that fails, the region of `catches`
  Race,      // runs all regions at once; the first that succeeds counts, the others are dropped
  Sample,    // runs regions[0] several times at once; gives the list of what succeeded
  External,  // a call of `externals[target]`
};

/// Of a loop's first state, behind the start of its input.
inline constexpr uint32_t kStateOffset = 16;

/// One step of a region. `start` runs when its dependencies are met and leaves what the step needs in
/// the frame; `finish` runs when the step's result is at `result_offset`. Both are StepFn.
struct Task {
  TaskKind kind = TaskKind::Compute;
  FunctionId start;
  FunctionId finish;
  uint32_t target = 0;
  /// Prompt, Call, External: the parameter record. Branch: a uint32_t selector. Loop: a value::List, or how
  /// often as an int64_t (a Sample too); if it carries a state, that lies at kStateOffset behind it.
  uint32_t input_offset = 0;
  uint32_t result_offset = 0;
  TypeId result;        // Loop: the list type, or Void
  uint32_t stride = 0;  // Loop: bytes between elements of the input list
  std::vector<uint32_t> regions;
  uint32_t parallel = 0;  // Loop: at most so many at once; 0 for no limit of its own
  bool ordered = false;   // Loop: one after the other
  bool counted = false;   // Loop: over an int
  bool carries = false;   // Loop: each iteration hands a state, a record, to the next; the last is the result
  /// Try: by ErrorKind the place in `regions` of what catches it; 0 for nothing.
  std::vector<uint32_t> catches;
  uint32_t model = UINT32_MAX;  // Prompt: the model of `with`, in place of the prompt's own
  int64_t cache = -1;           // Prompt: likewise, nanoseconds; -1 for the prompt's own
  uint32_t similar = 0;         // Prompt: with `cache`, unless that is the prompt's own
  bool may_return = false;  // holds a `return`: tasks in `after_decided` wait until it cannot come any more
  bool tail = false;        // its result is, as it is, the chain's: what it streams may go to the user
  uint32_t dependencies = 0;
  std::vector<uint32_t> after_done;
  std::vector<uint32_t> after_decided;
  std::string path;                         // its part of the trace path: "classify", "if", "for"
  uint32_t file = 0, line = 0, column = 0;  // where it stands, from 1; line 0 if unknown
};

/// A body that runs in a frame of its own: a chain's, an arm of a branch, a loop's.
struct Region {
  uint32_t frame_size = 0;  // bytes, header included (runtime/abi/context.h)
  FunctionId enter;         // runs first
  FunctionId yield;         // runs last: writes the region's value to frame->result
  std::vector<Task> tasks;
  std::vector<uint32_t> ready;  // tasks without dependencies, in order
};

struct Chain {
  std::string name;
  Version version;
  std::string doc;
  TypeId parameters;  // a Record type: names, types, docs, defaults
  TypeId result;
  uint32_t body = 0;
  Bounds bounds;
  std::vector<uint32_t> needs;  // places in `capabilities`
  std::string artifact;         // the hash over everything that it can reach
};

/// `given f from cassette("f.jsonl")` of a test.
struct Taped {
  uint32_t callee = 0;  // among the prompts; behind them the externals are counted
  std::string file;     // relative to that of the test
};

/// `test "title" { ... }`; `chain` indexes `chains` and takes nothing. One without a title is what an eval
/// requires.
struct Test {
  std::string title;
  uint32_t chain = 0;
  uint32_t file = 0, line = 0;
  std::vector<Taped> taped;
};

enum class ScoreKind : uint8_t {
  Plain,
  Exact,     // two more fields, "NAME.got" and "NAME.wanted": what was compared, of a type with few values
  Judge,     // two more fields, "NAME.votes" (float[], by judge) and "NAME.reasons" (string[])
  Pairwise,  // two more fields, "NAME.votes" (float[]: in this order and in the other one) and "NAME.reasons"
};

/// `score polite = judge(...)`: a field of what the scoring chain gives.
struct EvalScore {
  std::string name;
  TypeId type;  // Bool, Int or Float, or an optional of one: none where the score does not apply
  ScoreKind kind = ScoreKind::Plain;
};

enum class ArmKind : uint8_t { Model, Prompt, Chain, External };

/// An entry of `compare:`. In its column calls of any of `instead` go to `target`; of a model, the prompts
/// that ask one of `instead` ask it.
struct EvalArm {
  std::string name;  // "classify@2.1", "smart"
  ArmKind kind = ArmKind::Prompt;
  uint32_t target = 0;  // place in `prompts`, `chains`, `externals` or `models`
  std::vector<uint32_t> instead;
};

/// `eval NAME over DATASET { ... }`: three chains that are entered from outside alone.
struct Eval {
  std::string name;
  std::string doc;
  uint32_t dataset = 0;  // place in `resources`
  TypeId case_type;      // of the dataset's values
  uint32_t run = 0;      // chain: the case, under the name that `run:` gives it, to the answer
  /// Chain: that name, `it` (the answer), `cost`, `latency` and `trajectory` to a record with the scores,
  /// what their kinds add, and the `groups`.
  uint32_t score = 0;
  uint32_t require = UINT32_MAX;  // chain: a record of figures for each score, with expectations; or none
  std::vector<EvalScore> scores;
  std::vector<std::string> groups;  // of `by:`, as written; the fields are "by.0", "by.1", ...
  std::vector<EvalArm> arms;
  Bounds bounds;  // of all its runs together
  uint32_t file = 0, line = 0;
};

/// The text of an `expect`, for its failure.
struct Expectation {
  std::string text;
  TypeId operand;  // type of both sides of a comparison, Void otherwise
  uint32_t file = 0, line = 0, column = 0;
};

/// A place in source that native code names when it fails.
struct Site {
  uint32_t file = 0, line = 0, column = 0;
};

/// Keeps the memory of native code alive.
class CodeHandle {
 public:
  virtual ~CodeHandle() = default;
};

/// A declared name of a type that has none itself: `type Lang = "en" | "ko"`.
struct Alias {
  std::string name;
  TypeId type;
};

struct Program {
  TypeTable types;
  std::vector<Alias> aliases;
  std::vector<std::string> files;  // paths as the user wrote them
  std::vector<Model> models;
  std::vector<Resource> resources;
  std::vector<Prompt> prompts;
  std::vector<External> externals;
  std::vector<Agent> agents;
  std::vector<Chain> chains;
  std::vector<Region> regions;
  std::vector<Test> tests;
  std::vector<Expectation> expectations;
  std::vector<Site> sites;
  std::vector<uint32_t> entries;  // public chains of the file that was named, every version
  std::vector<Capability> capabilities;
  std::vector<std::string> secrets;  // environment variables that tools and indexes hand on, sorted

  std::vector<const void*> functions;  // by FunctionId; filled when the code is loaded
  std::shared_ptr<CodeHandle> code;    // shared: runs may outlive whoever loaded the program

  std::vector<Eval> evals;  // of the file that was named
};

}  // namespace chain::program
