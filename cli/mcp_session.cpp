// Speaking to servers from the command line.
#include <fmt/format.h>

#include <map>
#include <utility>

#include "cli/mcp.h"
#include "cli/output.h"
#include "cli/server_questions.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "compiler/graph/resource_options.h"
#include "runtime/mcp/declared.h"

namespace chain::cli {

struct McpSession::State {
  explicit State(EventLoop& loop) : questions(loop) {}
  std::unique_ptr<mcp::Authorizer> authorizer;
  std::map<uint32_t, std::unique_ptr<mcp::Client>> clients;  // by place
  ServerQuestions questions;
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
  const std::string text = fmt::format("server `{}` asks: {}", server, question.message);
  if (somebody_is_there())
    return state_->questions.ask(text, question.schema, question.url, std::move(answer));
  say(printable(text) + "\nnobody is there to answer; it was cancelled\n");
  answer(kCancelled);
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
