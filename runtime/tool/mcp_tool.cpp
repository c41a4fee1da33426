#include "runtime/tool/mcp_tool.h"

#include <fmt/format.h>

#include <list>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "runtime/http/printable.h"
#include "runtime/mcp/authorizer.h"
#include "runtime/mcp/client.h"
#include "runtime/mcp/declared.h"
#include "runtime/mcp/inquiry.h"
#include "runtime/sched/event_loop.h"
#include "runtime/tool/mcp_result.h"
#include "runtime/value/json.h"
#include "runtime/value/json_text.h"
#include "runtime/value/pinned_hash.h"

namespace chain::tool {

namespace {

using abi::ErrorKind;

constexpr int64_t kListed = 60'000'000'000;     // nanoseconds that a list holds which nobody says is outdated
constexpr int64_t kIdle = 300'000'000'000;      // nanoseconds until a server that nobody calls is ended
constexpr int64_t kCloseGrace = 1'000'000'000;  // nanoseconds until SIGTERM, and again until SIGKILL
constexpr int64_t kLastWait = 4 * kCloseGrace;
constexpr uint32_t kMostRounds = 10;  // in which a server asks of no person what we settle ourselves
constexpr size_t kMostInquiry = size_t{256} << 10;  // bytes of what is kept until a person has answered
constexpr size_t kShownQuestion = 200;
constexpr std::string_view kPinAnew = "`chain mcp pin` shows what changed and takes it over";

/// Under which a tool is kept in chain.lock.
std::string hash_of(const mcp::Tool& tool) {
  const auto canonical = [](const std::string& json) {
    return json.empty() ? std::string() : value::canonical_json(json);
  };
  const std::string input = canonical(tool.input_schema), output = canonical(tool.output_schema),
                    annotations = canonical(tool.annotations);
  return value::pinned_hash({.kind = "mcp",
                             .description = tool.description,
                             .input = input,
                             .output = output,
                             .annotations = annotations});
}

/// What the server calls it.
std::string name_on_wire(const program::External& tool) {
  std::string ignored;
  const std::string params = mcp::method_of(tool, "{}").params;
  for (const value::JsonMember& each :
       value::json_members(params, ignored).value_or(std::vector<value::JsonMember>())) {
    if (each.key == "name") return value::json_string(each.value).value_or("");
  }
  return {};
}

/// As it is shown to a person.
Inquiry::Question question_of(std::string_view server, const mcp::Elicitation& asked) {
  return {.text = fmt::format("server `{}` {}: {}", server,
                              asked.url.empty() ? "asks" : "wants you to open a page", asked.message),
          .form = asked.schema,
          .url = asked.url};
}

/// One server, for all runs of the process.
class Connected final : public mcp::Handler {
 public:
  /// `refused` is told when it has asked what nobody is there to answer.
  Connected(EventLoop& loop, mcp::Server server, const Options& options, std::function<void()> refused)
      : options_(options),
        refused_(std::move(refused)),
        authorizer_(loop, {.access = options.access, .show = nullptr, .how = {}, .client = {}}) {
    mcp::Options how{
        .access = options.access, .handler = this, .hands_over_questions = true, .close_grace = kCloseGrace};
    how.authorize = [this](const mcp::Server& asked, const std::string& challenge,
                           mcp::Authorizer::Done done) {
      authorizer_.authorize(asked, challenge, std::move(done));
    };
    client = mcp::make_client(loop, std::move(server), std::move(how));
  }

  void list_changed(std::string_view /*server*/, std::string_view list) override {
    if (list == "tools") hashes.reset();
  }
  void elicit(std::string_view server, const mcp::Elicitation& question,
              std::function<void(std::string)> answer) override {
    if (options_.elicit) return options_.elicit(server, question_of(server, question), std::move(answer));
    unanswered = fmt::format(
        "it asks \"{}\" and waits for the answer, which nobody is there to give; at a terminal you are asked",
        http::printable(question.message, kShownQuestion));
    answer(R"({"action":"cancel"})");
    refused_();
  }

  std::optional<std::map<std::string, std::string>> hashes;  // of its tools, once it has listed them
  int64_t listed = 0;                                        // when
  std::string unanswered;                                    // what it asked last
  size_t calls = 0;                                          // under way
  EventLoop::TimerId idle = 0;

 private:
  const Options& options_;
  const std::function<void()> refused_;
  mcp::Authorizer authorizer_;

 public:
  std::unique_ptr<mcp::Client> client;  // ends before what it asks
};

class McpCaller final : public Caller {
 public:
  McpCaller(const program::Program& program, EventLoop& loop, const Options& options,
            std::shared_ptr<const Redactor> redact)
      : program_(program), loop_(loop), options_(options), redact_(std::move(redact)) {}
  ~McpCaller() override;

  CallId start(Request request, model::Listener& listener) override;
  void cancel(CallId call) override;

 private:
  struct Call {
    Request request;
    model::Listener* listener = nullptr;
    Connected* server = nullptr;
    mcp::Client::CallId asked = 0;
    EventLoop::TimerId timer = 0;
    uint32_t rounds = 0;
  };

  void begin(CallId id);
  /// Null, and `error`, if a secret of it is not set.
  Connected* connected(uint32_t resource, std::string& error);
  void check_then_ask(CallId id);
  /// Whether the tool is what the program was compiled with; else the call has failed.
  bool is_pinned(CallId id);
  void ask(CallId id);
  void answered(CallId id, mcp::Answer answer);
  /// The server wants to know more before it answers.
  void inquired(CallId id, const std::string& result);
  /// The server has asked what nobody is there to answer. If one call alone is under way, that is why it
  /// fails; of several nobody knows which one it was about.
  void refused(uint32_t resource);
  void tool_answered(CallId id, const std::string& result);
  void done(CallId id, std::string text);
  void fail(CallId id, ErrorKind kind, std::string what, bool in_doubt = false);
  Call take(CallId id);
  void retire(uint32_t resource);

  const program::Program& program_;
  EventLoop& loop_;
  const Options options_;
  const std::shared_ptr<const Redactor> redact_;
  std::unordered_map<uint32_t, std::unique_ptr<Connected>> servers_;  // by their resource
  std::list<std::unique_ptr<Connected>> closing_;
  std::unordered_map<CallId, Call> calls_;
  CallId serial_ = 0;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

Caller::CallId McpCaller::start(Request request, model::Listener& listener) {
  const CallId id = ++serial_;
  Call& call = calls_[id];
  call.request = std::move(request);
  call.listener = &listener;
  call.timer = loop_.after(0, [this, id] { begin(id); });  // nobody hears of it from within
  return id;
}

void McpCaller::begin(CallId id) {
  Call& call = calls_.at(id);
  call.timer = 0;
  if (!options_.access) return fail(id, ErrorKind::Denied, "it may not call anything");
  std::string error;
  call.server = connected(call.request.tool->resource, error);
  if (call.server == nullptr) return fail(id, ErrorKind::Failed, error);
  ++call.server->calls;
  loop_.cancel_timer(std::exchange(call.server->idle, 0));
  check_then_ask(id);
}

Connected* McpCaller::connected(uint32_t resource, std::string& error) {
  std::unique_ptr<Connected>& server = servers_[resource];
  if (server) return server.get();
  std::optional<mcp::Server> declared = mcp::declared_server(program_.resources[resource], error);
  if (declared)
    server = std::make_unique<Connected>(loop_, *std::move(declared), options_,
                                         [this, resource] { refused(resource); });
  return server.get();
}

void McpCaller::check_then_ask(CallId id) {
  Connected& server = *calls_.at(id).server;
  if (calls_.at(id).request.tool->schema_hash.empty()) return ask(id);
  // Only servers with sessions say by themselves that a tool has changed.
  const bool holds = server.client->era() == mcp::Era::Sessions || loop_.now() - server.listed < kListed;
  if (server.hashes && holds) {
    if (is_pinned(id)) ask(id);
    return;
  }
  // Several calls may list at the same time; what comes last counts.
  server.client->list_tools(
      [this, id, &server](const std::vector<mcp::Tool>& tools, const std::string& error) {
        if (error.empty()) {
          server.hashes.emplace();
          server.listed = loop_.now();
          for (const mcp::Tool& tool : tools) (*server.hashes)[tool.name] = hash_of(tool);
        }
        if (!calls_.contains(id)) return;
        if (!error.empty()) return fail(id, ErrorKind::Unavailable, error);
        if (is_pinned(id)) ask(id);
      });
}

bool McpCaller::is_pinned(CallId id) {
  const program::External& tool = *calls_.at(id).request.tool;
  const std::string name = name_on_wire(tool);
  const auto& hashes = *calls_.at(id).server->hashes;
  const auto found = hashes.find(name);
  if (found != hashes.end() && found->second == tool.schema_hash) return true;
  const std::string& server = program_.resources[tool.resource].name;
  fail(
      id, ErrorKind::Denied,
      found == hashes.end()
          ? fmt::format("the server `{}` no longer has a tool `{}`; {}", server, name, kPinAnew)
          : fmt::format("the server `{}` describes `{}` in another way than when it was pinned, so it is not "
                        "called; {}",
                        server, name, kPinAnew));
  return false;
}

void McpCaller::ask(CallId id) {
  Call& call = calls_.at(id);
  mcp::Method method = mcp::method_of(*call.request.tool, call.request.arguments.front().json);
  if (!call.request.token.empty()) {
    std::string error;
    const auto inquiry = mcp::read_inquiry(call.request.token, error);
    if (!inquiry) return fail(id, ErrorKind::ToolFailed, error);
    method.params = mcp::answered_params(method.params, *inquiry, call.request.answers);
  }
  call.server->unanswered.clear();
  call.asked = call.server->client->request(
      method.name, method.params, [this, id](mcp::Answer answer) { answered(id, std::move(answer)); });
  if (options_.verbose) call.listener->sent((*redact_)(method.name + " " + method.params));
}

void McpCaller::answered(CallId id, mcp::Answer answer) {
  if (!calls_.contains(id)) return;
  const program::External& tool = *calls_.at(id).request.tool;
  if (!answer.ok) return fail(id, answer.kind, std::move(answer.error), answer.in_doubt);
  if (answer.asks) return inquired(id, answer.json);
  if (tool.provider == "resources/read") return done(id, text_of_resource(answer.json));
  if (tool.provider == "prompts/get") return done(id, text_of_prompt(answer.json));
  tool_answered(id, answer.json);
}

void McpCaller::inquired(CallId id, const std::string& result) {
  Call& call = calls_.at(id);
  const std::string& server = program_.resources[call.request.tool->resource].name;
  std::string error;
  const auto asked = mcp::read_inquiry(result, error);
  if (asked && result.size() > kMostInquiry)
    error = "it asks for more than can be kept until a person answers";
  if (asked && asked->questions.empty() && ++call.rounds > kMostRounds)
    error = fmt::format("it asked for more {} times and did not answer", kMostRounds);
  if (!error.empty()) return fail(id, ErrorKind::ToolFailed, error);
  if (asked->questions.empty()) {
    call.request.token = result;
    call.request.answers.clear();
    return ask(id);
  }
  Inquiry inquiry{.questions = {}, .token = result};
  for (const auto& [name, question] : asked->questions)
    inquiry.questions.push_back(question_of(server, question));
  if (!call.request.asked)
    return fail(id, ErrorKind::Denied,
                fmt::format("it asks \"{}\", which nobody is there to answer",
                            http::printable(asked->questions.front().second.message, kShownQuestion)));
  const Call taken = take(id);
  taken.request.asked(std::move(inquiry));
}

void McpCaller::refused(uint32_t resource) {
  // Not from within what the server says, and behind the answer to it.
  loop_.post([this, resource, alive = std::weak_ptr<bool>(alive_)] {
    if (alive.expired()) return;
    CallId only = 0;
    for (const auto& [id, call] : calls_) {
      if (call.asked == 0 || call.request.tool->resource != resource) continue;
      if (only != 0) return;
      only = id;
    }
    if (only == 0) return;
    Call& call = calls_.at(only);
    call.server->client->cancel(call.asked);
    fail(only, ErrorKind::Denied, std::exchange(call.server->unanswered, {}));
  });
}

void McpCaller::tool_answered(CallId id, const std::string& result) {
  const program::External& tool = *calls_.at(id).request.tool;
  if (!is_result(result))
    return fail(id, ErrorKind::ToolFailed,
                fmt::format("it answered with what is no result of a tool: {}", http::printable(result, 200)),
                /*in_doubt=*/true);
  std::string text = text_of_content(result);
  if (is_error(result))
    return fail(id, ErrorKind::ToolFailed, text.empty() ? "it failed and did not say why" : text);
  std::string structured = structured_content(result);
  const bool wants_text = program_.types[tool.result].kind == program::TypeKind::String;
  if (wants_text)
    return done(id, text.empty() && !structured.empty() ? std::move(structured) : std::move(text));
  // Servers of before 2025-06-18 write the JSON as text.
  if (structured.empty() && value::is_json(text)) structured = std::move(text);
  if (structured.empty())
    return fail(id, ErrorKind::ToolFailed,
                fmt::format("it answered without the structured content that it promises: {}",
                            http::printable(text, 200)),
                /*in_doubt=*/true);
  done(id, std::move(structured));
}

McpCaller::Call McpCaller::take(CallId id) {
  Call call = std::move(calls_.extract(id).mapped());
  Connected* const server = call.server;
  if (server == nullptr || --server->calls > 0) return call;
  const uint32_t resource = call.request.tool->resource;
  server->idle = loop_.after(kIdle, [this, resource] { retire(resource); });
  return call;
}

void McpCaller::done(CallId id, std::string text) {
  const Call call = take(id);
  model::Completion completion;
  completion.text = (*redact_)(std::move(text));
  completion.attempts = 1;
  call.listener->done(std::move(completion));
}

void McpCaller::fail(CallId id, ErrorKind kind, std::string what, bool in_doubt) {
  const Call call = take(id);
  if (call.server != nullptr && !call.server->unanswered.empty()) what += "; " + call.server->unanswered;
  call.listener->failed({.kind = kind,
                         .message = redact_->sentence(call.request.tool->name, what),
                         .attempts = 1,
                         .in_doubt = in_doubt});
}

void McpCaller::cancel(CallId id) {
  if (!calls_.contains(id)) return;
  const Call call = take(id);
  loop_.cancel_timer(call.timer);
  if (call.asked != 0) call.server->client->cancel(call.asked);
}

void McpCaller::retire(uint32_t resource) {
  const auto ended = closing_.insert(closing_.end(), std::move(servers_.extract(resource).mapped()));
  (*ended)->idle = 0;
  (*ended)->client->close([this, ended] { closing_.erase(ended); });
}

McpCaller::~McpCaller() {
  for (auto& [id, call] : calls_) loop_.cancel_timer(call.timer);
  for (auto& [resource, server] : servers_) {
    if (server) closing_.push_back(std::move(server));
  }
  if (closing_.empty()) return;
  size_t open = closing_.size();
  const EventLoop::TimerId patience = loop_.after(kLastWait, [this] { loop_.stop(); });
  for (const auto& server : closing_) {
    loop_.cancel_timer(server->idle);
    server->client->close([this, &open] {
      if (--open == 0) loop_.stop();
    });
  }
  loop_.run();
  loop_.cancel_timer(patience);
}

}  // namespace

std::unique_ptr<Caller> make_mcp_caller(const program::Program& program, EventLoop& loop,
                                        const Options& options, std::shared_ptr<const Redactor> redact) {
  return std::make_unique<McpCaller>(program, loop, options, std::move(redact));
}

}  // namespace chain::tool
