// `match`: the code that chooses an arm.
//
// Enums and ints are switched on. Anything else first becomes the number of its arm, computed by nested `if`s
// and `switch`es (texts by bisection), and that number is switched on; so every arm's body stands in the
// graph once.
#include "compiler/sema/match_plan.h"

namespace chain::sema {

using program::TypeKind;
using syntax::Pattern;

Value BodyChecker::match(const syntax::MatchExpr& expr, Expected expected, Want want) {
  return match_arms(plan_match(expr, expected, want), expr, expected, want);
}

/// The number of the arm that `plan.subject` goes to, as an int.
Value BodyChecker::selector(const MatchPlan& plan) {
  if (!plan.optional) return member_selector(plan, plan.subject);
  const Span span = plan.expr->span;
  const Value present = make(Op::IsSome, types().bool_type, span, {.operands = {plan.subject.node}});
  const Branch some = branch(span, [&] {
    return member_selector(
        plan, make(Op::Unwrap, type(plan.subject.type).element, span, {.operands = {plan.subject.node}}));
  });
  emit_.set_result(some.region, some.value.node);
  const Branch none = branch(span, [&] { return integer(plan.none_arm, span); });
  emit_.set_result(none.region, none.value.node);
  return make(Op::If, types().int_type, span,
              {.operands = {present.node}, .regions = {some.region, none.region}});
}

Value BodyChecker::member_selector(const MatchPlan& plan, Value subject) {
  const Span span = plan.expr->span;
  if (!plan.alternatives) return target_selector(plan.targets.front(), subject, span);
  return switch_over_members(
      unconstrained(subject, span), types().int_type, span,
      [&](Value member, uint32_t place) { return target_selector(plan.targets[place], member, span); });
}

Value BodyChecker::target_selector(const MatchTarget& target, Value subject, Span span) {
  if (target.arms.empty()) return integer(target.rest_arm, span);
  subject = plain(subject, span);
  switch (type(subject.type).kind) {
    case TypeKind::String: return text_selector(target, subject, span, 0, target.arms.size());
    case TypeKind::Bool: return bool_selector(target, subject, span);
    default: return switch_selector(target, subject, span);
  }
}

Value BodyChecker::bool_selector(const MatchTarget& target, Value subject, Span span) {
  auto arm_of = [&](const program::Literal& literal) {
    const auto found = target.arms.find(literal);
    return integer(found == target.arms.end() ? target.rest_arm : found->second, span);
  };
  const Branch yes = branch(span, [&] { return arm_of(true); });
  const Branch no = branch(span, [&] { return arm_of(false); });
  emit_.set_result(yes.region, yes.value.node);
  emit_.set_result(no.region, no.value.node);
  return make(Op::If, types().int_type, span,
              {.operands = {subject.node}, .regions = {yes.region, no.region}});
}

Value BodyChecker::switch_selector(const MatchTarget& target, Value subject, Span span) {
  std::vector<RegionId> regions;
  std::vector<std::vector<int64_t>> cases;
  auto add = [&](uint32_t arm) {
    const Branch one = branch(span, [&] { return integer(arm, span); });
    emit_.set_result(one.region, one.value.node);
    regions.push_back(one.region);
    cases.emplace_back();
  };
  for (const auto& [literal, arm] : target.arms) {
    add(arm);
    cases.back().push_back(std::get<int64_t>(literal));
  }
  if (target.rest_arm != kNoArm) {
    add(target.rest_arm);
  } else if (type(target.plain).kind != TypeKind::Enum) {
    cases.back().clear();  // the last case is the only one left there
  }
  const Value result =
      make(Op::Switch, types().int_type, span, {.operands = {subject.node}, .regions = regions});
  emit_.module()[result.node].cases = std::move(cases);
  return result;
}

/// Bisects the texts of `target.arms` in [begin, end), which are in the order of their code points.
Value BodyChecker::text_selector(const MatchTarget& target, Value subject, Span span, size_t begin,
                                 size_t end) {
  auto text = [&](size_t index) {
    return constant(types().string_type, span, std::get<std::string>(target.sorted[index].first));
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
    auto arm = [&] { return integer(target.sorted[begin].second, span); };
    if (target.rest_arm == kNoArm) return arm();
    return choose(Op::Equal, begin, arm, [&] { return integer(target.rest_arm, span); });
  }
  const size_t middle = begin + (end - begin) / 2;
  return choose(
      Op::Less, middle, [&] { return text_selector(target, subject, span, begin, middle); },
      [&] { return text_selector(target, subject, span, middle, end); });
}

Value BodyChecker::match_arms(const MatchPlan& plan, const syntax::MatchExpr& expr, Expected expected,
                              Want want) {
  const MatchTarget* only =
      plan.poisoned || plan.optional || plan.alternatives ? nullptr : &plan.targets.front();
  const TypeKind kind = only ? type(only->plain).kind : TypeKind::Void;
  const bool direct = kind == TypeKind::Enum || kind == TypeKind::Int;
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
    for (const auto& [literal, arm] : only->arms) cases[arm].push_back(std::get<int64_t>(literal));
  } else {
    for (uint32_t arm = 0; arm < expr.arms.size(); ++arm) cases[arm].push_back(arm);
  }
  // Exactly one arm is the default: `else`, or the last one where ints have no `else` left.
  if (direct && only->rest_arm != kNoArm) {
    cases[only->rest_arm].clear();
  } else if (kind != TypeKind::Enum) {
    cases.back().clear();
  }
  NodeParts parts{.operands = {subject.node}};
  for (const Branch& item : branches) parts.regions.push_back(item.region);
  const bool merges = !carried.empty() && !result.exits();
  const TypeId type = merges ? seal(branches, carried, result) : result.type;
  result.node = emit_.add(Op::Switch, type, expr.span, std::move(parts));
  emit_.module()[result.node].cases = std::move(cases);
  return merges ? merged(carried, result.node, result, expr.span) : result;
}

BodyChecker::Branch BodyChecker::match_arm(const MatchPlan& plan, const syntax::MatchArm& arm, uint32_t index,
                                           const Carried& carried, Expected expected, Want want) {
  return branch(last_span(*arm.body), carried, [&] {
    bind_subject(plan, arm, index);
    return block(*arm.body, expected, want);
  });
}

/// Says, in the scope of an arm, what is known there of the subject: it is present, and of which type.
void BodyChecker::bind_subject(const MatchPlan& plan, const syntax::MatchArm& arm, uint32_t index) {
  const bool opened = plan.subject.good() && plan.none_arm != index;
  std::optional<uint32_t> member;
  if (const MatchTarget* only = opened && plan.alternatives ? plan.only_target(index) : nullptr)
    member = static_cast<uint32_t>(only - plan.targets.data());
  if (opened && (plan.optional || member)) {
    if (std::string path = path_of(*plan.expr); !path.empty()) assume({{std::move(path), plan.expr, member}});
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
      bound = narrowed_to(bound, member, pattern.span);
    }
    declare_local(pattern.binding, bound);
  }
}

}  // namespace chain::sema
