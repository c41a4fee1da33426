// `given f returns V`: what a test answers for prompts, tools, agents, resources and people.
#include <algorithm>

#include "compiler/sema/body.h"

namespace chain::sema {

using syntax::ExprKind;
using syntax::GivenStmt;

namespace {

bool answers(SymbolKind kind) {
  return kind == SymbolKind::Prompt || kind == SymbolKind::Tool || kind == SymbolKind::Agent;
}

/// The text of a string without holes.
std::optional<std::string_view> plain_string(const syntax::Expr& expr) {
  if (expr.kind != ExprKind::String) return std::nullopt;
  const auto& nodes = expr.as<syntax::StringExpr>().content->nodes;
  if (nodes.empty()) return "";
  if (nodes.size() != 1 || nodes[0]->kind != syntax::TemplateNodeKind::Text) return std::nullopt;
  return nodes[0]->as<syntax::TemplateText>().text;
}

/// Versions below the highest that something released calls by the bare name, as the lock pins it; those that
/// can have the same answer.
std::vector<uint32_t> pinned_by_any(Context& context, const Symbol& symbol) {
  std::vector<uint32_t> pinned;
  const TypeId result = signature_of(context, symbol.kind, symbol.versions.back()).result;
  for (size_t i = 0; i + 1 < symbol.versions.size(); ++i) {
    const Signature& signature = signature_of(context, symbol.kind, symbol.versions[i]);
    const std::string key = key_of(context, signature);
    const bool is_pinned = std::ranges::any_of(context.modules.released, [&](const auto& entry) {
      return std::ranges::binary_search(entry.second.callees, key);
    });
    if (is_pinned && signature.result == result) pinned.push_back(symbol.versions[i]);
  }
  return pinned;
}

}  // namespace

void BodyChecker::unknown_answerer(const GivenStmt& stmt) {
  std::vector<std::string_view> names;
  for (std::string_view name : context_.names(surroundings_.unit, true)) {
    if (answers(context_.find(surroundings_.unit, name)->kind)) names.push_back(name);
  }
  const std::string_view best = closest(context_.diagnostics, stmt.name.text, names);
  auto report = context_.diagnostics.report(
      UnknownName{std::string(stmt.name.text),
                  best.empty() ? "" : "; did you mean `" + std::string(best) + "`?"},
      stmt.name.span);
  if (!best.empty()) report.fix(stmt.name.span, std::string(best), "write `" + std::string(best) + "`");
}

/// Whose calls the statement answers, counted as Op::Given does: one, or every version that a route calls.
/// Empty after a report.
std::vector<uint32_t> BodyChecker::answerers(const GivenStmt& stmt) {
  if (!stmt.name) return {};
  const auto prompts = static_cast<uint32_t>(context_.prompts.size());
  Symbol* symbol = context_.find(surroundings_.unit, stmt.name.text);
  if (!symbol && stmt.name.text == "human" && stmt.member) {
    if (const auto offer = human_offer(context_, stmt.member.text)) return {prompts + *offer};
  }
  if (const auto module = context_.module_at(surroundings_.unit, stmt.name.text); module && stmt.member) {
    Symbol* member = member_of(*module, stmt.member);
    return member ? answerers_of(*member, stmt) : std::vector<uint32_t>();
  }
  if (!symbol && stmt.name.text == "now") return {prompts + effect_of(context_, program::ExternalKind::Now)};
  if (!symbol && stmt.name.text == "log") return {prompts + effect_of(context_, program::ExternalKind::Log)};
  if (!symbol) return unknown_answerer(stmt), std::vector<uint32_t>();
  if (symbol->kind == SymbolKind::Unavailable) return {};
  if (symbol->kind == SymbolKind::Resource && stmt.member) {
    if (const auto offer = offer_of(context_, *symbol, stmt.member.text)) return {prompts + *offer};
    report_unknown_offer(context_, *symbol, stmt.member);
    return {};
  }
  return answerers_of(*symbol, stmt);
}

std::vector<uint32_t> BodyChecker::answerers_of(Symbol& symbol, const GivenStmt& stmt) {
  if (symbol.kind == SymbolKind::Unavailable) return {};
  if (!answers(symbol.kind) || symbol.versions.empty()) {
    context_.diagnostics
        .report(NotAnswerable{.name = std::string(symbol.name), .kind = std::string(describe(symbol.kind))},
                stmt.name.span)
        .note(symbol.span, "it is declared here");
    return {};
  }
  const uint32_t first =
      symbol.kind == SymbolKind::Prompt ? 0 : static_cast<uint32_t>(context_.prompts.size());
  if (stmt.version.present) {
    const std::optional<uint32_t> chosen = version_of(context_, symbol, stmt.version);
    return chosen ? std::vector{first + *chosen} : std::vector<uint32_t>();
  }
  std::vector<uint32_t> all;
  for (const Route& route : context_.routes) {
    if (route.symbol == &symbol) all = route.targets;
  }
  if (!all.empty()) return all;
  all = {first + symbol.versions.back()};
  for (const uint32_t index : pinned_by_any(context_, symbol)) all.push_back(first + index);
  return all;
}

Value BodyChecker::given(const GivenStmt& stmt) {
  const Value nothing = good({}, types().void_type);
  auto give_up = [&] {
    if (stmt.value && !names_nothing_yet(*stmt.value)) (void)value(*stmt.value);
    return nothing;
  };
  if (!surroundings_.test) {
    context_.diagnostics.report(MisplacedStatement{.word = "given", .where = "the block of a `test`"},
                                stmt.span);
    return give_up();
  }
  if (stmt.taped) return given_from(stmt);
  if (stmt.name.text == "random" && !context_.find(surroundings_.unit, "random")) return given_random(stmt);
  const std::vector<uint32_t> callees = answerers(stmt);
  if (callees.empty() || !stmt.value) return give_up();
  const size_t prompts = context_.prompts.size();
  const Signature& callee = callees.front() < prompts ? context_.prompts[callees.front()]
                                                      : context_.externals[callees.front() - prompts];
  if (callee.broken) return give_up();
  if (callee.result == types().void_type) {
    context_.diagnostics.report(NotAnswerable{.name = std::string(callee.name),
                                              .kind = "a call that gives nothing, and needs no answer"},
                                stmt.name.span);
    return give_up();
  }
  answer_once(stmt, callees);
  const Value answer = value_as(*stmt.value, callee.result);
  if (!answer.good()) return nothing;
  for (const uint32_t each : callees) {
    emit_.add(Op::Given, types().void_type, stmt.span, {.operands = {answer.node}, .index = each});
  }
  return nothing;
}

/// `given f from cassette("f.jsonl")`: a prompt answers what it did when the cassette was recorded.
Value BodyChecker::given_from(const GivenStmt& stmt) {
  const Value nothing = good({}, types().void_type);
  const std::vector<uint32_t> callees = answerers(stmt);
  if (callees.empty() || !stmt.value) return nothing;
  if (callees.front() >= context_.prompts.size()) {
    context_.diagnostics.report(NotAnswerable{.name = std::string(stmt.name.text),
                                              .kind = "no prompt: a cassette holds the answers of models"},
                                stmt.name.span);
    return nothing;
  }
  const syntax::Expr& source = *stmt.value;
  const syntax::CallExpr* call = source.kind == ExprKind::Call ? &source.as<syntax::CallExpr>() : nullptr;
  const bool is_cassette = call && call->callee->kind == ExprKind::Name &&
                           call->callee->as<syntax::NameExpr>().text == "cassette" &&
                           call->arguments.size() == 1 && !call->arguments[0].name;
  const std::optional<std::string_view> file =
      is_cassette ? plain_string(*call->arguments[0].value) : std::nullopt;
  if (!file || file->empty()) {
    context_.diagnostics.report(
        BadEval{.message = "what stands behind `from` is a file of answers: `cassette(\"answers.jsonl\")`"},
        source.span);
    return nothing;
  }
  answer_once(stmt, callees);
  for (const uint32_t each : callees) taped_.push_back({each, std::string(*file)});
  ++steps_;
  return nothing;
}

/// Reports a second answer for the same calls in the same block.
void BodyChecker::answer_once(const GivenStmt& stmt, const std::vector<uint32_t>& callees) {
  const auto [first, fresh] = answered_.try_emplace({emit_.region().index, callees}, stmt.span);
  if (fresh) return;
  std::string name(stmt.name.text);
  if (stmt.member) name += "." + std::string(stmt.member.text);
  context_.diagnostics.report(AnsweredTwice{.name = name}, stmt.span)
      .note(first->second, "it is answered here");
}

/// An int answers `random(low, high)`, a float `random()`.
Value BodyChecker::given_random(const GivenStmt& stmt) {
  using program::ExternalKind;
  const Value nothing = good({}, types().void_type);
  if (!stmt.value) return nothing;
  const Value answer = plain(wanted(value(*stmt.value), stmt.value->span), stmt.value->span);
  const auto prompts = static_cast<uint32_t>(context_.prompts.size());
  const bool whole = answer.good() && answer.type == types().int_type;
  const Value given = whole ? answer : convert(answer, types().float_type, stmt.value->span);
  if (!given.good()) return nothing;
  const uint32_t callee = effect_of(context_, whole ? ExternalKind::Draw : ExternalKind::Random);
  answer_once(stmt, {prompts + callee});
  emit_.add(Op::Given, types().void_type, stmt.span, {.operands = {given.node}, .index = prompts + callee});
  return nothing;
}

}  // namespace chain::sema
