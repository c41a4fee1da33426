// Speaking to servers from the command line.
#include <fmt/format.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <map>
#include <utility>

#include "cli/elicitation.h"
#include "cli/mcp.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "compiler/graph/resource_options.h"
#include "runtime/mcp/declared.h"

namespace chain::cli {
namespace {

struct Asked {
  std::string server;
  mcp::Elicitation question;
  std::function<void(std::string)> answer;
};

/// Questions of servers, one after the other, typed at the terminal while the loop goes on.
class Questions {
 public:
  explicit Questions(EventLoop& loop) : loop_(loop) {}
  ~Questions() { listen(false); }

  void ask(Asked asked) {
    waiting_.push_back(std::move(asked));
    if (waiting_.size() == 1) begin();
  }

 private:
  void begin() {
    const Asked& asked = waiting_.front();
    say(fmt::format("server `{}` asks: {}\n", asked.server, printable(asked.question.message)));
    fields_.clear();
    values_.clear();
    if (!asked.question.url.empty()) {
      say(fmt::format(
          "It wants you to open\n  {}\nEnter when that is done, `decline`, or nothing more with Ctrl-D.\n",
          one_line(asked.question.url)));
    } else {
      std::string error;
      auto fields = form_fields(asked.question.schema, error);
      if (!fields) {
        say(error + "; it was declined\n");
        return settle(R"({"action": "decline"})");
      }
      fields_ = *std::move(fields);
      say(fields_.empty() ? "Enter says yes, `decline` no.\n" : "`decline` says no, Ctrl-D nothing.\n");
      if (!fields_.empty()) say(shown(fields_[0]));
    }
    say("> ");
    listen(true);
  }

  void listen(bool on) {
    if (listening_ == on) return;
    listening_ = on;
    loop_.watch(STDIN_FILENO, on ? EPOLLIN : 0, [this](uint32_t) { read_some(); });
  }

  void read_some() {
    char buffer[4096];
    const ssize_t count = read(STDIN_FILENO, buffer, sizeof buffer);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (count <= 0) return settle(R"({"action": "cancel"})");
    typed_.append(buffer, static_cast<size_t>(count));
    for (size_t end = 0; !waiting_.empty() && (end = typed_.find('\n')) != std::string::npos;) {
      const std::string line = typed_.substr(0, end);
      typed_.erase(0, end + 1);
      took(line);
    }
  }

  void took(const std::string& line) {
    if (line == "decline") return settle(R"({"action": "decline"})");
    if (values_.size() < fields_.size()) {
      std::string error;
      const FormField& field = fields_[values_.size()];
      const auto value = field_value(field, line, error);
      if (!value) return say(printable(error) + "\n> ");
      values_.emplace_back(field.name, *value);
      if (values_.size() < fields_.size()) return say(shown(fields_[values_.size()]) + "> ");
    }
    settle(waiting_.front().question.url.empty() ? accepted(values_) : R"({"action": "accept"})");
  }

  void settle(const std::string& json) {
    listen(false);
    const auto answer = std::move(waiting_.front().answer);
    waiting_.pop_front();
    answer(json);
    if (!waiting_.empty()) begin();
  }

  EventLoop& loop_;
  std::deque<Asked> waiting_;
  std::vector<FormField> fields_;
  std::vector<std::pair<std::string, std::string>> values_;
  std::string typed_;
  bool listening_ = false;
};

}  // namespace

struct McpSession::State {
  explicit State(EventLoop& loop) : questions(loop) {}
  std::unique_ptr<mcp::Authorizer> authorizer;
  std::map<uint32_t, std::unique_ptr<mcp::Client>> clients;  // by place
  Questions questions;
};

McpSession::McpSession(const McpTarget& target, const McpCommand& command)
    : target_(target), command_(command), state_(std::make_unique<State>(loop_)) {}

McpSession::~McpSession() = default;

mcp::Client* McpSession::client(uint32_t place) {
  auto& client = state_->clients[place];
  if (client) return client.get();
  const graph::Resource& resource = target_.resource(place);
  std::string error;
  auto server =
      mcp::declared_server({resource.kind, resource.name, resource.provider.name,
                            graph::resource_options(target_.servers.module, resource), target_.file},
                           error);
  if (!server) {
    say_error(error);
    return nullptr;
  }
  if (!state_->authorizer) {
    const std::string how = command_.url.empty()
                                ? fmt::format("chain mcp login {}:{}", target_.file, resource.name)
                                : "chain mcp login --url " + shell_word(command_.url);
    state_->authorizer = std::make_unique<mcp::Authorizer>(
        loop_, mcp::AuthorizerOptions{.access = target_.access, .how = how});
  }
  mcp::Options options;
  options.access = target_.access;
  options.handler = this;
  options.authorize = [this](const mcp::Server& asked, const std::string& challenge,
                             std::function<void(std::string, std::string)> done) {
    state_->authorizer->authorize(asked, challenge, std::move(done));
  };
  client = mcp::make_client(loop_, *std::move(server), std::move(options));
  return client.get();
}

bool McpSession::run() {
  loop_.run();
  if (!interrupt_.requested()) return true;
  if (tell_) tell_();
  state_->clients.clear();  // whatever was started is killed with them
  say("interrupted\n");
  return false;
}

bool McpSession::close() {
  size_t open = 1;
  const auto closed = [&] {
    if (--open == 0) loop_.stop();
  };
  for (const auto& [place, client] : state_->clients) {
    if (!client) continue;
    ++open;
    client->close(closed);
  }
  if (--open == 0) return true;
  return run();
}

void McpSession::progress(std::string_view server, double done, std::optional<double> total,
                          std::string_view message) {
  say(fmt::format("{}: {:g}{}{}{}\n", server, done, total ? fmt::format(" of {:g}", *total) : "",
                  message.empty() ? "" : "  ", one_line(message)));
}

void McpSession::logged(std::string_view server, std::string_view level, std::string_view text) {
  say(fmt::format("{}: {}: {}\n", server, one_line(level), one_line(text)));
}

void McpSession::elicit(std::string_view server, const mcp::Elicitation& question,
                        std::function<void(std::string json)> answer) {
  if (isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1)
    return state_->questions.ask({std::string(server), question, std::move(answer)});
  say(fmt::format("server `{}` asks: {}\nnobody is there to answer; it was cancelled\n", server,
                  printable(question.message)));
  answer(R"({"action": "cancel"})");
}

std::optional<McpOffers> offers_of(McpSession& session, uint32_t place, bool tools_alone, int& exit) {
  exit = kFailed;
  mcp::Client* client = session.client(place);
  if (!client) return std::nullopt;
  McpOffers offers;
  std::string failure;
  const auto failed = [&](const std::string& error) {
    failure = error;
    session.finish();
  };
  client->list_tools([&](std::vector<mcp::Tool> tools, const std::string& error) {
    offers.tools = std::move(tools);
    if (!error.empty() || tools_alone) return failed(error);
    client->list_resources([&](std::vector<mcp::Resource> resources, const std::string& why) {
      offers.resources = std::move(resources);
      if (!why.empty()) return failed(why);
      client->list_prompts([&](std::vector<mcp::Prompt> prompts, const std::string& last) {
        offers.prompts = std::move(prompts);
        failed(last);
      });
    });
  });
  if (!session.run()) {
    exit = kInterrupted;
    return std::nullopt;
  }
  if (!failure.empty()) return say_error(failure), std::nullopt;
  exit = kOk;
  return offers;
}

}  // namespace chain::cli
