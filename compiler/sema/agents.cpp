// `agent name(...) -> T within { ... } { model: ... tools: ... }`.
#include <algorithm>
#include <array>
#include <unordered_map>

#include "compiler/sema/body.h"
#include "compiler/sema/context.h"
#include "compiler/sema/externals.h"

namespace chain::sema {

namespace {

using syntax::Expr;
using syntax::ExprKind;
using syntax::PromptMember;
using syntax::PromptMemberKind;

constexpr std::array<std::string_view, 7> kMembers = {"model", "tools",  "handoff", "memory",
                                                      "loop",  "system", "user"};

class AgentBuilder {
 public:
  AgentBuilder(Context& context, Signature& signature, uint32_t index)
      : context_(context),
        signature_(signature),
        declaration_(signature.declaration->as<syntax::AgentDecl>()),
        unit_(signature.parameters.unit),
        index_(index) {}

  graph::External build() {
    agent_ = external_of(signature_);
    agent_.kind = program::ExternalKind::Agent;
    agent_.doc = declaration_.doc;
    agent_.bounds = bounds_of(context_, unit_, declaration_.within, true);
    for (const PromptMember& item : declaration_.members) member(item);
    if (!once_.contains("model")) {
      context_.diagnostics.report(
          MissingMember{owner(), "model", "; say which `model` thinks for it: `model: smart`"},
          declaration_.name.span);
    }
    return std::move(agent_);
  }

 private:
  std::string owner() const { return "agent `" + std::string(signature_.name) + '`'; }

  void member(const PromptMember& item) {
    if (!item.value) return;
    if (item.kind == PromptMemberKind::System) return message(item, program::Role::System);
    if (item.kind == PromptMemberKind::User) return message(item, program::Role::User);
    const std::string_view key = item.key.text;
    if (std::find(kMembers.begin(), kMembers.end(), key) == kMembers.end()) return unknown(item);
    const auto [earlier, is_new] = once_.try_emplace(key, item.key.span);
    if (!is_new) {
      context_.diagnostics.report(DuplicateMember{std::string(key), owner()}, item.key.span)
          .note(earlier->second, "it stands here first");
      return;
    }
    if (key == "model") agent_.model = model_named(context_, unit_, *item.value, "model").value_or(0);
    if (key == "tools") tools(*item.value);
    if (key == "handoff") handoff(*item.value);
    if (key == "memory") memory(*item.value);
    if (key == "loop") loop(*item.value);
  }

  void unknown(const PromptMember& item) {
    const std::string_view key = item.key.text;
    if (key.empty()) return;
    const std::vector<std::string_view> known(kMembers.begin(), kMembers.end());
    const std::string_view best = closest(context_.diagnostics, key, known);
    const std::string hint = best.empty() ? "; it has " + list_of_names({known.begin(), known.end()})
                                          : "; did you mean `" + std::string(best) + ":`?";
    auto report =
        context_.diagnostics.report(UnknownPromptMember{"an agent", std::string(key), hint}, item.key.span);
    if (!best.empty()) report.fix(item.key.span, std::string(best), "write `" + std::string(best) + ":`");
    if (best == "model") once_.try_emplace("model", item.key.span);
  }

  void message(const PromptMember& item, program::Role role) {
    BodyChecker body(
        context_,
        {.unit = unit_, .pure = "an agent", .prompt = &signature_, .media = role == program::Role::User});
    const RegionId region = body.open();
    body.declare_parameters(signature_.parameters);
    const Value text = body.value_as(*item.value, context_.module.types.string_type);
    body.close(region, text);
    agent_.messages.push_back({role, region, -1});
  }

  Diagnostics::Builder bad(std::string_view key, std::string wanted, Span span) {
    return context_.diagnostics.report(BadMember{std::string(key), std::move(wanted)}, span);
  }

  /// What `expr` names: a declaration of this file or of a module. Null, and a report, if nothing.
  Symbol* named(const Expr& expr, std::string_view key, const std::string& wanted) {
    if (expr.kind == ExprKind::Error) return nullptr;
    Symbol* symbol = nullptr;
    std::string_view name;
    uint32_t unit = unit_;
    if (expr.kind == ExprKind::Name) {
      name = expr.as<syntax::NameExpr>().text;
      symbol = context_.find(unit_, name);
    } else if (expr.kind == ExprKind::Member) {
      const auto& member = expr.as<syntax::MemberExpr>();
      const auto module = BodyChecker(context_, {.unit = unit_}).module_named(*member.object);
      if (module) {
        unit = *module;
        name = member.member.text;
        symbol = name.starts_with('_') ? nullptr : context_.find(unit, name);
      }
    }
    if (symbol) return symbol->kind == SymbolKind::Unavailable ? nullptr : symbol;
    if (name.empty()) {
      bad(key, wanted, expr.span);
    } else {
      const std::string_view best = closest(context_.diagnostics, name, context_.names(unit, unit == unit_));
      context_.diagnostics.report(
          UnknownName{std::string(name), best.empty() ? "" : "; did you mean `" + std::string(best) + "`?"},
          expr.span);
    }
    return nullptr;
  }

  void tools(const Expr& expr) {
    if (expr.kind != ExprKind::List) return registry(expr);
    for (const Expr* item : expr.as<syntax::ListExpr>().items) tool(*item);
  }

  /// `registry.all`, `registry.pick(5)`: every tool in scope, or some of them, chosen at run time.
  void registry(const Expr& expr) {
    static const std::string wanted =
        "a list such as `[search, weather]`, `registry.all` or `registry.pick(5)`";
    const bool picks = expr.kind == ExprKind::Call;
    const Expr& path = picks ? *expr.as<syntax::CallExpr>().callee : expr;
    const bool is_member = path.kind == ExprKind::Member;
    const Expr* object = is_member ? path.as<syntax::MemberExpr>().object : nullptr;
    const bool of_registry =
        object && object->kind == ExprKind::Name && object->as<syntax::NameExpr>().text == "registry";
    const std::string_view word = is_member ? path.as<syntax::MemberExpr>().member.text : std::string_view();
    if (expr.kind == ExprKind::Error) return;
    if (!of_registry || word != (picks ? "pick" : "all")) return void(bad("tools", wanted, expr.span));
    std::string text = "registry." + std::string(word);
    if (picks) {
      const auto arguments = expr.as<syntax::CallExpr>().arguments;
      if (arguments.size() != 1 || arguments[0].name) return void(bad("tools", wanted, expr.span));
      const auto count = evaluate_constant(context_, unit_, *arguments[0].value,
                                           context_.module.types.int_type, "the number of tools");
      if (!count) return;
      const int64_t number = std::get<int64_t>(count->value);
      if (number < 1 || number > 1000) {
        context_.diagnostics.report(BadBound{"pick", "1", "1000"}, arguments[0].value->span);
        return;
      }
      text += '(' + std::to_string(number) + ')';
    }
    agent_.tools.push_back(std::move(text));
    for (uint32_t i = 0; i < context_.externals.size(); ++i) {
      if (context_.externals[i].kind == SymbolKind::Tool) add({SymbolKind::Tool, i});
    }
  }

  void add(AgentTool tool) { context_.agent_tools[index_].push_back(tool); }

  void tool(const Expr& expr) {
    static const std::string wanted = "a list of tools, chains, agents and what resources offer";
    if (const auto offer = offered(expr)) return;
    Symbol* symbol = named(expr, "tools", wanted);
    if (!symbol) return;
    const bool callable = symbol->kind == SymbolKind::Tool || symbol->kind == SymbolKind::Chain ||
                          symbol->kind == SymbolKind::Agent || symbol->kind == SymbolKind::Prompt;
    if (!callable || symbol->versions.empty()) {
      bad("tools", wanted, expr.span).note(symbol->span, "it is declared here");
      return;
    }
    const uint32_t index = symbol->versions.back();
    const SymbolKind kind = symbol->kind == SymbolKind::Agent ? SymbolKind::Tool : symbol->kind;
    add({kind, index});
    const Signature& signature = signature_of(context_, symbol->kind, index);
    std::string text(context_.sources.text(expr.span));
    if (signature.version != program::Version{}) text += '@' + to_string(signature.version);
    agent_.tools.push_back(std::move(text));
  }

  /// `handbook.search`. True if the name before the dot is a resource; what is wrong has been reported.
  std::optional<bool> offered(const Expr& expr) {
    if (expr.kind != ExprKind::Member) return std::nullopt;
    const auto& member = expr.as<syntax::MemberExpr>();
    if (member.object->kind != ExprKind::Name) return std::nullopt;
    Symbol* symbol = context_.find(unit_, member.object->as<syntax::NameExpr>().text);
    if (!symbol || symbol->kind != SymbolKind::Resource) return std::nullopt;
    const std::optional<uint32_t> offer = offer_of(context_, *symbol, member.member.text);
    if (!offer) {
      report_unknown_offer(context_, *symbol, member.member);
      return false;
    }
    add({SymbolKind::Tool, *offer});
    agent_.tools.emplace_back(context_.sources.text(expr.span));
    return true;
  }

  void handoff(const Expr& expr) {
    static const std::string wanted = "a list of agents: `[billing, technical]`";
    if (expr.kind == ExprKind::Error) return;
    if (expr.kind != ExprKind::List) return void(bad("handoff", wanted, expr.span));
    for (const Expr* item : expr.as<syntax::ListExpr>().items) {
      Symbol* symbol = named(*item, "handoff", wanted);
      if (!symbol) continue;
      if (symbol->kind != SymbolKind::Agent || symbol->versions.empty()) {
        bad("handoff", wanted, item->span).note(symbol->span, "it is declared here");
        continue;
      }
      add({SymbolKind::Tool, symbol->versions.back()});
      agent_.handoff.emplace_back(context_.sources.text(item->span));
    }
  }

  void memory(const Expr& expr) {
    static const std::string wanted = "the name of a `memory` declaration";
    const Symbol* symbol = named(expr, "memory", wanted);
    if (!symbol) return;
    const bool fits = symbol->kind == SymbolKind::Resource &&
                      symbol->declaration->as<syntax::ResourceDecl>().word == "memory";
    if (!fits) return void(bad("memory", wanted, expr.span).note(symbol->span, "it is declared here"));
    agent_.memory = symbol->name;
    agent_.resource = symbol->model;
  }

  void loop(const Expr& expr) {
    static const std::string wanted = "the name of a chain that takes the agent's place";
    const Symbol* symbol = named(expr, "loop", wanted);
    if (!symbol) return;
    if (symbol->kind != SymbolKind::Chain || symbol->versions.empty())
      return void(bad("loop", wanted, expr.span).note(symbol->span, "it is declared here"));
    agent_.loop = symbol->name;
    add({SymbolKind::Chain, symbol->versions.back()});
  }

  Context& context_;
  Signature& signature_;
  const syntax::AgentDecl& declaration_;
  uint32_t unit_;
  uint32_t index_;
  graph::External agent_;
  std::unordered_map<std::string_view, Span> once_;
};

}  // namespace

graph::External build_agent(Context& context, Signature& signature, uint32_t index) {
  return AgentBuilder(context, signature, index).build();
}

}  // namespace chain::sema
