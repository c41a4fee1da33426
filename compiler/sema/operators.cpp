// Unary and binary operators.
#include "compiler/syntax/operators.h"
#include "compiler/sema/body.h"

namespace chain::sema {

using program::TypeKind;
using syntax::BinaryExpr;
using syntax::BinaryOp;
using syntax::Expr;
using syntax::ExprKind;
using syntax::spelling;

namespace {

bool is_arithmetic(BinaryOp op) {
  return op <= BinaryOp::Subtract;
}

Op arithmetic_op(BinaryOp op) {
  switch (op) {
    case BinaryOp::Multiply: return Op::Mul;
    case BinaryOp::Divide: return Op::Div;
    case BinaryOp::Modulo: return Op::Mod;
    case BinaryOp::Add: return Op::Add;
    default: return Op::Sub;
  }
}

bool is_number(TypeKind kind) {
  return kind == TypeKind::Int || kind == TypeKind::Float;
}
bool is_amount(TypeKind kind) {
  return kind == TypeKind::Duration || kind == TypeKind::Money;
}

bool is_ordered(TypeKind kind) {
  return is_number(kind) || is_amount(kind) || kind == TypeKind::String || kind == TypeKind::Enum ||
         kind == TypeKind::Time || kind == TypeKind::Date;
}

}  // namespace

Value BodyChecker::unary(const syntax::UnaryExpr& expr, Expected expected) {
  if (expr.op == syntax::UnaryOp::Not) return condition(expr);
  if (expr.operand->kind == ExprKind::Int) {
    return number(expr, -expr.operand->as<syntax::IntExpr>().value, expected);
  }
  if (expr.operand->kind == ExprKind::Float) {
    return constant(types().float_type, expr.span, -expr.operand->as<syntax::FloatExpr>().value);
  }
  // What is wanted of the result says something of the operand only where both are numbers.
  const TypeKind wanted_kind = expected ? type(context_.plain(*expected)).kind : TypeKind::Void;
  if (!is_number(wanted_kind) && !is_amount(wanted_kind)) expected = std::nullopt;
  const Value operand = plain(wanted(value(*expr.operand, expected), expr.operand->span), expr.operand->span);
  if (!operand.good()) return operand;
  const TypeKind kind = type(operand.type).kind;
  if (is_number(kind) || is_amount(kind)) {
    return make(Op::Neg, operand.type, expr.span, {.operands = {operand.node}});
  }
  context_.diagnostics.report(BadOperand{.op = "-", .types = shown(operand.type)}, expr.span);
  return poison();
}

/// A long sum leans to the left; it is walked in a loop, so that its length needs no stack.
Value BodyChecker::binary(const BinaryExpr& expr, Expected expected) {
  switch (expr.op) {
    case BinaryOp::And:
    case BinaryOp::Or: return condition(expr);
    case BinaryOp::In:
    case BinaryOp::NotIn: return contained(expr);
    case BinaryOp::Coalesce: return coalesce(expr, expected);
    default: break;
  }
  if (!is_arithmetic(expr.op)) return comparison(expr);
  std::vector<const BinaryExpr*> spine{&expr};
  while (spine.back()->left->kind == ExprKind::Binary &&
         is_arithmetic(spine.back()->left->as<BinaryExpr>().op)) {
    spine.push_back(&spine.back()->left->as<BinaryExpr>());
  }
  const Expr& first = *spine.back()->left;
  // No hint for the operands: `7 / 2` is 3 wherever it stands.
  Value result = wanted(value(first), first.span);
  for (auto step = spine.rbegin(); step != spine.rend(); ++step) {
    const Expr& right = *(*step)->right;
    const Value operand = wanted(value(right), right.span);
    result = result.good() && operand.good() ? arithmetic(**step, result, operand)
             : result.exits()                ? result
                                             : poison();
  }
  return result;
}

Value BodyChecker::arithmetic(const BinaryExpr& expr, Value left, Value right) {
  left = plain(left, expr.left->span);
  right = plain(right, expr.right->span);
  const TypeKind a = type(left.type).kind;
  const TypeKind b = type(right.type).kind;
  if (a == TypeKind::String && b == TypeKind::String && expr.op == BinaryOp::Add) {
    return make(Op::Concat, left.type, expr.op_span, {.operands = {left.node, right.node}});
  }
  const bool sum = expr.op == BinaryOp::Add || expr.op == BinaryOp::Subtract;
  if (is_amount(a) && a == b && sum) {
    return make(arithmetic_op(expr.op), left.type, expr.op_span, {.operands = {left.node, right.node}});
  }
  if (sum && (a == TypeKind::Time || b == TypeKind::Time || a == TypeKind::Date || b == TypeKind::Date)) {
    if (const auto moved = calendar(expr, left, right)) return *moved;
  }
  if (a == TypeKind::Duration && b == a && expr.op == BinaryOp::Divide) {
    return call_library(
        "ratio", expr.op_span, expr.op_span,
        {{.value = left, .span = expr.left->span}, {.value = right, .span = expr.right->span}});
  }
  if (is_amount(a) && is_number(b) && (expr.op == BinaryOp::Multiply || expr.op == BinaryOp::Divide)) {
    return scaled(expr, left, right);
  }
  if (is_number(a) && is_amount(b) && expr.op == BinaryOp::Multiply) return scaled(expr, right, left);
  if (is_number(a) && is_number(b)) {
    const TypeId result = a == b ? left.type : types().float_type;
    left = convert(left, result, expr.left->span);
    right = convert(right, result, expr.right->span);
    return make(arithmetic_op(expr.op), result, expr.op_span, {.operands = {left.node, right.node}});
  }
  std::string hint;
  if (expr.op == BinaryOp::Add && (a == TypeKind::String || b == TypeKind::String)) {
    hint = "; put the other side into the text: `\"{{ ... }}\"`";
  }
  if (expr.op == BinaryOp::Add && a == TypeKind::List && b == TypeKind::List) {
    hint = "; join lists with `.concat(...)`";
  }
  return bad_operands(expr, left, right, hint);
}

Value BodyChecker::scaled(const BinaryExpr& expr, Value amount, Value factor) {
  return make(arithmetic_op(expr.op), amount.type, expr.op_span, {.operands = {amount.node, factor.node}});
}

Value BodyChecker::bad_operands(const BinaryExpr& expr, const Value& left, const Value& right,
                                std::string hint) {
  for (const auto& [value, side] : {std::pair(&left, expr.left), std::pair(&right, expr.right)}) {
    if (type(value->type).kind != TypeKind::Optional) continue;
    context_.diagnostics.report(
        MayBeNone{.type = shown(value->type),
                  .hint = "give it a value with `??`, or open it with `if` or `match`"},
        side->span);
    return poison();
  }
  std::string both = shown(left.type) + " and " + shown(right.type);
  if (left.type == right.type) both = shown(left.type);
  context_.diagnostics.report(
      BadOperand{.op = std::string(spelling(expr.op)), .types = both, .hint = std::move(hint)}, expr.op_span);
  return poison();
}

/// Both sides of a comparison; each may be a bare case of the other's enum.
std::pair<Value, Value> BodyChecker::operands(const BinaryExpr& expr) {
  auto side = [&](const Expr& operand, Expected expected) {
    return wanted(value(operand, expected), operand.span);
  };
  auto type_of = [](const Value& value) { return value.good() ? Expected(value.type) : Expected(); };
  if (names_nothing_yet(*expr.left) && !names_nothing_yet(*expr.right)) {
    const Value right = side(*expr.right, {});
    if (!right.good()) return {poison(), right};
    return {side(*expr.left, type_of(right)), right};
  }
  const Value left = side(*expr.left, {});
  if (!left.good() && names_nothing_yet(*expr.right)) return {left, poison()};
  return {left, side(*expr.right, type_of(left))};
}

Value BodyChecker::comparison(const BinaryExpr& expr) {
  Value result;
  Facts facts;
  if (comparison_with_none(expr, result, facts)) return result;
  const auto [left, right] = operands(expr);
  if (!left.good() || !right.good()) return left.exits() ? left : poison();
  return compared(expr, left, right);
}

Value BodyChecker::compared(const BinaryExpr& expr, Value left, Value right) {
  const std::optional<TypeId> both = common(left.type, right.type);
  const bool equality = expr.op == BinaryOp::Equal || expr.op == BinaryOp::NotEqual;
  if (!both) return bad_operands(expr, left, right, "; both sides must be of one type");
  const TypeId settled = context_.plain(*both);
  if (!equality && !is_ordered(type(settled).kind)) return bad_operands(expr, left, right);
  left = convert(left, settled, expr.left->span);
  right = convert(right, settled, expr.right->span);
  if (expr.op == BinaryOp::Greater || expr.op == BinaryOp::GreaterEqual) std::swap(left, right);
  const Op op = expr.op == BinaryOp::Equal                                  ? Op::Equal
                : expr.op == BinaryOp::NotEqual                             ? Op::NotEqual
                : expr.op == BinaryOp::Less || expr.op == BinaryOp::Greater ? Op::Less
                                                                            : Op::LessEqual;
  return make(op, types().bool_type, expr.op_span, {.operands = {left.node, right.node}});
}

/// A time or a day moved by a duration, or the duration between two of them.
std::optional<Value> BodyChecker::calendar(const BinaryExpr& expr, Value left, Value right) {
  const bool adds = expr.op == BinaryOp::Add;
  if (adds && type(left.type).kind == TypeKind::Duration) std::swap(left, right);
  const TypeKind a = type(left.type).kind;
  const TypeKind b = type(right.type).kind;
  const bool apart = !adds && a == b;
  if (b != TypeKind::Duration && !apart) return std::nullopt;
  const Span span = expr.op_span;
  if (a == TypeKind::Time) {
    return make(arithmetic_op(expr.op), apart ? types().duration_type : left.type, span,
                {.operands = {left.node, right.node}});
  }
  if (!adds && !apart) right = make(Op::Neg, right.type, span, {.operands = {right.node}});
  return call_library(apart ? "between" : "shift", span, span,
                      {{.value = left, .span = span}, {.value = right, .span = span}});
}

/// `x in xs`, `"part" in text`, `"key" in map`.
Value BodyChecker::contained(const BinaryExpr& expr) {
  const bool bare = names_nothing_yet(*expr.left);
  Value left = bare ? Value{} : wanted(value(*expr.left), expr.left->span);
  Expected list;
  if (left.good()) list = types().list_of(left.type);
  const bool listed = expr.right->kind == ExprKind::List;
  Value right = unconstrained(wanted(value(*expr.right, listed ? list : Expected()), expr.right->span),
                              expr.right->span);
  if (bare) {
    Expected element;
    if (right.good() && type(right.type).kind == TypeKind::List) element = type(right.type).element;
    if (!right.good()) return poison();
    left = value(*expr.left, element);
  }
  if (!left.good() || !right.good()) return left.exits() ? left : poison();
  const TypeKind kind = type(context_.plain(right.type)).kind;
  Value result;
  if (kind == TypeKind::Map) {
    const Value key = convert(left, types().string_type, expr.left->span);
    if (!key.good()) return key;
    const TypeId entry = types().optional_of(type(right.type).element);
    const Value found = make(Op::Lookup, entry, expr.op_span, {.operands = {right.node, key.node}});
    result = make(Op::IsSome, types().bool_type, expr.op_span, {.operands = {found.node}});
    if (type(type(right.type).element).kind == TypeKind::Optional) {
      result =
          call_library("contains", expr.op_span, expr.span,
                       {{.value = right, .span = expr.right->span}, {.value = key, .span = expr.left->span}});
    }
  } else if (kind == TypeKind::List || kind == TypeKind::String) {
    if (kind == TypeKind::List && !converts(left.type, type(right.type).element)) {
      return mismatch(left, type(right.type).element, expr.left->span);
    }
    result =
        call_library("contains", expr.op_span, expr.span,
                     {{.value = right, .span = expr.right->span}, {.value = left, .span = expr.left->span}});
  } else {
    return bad_operands(expr, left, right, "; the right side is a list, a map or a string");
  }
  if (!result.good() || expr.op == BinaryOp::In) return result;
  return make(Op::Not, types().bool_type, expr.op_span, {.operands = {result.node}});
}

/// `a ?? b`: `b` is evaluated only if `a` is none.
Value BodyChecker::coalesce(const BinaryExpr& expr, Expected expected) {
  Expected outer;
  if (expected) outer = types().optional_of(*expected);
  const Value left = unconstrained(wanted(value(*expr.left, outer), expr.left->span), expr.left->span);
  if (!left.good()) {
    (void)branch(expr.right->span, [&] { return value(*expr.right, expected); });
    return left;
  }
  if (type(left.type).kind != TypeKind::Optional) {
    (void)branch(expr.right->span, [&] { return value(*expr.right, left.type); });
    context_.diagnostics.report(NeverNone{.op = "??", .type = shown(left.type)}, expr.left->span)
        .fix({expr.span.file, expr.left->span.end, expr.span.end}, "", "leave `??` and what follows out");
    return poison();
  }
  const TypeId element = type(left.type).element;
  const Value present = make(Op::IsSome, types().bool_type, expr.op_span, {.operands = {left.node}});
  std::vector<Branch> branches;
  branches.push_back(branch(expr.left->span, [&] {
    return make(Op::Unwrap, element, expr.left->span, {.operands = {left.node}});
  }));
  const bool open = expr.right->kind == ExprKind::None;  // `x ?? none` is `x`
  branches.push_back(branch(expr.right->span, [&] {
    return wanted(value(*expr.right, open ? left.type : element), expr.right->span);
  }));
  if (!branches[1].value.good()) return branches[1].value;
  if (!common(element, branches[1].value.type)) return mismatch(branches[1].value, element, expr.right->span);
  // What is expected may be optional, as a hint; the value is so only if `b` is.
  const bool opened = type(branches[1].value.type).kind != TypeKind::Optional;
  if (opened && expected && type(*expected).kind == TypeKind::Optional) expected = type(*expected).element;
  const Value result = join(branches, expected);
  if (!result.good()) return result;
  return make(Op::If, result.type, expr.op_span,
              {.operands = {present.node}, .regions = {branches[0].region, branches[1].region}});
}

}  // namespace chain::sema
