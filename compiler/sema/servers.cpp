#include "compiler/sema/servers.h"

#include <algorithm>
#include <limits>

#include "compiler/sema/context.h"
#include "compiler/syntax/parse.h"

namespace chain::sema {

namespace {

bool is_server(const Symbol& symbol) {
  return symbol.kind == SymbolKind::Resource && symbol.declaration->as<syntax::ResourceDecl>().word == "mcp";
}

bool within(Span inner, Span outer) {
  return inner.file == outer.file && inner.begin >= outer.begin && inner.end <= outer.end;
}

/// Everything up to the resources, as `check` does it.
void build(Context& context) {
  collect_declarations(context);
  resolve_types(context);
  resolve_signatures(context);
  check_constants(context);
  resolve_defaults(context);
  build_predicates(context);
  build_models(context);
  build_resources(context);
}

/// The first mistake in what was made of a tool's schemas.
std::string mistake_in(const Modules& modules, const RemoteTool& tool, const Diagnostics& found) {
  for (const Diagnostic* each : found.sorted()) {
    if (each->severity != Severity::Error) continue;
    const bool input = !tool.input_type.empty() && each->span.file == modules.units[tool.input].ast.file;
    if (input || (tool.output && each->span.file == modules.units[*tool.output].ast.file))
      return each->message;
  }
  return {};
}

Span span_of(const syntax::ProviderCall& call) {
  Span span = call.name.span;
  for (const syntax::Argument& argument : call.arguments)
    span.end = std::max(span.end, argument.value->span.end);
  return span;
}

/// Reports those of `found` that stand in the declaration of a server, or in a profile that replaces one.
void report_own(Context& context, const Diagnostics& found, Diagnostics& diagnostics) {
  const std::vector<const Diagnostic*> all = found.sorted();
  for (const Symbol& symbol : context.symbols) {
    if (!is_server(symbol)) continue;
    const syntax::ProviderCall* instead = profile_entry(context, symbol);
    const Span place = instead ? span_of(*instead) : symbol.declaration->span;
    for (const Diagnostic* each : all) {
      if (each->severity == Severity::Error && within(each->span, place)) diagnostics.add(*each);
    }
  }
}

}  // namespace

void set_unreadable_apart(Modules& modules, SourceMap& sources) {
  const auto readable = [](const RemoteTool& tool) { return tool.problem.empty(); };
  if (std::ranges::none_of(modules.remote, readable)) return;
  Diagnostics found(std::numeric_limits<size_t>::max());
  Context context(modules, sources, found);
  build(context);
  Diagnostics ignored;
  for (RemoteTool& tool : modules.remote) {
    if (tool.problem.empty()) tool.problem = mistake_in(modules, tool, found);
    if (tool.problem.empty()) continue;
    const auto empty = [&](uint32_t unit) {
      modules.units[unit].ast =
          syntax::parse(sources, sources.add_made(tool.place + " as types", ""), ignored);
    };
    if (!tool.input_type.empty()) empty(tool.input);
    if (tool.output) empty(*tool.output);
  }
}

std::optional<Servers> servers_of(const Modules& modules, const SourceMap& sources, Diagnostics& diagnostics,
                                  const std::string& profile) {
  if (diagnostics.has_errors()) return std::nullopt;  // not to be read at all
  Diagnostics found(std::numeric_limits<size_t>::max());
  Context context(modules, sources, found);
  context.profile = profile;
  build(context);
  report_own(context, found, diagnostics);
  if (diagnostics.has_errors()) return std::nullopt;
  Servers servers;
  servers.keys.resize(context.module.resources.size());
  for (Symbol& symbol : context.symbols) {
    if (!is_server(symbol)) continue;
    servers.declared.push_back(symbol.model);
    servers.keys[symbol.model] = modules.units[symbol.unit].key + ':' + std::string(symbol.name);
    for (const RemoteTool& tool : modules.remote) {
      if (tool.resource != servers.keys[symbol.model]) continue;
      ServerTool& entry = servers.tools.emplace_back();
      entry.resource = symbol.model;
      entry.wire_name = tool.wire_name;
      entry.name = tool.name;
      entry.problem = tool.problem;
      if (entry.problem.empty()) entry.external = offer_of(context, symbol, tool.name).value_or(UINT32_MAX);
    }
  }
  servers.module = std::move(context.module);
  return servers;
}

}  // namespace chain::sema
