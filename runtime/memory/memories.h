// What a program remembers from one run to the next: what the scheduler needs of whoever keeps it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/model/client.h"
#include "runtime/program/program.h"

namespace chain {
class EventLoop;
namespace model {
class VectorClient;
}
}  // namespace chain

namespace chain::memory {

/// Whose memory is meant: `--user` and `--session` of the run.
struct Owner {
  std::string user;     // "local" unless said
  std::string session;  // the run's own id unless said
};

/// Something that is kept.
struct Entry {
  int64_t id = 0;    // of one that is kept
  int64_t time = 0;  // nanoseconds since 1970
  program::Role role = program::Role::User;
  std::string text;
  std::string source;      // who keeps it: "agent researcher", "chain main"
  std::string run;         // the id of its run; empty for none
  bool untrusted = false;  // somebody else wrote it, all or in part
  double score = 0;        // of one that was searched for
};

/// What stands at the beginning of a conversation.
struct Opening {
  std::string summary;  // of what is older than the window; empty for none
  bool summary_untrusted = false;
  std::vector<Entry> window;    // the last entries of the owner, oldest first
  std::vector<Entry> recalled;  // older ones that answer the question, best first
};

/// What a call took of a model: of one that makes vectors, or of one that sums up.
struct Taken {
  uint32_t model = 0;  // place in Program::models
  model::Usage usage;
};

template <class Result>
struct End {
  std::function<void(Result)> done;
  std::function<void(model::Failure)> failed;
};

/// For the loop's thread; what takes long happens on others. Of each pair exactly one is called, never from
/// within. `resource` is a place in Program::resources; `key`, if not empty, names the call: entries under
/// the same key are kept once, however often a run is taken up.
class Memories {
 public:
  using CallId = uint64_t;  // never 0

  virtual ~Memories() = default;
  virtual CallId remember(uint32_t resource, const Owner& owner, std::vector<Entry> entries, std::string key,
                          End<bool> end) = 0;
  /// At most `top`, best first.
  virtual CallId recall(uint32_t resource, const Owner& owner, std::string query, uint32_t top,
                        End<std::vector<Entry>> end) = 0;
  virtual CallId open(uint32_t resource, const Owner& owner, std::string question, End<Opening> end) = 0;
  /// Nobody hears of it any more; what is kept by then stays. Unknown ids are ignored.
  virtual void cancel(CallId call) = 0;
  /// What the call took that ends at this moment: for whoever is told of its end, from within.
  [[nodiscard]] virtual std::vector<Taken> taken() const { return {}; }
};

/// Bytes of one entry, at most.
inline constexpr size_t kMostEntryBytes = size_t{1} << 20;

struct MemoriesOptions {
  /// Sums up; null if none can be called: what is older than the window is searched alone then.
  model::Client* client = nullptr;
  /// Makes vectors by the program's models; null if it has none for that.
  model::VectorClient* vectors = nullptr;
  /// Nanoseconds since 1970; the system's clock if empty.
  std::function<int64_t()> now = {};
  /// Told on the loop's thread, a sentence each, of what could not be had and is not needed: a summary.
  std::function<void(const std::string&)> warn = {};
};

/// For the memories of `program`, each in its file (settings.h) and on a thread of its own from its first
/// call on. Program, loop and clients outlive it.
[[nodiscard]] std::unique_ptr<Memories> make_memories(const program::Program& program, EventLoop& loop,
                                                      MemoriesOptions options);

}  // namespace chain::memory
