// `match`: which arm covers what, and the code that chooses one.
//
// Enums and ints are switched on. Anything else first becomes the number of its arm, computed by nested `if`s
// (texts by bisection), and that number is switched on; so every arm's body stands in the graph once.
#include <algorithm>
#include <map>
#include <unordered_map>

#include "compiler/sema/body.h"
#include "compiler/sema/literals.h"

namespace chain::sema {

using program::TypeKind;
using syntax::ExprKind;
using syntax::Pattern;
using syntax::PatternKind;

namespace {

constexpr uint32_t kNoArm = UINT32_MAX;

}  // namespace

/// What has been learnt of the arms.
struct BodyChecker::MatchPlan {
  Value subject;  // without conditions; may be optional
  const syntax::Expr* expr = nullptr;
  bool optional = false;
  TypeId inner;                               // of the value inside: an enum, a literal type, a scalar
  TypeId plain;                               // `inner` without literals: its base
  std::map<program::Literal, uint32_t> arms;  // by literal; enums by the place of their case
  std::vector<std::pair<program::Literal, uint32_t>> sorted;  // `arms`, once all are known
  uint32_t none_arm = kNoArm;
  uint32_t rest_arm = kNoArm;  // `else`, or the type of an optional
  Span rest_span;
  bool rest_takes_none = false;  // it is an `else`, not a type
  size_t values = 0;             // how many there are to cover; 0 if without end
  bool poisoned = false;

  [[nodiscard]] bool complete() const {
    const bool inside = rest_arm != kNoArm || (values > 0 && arms.size() >= values);
    return inside && (!optional || none_arm != kNoArm || rest_takes_none);
  }
};

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

}  // namespace

Value BodyChecker::match(const syntax::MatchExpr& expr, Expected expected, Want want) {
  MatchPlan plan;
  plan.expr = expr.subject;
  plan.subject = unconstrained(wanted(value(*expr.subject), expr.subject->span), expr.subject->span);
  plan.poisoned = !plan.subject.good();
  if (!plan.poisoned) {
    plan.inner = plan.subject.type;
    plan.optional = type(plan.inner).kind == TypeKind::Optional;
    if (plan.optional) plan.inner = context_.unconstrained(type(plan.inner).element);
    plan.plain = context_.plain(plan.inner);
    plan.values = all_values(type(plan.inner)).size();
  }
  for (uint32_t arm = 0; arm < expr.arms.size(); ++arm) {
    for (const Pattern& pattern : expr.arms[arm].patterns) {
      if (!plan_pattern(plan, arm, pattern)) plan.poisoned = true;
    }
  }
  if (!plan.poisoned && !plan.complete()) {
    report_missing(plan, expr, expected);
    plan.poisoned = true;
  }
  plan.sorted.assign(plan.arms.begin(), plan.arms.end());
  return match_arms(plan, expr, expected, want);
}

bool BodyChecker::plan_pattern(MatchPlan& plan, uint32_t arm, const Pattern& pattern) {
  if (!plan.subject.good() || pattern.kind == PatternKind::Error) return false;
  if (plan.rest_takes_none || (plan.complete() && pattern.kind == PatternKind::Else)) {
    const std::string why = plan.rest_arm != kNoArm && plan.rest_takes_none
                                ? "`else` stands before it"
                                : "every case is covered before it";
    auto report = context_.diagnostics.report(UnreachableArm{.why = why}, pattern.span);
    if (plan.rest_takes_none) report.note(plan.rest_span, "it is covered here");
    return false;
  }
  switch (pattern.kind) {
    case PatternKind::Case: return plan_case(plan, arm, pattern);
    case PatternKind::Literal: return plan_literal(plan, arm, pattern);
    case PatternKind::None: {
      if (!plan.optional) {
        context_.diagnostics.report(
            BadPattern{
                .pattern = "`none`", .type = shown(plan.subject.type), .hint = ", which is never none"},
            pattern.span);
        return false;
      }
      if (plan.none_arm != kNoArm) {
        context_.diagnostics.report(DuplicateCase{.pattern = "`none`"}, pattern.span);
        return false;
      }
      plan.none_arm = arm;
      return true;
    }
    case PatternKind::Else:
    case PatternKind::Bind: return plan_rest(plan, arm, pattern);
    case PatternKind::Error: return false;
  }
  return false;
}

bool BodyChecker::plan_case(MatchPlan& plan, uint32_t arm, const Pattern& pattern) {
  const auto cases = context_.cases.find(plan.inner.index);
  if (cases == context_.cases.end()) {
    context_.diagnostics.report(BadPattern{.pattern = '`' + std::string(pattern.name.text) + '`',
                                           .type = shown(plan.subject.type),
                                           .hint = "; a bare name is a case of an enum"},
                                pattern.span);
    return false;
  }
  const auto place = cases->second.find(pattern.name.text);
  if (place == cases->second.end()) {
    (void)enum_case(plan.inner, pattern.name.text, pattern.name.span);
    return false;
  }
  return claim_value(plan, arm, static_cast<int64_t>(place->second), pattern.span);
}

bool BodyChecker::plan_literal(MatchPlan& plan, uint32_t arm, const Pattern& pattern) {
  const std::optional<program::Literal> literal =
      pattern.literal ? literal_of(*pattern.literal) : std::nullopt;
  const TypeKind kind = type(plan.plain).kind;
  const bool fits = literal && ((kind == TypeKind::String && std::holds_alternative<std::string>(*literal)) ||
                                (kind == TypeKind::Int && std::holds_alternative<int64_t>(*literal)) ||
                                (kind == TypeKind::Bool && std::holds_alternative<bool>(*literal)));
  if (!fits) {
    context_.diagnostics.report(
        BadPattern{.pattern = '`' + std::string(context_.sources.text(pattern.span)) + '`',
                   .type = shown(plan.subject.type)},
        pattern.span);
    return false;
  }
  if (type(plan.inner).kind == TypeKind::Literal) {
    const auto& all = type(plan.inner).literals;
    if (std::find(all.begin(), all.end(), *literal) == all.end()) {
      return !this->literal(*pattern.literal, *literal, plan.plain, plan.inner).poisoned();
    }
  }
  return claim_value(plan, arm, *literal, pattern.span);
}

bool BodyChecker::claim_value(MatchPlan& plan, uint32_t arm, const program::Literal& literal, Span span) {
  if (plan.rest_arm != kNoArm) {
    context_.diagnostics.report(UnreachableArm{.why = "every value is covered before it"}, span)
        .note(plan.rest_span, "it is covered here");
    return false;
  }
  if (!plan.arms.emplace(literal, arm).second) {
    context_.diagnostics.report(DuplicateCase{.pattern = '`' + written(type(plan.inner), literal) + '`'},
                                span);
    return false;
  }
  return true;
}

/// `else`, `else e`, and `Ticket t` over a `Ticket?`.
bool BodyChecker::plan_rest(MatchPlan& plan, uint32_t arm, const Pattern& pattern) {
  const bool everything = pattern.kind == PatternKind::Else || !pattern.name;
  if (!everything) {
    const bool names_it = pattern.name.text == type(plan.inner).name;
    if (!names_it) {
      context_.diagnostics.report(BadPattern{.pattern = '`' + std::string(pattern.name.text) + '`',
                                             .type = shown(plan.subject.type),
                                             .hint = "; unions are not available in this version yet"},
                                  pattern.name.span);
      return false;
    }
    if (plan.rest_arm != kNoArm) {
      context_.diagnostics.report(DuplicateCase{.pattern = '`' + std::string(pattern.name.text) + '`'},
                                  pattern.span);
      return false;
    }
  }
  if (plan.rest_arm == kNoArm) plan.rest_arm = arm;
  if (everything) {
    plan.rest_takes_none = true;
    if (plan.optional && plan.none_arm == kNoArm) plan.none_arm = arm;
  }
  plan.rest_span = pattern.span;
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

void BodyChecker::report_missing(const MatchPlan& plan, const syntax::MatchExpr& expr, Expected expected) {
  std::vector<std::string> missing;
  std::string pattern;
  auto add = [&](const std::string& text) {
    missing.push_back(text);
    pattern += (pattern.empty() ? "" : " | ") + text;
  };
  if (plan.rest_arm == kNoArm) {
    for (const program::Literal& literal : all_values(type(plan.inner))) {
      if (!plan.arms.contains(literal)) add(written(type(plan.inner), literal));
    }
  }
  const bool endless = plan.values == 0 && plan.rest_arm == kNoArm;
  const bool none_missing = plan.optional && plan.none_arm == kNoArm;
  if (endless) {
    missing.push_back("else");
    pattern = "else";
  } else if (none_missing) {
    add("none");
  }
  const Span head{expr.span.file, expr.span.begin, expr.subject->span.end};
  auto report = context_.diagnostics.report(MissingCases{.cases = list_of_names(missing)}, head);
  const std::string body = expected ? placeholder(*expected) : "{ }";
  if (body.empty() || expr.arms.empty()) return;
  const Span last = expr.arms.back().span;
  report.fix({last.file, last.end, last.end}, "\n" + pattern + " => " + body,
             "cover " + list_of_names(missing));
}

/// The number of the arm that `plan.subject` goes to, as an int.
Value BodyChecker::selector(const MatchPlan& plan) {
  if (!plan.optional) return inner_selector(plan, plan.subject);
  const Span span = plan.expr->span;
  const Value present = make(Op::IsSome, types().bool_type, span, {.operands = {plan.subject.node}});
  const Branch some = branch(span, [&] {
    return inner_selector(
        plan, make(Op::Unwrap, type(plan.subject.type).element, span, {.operands = {plan.subject.node}}));
  });
  emit_.set_result(some.region, some.value.node);
  const Branch none = branch(span, [&] { return integer(plan.none_arm, span); });
  emit_.set_result(none.region, none.value.node);
  return make(Op::If, types().int_type, span,
              {.operands = {present.node}, .regions = {some.region, none.region}});
}

Value BodyChecker::inner_selector(const MatchPlan& plan, Value subject) {
  const Span span = plan.expr->span;
  if (plan.arms.empty()) return integer(plan.rest_arm, span);
  subject = plain(subject, span);
  const TypeKind kind = type(subject.type).kind;
  if (kind == TypeKind::String) { return text_selector(plan, subject, 0, plan.arms.size()); }
  auto arm_of = [&](const program::Literal& literal) {
    const auto found = plan.arms.find(literal);
    return integer(found == plan.arms.end() ? plan.rest_arm : found->second, span);
  };
  if (kind == TypeKind::Bool) {
    const Branch yes = branch(span, [&] { return arm_of(true); });
    const Branch no = branch(span, [&] { return arm_of(false); });
    emit_.set_result(yes.region, yes.value.node);
    emit_.set_result(no.region, no.value.node);
    return make(Op::If, types().int_type, span,
                {.operands = {subject.node}, .regions = {yes.region, no.region}});
  }
  std::vector<RegionId> regions;
  std::vector<std::vector<int64_t>> cases;
  for (const auto& [literal, arm] : plan.arms) {
    const Branch one = branch(span, [&] { return integer(arm, span); });
    emit_.set_result(one.region, one.value.node);
    regions.push_back(one.region);
    cases.push_back({std::get<int64_t>(literal)});
  }
  close_switch(plan, regions, cases, [&] { return integer(plan.rest_arm, span); });
  const Value result =
      make(Op::Switch, types().int_type, span, {.operands = {subject.node}, .regions = regions});
  emit_.module()[result.node].cases = std::move(cases);
  return result;
}

/// Gives a switch its default: that of the plan, or else the last case, which is the only one left there.
template <class Rest>
void BodyChecker::close_switch(const MatchPlan& plan, std::vector<RegionId>& regions,
                               std::vector<std::vector<int64_t>>& cases, Rest&& rest) {
  if (plan.rest_arm == kNoArm) {
    if (type(plan.plain).kind != TypeKind::Enum) cases.back().clear();
    return;
  }
  const Branch other = branch(plan.expr->span, rest);
  emit_.set_result(other.region, other.value.node);
  regions.push_back(other.region);
  cases.emplace_back();
}

/// Bisects the texts of `plan.arms` in [begin, end), which are in the order of their code points.
Value BodyChecker::text_selector(const MatchPlan& plan, Value subject, size_t begin, size_t end) {
  const Span span = plan.expr->span;
  auto text = [&](size_t index) {
    return constant(types().string_type, span, std::get<std::string>(plan.sorted[index].first));
  };
  auto choose = [&](Op op, size_t index, auto&& yes, auto&& no) {
    const Value test = make(op, types().bool_type, span, {.operands = {subject.node, text(index).node}});
    const Branch first = branch(span, yes);
    const Branch second = branch(span, no);
    emit_.set_result(first.region, first.value.node);
    emit_.set_result(second.region, second.value.node);
    return make(Op::If, types().int_type, span,
                {.operands = {test.node}, .regions = {first.region, second.region}});
  };
  if (end - begin == 1) {
    auto arm = [&] { return integer(plan.sorted[begin].second, span); };
    if (plan.rest_arm == kNoArm) return arm();
    return choose(Op::Equal, begin, arm, [&] { return integer(plan.rest_arm, span); });
  }
  const size_t middle = begin + (end - begin) / 2;
  return choose(
      Op::Less, middle, [&] { return text_selector(plan, subject, begin, middle); },
      [&] { return text_selector(plan, subject, middle, end); });
}

Value BodyChecker::match_arms(const MatchPlan& plan, const syntax::MatchExpr& expr, Expected expected,
                              Want want) {
  const TypeKind kind = plan.poisoned ? TypeKind::Void : type(plan.plain).kind;
  const bool direct = !plan.optional && (kind == TypeKind::Enum || kind == TypeKind::Int);
  Value subject;
  if (!plan.poisoned) subject = direct ? plain(plan.subject, expr.subject->span) : selector(plan);
  std::vector<const syntax::Block*> blocks;
  for (const syntax::MatchArm& arm : expr.arms) blocks.push_back(arm.body);
  const Carried carried = carry(syntax::assigned_in(blocks));
  std::vector<Branch> branches;
  Expected hint = expected;
  for (uint32_t arm = 0; arm < expr.arms.size(); ++arm) {
    branches.push_back(match_arm(plan, expr.arms[arm], arm, carried, hint, want));
    if (!hint) hint = hint_from(branches.back().value);
  }
  Value result = want == Want::Value ? join(branches, expected) : together(branches);
  if (plan.poisoned || branches.empty() || result.poisoned())
    return plan.subject.exits() ? plan.subject : poison();
  std::vector<std::vector<int64_t>> cases(expr.arms.size());
  if (direct) {
    for (const auto& [literal, arm] : plan.arms) cases[arm].push_back(std::get<int64_t>(literal));
  } else {
    for (uint32_t arm = 0; arm < expr.arms.size(); ++arm) cases[arm].push_back(arm);
  }
  settle_default(plan, cases, direct);
  NodeParts parts{.operands = {subject.node}};
  for (const Branch& item : branches) parts.regions.push_back(item.region);
  const bool merges = !carried.empty() && !result.exits();
  const TypeId type = merges ? seal(branches, carried, result) : result.type;
  result.node = emit_.add(Op::Switch, type, expr.span, std::move(parts));
  emit_.module()[result.node].cases = std::move(cases);
  return merges ? merged(carried, result.node, result, expr.span) : result;
}

/// Exactly one arm without values, the default: `else`, or the last one where ints have no `else` left.
void BodyChecker::settle_default(const MatchPlan& plan, std::vector<std::vector<int64_t>>& cases,
                                 bool direct) const {
  if (direct && plan.rest_arm != kNoArm) {
    cases[plan.rest_arm].clear();
  } else if (!direct || type(plan.plain).kind != TypeKind::Enum) {
    cases.back().clear();
  }
}

BodyChecker::Branch BodyChecker::match_arm(const MatchPlan& plan, const syntax::MatchArm& arm, uint32_t index,
                                           const Carried& carried, Expected expected, Want want) {
  return branch(last_span(*arm.body), carried, [&] {
    const bool opened = plan.optional && plan.subject.good() && plan.none_arm != index;
    if (opened) {
      if (std::string path = path_of(*plan.expr); !path.empty()) assume({{std::move(path), plan.expr}});
    }
    for (const Pattern& pattern : arm.patterns) {
      if (!pattern.binding) continue;
      Value bound = plan.subject;
      if (arm.patterns.size() > 1) {
        context_.diagnostics.report(
            BadPattern{.pattern = '`' + std::string(context_.sources.text(pattern.span)) + '`',
                       .type = "several things at once",
                       .hint = "; give it an arm of its own"},
            pattern.span);
        bound = poison();
      } else if (opened) {
        bound = make(Op::Unwrap, type(bound.type).element, pattern.span, {.operands = {bound.node}});
      }
      declare_local(pattern.binding, bound);
    }
    return block(*arm.body, expected, want);
  });
}

}  // namespace chain::sema
