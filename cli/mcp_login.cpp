// `chain mcp login`, `logout`: tokens for servers over HTTP.
#include <fmt/format.h>

#include <cstdlib>

#include "cli/mcp.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "cli/usage.h"
#include "cli/verbs.h"
#include "compiler/graph/resource_options.h"
#include "runtime/mcp/declared.h"
#include "runtime/process/process.h"
#include "runtime/program/secret_source.h"

namespace chain::cli {
namespace {

/// The server that is meant; nothing, with all said, if it has no login.
std::optional<mcp::Server> server_of(const McpTarget& target) {
  const graph::Resource& resource = target.resource(target.chosen.front());
  std::string error;
  auto server = mcp::declared_server({resource.kind, resource.name, resource.provider.name,
                                      graph::resource_options(target.servers.module, resource), target.file},
                                     error);
  if (!server) return say_error(error), std::nullopt;
  if (!server->url.empty()) return server;
  usage_error("mcp", fmt::format("`{}` is a program on this machine; a login is for servers over HTTP",
                                 resource.name));
  return std::nullopt;
}

/// A program that shows a page, started without waiting for it.
class Browser final : public process::Listener {
 public:
  explicit Browser(EventLoop& loop) : loop_(loop) {}

  void open(const std::string& url) {
    const char* named = std::getenv("BROWSER");
    const bool screen = std::getenv("DISPLAY") != nullptr || std::getenv("WAYLAND_DISPLAY") != nullptr;
    if ((named == nullptr || *named == '\0') && !screen) return;
    process::Settings settings;
    settings.arguments = {named != nullptr && *named != '\0' ? named : "xdg-open", url};
    for (const char* name :
         {"PATH", "HOME", "USER", "LANG", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR",
          "XDG_CURRENT_DESKTOP", "DBUS_SESSION_BUS_ADDRESS", "BROWSER"}) {
      if (const char* value = std::getenv(name))
        settings.environment.push_back(std::string(name) + '=' + value);
    }
    std::string ignored;  // the URL stands on the terminal
    browser_ = process::start(loop_, std::move(settings), *this, ignored);
  }
  void wrote(std::string_view) override {}
  void ended(process::Ended) override {}

 private:
  EventLoop& loop_;
  std::unique_ptr<process::Process> browser_;
};

}  // namespace

int mcp_login(const McpCommand& command) {
  int exit = kOk;
  const auto target = open_servers(command, /*one=*/true, exit);
  if (!target) return exit;
  const auto server = server_of(*target);
  if (!server) return kUsage;
  mcp::AuthorizerOptions options;
  options.access = target->access;
  options.client.id = command.client_id;
  options.client_document = command.client_document;
  options.scope = command.scope;
  if (!command.client_secret_env.empty()) {
    options.client.secret = program::secret_value(command.client_secret_env);
    if (options.client.secret.empty())
      return usage_error("mcp", "the variable " + command.client_secret_env + " is not set");
  }
  EventLoop loop;
  const Interrupt interrupt(loop);
  Browser browser(loop);
  options.show = [&](const std::string& url) {
    say("To log in, open this in a browser of this machine:\n  " + one_line(url) + "\n");
    browser.open(url);
  };
  mcp::Tokens(options.folder).remove(server->url);
  mcp::Authorizer authorizer(loop, options);
  std::string failure;
  // The server says by itself what it wants, if it answers 401: so a request is made, and no more.
  mcp::Options connection;
  connection.access = target->access;
  bool asked = false;
  connection.authorize = [&](const mcp::Server& whose, const std::string& challenge,
                             std::function<void(std::string, std::string)> done) {
    asked = true;
    authorizer.authorize(whose, challenge, std::move(done));
  };
  mcp::Server patient = *server;
  patient.timeout = std::max(patient.timeout, options.patience);
  auto client = mcp::make_client(loop, std::move(patient), std::move(connection));
  client->list_tools([&](const std::vector<mcp::Tool>&, const std::string& error) {
    failure = error;
    loop.stop();
  });
  loop.run();
  if (interrupt.requested()) return kInterrupted;
  if (!failure.empty()) return say_error(failure), kFailed;
  client->close([&] { loop.stop(); });
  loop.run();
  say(asked ? fmt::format("logged in to `{}`\n", printable(server->name))
            : fmt::format("`{}` wants no login\n", printable(server->name)));
  return kOk;
}

int mcp_logout(const McpCommand& command) {
  int exit = kOk;
  const auto target = open_servers(command, /*one=*/true, exit);
  if (!target) return exit;
  const auto server = server_of(*target);
  if (!server) return kUsage;
  const bool known = mcp::Tokens(mcp::Tokens::default_folder()).remove(server->url);
  say(known ? fmt::format("forgot the login to `{}`\n", printable(server->name))
            : fmt::format("there was no login to `{}`\n", printable(server->name)));
  return kOk;
}

}  // namespace chain::cli
