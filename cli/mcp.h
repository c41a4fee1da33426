// `chain mcp`: the parts that the verb is made of.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/interrupt.h"
#include "cli/permission.h"
#include "compiler/lock/lock.h"
#include "compiler/sema/servers.h"
#include "compiler/source/source.h"
#include "runtime/mcp/authorizer.h"
#include "runtime/mcp/client.h"
#include "runtime/sched/event_loop.h"

namespace chain::cli {

/// What the command line says.
struct McpCommand {
  std::string action;              // "pin"
  std::vector<std::string> words;  // behind it
  std::string command, url;        // of a server that no file declares
  std::string profile;
  PermissionSettings permissions;
  std::vector<std::string> env_files;
  bool json = false;
  bool check = false;                 // of `pin`
  std::vector<std::string> settings;  // of `call` and `prompt`: "name=value"
  std::string arguments;              // likewise: a JSON object, `-` for standard input
  std::string client_id, client_secret_env, client_document, scope;  // of `login`
};

/// The servers that the command line names, and what they may touch.
struct McpTarget {
  SourceMap sources;
  sema::Servers servers;
  std::vector<uint32_t> chosen;  // places among the resources of `servers`
  std::shared_ptr<const access::Policy> access;
  std::string file;  // as the user wrote it; empty for a server of the command line
  std::string lock_path;
  lock::Lock lock;   // empty if there is none yet
  std::string what;  // of `FILE:SERVER.TOOL`: "TOOL"; of other actions the word behind the target

  [[nodiscard]] const graph::Resource& resource(uint32_t place) const {
    return servers.module.resources[place];
  }
  /// "support.chain:shop." in front of a tool's name in the lock.
  [[nodiscard]] std::string prefix(uint32_t place) const { return servers.keys[place] + '.'; }
};

/// Nothing, with `exit` set and everything said, if there is no such server, or it may not be started or
/// called. `one`: exactly one server must be meant.
[[nodiscard]] std::optional<McpTarget> open_servers(const McpCommand& command, bool one, int& exit);

/// Speaks to servers of a target: starts what it is asked to, and ends it. Questions of servers go to the
/// terminal, progress to standard error.
class McpSession final : public mcp::Handler {
 public:
  McpSession(const McpTarget& target, const McpCommand& command);
  ~McpSession() override;

  /// The client of a server; null, with all said, if a secret of it is not set.
  [[nodiscard]] mcp::Client* client(uint32_t place);
  /// Runs until `finish`; false at Ctrl-C, after which everything is ended.
  [[nodiscard]] bool run();
  void finish() { loop_.stop(); }
  /// What is told to servers at Ctrl-C, before they are ended.
  void on_interrupt(std::function<void()> tell) { tell_ = std::move(tell); }
  /// Ends all servers in order. False at Ctrl-C.
  [[nodiscard]] bool close();

  void progress(std::string_view server, double done, std::optional<double> total,
                std::string_view message) override;
  void logged(std::string_view server, std::string_view level, std::string_view text) override;
  void elicit(std::string_view server, const mcp::Elicitation& question,
              std::function<void(std::string json)> answer) override;

 private:
  struct State;
  const McpTarget& target_;
  const McpCommand& command_;
  EventLoop loop_;
  Interrupt interrupt_{loop_};
  std::function<void()> tell_;
  std::unique_ptr<State> state_;
};

/// What a server offers.
struct McpOffers {
  std::vector<mcp::Tool> tools;
  std::vector<mcp::Resource> resources;
  std::vector<mcp::Prompt> prompts;
};
/// Asks for them. Nothing, with `exit` set and all said, if they do not come.
[[nodiscard]] std::optional<McpOffers> offers_of(McpSession& session, uint32_t place, bool tools_alone,
                                                 int& exit);

/// A tool as the lock keeps it.
[[nodiscard]] lock::Remote pinned(const mcp::Tool& tool);
/// The tools with the names and types that they have in programs: `target.servers`, had the lock these tools.
[[nodiscard]] std::optional<sema::Servers> with_tools(const McpTarget& target, uint32_t place,
                                                      const std::vector<mcp::Tool>& tools);
/// "find_order(id: string, limit: int = 3) -> FindOrderResult reads"
[[nodiscard]] std::string signature(const sema::Servers& servers, const sema::ServerTool& tool);

// Each an action: the exit code.
[[nodiscard]] int mcp_pin(const McpCommand& command);
[[nodiscard]] int mcp_list(const McpCommand& command);
[[nodiscard]] int mcp_call(const McpCommand& command);
[[nodiscard]] int mcp_read(const McpCommand& command);
[[nodiscard]] int mcp_prompt(const McpCommand& command);
[[nodiscard]] int mcp_login(const McpCommand& command);
[[nodiscard]] int mcp_logout(const McpCommand& command);

}  // namespace chain::cli
