// Values of type `json`: literals where one is expected, members and elements.
#include "compiler/sema/body.h"

namespace chain::sema {

using program::TypeKind;
using syntax::Expr;
using syntax::ExprKind;

/// Whether `expr`, where `type` is wanted, is to be read as JSON: `{ "a": [1, none] }`.
bool BodyChecker::is_json_literal(const Expr& expr, TypeId id) const {
  TypeId wanted = context_.unconstrained(id);
  const bool optional = type(wanted).kind == TypeKind::Optional;
  if (optional) wanted = context_.unconstrained(type(wanted).element);
  if (type(wanted).kind != TypeKind::Json) return false;
  switch (expr.kind) {
    case ExprKind::None: return !optional;
    case ExprKind::Int:
    case ExprKind::Float:
    case ExprKind::Bool:
    case ExprKind::String:
    case ExprKind::List:
    case ExprKind::Map: return true;
    default: return false;
  }
}

Value BodyChecker::json_literal(const Expr& expr) {
  const TypeId json = types().json_type;
  Value inner;
  ++json_depth_;  // what stands in it is made JSON
  switch (expr.kind) {
    case ExprKind::List: inner = value(expr, types().list_of(json)); break;
    case ExprKind::Map: inner = value(expr, types().map_of(json)); break;
    case ExprKind::None: inner = constant(json, expr.span, std::string("null")); break;
    default: inner = value(expr); break;
  }
  --json_depth_;
  if (!inner.good() || inner.type == json) return inner;
  return call_library("to_json", expr.span, expr.span, {{.value = inner, .span = expr.span}});
}

/// `x.name`, `x["name"]` and `x[0]` of a json: another one, or none.
Value BodyChecker::json_part(Value json, Value key, Span span) {
  return call_library("get", span, span, {{.value = json, .span = span}, {.value = key, .span = span}});
}

}  // namespace chain::sema
