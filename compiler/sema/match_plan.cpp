// Which arm of a `match` covers what.
#include "compiler/sema/match_plan.h"

#include <algorithm>

#include "compiler/sema/literals.h"

namespace chain::sema {

using program::TypeKind;
using syntax::Pattern;
using syntax::PatternKind;

namespace {

/// How a value is written in a pattern.
std::string written(const program::Type& type, const program::Literal& literal) {
  if (type.kind == TypeKind::Enum) return type.cases[static_cast<size_t>(std::get<int64_t>(literal))].name;
  return quoted(literal);
}

std::vector<program::Literal> all_values(const program::Type& type) {
  if (type.kind == TypeKind::Literal) return type.literals;
  if (type.kind == TypeKind::Bool) return {true, false};
  std::vector<program::Literal> result;
  for (size_t i = 0; i < type.cases.size(); ++i) result.emplace_back(static_cast<int64_t>(i));
  return result;
}

bool is_of(TypeKind kind, const program::Literal& literal) {
  return (kind == TypeKind::String && std::holds_alternative<std::string>(literal)) ||
         (kind == TypeKind::Int && std::holds_alternative<int64_t>(literal)) ||
         (kind == TypeKind::Bool && std::holds_alternative<bool>(literal));
}

/// Has something been reported in `whole` by the parser?
bool misread(const Diagnostics& diagnostics, Span whole) {
  const auto found = diagnostics.sorted();
  return std::any_of(found.begin(), found.end(), [&](const Diagnostic* each) {
    return each->code.starts_with("E00") && each->span.file == whole.file &&
           each->span.begin >= whole.begin && each->span.begin <= whole.end;
  });
}

}  // namespace

BodyChecker::MatchPlan BodyChecker::plan_match(const syntax::MatchExpr& expr, Expected expected, Want want) {
  MatchPlan plan;
  plan.expr = expr.subject;
  plan.subject = unconstrained(wanted(value(*expr.subject), expr.subject->span), expr.subject->span);
  plan.poisoned = !plan.subject.good();
  if (!plan.poisoned) add_targets(plan);
  for (uint32_t arm = 0; arm < expr.arms.size(); ++arm) {
    for (const Pattern& pattern : expr.arms[arm].patterns) {
      if (!plan_pattern(plan, arm, pattern)) plan.poisoned = true;
    }
  }
  if (!plan.poisoned && !plan.complete()) {
    // Of an arm that could not be read nobody knows what it covers.
    if (!misread(context_.diagnostics, expr.span)) report_missing(plan, expr, expected, want);
    plan.poisoned = true;
  }
  for (MatchTarget& target : plan.targets) target.sorted.assign(target.arms.begin(), target.arms.end());
  return plan;
}

void BodyChecker::add_targets(MatchPlan& plan) {
  TypeId whole = plan.subject.type;
  plan.optional = type(whole).kind == TypeKind::Optional;
  if (plan.optional) whole = context_.unconstrained(type(whole).element);
  plan.alternatives = type(whole).kind == TypeKind::Union;
  std::vector<TypeId> all{whole};
  if (plan.alternatives) all = type(whole).members;
  for (TypeId id : all) {
    MatchTarget& target = plan.targets.emplace_back();
    target.type = id;
    target.inner = context_.unconstrained(id);
    target.plain = context_.plain(id);
    target.values = all_values(type(target.inner)).size();
  }
}

bool BodyChecker::plan_pattern(MatchPlan& plan, uint32_t arm, const Pattern& pattern) {
  if (!plan.subject.good() || pattern.kind == PatternKind::Error) return false;
  const bool is_else = pattern.takes_all();
  if (plan.has_else) {
    context_.diagnostics.report(UnreachableArm{.why = "`else` stands before it"}, pattern.span)
        .note(plan.else_span, "it is covered here");
    return false;
  }
  if (is_else && plan.complete()) {
    context_.diagnostics.report(UnreachableArm{.why = "every case is covered before it"}, pattern.span);
    return false;
  }
  if (is_else) return plan_else(plan, arm, pattern);
  switch (pattern.kind) {
    case PatternKind::Case: return plan_case(plan, arm, pattern);
    case PatternKind::Literal: return plan_literal(plan, arm, pattern);
    case PatternKind::None: return plan_none(plan, arm, pattern);
    default: return plan_type(plan, arm, pattern);
  }
}

/// Reports that the pattern fits no value of the subject.
bool BodyChecker::bad_pattern(const MatchPlan& plan, const Pattern& pattern, std::string hint) {
  context_.diagnostics.report(
      BadPattern{.pattern = '`' + std::string(context_.sources.text(pattern.span)) + '`',
                 .type = shown(plan.subject.type),
                 .hint = std::move(hint)},
      pattern.span);
  return false;
}

bool BodyChecker::plan_none(MatchPlan& plan, uint32_t arm, const Pattern& pattern) {
  if (!plan.optional) return bad_pattern(plan, pattern, ", which is never none");
  if (plan.none_arm != kNoArm) {
    context_.diagnostics.report(DuplicateCase{.pattern = "`none`"}, pattern.span);
    return false;
  }
  plan.none_arm = arm;
  return true;
}

bool BodyChecker::plan_case(MatchPlan& plan, uint32_t arm, const Pattern& pattern) {
  const std::string name(pattern.name.text);
  if (pattern.qualifier)
    return bad_pattern(plan, pattern,
                       "; a case is written `" + name + "`, a type `" +
                           std::string(context_.sources.text(pattern.span)) + " x`");
  MatchTarget* unlike = nullptr;  // an enum that has no such case
  for (MatchTarget& target : plan.targets) {
    const auto cases = context_.cases.find(target.inner.index);
    if (cases == context_.cases.end()) continue;
    const auto place = cases->second.find(pattern.name.text);
    if (place != cases->second.end())
      return claim_value(target, arm, static_cast<int64_t>(place->second), pattern.span);
    if (!unlike) unlike = &target;
  }
  const bool is_type = std::ranges::any_of(
      plan.targets, [&](const MatchTarget& target) { return type(target.type).name == pattern.name.text; });
  if (is_type) return bad_pattern(plan, pattern, "; a type needs a name for its value: `" + name + " x`");
  if (unlike) return (void)enum_case(unlike->inner, pattern.name.text, pattern.name.span), false;
  return bad_pattern(plan, pattern, "; a bare name is a case of an enum");
}

bool BodyChecker::plan_literal(MatchPlan& plan, uint32_t arm, const Pattern& pattern) {
  const auto literal = pattern.literal ? literal_of(*pattern.literal) : std::nullopt;
  if (!literal) return bad_pattern(plan, pattern);
  MatchTarget* near = nullptr;  // literals of its base, but without it
  MatchTarget* fitting = nullptr;
  for (MatchTarget& target : plan.targets) {
    if (!is_of(type(target.plain).kind, *literal)) continue;
    const std::vector<program::Literal>& all = type(target.inner).literals;
    const bool open = type(target.inner).kind != TypeKind::Literal;
    if (open ? !fitting : std::ranges::find(all, *literal) != all.end()) fitting = &target;
    if (!open) near = &target;
  }
  if (fitting) return claim_value(*fitting, arm, *literal, pattern.span);
  if (!near) return bad_pattern(plan, pattern);
  return !this->literal(*pattern.literal, *literal, near->plain, near->inner).poisoned();
}

bool BodyChecker::claim_value(MatchTarget& target, uint32_t arm, const program::Literal& literal, Span span) {
  if (target.rest_arm != kNoArm) {
    context_.diagnostics.report(UnreachableArm{.why = "every value is covered before it"}, span)
        .note(target.rest_span, "it is covered here");
    return false;
  }
  if (!target.arms.emplace(literal, arm).second) {
    context_.diagnostics.report(DuplicateCase{.pattern = '`' + written(type(target.inner), literal) + '`'},
                                span);
    return false;
  }
  return true;
}

/// `Refund r` and `int[] xs` of a union, `Ticket t` over a `Ticket?`.
bool BodyChecker::plan_type(MatchPlan& plan, uint32_t arm, const Pattern& pattern) {
  const syntax::TypeExpr name{syntax::TypeExprKind::Named, pattern.name.span, pattern.qualifier,
                              pattern.name};
  const std::optional<TypeId> named =
      resolve_type(context_, surroundings_.unit, pattern.type ? *pattern.type : name);
  if (!named) return false;
  const auto target = std::ranges::find_if(
      plan.targets, [&](const MatchTarget& item) { return item.type == *named || item.inner == *named; });
  if (target == plan.targets.end()) return bad_pattern(plan, pattern);
  if (target->rest_arm != kNoArm) {
    context_.diagnostics.report(DuplicateCase{.pattern = '`' + shown(*named) + '`'}, pattern.span);
    return false;
  }
  if (target->complete()) {
    context_.diagnostics.report(UnreachableArm{.why = "every case is covered before it"}, pattern.span);
    return false;
  }
  target->rest_arm = arm;
  target->rest_span = pattern.span;
  return true;
}

/// `else` and `else e`: everything that is left, none too.
bool BodyChecker::plan_else(MatchPlan& plan, uint32_t arm, const Pattern& pattern) {
  for (MatchTarget& target : plan.targets) {
    if (target.complete()) continue;
    target.rest_arm = arm;
    target.rest_span = pattern.span;
  }
  if (plan.optional && plan.none_arm == kNoArm) plan.none_arm = arm;
  plan.has_else = true;
  plan.else_span = pattern.span;
  return true;
}

/// A value of the type that a fix can write down; empty if there is none that is sure to be right.
std::string BodyChecker::placeholder(TypeId id) const {
  const program::Type& wanted_type = type(id);
  if (context_.constrained.contains(id.index)) return {};
  switch (wanted_type.kind) {
    case TypeKind::Void: return "{ }";
    case TypeKind::Bool: return "false";
    case TypeKind::Int: return "0";
    case TypeKind::Float: return "0.0";
    case TypeKind::String: return "\"\"";
    case TypeKind::Duration: return "0s";
    case TypeKind::Money: return "$0.00";
    case TypeKind::Enum: return wanted_type.cases.front().name;
    case TypeKind::Literal: return quoted(wanted_type.literals.front());
    case TypeKind::Optional: return "none";
    case TypeKind::List: return "[]";
    default: return {};
  }
}

void BodyChecker::report_missing(const MatchPlan& plan, const syntax::MatchExpr& expr, Expected expected,
                                 Want want) {
  std::vector<std::string> missing;
  std::string values;  // that one arm can cover
  std::vector<std::string> arms;
  bool endless = false;
  auto add = [&](const std::string& text) {
    missing.push_back(text);
    values += (values.empty() ? "" : " | ") + text;
  };
  for (const MatchTarget& target : plan.targets) {
    if (target.complete()) continue;
    if (target.values == 0 && plan.alternatives) {
      missing.push_back(shown(target.type));
      arms.push_back(missing.back() + " it");
    } else if (target.values == 0) {
      endless = true;
    }
    for (const program::Literal& literal : all_values(type(target.inner))) {
      if (!target.arms.contains(literal)) add(written(type(target.inner), literal));
    }
  }
  if (endless) {
    missing = {"else"};
    values.clear();
    arms = {"else"};
  } else if (plan.optional && plan.none_arm == kNoArm) {
    add("none");
  }
  if (!values.empty()) arms.push_back(values);
  const Span head{expr.span.file, expr.span.begin, expr.subject->span.end};
  auto report = context_.diagnostics.report(MissingCases{.cases = list_of_names(missing)}, head);
  std::string body = want == Want::Nothing ? "{ }" : "";
  if (expected) body = placeholder(*expected);
  if (body.empty() || expr.arms.empty()) return;
  const Span last = expr.arms.back().span;
  std::string text;
  for (const std::string& arm : arms) text += '\n' + arm + " => " + body;
  report.fix({last.file, last.end, last.end}, text, "cover " + list_of_names(missing));
}

}  // namespace chain::sema
