// Calling models: one client in front of every provider, with retries, time-outs and a cap for each model.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/abi/context.h"
#include "runtime/model/tool_calls.h"
#include "runtime/program/program.h"

namespace chain {
class EventLoop;
namespace access {
struct Policy;
}
}  // namespace chain

namespace chain::model {

class CallMedia;
class KnownEndpoints;
class RateLimits;
class Variables;

struct Message {
  program::Role role = program::Role::User;
  std::string_view text;
  std::vector<abi::Attachment> media;  // by where they stand in the text
  /// Calls of tools and what came of them; null for a message of text alone. Shared: an agent sends its whole
  /// conversation with each step, and what tools gave may be long.
  std::shared_ptr<const Turn> turn = nullptr;
};

/// One call. What it points at must live until the call has ended.
struct Request {
  uint32_t model = 0;  // index into Program::models
  std::vector<Message> messages;
  std::string_view schema_name;  // the prompt's name; empty together with `schema` for a string result
  std::string_view schema;       // JSON Schema of the result
  std::vector<Tool> tools = {};  // that the model may call
  ToolChoice tool_choice = {};
  int64_t max_tokens = 0;  // of an answer of a model that names no limit itself; 0 for none
  bool stream = false;
  /// Searches of the web that were made for the answer before it was paused; nobody but a backend sets it.
  int64_t searches = 0;
  /// For a member of a `balance`: attempts that others have made of this call, and whether another is asked
  /// when one fails, so that this one is to try once.
  uint32_t tried = 0;
  bool once = false;
  bool again =
      false;  // asks again after a reply that could not be read: goes before calls that have not begun
  /// What the messages show, put here by the client; null if that is nothing.
  std::shared_ptr<CallMedia> media = nullptr;
  int64_t cache = 0;     // nanoseconds for which an answer may be used again; 0 to ask in any case
  uint32_t similar = 0;  // how alike a question must be for its answer to serve, of 10,000; 0 for equal ones
  /// Which of several answers to the same question: of a sample, of a repair. Empty for the only one.
  std::string repeat = {};
  /// Whose call it is: those of different runs take turns where they wait. Never followed.
  const void* run = nullptr;
  /// So many of the first messages are the same in every call of the prompt, and so many bytes of the one
  /// behind them: for providers that keep what requests begin with.
  uint32_t constant_messages = 0, constant_bytes = 0;
  // What `baseline` looks at instead of text:
  const program::Program* program = nullptr;
  const program::Prompt* prompt = nullptr;
  const std::byte* arguments = nullptr;  // the prompt's parameter record
  // For who writes calls down; empty unless somebody does:
  std::string step;       // where in the run, unlike any other call's
  std::string step_name;  // the prompt, with its version
  uint64_t row = 0;       // of the rows that a process runs one by one, from 1; 0 for none
};

struct Usage {
  int64_t input_tokens = 0;
  int64_t output_tokens = 0;
  int64_t cached_tokens = 0;
  int64_t reasoning_tokens = 0;
  int64_t written_tokens = 0;  // of the input, what the provider's cache took: that may cost more
  int64_t searches = 0;        // of the web, by the provider
};

/// What a model found on the web for its answer. Strangers wrote it.
struct Source {
  std::string title;
  std::string url;
  std::string quote;  // what it says, if the provider tells
  friend bool operator==(const Source&, const Source&) = default;
};

/// How long a call waited for its turn before it was sent, all its attempts taken together.
struct Waited {
  int64_t time = 0;  // nanoseconds
  std::string why;   // of the longest wait: "`rpm: 60`", "`concurrency: 4`", "the provider's pause"
};

/// Where an answer came from.
enum class Cached : uint8_t {
  No,         // from the model, and no cache was asked
  Miss,       // from the model: the cache had none
  Hit,        // from the cache; its usage was counted when it came
  Coalesced,  // from an equal call at the same time, which has its usage
  Replay,     // from the journal of an earlier run, which has its usage
  Similar,    // from the cache, to a question that is much alike
};

/// Not from the model now: its usage was counted elsewhere.
[[nodiscard]] inline bool is_kept(Cached cached) {
  return cached != Cached::No && cached != Cached::Miss;
}

/// "hit", "miss", "coalesced", "replay", "semantic"; empty for an answer that no cache was asked for.
[[nodiscard]] std::string_view to_string(Cached cached);
/// `No` for anything else.
[[nodiscard]] Cached cached_named(std::string_view name);

struct Completion {
  std::string text;
  std::vector<ToolCall> tool_calls;  // in their order; there may be text beside them
  ProviderState state;               // for the turn that says so, if the request had tools
  std::vector<Source> sources;
  std::vector<std::string> dropped;  // what the answer holds that nothing can take: "an image (image/png)"
  std::string model;                 // the snapshot that answered
  std::string finish_reason;         // as the provider calls it
  bool cut_off = false;              // the token limit ended it, not the model
  std::string request_id;
  Usage usage;
  uint32_t attempts = 1;
  bool stand_in = false;  // of the model's `fallback`
  /// The name of the model that answered, if it is another than the one that was asked: a `fallback`, a
  /// member of a `balance`.
  std::string answered_by = {};
  uint32_t stood_in = 0;  // then: which that is, an index into Program::models
  Waited waited = {};
  Cached cached = Cached::No;
  Usage saved;            // what a model was not asked for, if the answer is from the cache
  double similarity = 1;  // of the question that was answered to this one: a cosine
  int64_t age = 0;        // of a hit, nanoseconds
  /// Of a miss, if set: to be told the answer that could be read in the end, this one or a repair of it. From
  /// within `done`.
  std::function<void(const Completion& answer)> keep = {};
  /// Of a hit, if set: to be called if it cannot be read.
  std::function<void()> forget = {};
};

struct Failure {
  abi::ErrorKind kind = abi::ErrorKind::Unavailable;
  std::string message;  // one sentence that names the model and the way out; no control characters
  uint32_t attempts = 1;
  bool final = false;     // no other model could do better
  bool in_doubt = false;  // of a tool: nobody knows whether the call was carried out
  Waited waited = {};
};

/// Told about one call, on the loop's thread. Exactly one of `done` and `failed` comes, last, unless
/// the call is cancelled; never from within `start`.
class Listener {
 public:
  virtual ~Listener() = default;
  /// The request as it goes out, for `--verbose`: method, URL, body; secrets redacted.
  virtual void sent(std::string_view /*request*/) {}
  virtual void delta(std::string_view /*text*/) {}
  /// A retry begins: what was streamed so far no longer counts.
  virtual void retry(std::string_view /*why*/, int64_t /*delay_ns*/) {}
  /// The call's turn has come, after `time_ns` in which it waited for `why` (Waited).
  virtual void waited(std::string_view /*why*/, int64_t /*time_ns*/) {}
  virtual void done(Completion completion) = 0;
  virtual void failed(Failure failure) = 0;
};

struct ClientOptions {
  bool verbose = false;          // call `Listener::sent`
  uint32_t max_connections = 0;  // 0: from RLIMIT_NOFILE
  uint64_t seed = 0;             // of the jitter between attempts; 0: from the system
  /// Where media are read, beneath its folder, and what may not be; without one no file is.
  std::shared_ptr<const access::Policy> access = nullptr;
  /// The limits that this client shares with others of the process; null for its own.
  std::shared_ptr<RateLimits> limits = nullptr;
  /// What `chain doctor` found out about endpoints; null if nobody has looked.
  std::shared_ptr<const KnownEndpoints> known = nullptr;
  /// Where keys and addresses are looked up; null: in the process's environment alone.
  std::shared_ptr<const Variables> variables = nullptr;
};

class Client {
 public:
  using CallId = uint64_t;

  virtual ~Client() = default;
  virtual CallId start(Request request, Listener& listener) = 0;
  /// The listener hears nothing more; the connection is closed. Unknown ids are ignored.
  virtual void cancel(CallId call) = 0;
  /// The journal of an earlier process has given the answer to `request`, which is not asked any more.
  virtual void recalled(const Request& /*request*/, const Completion& /*completion*/) {}
};

/// A client for the models of `program`. A model that cannot be used (no key, an unknown option)
/// fails when it is first called. What listeners hear holds no secret of the program's: an answer that
/// repeats one has `[redacted]` in its place (secrets.h).
[[nodiscard]] std::unique_ptr<Client> make_client(const program::Program& program, EventLoop& loop,
                                                  ClientOptions options = {});

}  // namespace chain::model
