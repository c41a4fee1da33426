// Conditions, and what is known to be present where they hold: `if x { x is a T here }`.
#include "compiler/sema/body.h"

namespace chain::sema {

using program::TypeKind;
using syntax::BinaryExpr;
using syntax::BinaryOp;
using syntax::Expr;
using syntax::ExprKind;

Value BodyChecker::condition(const Expr& expr) {
  Facts facts;
  return condition(expr, facts);
}

Value BodyChecker::condition_on(Value it, const Expr& expr) {
  const Value subject = unconstrained(it, expr.span);
  auto holds = [&](Value value) {
    const size_t mark = enter_scope();
    declare_local({"it", expr.span}, value);
    const Value result = condition(expr);
    leave_scope(mark);
    return result;
  };
  if (type(subject.type).kind != TypeKind::Optional) return holds(subject);
  const Value present = make(Op::IsSome, types().bool_type, expr.span, {.operands = {subject.node}});
  const TypeId element = type(subject.type).element;
  const Branch some = branch(
      expr.span, [&] { return holds(make(Op::Unwrap, element, expr.span, {.operands = {subject.node}})); });
  if (!some.value.good()) return poison();
  emit_.set_result(some.region, some.value.node);
  const Branch none = branch(expr.span, [&] { return constant(types().bool_type, expr.span, true); });
  emit_.set_result(none.region, none.value.node);
  return make(Op::If, types().bool_type, expr.span,
              {.operands = {present.node}, .regions = {some.region, none.region}});
}

/// A bool, and the facts that hold where it is true and where it is false.
Value BodyChecker::condition(const Expr& expr, Facts& facts) {
  if (too_deep(expr.span)) return poison();
  if (expr.kind == ExprKind::Unary && expr.as<syntax::UnaryExpr>().op == syntax::UnaryOp::Not) {
    ++depth_;
    const Value operand = condition(*expr.as<syntax::UnaryExpr>().operand, facts);
    --depth_;
    std::swap(facts.if_true, facts.if_false);
    return operand.good() ? make(Op::Not, types().bool_type, expr.span, {.operands = {operand.node}})
                          : operand;
  }
  if (expr.kind == ExprKind::Binary) {
    const auto& binary = expr.as<BinaryExpr>();
    if (binary.op == BinaryOp::And || binary.op == BinaryOp::Or) {
      ++depth_;
      const Value result = both(binary, facts);
      --depth_;
      return result;
    }
    Value result;
    if (comparison_with_none(binary, result, facts)) return result;
  }
  const Value value = wanted(this->value(expr, types().bool_type), expr.span);
  if (!value.good()) return value;
  if (context_.plain(value.type) == types().bool_type) return plain(value, expr.span);
  if (type(context_.unconstrained(value.type)).kind == TypeKind::Optional) {
    return optional_condition(expr, unconstrained(value, expr.span), facts);
  }
  std::string hint;
  const TypeKind kind = type(context_.plain(value.type)).kind;
  if (kind == TypeKind::String) hint = "; compare it: `!= \"\"`";
  if (kind == TypeKind::Int || kind == TypeKind::Float) hint = "; compare it: `!= 0`";
  if (kind == TypeKind::List || kind == TypeKind::Map) hint = "; ask for its length: `len(...) > 0`";
  context_.diagnostics.report(NotCondition{.type = shown(value.type), .hint = hint}, expr.span);
  return poison();
}

/// `if x` with `x: T?` asks whether there is one. With `bool?` that reads like a question about the bool.
Value BodyChecker::optional_condition(const Expr& expr, Value value, Facts& facts) {
  if (context_.plain(type(value.type).element) == types().bool_type) {
    context_.diagnostics.report(
        NotCondition{.type = shown(value.type),
                     .hint = ", and both readings are likely; write `?? false` or `!= none`"},
        expr.span);
    return poison();
  }
  if (std::string path = path_of(expr); !path.empty()) facts.if_true.push_back({std::move(path), &expr});
  return make(Op::IsSome, types().bool_type, expr.span, {.operands = {value.node}});
}

/// `and` and `or`: the right side is evaluated only if the left one does not decide.
Value BodyChecker::both(const BinaryExpr& expr, Facts& facts) {
  const bool is_and = expr.op == BinaryOp::And;
  Facts left_facts;
  Facts right_facts;
  const Value left = condition(*expr.left, left_facts);
  const Branch right = branch(expr.right->span, [&] {
    assume(is_and ? left_facts.if_true : left_facts.if_false);
    return condition(*expr.right, right_facts);
  });
  if (!left.good() || !right.value.good()) return left.exits() ? left : poison();
  emit_.set_result(right.region, right.value.node);
  const Branch decided =
      branch(expr.left->span, [&] { return constant(types().bool_type, expr.op_span, !is_and); });
  emit_.set_result(decided.region, decided.value.node);
  auto merge = [](std::vector<Fact> first, std::vector<Fact>& second) {
    for (Fact& fact : second) first.push_back(std::move(fact));
    return first;
  };
  if (is_and) {
    facts.if_true = merge(std::move(left_facts.if_true), right_facts.if_true);
  } else {
    facts.if_false = merge(std::move(left_facts.if_false), right_facts.if_false);
  }
  std::vector<RegionId> regions{right.region, decided.region};
  if (!is_and) std::swap(regions[0], regions[1]);
  return make(Op::If, types().bool_type, expr.op_span,
              {.operands = {left.node}, .regions = std::move(regions)});
}

/// `x == none` and `x != none`. False if `expr` is something else.
bool BodyChecker::comparison_with_none(const BinaryExpr& expr, Value& result, Facts& facts) {
  if (expr.op != BinaryOp::Equal && expr.op != BinaryOp::NotEqual) return false;
  const bool none_left = expr.left->kind == ExprKind::None;
  if (!none_left && expr.right->kind != ExprKind::None) return false;
  const Expr& other = none_left ? *expr.right : *expr.left;
  const Value value = unconstrained(wanted(this->value(other), other.span), other.span);
  result = value;
  if (!value.good()) return true;
  if (type(value.type).kind != TypeKind::Optional) {
    context_.diagnostics.report(
        NeverNone{.op = expr.op == BinaryOp::Equal ? "== none" : "!= none", .type = shown(value.type)},
        other.span);
    result = poison();
    return true;
  }
  result = make(Op::IsSome, types().bool_type, expr.op_span, {.operands = {value.node}});
  const std::string path = path_of(other);
  const bool is_equal = expr.op == BinaryOp::Equal;
  if (!path.empty()) (is_equal ? facts.if_false : facts.if_true).push_back({path, &other});
  if (is_equal) result = make(Op::Not, types().bool_type, expr.op_span, {.operands = {result.node}});
  return true;
}

/// "7.photo" for `ticket.photo` of the local with id 7; empty for what is no path of fields from a local.
std::string BodyChecker::path_of(const Expr& expr) {
  std::vector<std::string_view> members;
  const Expr* root = &expr;
  while (root->kind == ExprKind::Member) {
    const auto& member = root->as<syntax::MemberExpr>();
    if (member.optional) return {};
    members.push_back(member.member.text);
    root = member.object;
  }
  if (root->kind != ExprKind::Name) return {};
  const Local* found = local(root->as<syntax::NameExpr>().text);
  if (!found) return {};
  std::string path = std::to_string(found->id);
  for (auto member = members.rbegin(); member != members.rend(); ++member) {
    path += '.';
    path += *member;
  }
  return path;
}

/// Opens, in the current scope, what `facts` say is present, and the unions that they know the member of.
void BodyChecker::assume(const std::vector<Fact>& facts) {
  for (const Fact& fact : facts) {
    const Span span = fact.expr->span;
    const Value known = unconstrained(value(*fact.expr), span);
    const Value opened = known.good() ? narrowed_to(known, fact.member, span) : known;
    if (!opened.good() || opened.node == known.node) continue;  // opened already
    const auto before = narrowed_.find(fact.path);
    narrowed_before_.emplace_back(fact.path,
                                  before == narrowed_.end() ? std::nullopt : std::optional(before->second));
    narrowed_[fact.path] = opened;
  }
}

/// A value that is known to be present, as the member of its union that it is known to be.
Value BodyChecker::narrowed_to(Value value, std::optional<uint32_t> member, Span span) {
  if (type(value.type).kind == TypeKind::Optional) {
    value = make(Op::Unwrap, type(value.type).element, span, {.operands = {value.node}});
  }
  if (!member) return value;
  const Value whole = unconstrained(value, span);
  if (type(whole.type).kind != TypeKind::Union) return value;
  const TypeId narrow = type(whole.type).members[*member];
  return make(Op::Narrow, narrow, span, {.operands = {whole.node}, .index = *member});
}

const Value* BodyChecker::narrowed(const Expr& expr) {
  if (narrowed_.empty()) return nullptr;
  const auto known = narrowed_.find(path_of(expr));
  return known == narrowed_.end() ? nullptr : &known->second;
}

}  // namespace chain::sema
