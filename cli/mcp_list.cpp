// `chain mcp list`: what servers offer, in the language's own terms.
#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "cli/mcp.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

namespace chain::cli {
namespace {

using nlohmann::ordered_json;

/// "pinned", "changed" or "new"; nothing of a server that no file declares.
std::string_view state_of(const McpTarget& target, uint32_t place, const mcp::Tool& tool) {
  if (target.file.empty()) return "";
  const auto known = target.lock.remote.find(target.prefix(place) + tool.name);
  if (known == target.lock.remote.end()) return "new";
  return known->second.hash == pinned(tool).hash ? "pinned" : "changed";
}

const sema::ServerTool* typed(const std::optional<sema::Servers>& servers, const std::string& name) {
  if (!servers) return nullptr;
  for (const sema::ServerTool& tool : servers->tools) {
    if (tool.wire_name == name) return &tool;
  }
  return nullptr;
}

std::string first_line(std::string_view text) {
  return one_line(text.substr(0, text.find('\n')));
}

std::string as_text(const McpTarget& target, uint32_t place, const McpOffers& offers) {
  const auto servers = with_tools(target, place, offers.tools);
  std::string text = fmt::format(
      "{}\n", printable(target.file.empty() ? target.resource(place).name : target.servers.keys[place]));
  auto out = std::back_inserter(text);
  for (const mcp::Tool& tool : offers.tools) {
    const sema::ServerTool* as_type = typed(servers, tool.name);
    const std::string_view state = state_of(target, place, tool);
    fmt::format_to(out, "  tool {}{}\n", one_line(as_type ? signature(*servers, *as_type) : tool.name),
                   state.empty() ? "" : fmt::format("  ({})", state));
    if (!tool.description.empty()) fmt::format_to(out, "      {}\n", first_line(tool.description));
    if (as_type && !as_type->problem.empty())
      fmt::format_to(out, "      no program can call it by types: {}\n", printable(as_type->problem));
  }
  for (const mcp::Resource& resource : offers.resources) {
    fmt::format_to(out, "  {} {}{}{}\n", resource.is_template ? "template" : "resource",
                   one_line(resource.uri), resource.mime_type.empty() ? "" : "  ",
                   one_line(resource.mime_type));
    const std::string& about = resource.description.empty() ? resource.name : resource.description;
    if (!about.empty()) fmt::format_to(out, "      {}\n", first_line(about));
  }
  for (const mcp::Prompt& prompt : offers.prompts) {
    std::string parameters;
    for (const mcp::PromptArgument& each : prompt.arguments)
      parameters += (parameters.empty() ? "" : ", ") + each.name + (each.required ? ": string" : ": string?");
    fmt::format_to(out, "  prompt {}({})\n", one_line(prompt.name), one_line(parameters));
    if (!prompt.description.empty()) fmt::format_to(out, "      {}\n", first_line(prompt.description));
  }
  return text;
}

ordered_json parsed(const std::string& json) {
  return json.empty() ? ordered_json() : ordered_json::parse(json, nullptr, false);
}

ordered_json as_json(const McpTarget& target, uint32_t place, const McpOffers& offers,
                     const mcp::Client& client) {
  const auto servers = with_tools(target, place, offers.tools);
  ordered_json tools = ordered_json::array(), resources = ordered_json::array(),
               prompts = ordered_json::array();
  for (const mcp::Tool& tool : offers.tools) {
    const sema::ServerTool* as_type = typed(servers, tool.name);
    ordered_json entry = {{"name", tool.name}, {"description", tool.description}};
    if (as_type && as_type->problem.empty()) {
      entry["call"] = as_type->name;
      entry["signature"] = signature(*servers, *as_type);
    } else if (as_type) {
      entry["problem"] = as_type->problem;
    }
    entry["effect"] = pinned(tool).reads_only() ? "reads" : "writes";
    if (const std::string_view state = state_of(target, place, tool); !state.empty()) entry["state"] = state;
    entry["hash"] = pinned(tool).hash;
    entry["input"] = parsed(tool.input_schema);
    if (!tool.output_schema.empty()) entry["output"] = parsed(tool.output_schema);
    if (!tool.annotations.empty()) entry["annotations"] = parsed(tool.annotations);
    tools.push_back(std::move(entry));
  }
  for (const mcp::Resource& each : offers.resources)
    resources.push_back({{each.is_template ? "template" : "uri", each.uri},
                         {"name", each.name},
                         {"description", each.description},
                         {"type", each.mime_type}});
  for (const mcp::Prompt& each : offers.prompts) {
    ordered_json arguments = ordered_json::array();
    for (const mcp::PromptArgument& argument : each.arguments)
      arguments.push_back(
          {{"name", argument.name}, {"description", argument.description}, {"required", argument.required}});
    prompts.push_back({{"name", each.name}, {"description", each.description}, {"arguments", arguments}});
  }
  return {{"server", target.file.empty() ? target.resource(place).name : target.servers.keys[place]},
          {"about", parsed(client.about())},
          {"tools", tools},
          {"resources", resources},
          {"prompts", prompts}};
}

}  // namespace

int mcp_list(const McpCommand& command) {
  int exit = kOk;
  const auto target = open_servers(command, /*one=*/false, exit);
  if (!target) return exit;
  McpSession session(*target, command);
  std::string text;
  bool all = true;
  for (const uint32_t place : target->chosen) {
    const auto offers = offers_of(session, place, /*tools_alone=*/false, exit);
    if (exit == kInterrupted) return exit;
    all = all && offers;
    if (!offers) continue;  // which has been said; the others are as good
    text += command.json ? as_json(*target, place, *offers, *session.client(place))
                                   .dump(-1, ' ', false, ordered_json::error_handler_t::replace) +
                               '\n'
                         : as_text(*target, place, *offers);
  }
  if (!session.close()) return kInterrupted;
  return (command.json ? answer_json(text) : write_out(text)) && all ? kOk : kFailed;
}

}  // namespace chain::cli
