// Calls of tools: what the scheduler needs of whoever makes them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
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

/// What a server wants to know of a person before it answers a call. The call has ended with that: it is made
/// again with the answers, by whichever process has them.
struct Inquiry {
  struct Question {
    std::string text;  // names the server
    std::string form;  // JSON Schema of a flat object; empty if a page is to be opened
    std::string url;   // of the page
  };
  std::vector<Question> questions;
  std::string token;  // JSON, for `Request::token`
};

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
  /// The answers to an inquiry, each the JSON of an ElicitResult, and the token of that; empty for none.
  std::vector<std::string> answers = {};
  std::string token = {};
  /// Called in the place of `done` and `failed`; a call without it that asks something fails.
  std::function<void(Inquiry inquiry)> asked = nullptr;
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
  /// Asks the person who waits for the runs what a server wants to know that cannot wait: it holds its
  /// connection open for the answer, the JSON of an ElicitResult. Empty if nobody is there.
  std::function<void(std::string_view server, const Inquiry::Question& question,
                     std::function<void(std::string json)> answer)>
      elicit = nullptr;
};

/// A caller for the tools of `program`, which outlives it.
[[nodiscard]] std::unique_ptr<Caller> make_caller(const program::Program& program, EventLoop& loop,
                                                  Options options);

}  // namespace chain::tool
