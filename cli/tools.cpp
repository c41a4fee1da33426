// `chain tools [FILE]`: every tool that an agent of the file could call.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

#include "cli/output.h"
#include "cli/report.h"
#include "cli/terminal.h"
#include "cli/usage.h"
#include "cli/verbs.h"
#include "compiler/driver/compile.h"
#include "compiler/graph/names.h"
#include "runtime/program/schema.h"
#include "runtime/tool/relevance.h"

namespace chain::cli {
namespace {

using graph::Module;
using program::Effect;
using program::ExternalKind;
using Json = nlohmann::ordered_json;
using Kind = graph::Callable::Kind;

/// One row of the registry, as it is shown.
struct Tool {
  const graph::Registered* registered = nullptr;
  std::string kind;  // "tool", "index", "memory", "server", "person", "chain", "prompt", "agent"
  program::TypeId parameters, result;
  Span span;
  std::string server;  // "mcp `shop`"; empty for none
  Effect effect = Effect::Reads;
  bool approve = false, idempotent = false;
  double score = 0;  // of a search

  [[nodiscard]] const graph::Callable& callable() const { return registered->callable; }
};

Tool tool_of(const Module& module, const graph::Registered& registered) {
  const graph::Callable& callable = registered.callable;
  Tool tool{.registered = &registered, .kind = {}, .parameters = {}, .result = {}, .span = {}, .server = {}};
  tool.effect = callable.writes ? Effect::Writes : Effect::Reads;
  if (callable.kind == Kind::External) {
    const graph::External& external = module.externals[callable.index];
    const std::string resource =
        external.resource < module.resources.size() ? module.resources[external.resource].kind : "";
    tool.kind = external.kind == ExternalKind::Ask     ? "person"
                : external.kind == ExternalKind::Tool  ? "tool"
                : external.kind == ExternalKind::Agent ? "agent"
                                                       : resource;
    if (external.kind == ExternalKind::Remote) tool.server = module.resources[external.resource].name;
    tool.parameters = external.parameters;
    tool.result = external.result;
    tool.span = external.span;
    tool.approve = external.approve;
    tool.idempotent = external.idempotent;
    tool.effect = external.effect;
  } else {
    const bool chain = callable.kind == Kind::Chain;
    tool.kind = chain ? "chain" : "prompt";
    tool.parameters =
        chain ? module.chains[callable.index].parameters : module.prompts[callable.index].parameters;
    tool.result = chain ? module.chains[callable.index].result : module.prompts[callable.index].result;
    tool.span = chain ? module.chains[callable.index].span : module.prompts[callable.index].span;
  }
  return tool;
}

std::string_view word_of(Effect effect) {
  switch (effect) {
    case Effect::Pure: return "pure";
    case Effect::Reads: return "reads";
    case Effect::Writes: return "writes";
  }
  return "";
}

/// "weather@1.0(city: string, days: int = 3) -> Weather"
std::string signature(const Module& module, const Tool& tool) {
  std::string text = tool.callable().source + '(';
  bool first = true;
  for (const program::Field& field : module.types[tool.parameters].fields) {
    text += (first ? "" : ", ") + field.name + ": " + module.types.to_string(field.type);
    if (!field.default_json.empty()) text += " = " + field.default_json;
    first = false;
  }
  return text + ") -> " + module.types.to_string(tool.result);
}

/// Parameters that take text that somebody else wrote.
std::vector<std::string> taking(const Module& module, const Tool& tool) {
  std::vector<std::string> names;
  const auto& fields = module.types[tool.parameters].fields;
  const std::vector<bool>& takes = tool.registered->takes_untrusted;
  for (size_t i = 0; i < fields.size() && i < takes.size(); ++i)
    if (takes[i]) names.push_back(fields[i].name);
  return names;
}

tool::ToolText text_of(const Module& module, const Tool& tool) {
  tool::ToolText text{.name = tool.callable().source, .doc = tool.callable().doc, .parameters = {}};
  for (const program::Field& field : module.types[tool.parameters].fields)
    text.parameters += field.name + ": " + field.doc + '\n';
  return text;
}

/// Those that `question` is about, the best first.
std::vector<Tool> search(const Module& module, const std::vector<Tool>& all, const std::string& question) {
  std::vector<tool::ToolText> texts;
  for (const Tool& each : all) texts.push_back(text_of(module, each));
  std::vector<Tool> found;
  for (const tool::Relevance& each : tool::relevant_tools(texts, question)) {
    found.push_back(all[each.tool]);
    found.back().score = each.score;
  }
  return found;
}

std::string place_of(const SourceMap& sources, const Tool& tool) {
  if (tool.kind == "person" || tool.span.file.index >= sources.size()) return "the language itself";
  const SourceFile& file = sources.file(tool.span.file);
  const std::string place = fmt::format("{}:{}", file.path(), file.position(tool.span.begin).line);
  return tool.server.empty() ? place : fmt::format("server `{}`, {}", tool.server, place);
}

std::string as_json(const Module& module, const SourceMap& sources, const std::vector<Tool>& tools,
                    bool ranked) {
  Json list = Json::array();
  for (const Tool& tool : tools) {
    const graph::Callable& callable = tool.callable();
    Json each = {
        {"name", callable.source},
        {"name_for_models", callable.name},
        {"kind", tool.kind},
        {"signature", signature(module, tool)},
        {"doc", callable.doc},
        {"parameters", Json::parse(program::json_schema(module.types, tool.parameters), nullptr, false)},
        {"result", Json::parse(program::json_schema(module.types, tool.result), nullptr, false)},
        {"effect", word_of(tool.effect)},
        {"approve", tool.approve},
        {"idempotent", tool.idempotent},
        {"takes_untrusted", taking(module, tool)},
        {"gives_untrusted", callable.gives_untrusted}};
    if (tool.kind != "person" && tool.span.file.index < sources.size()) {
      const SourceFile& file = sources.file(tool.span.file);
      const Position at = file.position(tool.span.begin);
      each["source"] = {{"file", file.path()}, {"line", at.line}, {"column", at.column}};
    }
    if (!tool.server.empty()) each["server"] = tool.server;
    if (!tool.registered->hash.empty()) each["hash"] = tool.registered->hash;
    if (ranked) each["score"] = tool.score;
    list.push_back(std::move(each));
  }
  return Json{{"tools", std::move(list)}}.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "`" : ", `") + name + '`';
  return text;
}

/// What is said of where text of others may go in, and whether it comes out.
std::string trust(const Module& module, const Tool& tool) {
  const std::vector<std::string> takes = taking(module, tool);
  const size_t all = module.types[tool.parameters].fields.size();
  std::string text = all == 0              ? "takes nothing"
                     : takes.size() == all ? "takes untrusted text"
                     : takes.empty()       ? "takes trusted text alone"
                                           : "takes untrusted text for " + joined(takes) + " alone";
  return text +
         (tool.callable().gives_untrusted ? "; what it gives is untrusted" : "; what it gives is trusted");
}

std::string as_text(const Module& module, const SourceMap& sources, const std::vector<Tool>& tools) {
  constexpr size_t kShortHash = 12;
  std::string text;
  for (const Tool& tool : tools) {
    text += (text.empty() ? "" : "\n") + one_line(signature(module, tool)) + '\n';
    std::string_view doc = tool.callable().doc;
    for (; !doc.empty(); doc.remove_prefix(std::min(doc.find('\n') + 1, doc.size()))) {
      text += "  " + one_line(doc.substr(0, doc.find('\n'))) + '\n';
      if (doc.find('\n') == std::string_view::npos) break;
    }
    text += fmt::format("  {}, {}{}{}; {}\n", tool.kind, word_of(tool.effect), tool.approve ? " approve" : "",
                        tool.idempotent ? " idempotent" : "", trust(module, tool));
    const std::string& hash = tool.registered->hash;
    text += "  " + one_line(place_of(sources, tool)) +
            (hash.empty() ? "" : "  " + hash.substr(0, kShortHash)) + '\n';
  }
  return text;
}

}  // namespace

int tools(Arguments arguments) {
  CLI::App app(
      "Lists every tool that an agent of the file could call: its own and those of the files it imports, "
      "what its "
      "indexes, memories and servers offer, chains, prompts and other agents. Runs nothing.",
      "chain tools");
  std::string file = "main.chain", question;
  driver::CompileOptions options;
  options.transform = false;
  options.contents = true;
  options.registry = true;
  bool json = false;
  app.add_option("file", file, "the file; main.chain unless said")->option_text("[FILE]");
  app.add_option("--search", question,
                 "only those that this text is about, the best first, as `registry.pick` chooses")
      ->option_text("TEXT");
  app.add_flag("--json", json, "print the list as JSON, with the schemas of parameters and results");
  app.add_option("--profile", options.profile, "the profile whose resources take the place of the file's own")
      ->option_text("NAME");
  if (const auto code = read_options(app, arguments)) return *code;

  SourceMap sources;
  Diagnostics diagnostics;
  const auto module = driver::compile_graph(file, sources, diagnostics, options);
  report(diagnostics, sources);
  if (!module) return kWrongFile;
  std::vector<Tool> found;
  for (const graph::Registered& each : module->registry) found.push_back(tool_of(*module, each));
  const bool ranked = app.count("--search") > 0;
  if (ranked) found = search(*module, found, question);
  if (json) return answer_json(as_json(*module, sources, found, ranked) + '\n') ? kOk : kFailed;
  if (found.empty())
    say(printable(ranked ? "no tool of `" + file + "` has anything in common with this text\n"
                         : "`" + file + "` has no tools\n"));
  return answer_text(as_text(*module, sources, found)) ? kOk : kFailed;
}

}  // namespace chain::cli
