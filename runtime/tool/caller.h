// Calls of tools: what the scheduler needs of whoever makes them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/model/client.h"
#include "runtime/program/program.h"

namespace chain {
class EventLoop;
}
namespace chain::access {
struct Policy;
}

namespace chain::tool {

/// One call, ready to be made.
struct Request {
  struct Argument {
    std::string name;  // of its provider: "url"
    std::string json;  // may hold secrets
  };
  const program::External* tool = nullptr;  // outlives the call
  /// In the order of the text. Of what a server offers one, "arguments": the parameters under the names that
  /// the server gave them, without those that are none.
  std::vector<Argument> arguments;
  /// The same whenever this very call is made again, and for no other: a server that is told it carries the
  /// call out once.
  std::string key;
};

/// Makes calls of tools. For the loop's thread.
class Caller {
 public:
  using CallId = uint64_t;  // never 0

  virtual ~Caller() = default;
  /// The listener hears as of a model's call: `sent`, `retry`, and in the end the answer's text, as it came,
  /// or a failure. Never from within `start`.
  virtual CallId start(Request request, model::Listener& listener) = 0;
  /// The listener hears nothing more, and what the call does is ended. Unknown ids are ignored.
  virtual void cancel(CallId call) = 0;
};

struct Options {
  bool verbose = false;  // call `Listener::sent`
  /// What `--deny` forbids, and where programs may not go by themselves; without one nothing is called.
  std::shared_ptr<const access::Policy> access = nullptr;
};

/// A caller for the tools of `program`, which outlives it.
[[nodiscard]] std::unique_ptr<Caller> make_caller(const program::Program& program, EventLoop& loop,
                                                  Options options);

}  // namespace chain::tool
