// What evals ask of the checker of bodies beyond expressions and blocks.
#include "compiler/sema/body.h"

namespace chain::sema {

using program::TypeKind;

Value BodyChecker::inferred(const syntax::Block& block) {
  const size_t mark = enter_scope();
  const Value result = this->block(block, {}, Want::Value);
  leave_scope(mark);
  return result;
}

void BodyChecker::require(syntax::Expr& condition) {
  (void)expect(syntax::ExpectStmt{{syntax::StmtKind::Expect, condition.span}, &condition});
}

Value BodyChecker::exact(const syntax::CallExpr& call, std::vector<Value>& sides) {
  const syntax::BinaryExpr comparison{{syntax::ExprKind::Binary, call.span},
                                      syntax::BinaryOp::Equal,
                                      call.arguments[0].value,
                                      call.arguments[1].value,
                                      call.span};
  const Value holds = value(comparison);
  if (!holds.good()) return holds;
  const graph::Node& node = emit_.module()[holds.node];
  if (node.op != Op::Equal) return holds;
  for (const NodeId side : node.operands) sides.push_back(good(side, emit_.module()[side].type));
  return holds;
}

Value BodyChecker::number(Value value, Span span) {
  const Value opened = unconstrained(wanted(value, span), span);
  if (!opened.good()) return opened;
  const TypeKind kind = type(opened.type).kind;
  const TypeKind base =
      kind == TypeKind::Optional ? type(type(opened.type).element).kind : types().base_kind(opened.type);
  if (kind == TypeKind::Literal && (base == TypeKind::Bool || base == TypeKind::Int))
    return plain(opened, span);
  if (base == TypeKind::Bool || base == TypeKind::Int || base == TypeKind::Float) return opened;
  std::string message = "a score is a bool or a number, and this is " + shown(value.type);
  if (base == TypeKind::Money) message += "; `dollars(x)` makes a number of it";
  if (base == TypeKind::Duration) message += "; `ratio(x, 1s)` makes a number of it";
  context_.diagnostics.report(BadEval{.message = std::move(message)}, span);
  return poison();
}

}  // namespace chain::sema
