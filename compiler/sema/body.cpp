#include "compiler/sema/body.h"

namespace chain::sema {

using program::TypeKind;
using syntax::Expr;
using syntax::ExprKind;

namespace {

/// Expressions and blocks within each other. The parser limits brackets; this limits what needs none.
constexpr uint32_t kDepthLimit = 400;

}  // namespace

BodyChecker::BodyChecker(Context& context, Surroundings surroundings)
    : context_(context), surroundings_(surroundings), emit_(context.module, context.places) {}

void BodyChecker::close(RegionId region, const Value& result) {
  emit_.close();
  if (result.good() && result.type != types().void_type) emit_.set_result(region, result.node);
}

void BodyChecker::declare_parameters(Slots& slots) {
  uint32_t index = 0;
  for (Slot& slot : slots.items) {
    const NodeId node = emit_.add(Op::Param, slot.type, slot.span, {.index = index++});
    emit_.module()[node].name = slot.name;
    const Value value{node, slot.type, slot.broken ? Value::State::Poison : Value::State::Good};
    declare_local({slot.name, slot.span}, value);
    if (Local* declared = local(slot.name)) declared->slot = &slot;
  }
}

void BodyChecker::declare(std::string_view name, Value value, Span span) {
  declare_local({name, span}, value);
}

Value BodyChecker::make(Op op, TypeId type, Span span, NodeParts parts) {
  return good(emit_.add(op, type, span, std::move(parts)), type);
}

Value BodyChecker::constant(TypeId type, Span span, graph::Constant value) {
  return good(emit_.constant(type, span, std::move(value)), type);
}

Value BodyChecker::integer(int64_t value, Span span) {
  return constant(types().int_type, span, value);
}

Value BodyChecker::rebuilt(const Constant& constant, Span span) {
  return good(emit_.constant(constant, span), constant.type);
}

/// Reports a value that is none at all.
Value BodyChecker::wanted(Value value, Span span) {
  if (!value.good() || value.type != types().void_type) return value;
  context_.diagnostics.report(NoValue{}, span);
  return poison();
}

bool BodyChecker::too_deep(Span span) {
  if (depth_ < kDepthLimit) return false;
  context_.diagnostics.report(
      TooDeep{.limit = std::to_string(kDepthLimit), .hint = "; give parts of it names with `let`"}, span);
  return true;
}

Value BodyChecker::value_as(const Expr& expr, TypeId type) {
  if (is_json_literal(expr, type)) return convert(json_literal(expr), type, expr.span);
  return convert(value(expr, type), type, expr.span);
}

Value BodyChecker::value(const Expr& expr, Expected expected) {
  if (too_deep(expr.span)) return poison();
  ++depth_;
  const Value result = [&]() -> Value {
    switch (expr.kind) {
      case ExprKind::Name: return name(expr.as<syntax::NameExpr>(), expected);
      case ExprKind::Int: return number(expr, expr.as<syntax::IntExpr>().value, expected);
      case ExprKind::Float:
        return constant(types().float_type, expr.span, expr.as<syntax::FloatExpr>().value);
      case ExprKind::Bool: {
        return literal(expr, expr.as<syntax::BoolExpr>().value, types().bool_type, expected);
      }
      case ExprKind::None: return none(expr, expected);
      case ExprKind::Duration: {
        return constant(types().duration_type, expr.span, expr.as<syntax::DurationExpr>().nanoseconds);
      }
      case ExprKind::Money: {
        return constant(types().money_type, expr.span, expr.as<syntax::MoneyExpr>().nano_dollars);
      }
      case ExprKind::String: return string(expr.as<syntax::StringExpr>(), expected);
      case ExprKind::List: return list(expr.as<syntax::ListExpr>(), expected);
      case ExprKind::Map: return map(expr.as<syntax::MapExpr>(), expected);
      case ExprKind::Record: return record(expr.as<syntax::RecordExpr>());
      case ExprKind::Member: return member(expr.as<syntax::MemberExpr>(), expected);
      case ExprKind::Index: return index(expr.as<syntax::IndexExpr>());
      case ExprKind::Versioned: return versioned(expr.as<syntax::VersionedExpr>());
      case ExprKind::Call: return call(expr.as<syntax::CallExpr>(), expected);
      case ExprKind::Unary: return unary(expr.as<syntax::UnaryExpr>(), expected);
      case ExprKind::Binary: return binary(expr.as<syntax::BinaryExpr>(), expected);
      case ExprKind::Lambda: return lambda(expr.as<syntax::LambdaExpr>());
      case ExprKind::If: return if_else(expr.as<syntax::IfExpr>(), expected, Want::Value, nullptr);
      case ExprKind::Match: return match(expr.as<syntax::MatchExpr>(), expected, Want::Value);
      case ExprKind::For: return for_each(expr.as<syntax::ForExpr>(), expected, Want::Value);
      case ExprKind::Try: return attempt(expr.as<syntax::TryExpr>(), expected);
      case ExprKind::Race: return race(expr.as<syntax::RaceExpr>(), expected);
      case ExprKind::Sample: return sample(expr.as<syntax::SampleExpr>(), expected);
      case ExprKind::With: return with_options(expr.as<syntax::WithExpr>(), expected);
      case ExprKind::Error: return poison();
    }
    return poison();
  }();
  --depth_;
  return result;
}

}  // namespace chain::sema
