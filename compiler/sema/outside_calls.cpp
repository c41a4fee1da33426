// Calls of what resources and people offer, and the two words that speak of trust: `trust` and `secret`.
#include "compiler/sema/body.h"
#include "runtime/program/search_bounds.h"

namespace chain::sema {

using program::TypeKind;
using syntax::CallExpr;
using syntax::Expr;
using syntax::ExprKind;
using syntax::MemberExpr;

/// The value of an argument that is none of a signature.
Value BodyChecker::argument_value(const Given& argument, Expected expected) {
  return argument.expr ? value(*argument.expr, expected) : argument.value;
}

Symbol* BodyChecker::resource_named(const Expr& expr) {
  Symbol* symbol = nullptr;
  if (expr.kind == ExprKind::Name) {
    const std::string_view name = expr.as<syntax::NameExpr>().text;
    if (!local(name)) symbol = context_.find(surroundings_.unit, name);
  } else if (expr.kind == ExprKind::Member) {
    const auto& member = expr.as<MemberExpr>();
    const std::optional<uint32_t> unit = module_named(*member.object);
    if (unit && !member.member.text.starts_with('_')) symbol = context_.find(*unit, member.member.text);
  }
  return symbol && symbol->kind == SymbolKind::Resource ? symbol : nullptr;
}

/// `handbook.search(...)` and `human.approve(...)`; nothing if `callee` is neither.
std::optional<Value> BodyChecker::outside_call(const CallExpr& expr, const MemberExpr& callee,
                                               std::vector<Given>& arguments) {
  if (Symbol* resource = resource_named(*callee.object))
    return resource_call(expr, callee, *resource, arguments);
  const auto is_word = [&](std::string_view word) {
    return callee.object->kind == ExprKind::Name && callee.object->as<syntax::NameExpr>().text == word &&
           !local(word) && !context_.find(surroundings_.unit, word);
  };
  if (is_word("human")) return human_call(expr, callee, arguments);
  if (is_word("model")) return model_call(expr, callee, arguments);
  return std::nullopt;
}

/// `model.step(messages, tools)` and `model.act(turn)`, of which the loop of an agent is made.
Value BodyChecker::model_call(const CallExpr& expr, const MemberExpr& callee, std::vector<Given>& arguments) {
  const std::optional<uint32_t> index = model_offer(context_, callee.member.text);
  if (!index) {
    ignore(arguments);
    context_.diagnostics.report(UnknownOffer{.name = "model",
                                             .member = std::string(callee.member.text),
                                             .hint = "; it has `step` and `act`, for the loop of an agent"},
                                callee.member.span);
    return poison();
  }
  return call_step(expr, context_.externals[*index], *index, callee.member.span, std::move(arguments));
}

Value BodyChecker::resource_call(const CallExpr& expr, const MemberExpr& callee, Symbol& resource,
                                 std::vector<Given>& arguments) {
  const std::optional<uint32_t> index = offer_of(context_, resource, callee.member.text);
  if (!index) {
    ignore(arguments);
    report_unknown_offer(context_, resource, callee.member);
    return poison();
  }
  Signature& offer = context_.externals[*index];
  const Value result = call_step(expr, offer, *index, callee.member.span, std::move(arguments));
  const bool searches = resource.declaration->as<syntax::ResourceDecl>().word == "index";
  const bool is_made = resource.model < context_.module.resources.size();  // else it is a profile's
  if (searches && result.good() && is_made)
    check_search(offer, result.node, context_.module.resources[resource.model]);
  return result;
}

namespace {

/// The number that a node is, if it is written out; through what makes another type of it.
std::optional<double> number_of(const graph::Module& module, NodeId node) {
  double sign = 1;
  while (module[node].op == Op::Some || module[node].op == Op::ToFloat || module[node].op == Op::Retype ||
         module[node].op == Op::Neg) {
    if (module[node].op == Op::Neg) sign = -sign;
    node = module[node].operands[0];
  }
  if (module[node].op != Op::Constant) return std::nullopt;
  const graph::Constant& constant = module[node].constant;
  if (const auto* whole = std::get_if<int64_t>(&constant)) return sign * static_cast<double>(*whole);
  if (const auto* number = std::get_if<double>(&constant)) return sign * *number;
  return std::nullopt;
}

}  // namespace

/// Constants that no search takes, or not one of this index; what is made at run time is looked at there.
void BodyChecker::check_search(const Signature& search, NodeId call, const graph::Resource& index) {
  const graph::Module& module = emit_.module();
  const NodeId reranks = module[call].operands[search.parameters.by_name.at("rerank")];
  const auto* flag =
      module[reranks].op == Op::Constant ? std::get_if<bool>(&module[reranks].constant) : nullptr;
  if (flag && *flag && index.rerank_model == UINT32_MAX)
    context_.diagnostics.report(NoReranker{.name = index.name}, module[reranks].span);
  for (const program::SearchBound& bound : program::kSearchBounds) {
    const NodeId given = module[call].operands[search.parameters.by_name.at(bound.parameter)];
    const std::optional<double> number = number_of(module, given);
    if (!number ||
        (*number >= static_cast<double>(bound.least) && *number <= static_cast<double>(bound.most)))
      continue;
    context_.diagnostics.report(BadBound{.word = std::string(bound.parameter),
                                         .least = std::to_string(bound.least),
                                         .most = std::to_string(bound.most)},
                                module[given].span);
  }
}

Value BodyChecker::human_call(const CallExpr& expr, const MemberExpr& callee, std::vector<Given>& arguments) {
  const std::optional<uint32_t> index = human_offer(context_, callee.member.text);
  if (!index) {
    ignore(arguments);
    context_.diagnostics.report(UnknownOffer{.name = "human",
                                             .member = std::string(callee.member.text),
                                             .hint = "; it has `ask` and `approve`"},
                                callee.member.span);
    return poison();
  }
  if (callee.member.text == "approve") return approve(expr, *index, callee.member.span, arguments);
  return call_step(expr, context_.externals[*index], *index, callee.member.span, std::move(arguments));
}

/// `human.approve(x)` shows x to a person and gives it back, trusted, if they say yes.
Value BodyChecker::approve(const Expr& expr, uint32_t index, Span name_span, std::vector<Given>& arguments) {
  if (arguments.size() != 1 || arguments[0].name) {
    ignore(arguments);
    context_.diagnostics.report(TooManyArguments{.function = "human.approve",
                                                 .wanted = "one value without a name",
                                                 .found = std::to_string(arguments.size())},
                                name_span);
    return poison();
  }
  const Span span = arguments[0].span;
  const Value value = wanted(argument_value(arguments[0]), span);
  const bool allowed = step_allowed(context_.externals[index], name_span);
  if (!value.good() || !allowed) return poison();
  const size_t errors = context_.diagnostics.error_count();
  const Branch text = branch(span, [&] {
    emit_value(value, span);
    return good({}, types().void_type);
  });
  if (context_.diagnostics.error_count() > errors) return poison();
  const Value shown = make(Op::Render, types().string_type, span, {.regions = {text.region}});
  ++steps_;
  const Value yes =
      make(Op::External, types().bool_type, expr.span, {.operands = {shown.node}, .index = index});
  return make(Op::Trust, value.type, expr.span, {.operands = {value.node, yes.node}});
}

/// `now()`, `random()`, `random(low, high)` and `log(...)`, unless the file has a name of its own for it.
std::optional<Value> BodyChecker::effect(const Expr& expr, const syntax::Name& callee,
                                         std::vector<Given>& arguments) {
  using program::ExternalKind;
  ExternalKind kind{};
  if (callee.text == "now") {
    kind = ExternalKind::Now;
  } else if (callee.text == "random") {
    kind = arguments.empty() ? ExternalKind::Random : ExternalKind::Draw;
  } else if (callee.text == "log") {
    kind = ExternalKind::Log;
  } else {
    return std::nullopt;
  }
  const uint32_t index = effect_of(context_, kind);
  if (kind == ExternalKind::Log) return log(expr, index, callee.span, arguments);
  return call_step(expr, context_.externals[index], index, callee.span, std::move(arguments));
}

/// `log(a, b)` writes what `{{ a }} {{ b }}` shows; none, which has no text, as JSON does.
Value BodyChecker::log(const Expr& expr, uint32_t index, Span name_span, std::vector<Given>& arguments) {
  const bool allowed = step_allowed(context_.externals[index], name_span);
  std::vector<Value> values;  // before the text of them: they may call something
  bool good_values = true;
  for (const Given& argument : arguments) {
    if (argument.name) {
      context_.diagnostics.report(UnknownArgument{"log", std::string(argument.name.text), ""},
                                  argument.name.span);
    }
    values.push_back(wanted(argument_value(argument), place_of(argument)));
    good_values = good_values && values.back().good() && !argument.name;
  }
  if (arguments.empty()) context_.diagnostics.report(MissingArgument{"log", "something to write"}, name_span);
  if (!allowed || !good_values || arguments.empty()) return poison();
  const Branch text = branch(expr.span, [&] {
    for (size_t i = 0; i < values.size(); ++i) {
      const Span span = place_of(arguments[i]);
      if (i > 0) emit_value(constant(types().string_type, span, std::string(" ")), span);
      log_value(values[i], span);
    }
    return good({}, types().void_type);
  });
  ++steps_;
  const Value shown = make(Op::Render, types().string_type, expr.span, {.regions = {text.region}});
  return make(Op::External, types().void_type, expr.span, {.operands = {shown.node}, .index = index});
}

void BodyChecker::log_value(Value value, Span span) {
  if (type(context_.unconstrained(value.type)).kind == TypeKind::Optional)
    value = call_library("json", span, span, {{.value = value, .span = span}});
  if (value.good()) emit_value(value, span);
}

/// `trust(x, "why")`.
Value BodyChecker::trust(Span name_span, Span span, std::vector<Given>& arguments) {
  if (arguments.size() != 2 || arguments[0].name || arguments[1].name) {
    ignore(arguments);
    context_.diagnostics.report(NoReason{}, name_span);
    return poison();
  }
  const Value value = wanted(argument_value(arguments[0]), arguments[0].span);
  const Expr* why = arguments[1].expr;
  std::string reason;
  if (why && why->kind == ExprKind::String && why->as<syntax::StringExpr>().content) {
    const auto nodes = why->as<syntax::StringExpr>().content->nodes;
    if (nodes.size() == 1 && nodes[0]->kind == syntax::TemplateNodeKind::Text)
      reason = nodes[0]->as<syntax::TemplateText>().text;
  }
  if (reason.find_first_not_of(" \t\n") == std::string::npos) {
    context_.diagnostics.report(NoReason{}, arguments[1].span);
    return poison();
  }
  if (!value.good()) return value;
  const Value result = make(Op::Trust, value.type, span, {.operands = {value.node}});
  emit_.module()[result.node].constant = std::move(reason);
  return result;
}

/// `secret("NAME")`: an environment variable, where nothing but the call of a provider can see it.
Value BodyChecker::secret(Span name_span, Span span, std::vector<Given>& arguments) {
  if (!surroundings_.secrets) {
    ignore(arguments);
    const std::string_view place = !surroundings_.pure.empty() ? surroundings_.pure
                                   : surroundings_.test        ? "a test"
                                                               : "a chain";
    context_.diagnostics.report(MisplacedSecret{.where = std::string(place)}, name_span);
    return poison();
  }
  const Expr* name = arguments.size() == 1 && !arguments[0].name ? arguments[0].expr : nullptr;
  std::string text;
  if (name && name->kind == ExprKind::String && name->as<syntax::StringExpr>().content) {
    const auto nodes = name->as<syntax::StringExpr>().content->nodes;
    if (nodes.size() == 1 && nodes[0]->kind == syntax::TemplateNodeKind::Text)
      text = nodes[0]->as<syntax::TemplateText>().text;
  }
  if (text.empty()) {
    context_.diagnostics.report(
        NotConstant{.what = "the name of a secret", .why = "it is written out: `secret(\"API_KEY\")`"},
        name_span);
    return poison();
  }
  const Value result = make(Op::Secret, types().string_type, span);
  emit_.module()[result.node].constant = std::move(text);
  return result;
}

}  // namespace chain::sema
