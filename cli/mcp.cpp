// `chain mcp pin|list|call|read|prompt|login|logout`: the servers of a program.
#include "cli/mcp.h"

#include <CLI/CLI.hpp>

#include "cli/action.h"
#include "cli/usage.h"
#include "cli/variables.h"
#include "cli/verbs.h"

namespace chain::cli {
namespace {

constexpr Action<int(const McpCommand&)> kActions[] = {
    {"pin", mcp_pin},       {"list", mcp_list},   {"call", mcp_call},    {"read", mcp_read},
    {"prompt", mcp_prompt}, {"login", mcp_login}, {"logout", mcp_logout}};

constexpr const char* kAbout =
    "Speaks to the MCP servers that a file declares, or to one of --command or --url.\n"
    "  pin FILE[:SERVER]              writes what they offer into chain.lock, and shows what is new\n"
    "  list FILE[:SERVER]             shows tools, resources and prompts\n"
    "  call FILE:SERVER.TOOL          calls a tool\n"
    "  read FILE:SERVER URI           reads a resource\n"
    "  prompt FILE:SERVER NAME        gets a prompt\n"
    "  login FILE:SERVER              logs in to a server over HTTP, in the browser\n"
    "  logout FILE:SERVER             forgets the login";

void declare(CLI::App& app, McpCommand& command) {
  app.add_option("action", command.action, "what to do")
      ->option_text("pin|list|call|read|prompt|login|logout");
  app.add_option("words", command.words, "the file and the server in it, and what is meant of it")
      ->option_text("FILE[:SERVER[.TOOL]] [URI|NAME]");
  app.add_option("--command", command.command, "a server that no file declares: a program with its arguments")
      ->option_text("\"npx -y ...\"");
  app.add_option("--url", command.url, "likewise, over HTTP")->option_text("URL");
  app.add_flag("--check", command.check,
               "of `pin`: write nothing, and end with code 1 if something has changed");
  app.add_option("-a,--arg", command.settings, "of `call` and `prompt`: an argument; may repeat")
      ->allow_extra_args(false)
      ->option_text("NAME=VALUE ...");
  app.add_option("--args", command.arguments, "the arguments as a JSON object; `-` reads standard input")
      ->option_text("JSON");
  app.add_option("--client-id", command.client_id, "of `login`: a client that is registered already")
      ->option_text("ID");
  app.add_option("--client-secret-env", command.client_secret_env, "the variable that holds its secret")
      ->option_text("NAME");
  app.add_option("--client-document", command.client_document,
                 "of `login`: the URL of a document that describes the client")
      ->option_text("URL");
  app.add_option("--scope", command.scope, "of `login`: ask for this besides what the server wants")
      ->option_text("\"A B\"");
  app.add_option("--profile", command.profile, "the profile whose resources take the place of the file's own")
      ->option_text("NAME");
  declare_permissions(app, command.permissions);
  declare_env_files(app, command.env_files);
  app.add_flag("--json", command.json, "print JSON");
}

/// What of the options goes with what; empty if all does.
std::string wrong_options(const McpCommand& command) {
  const std::string_view action = command.action;
  const bool apart = !command.command.empty() || !command.url.empty();
  const bool logs = action == "login" || action == "logout";
  if (!command.command.empty() && !command.url.empty()) return "a server has --command or --url, not both";
  if (apart && (action == "pin" || (logs && command.url.empty())))
    return action == "pin" ? "what is pinned stands in a file: declare the server there"
                           : "a login is for servers over HTTP: `--url`, or a file that declares one";
  if (command.check && action != "pin") return "--check goes with `pin`";
  const bool has_arguments = !command.settings.empty() || !command.arguments.empty();
  if (has_arguments && action != "call" && action != "prompt") return "arguments go with `call` and `prompt`";
  const bool client = !command.client_id.empty() || !command.client_secret_env.empty() ||
                      !command.client_document.empty() || !command.scope.empty();
  if (client && action != "login") return "--client-id and its like go with `login`";
  const bool takes_word = action == "read" || action == "prompt" || (action == "call" && apart);
  const size_t due = (apart ? 0 : 1) + (takes_word ? 1 : 0);
  if (command.words.size() > due) return "`" + command.words[due] + "` is one word too many";
  if (command.words.size() < due && !apart && command.words.empty())
    return "which file? as in: chain mcp " + std::string(action) + " support.chain" +
           (action == "pin" || action == "list" ? "" : ":shop") + (action == "call" ? ".find_order" : "");
  if (command.words.size() < due)
    return action == "read"   ? "which resource? give its URI"
           : action == "call" ? "which tool? give its name"
                              : "which prompt? give its name";
  return {};
}

}  // namespace

int mcp(Arguments arguments) {
  CLI::App app(kAbout, "chain mcp");
  McpCommand command;
  declare(app, command);
  if (const auto code = read_options(app, arguments)) return *code;
  const auto* const action =
      chosen_action("mcp", command.action, kActions,
                    "`chain mcp pin FILE`, `list`, `call`, `read`, `prompt`, `login` or `logout`");
  if (!action) return kUsage;
  if (const std::string wrong = wrong_options(command); !wrong.empty()) return usage_error("mcp", wrong);
  return action->run(command);
}

}  // namespace chain::cli
