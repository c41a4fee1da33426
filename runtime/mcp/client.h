// A client of Model Context Protocol servers: both eras of the protocol, over stdio and streamable HTTP.
// https://modelcontextprotocol.io/specification (2025-11-25 and 2026-07-28)
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/abi/context.h"

namespace chain {
class EventLoop;
}
namespace chain::access {
struct Policy;
}

namespace chain::mcp {

/// `mcp shop = stdio("npx", "-y", "@acme/shop-mcp")`, with secrets filled in.
struct Server {
  std::string name;  // "shop", for messages
  // stdio:
  std::vector<std::string> command;  // empty for a server at a URL
  std::vector<std::pair<std::string, std::string>> environment;
  // HTTP:
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  int64_t timeout = 60'000'000'000;  // nanoseconds, of one request without progress
  std::string place;                 // "shop.chain:shop", where it is declared; empty if nowhere
  std::vector<std::string> secrets;  // values that must not stand in anything that is shown or kept

  /// What a person types to log in.
  [[nodiscard]] std::string signs_in() const {
    return place.empty() ? "chain mcp login --url " + url : "chain mcp login " + place;
  }
};

enum class Era : uint8_t { Unknown, Sessions /* 2025-11-25 and before */, Stateless /* 2026-07-28 */ };

struct Tool {
  std::string name;
  std::string title;
  std::string description;
  std::string input_schema;   // JSON
  std::string output_schema;  // JSON; empty for none
  std::string annotations;    // JSON object; empty for none
};

struct Resource {
  std::string uri;  // or a template, "file:///{path}"
  std::string name, title, description, mime_type;
  bool is_template = false;
};

struct PromptArgument {
  std::string name, description;
  bool required = false;
};

struct Prompt {
  std::string name, title, description;
  std::vector<PromptArgument> arguments;
};

/// What a request came to: a result as JSON (`tools/call`'s with `content`, `isError`, `structuredContent`),
/// or an error.
struct Answer {
  bool ok = false;
  bool asks =
      false;         // `json` is an `input_required`, for `read_inquiry`: see `Options::hands_over_questions`
  std::string json;  // the result, an object
  abi::ErrorKind kind = abi::ErrorKind::ToolFailed;
  std::string error;      // a sentence that names the server and the way out
  int64_t code = 0;       // of a JSON-RPC error; 0 for none
  bool in_doubt = false;  // it was asked, and did not answer: nobody knows what it did
};

/// What a server asks of the person in front of it.
struct Elicitation {
  std::string message;
  std::string schema;  // JSON Schema of a flat object; empty if a page is to be opened
  std::string url;
};

/// What servers send without being asked, and what they ask. On the loop's thread.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual void progress(std::string_view /*server*/, double /*done*/, std::optional<double> /*total*/,
                        std::string_view /*message*/) {}
  virtual void logged(std::string_view /*server*/, std::string_view /*level*/, std::string_view /*text*/) {}
  /// What it lists under "tools", "resources" or "prompts" is no longer what it was, or need not be: it has
  /// ended, and may be another when it is started again.
  virtual void list_changed(std::string_view /*server*/, std::string_view /*list*/) {}
  /// A server has asked something. `answer` takes {"action": "accept", "content": {...}}, {"action":
  /// "decline"} or {"action": "cancel"}; it may come later.
  virtual void elicit(std::string_view /*server*/, const Elicitation& /*question*/,
                      std::function<void(std::string json)> answer) {
    answer(R"({"action":"cancel"})");
  }
};

struct Options {
  std::shared_ptr<const access::Policy> access;  // where HTTP may lead; `--deny`
  Handler* handler = nullptr;                    // outlives the client
  /// A result that asks for more before there is an answer goes to the caller, who makes the call again with
  /// what was asked; if not, the handler is asked, and the call goes on with what it says.
  bool hands_over_questions = false;
  uint64_t most_bytes = uint64_t{16} << 20;  // of one message; what is longer fails its request
  int64_t close_grace = 2'000'000'000;       // nanoseconds until SIGTERM, and again until SIGKILL
  /// Gives a token for a server that answers 401; null: such a server fails with what `chain mcp login` says.
  std::function<void(const Server& server, const std::string& www_authenticate,
                     std::function<void(std::string token, std::string error)> done)>
      authorize;
};

/// One server: started or connected to with the first request, ended with the client or by `close`; one that
/// has ended by itself is started again by the next request. It may be destroyed by what it calls.
class Client {
 public:
  using CallId = uint64_t;  // never 0
  using Done = std::function<void(Answer)>;

  virtual ~Client() = default;
  /// Any request by its method, with its `params` as JSON; the era's envelope is put around it. Cursors are
  /// the caller's. `done` comes once, never from within, unless it is cancelled.
  virtual CallId request(std::string method, std::string params_json, Done done) = 0;
  CallId call_tool(std::string_view name, std::string_view arguments_json, Done done);
  /// The server is told; `done` does not come.
  virtual void cancel(CallId call) = 0;
  /// All pages. The error is empty if they came.
  virtual void list_tools(std::function<void(std::vector<Tool>, std::string error)> done) = 0;
  virtual void list_resources(std::function<void(std::vector<Resource>, std::string error)> done) = 0;
  virtual void list_prompts(std::function<void(std::vector<Prompt>, std::string error)> done) = 0;
  /// Once an answer has come.
  [[nodiscard]] virtual Era era() const = 0;
  /// {"name", "version"} of the server, its capabilities and instructions, as JSON; empty before.
  [[nodiscard]] virtual std::string about() const = 0;
  /// Ends the connection as the specification says: `done` comes once the process has ended, or the session
  /// is given up.
  virtual void close(std::function<void()> done) = 0;
};

[[nodiscard]] std::unique_ptr<Client> make_client(EventLoop& loop, Server server, Options options);

}  // namespace chain::mcp
