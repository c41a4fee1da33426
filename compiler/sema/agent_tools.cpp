#include "compiler/sema/agent_tools.h"

#include <algorithm>

#include "compiler/sema/body.h"

namespace chain::sema {

namespace {

using syntax::Expr;
using syntax::ExprKind;

constexpr std::string_view kWanted = "a list of tools, chains, prompts, agents and what resources offer";
/// Of `registry.pick`.
constexpr int64_t kMostPicked = 1000;

bool same(const AgentTool& a, const AgentTool& b) {
  return a.kind == b.kind && a.index == b.index;
}

bool contains(const std::vector<AgentTool>& all, const AgentTool& tool) {
  return std::ranges::any_of(all, [&](const AgentTool& each) { return same(each, tool); });
}

Diagnostics::Builder bad(Context& context, std::string_view key, std::string_view wanted, Span span) {
  return context.diagnostics.report(BadMember{std::string(key), std::string(wanted)}, span);
}

bool is_callable(const Symbol& symbol) {
  return (symbol.kind == SymbolKind::Tool || symbol.kind == SymbolKind::Chain ||
          symbol.kind == SymbolKind::Agent || symbol.kind == SymbolKind::Prompt) &&
         !symbol.versions.empty();
}

/// What a symbol names in `agent`, as `text` writes it.
AgentTool tool_of(Context& context, const Signature& agent, const Symbol& symbol, std::string text) {
  const uint32_t index = bare_version(context, symbol, &agent);
  const Signature& signature = signature_of(context, symbol.kind, index);
  if (signature.version != program::Version{} && text.find('@') == std::string::npos)
    text += '@' + to_string(signature.version);
  const SymbolKind kind = symbol.kind == SymbolKind::Agent ? SymbolKind::Tool : symbol.kind;
  return {kind, index, false, std::move(text)};
}

}  // namespace

Symbol* named_by_agent(Context& context, uint32_t unit, const Expr& expr, std::string_view key,
                       const std::string& wanted) {
  if (expr.kind == ExprKind::Error) return nullptr;
  Symbol* symbol = nullptr;
  std::string_view name;
  uint32_t in = unit;
  if (expr.kind == ExprKind::Name) {
    name = expr.as<syntax::NameExpr>().text;
    symbol = context.find(unit, name);
  } else if (expr.kind == ExprKind::Member) {
    const auto& member = expr.as<syntax::MemberExpr>();
    const auto module = BodyChecker(context, {.unit = unit}).module_named(*member.object);
    if (module) {
      in = *module;
      name = member.member.text;
      symbol = name.starts_with('_') ? nullptr : context.find(in, name);
    }
  }
  if (symbol) return symbol->kind == SymbolKind::Unavailable ? nullptr : symbol;
  if (name.empty()) {
    bad(context, key, wanted, expr.span);
  } else {
    const std::string_view best = closest(context.diagnostics, name, context.names(in, in == unit));
    context.diagnostics.report(
        UnknownName{std::string(name), best.empty() ? "" : "; did you mean `" + std::string(best) + "`?"},
        expr.span);
  }
  return nullptr;
}

void AgentTools::tools(const Expr& expr) {
  if (expr.kind == ExprKind::Error) return;
  if (expr.kind != ExprKind::List) return registry(expr);
  tools_ = listed(expr, "tools", false);
  for (const AgentTool& tool : tools_) written_.push_back(tool.source);
}

void AgentTools::allow(const Expr& expr) {
  allowed_ = listed(expr, "allow", true);
}

void AgentTools::deny(const Expr& expr) {
  denied_ = listed(expr, "deny", true);
}

std::vector<AgentTool> AgentTools::listed(const Expr& expr, std::string_view key, bool whole) {
  std::vector<AgentTool> result;
  if (expr.kind == ExprKind::Error) return result;
  if (expr.kind != ExprKind::List) return bad(context_, key, kWanted, expr.span), result;
  for (const Expr* item : expr.as<syntax::ListExpr>().items) {
    for (AgentTool& tool : named_tools(*item, key, whole)) {
      if (!contains(result, tool)) result.push_back(std::move(tool));
    }
  }
  return result;
}

std::vector<AgentTool> AgentTools::named_tools(const Expr& expr, std::string_view key, bool whole) {
  const std::string text(context_.sources.text(expr.span));
  if (expr.kind == ExprKind::Member) {
    const auto& member = expr.as<syntax::MemberExpr>();
    if (auto person = of_person(member)) return {*std::move(person)};
    if (member.object->kind == ExprKind::Name) {
      Symbol* resource = context_.find(unit_, member.object->as<syntax::NameExpr>().text);
      if (resource && resource->kind == SymbolKind::Resource) {
        if (auto offer = offered(member, text)) return {*std::move(offer)};
        return {};
      }
    }
  }
  if (expr.kind == ExprKind::Versioned) {
    const auto& versioned = expr.as<syntax::VersionedExpr>();
    Symbol* symbol = named_by_agent(context_, unit_, *versioned.name, key, std::string(kWanted));
    if (!symbol) return {};
    if (is_callable(*symbol)) {
      const std::optional<uint32_t> index = version_of(context_, *symbol, versioned.version);
      if (!index) return {};
      const SymbolKind kind = symbol->kind == SymbolKind::Agent ? SymbolKind::Tool : symbol->kind;
      return {{kind, *index, false, text}};
    }
  }
  Symbol* symbol = named_by_agent(context_, unit_, expr, key, std::string(kWanted));
  if (!symbol) return {};
  if (whole && symbol->kind == SymbolKind::Resource) return offers_of_all(*symbol);
  if (!is_callable(*symbol)) {
    bad(context_, key, kWanted, expr.span).note(symbol->span, "it is declared here");
    return {};
  }
  return {tool_of(context_, agent_, *symbol, text)};
}

std::optional<AgentTool> AgentTools::of_person(const syntax::MemberExpr& member) {
  const bool is_human = member.object->kind == ExprKind::Name &&
                        member.object->as<syntax::NameExpr>().text == "human" &&
                        !context_.find(unit_, "human");
  if (!is_human || member.member.text != "ask") return std::nullopt;
  return AgentTool{SymbolKind::Tool, *human_offer(context_, "ask"), false, "human.ask"};
}

std::optional<AgentTool> AgentTools::offered(const syntax::MemberExpr& member, const std::string& source) {
  Symbol* resource = context_.find(unit_, member.object->as<syntax::NameExpr>().text);
  const std::optional<uint32_t> offer = offer_of(context_, *resource, member.member.text);
  if (!offer) report_unknown_offer(context_, *resource, member.member);
  if (!offer) return std::nullopt;
  return AgentTool{SymbolKind::Tool, *offer, false, source};
}

std::vector<AgentTool> AgentTools::offers_of_all(Symbol& resource) {
  std::vector<AgentTool> result;
  for (const std::string_view name : sema::offers_of(context_, resource)) {
    if (const auto offer = offer_of(context_, resource, name))
      result.push_back(
          {SymbolKind::Tool, *offer, false, std::string(resource.name) + '.' + std::string(name)});
  }
  return result;
}

/// Every tool in scope: those that are declared, but for private ones, and what indexes and servers offer.
void AgentTools::everything() {
  std::vector<uint32_t> units{unit_};
  for (const Import& import : context_.modules.units[unit_].imports) {
    if (import.declaration) units.push_back(import.unit);
  }
  for (const uint32_t unit : units) {
    for (Symbol& symbol : context_.symbols) {
      if (symbol.unit != unit || symbol.name.starts_with('_')) continue;
      if (symbol.kind == SymbolKind::Tool && !symbol.versions.empty())
        tools_.push_back(tool_of(context_, agent_, symbol, std::string(symbol.name)));
      const bool offers = symbol.kind == SymbolKind::Resource &&
                          symbol.declaration->as<syntax::ResourceDecl>().word != "memory";
      if (!offers) continue;
      for (AgentTool& tool : offers_of_all(symbol)) tools_.push_back(std::move(tool));
    }
  }
}

/// `registry.all`, `registry.pick(5)`: every tool in scope, or some of them, chosen at run time.
void AgentTools::registry(const Expr& expr) {
  static constexpr std::string_view wanted =
      "a list such as `[search, weather]`, `registry.all` or `registry.pick(5)`";
  const bool picks = expr.kind == ExprKind::Call;
  const Expr& path = picks ? *expr.as<syntax::CallExpr>().callee : expr;
  const bool is_member = path.kind == ExprKind::Member;
  const Expr* object = is_member ? path.as<syntax::MemberExpr>().object : nullptr;
  const bool of_registry =
      object && object->kind == ExprKind::Name && object->as<syntax::NameExpr>().text == "registry";
  const std::string_view word = is_member ? path.as<syntax::MemberExpr>().member.text : std::string_view();
  if (!of_registry || word != (picks ? "pick" : "all"))
    return void(bad(context_, "tools", wanted, expr.span));
  std::string text = "registry." + std::string(word);
  if (picks) {
    const auto arguments = expr.as<syntax::CallExpr>().arguments;
    if (arguments.size() != 1 || arguments[0].name) return void(bad(context_, "tools", wanted, expr.span));
    const auto count = evaluate_constant(context_, unit_, *arguments[0].value, context_.module.types.int_type,
                                         "the number of tools");
    if (!count) return;
    const int64_t number = std::get<int64_t>(count->value);
    if (number < 1 || number > kMostPicked) {
      context_.diagnostics.report(BadBound{"pick", "1", std::to_string(kMostPicked)},
                                  arguments[0].value->span);
      return;
    }
    pick_ = static_cast<uint32_t>(number);
    text += '(' + std::to_string(number) + ')';
  }
  written_.push_back(std::move(text));
  everything();
}

void AgentTools::handoff(const Expr& expr) {
  static const std::string wanted = "a list of agents: `[billing, technical]`";
  if (expr.kind == ExprKind::Error) return;
  if (expr.kind != ExprKind::List) return void(bad(context_, "handoff", wanted, expr.span));
  for (const Expr* item : expr.as<syntax::ListExpr>().items) {
    Symbol* symbol = named_by_agent(context_, unit_, *item, "handoff", wanted);
    if (!symbol) continue;
    if (symbol->kind != SymbolKind::Agent || symbol->versions.empty()) {
      bad(context_, "handoff", wanted, item->span).note(symbol->span, "it is declared here");
      continue;
    }
    AgentTool tool = tool_of(context_, agent_, *symbol, std::string(context_.sources.text(item->span)));
    tool.handoff = true;
    const Signature& taken_over = context_.externals[tool.index];
    if (taken_over.result != result_ && !taken_over.broken) {
      bad(context_, "handoff",
          "agents that give what this one does, a `" + context_.text(result_) + "`; `" +
              std::string(symbol->name) + "` gives a `" + context_.text(taken_over.result) + '`',
          item->span)
          .note(symbol->span, "it is declared here");
      continue;
    }
    handed_.emplace_back(context_.sources.text(item->span));
    handoffs_.push_back(std::move(tool));
  }
}

std::vector<AgentTool> AgentTools::take() {
  if (allowed_) std::erase_if(tools_, [&](const AgentTool& each) { return !contains(*allowed_, each); });
  std::erase_if(tools_, [&](const AgentTool& each) { return contains(denied_, each); });
  tools_.insert(tools_.end(), handoffs_.begin(), handoffs_.end());
  return std::move(tools_);
}

}  // namespace chain::sema
