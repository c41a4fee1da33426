#include "compiler/syntax/assigned.h"

namespace chain::syntax {

namespace {

/// Recursion is bounded by the nesting that the parser admits.
class Finder {
 public:
  void block(const Block* block) {
    if (!block) return;
    for (const Stmt* item : block->statements) statement(*item);
  }
  void expr(const Expr* expr);

  Assigned found;

 private:
  void statement(const Stmt& stmt);
  void loop_body(const Block* body) {
    const bool before = found.breaks;
    block(body);
    found.breaks = before;
  }
  void arms(std::span<const MatchArm> arms) {
    for (const MatchArm& arm : arms) block(arm.body);
  }
  void calling(const Expr& expr);
};

void Finder::statement(const Stmt& stmt) {
  switch (stmt.kind) {
    case StmtKind::Let: return expr(stmt.as<LetStmt>().value);
    case StmtKind::Assign:
      found.names.push_back(stmt.as<AssignStmt>().name.text);
      return expr(stmt.as<AssignStmt>().value);
    case StmtKind::Expr: return expr(stmt.as<ExprStmt>().value);
    case StmtKind::Return: return expr(stmt.as<ReturnStmt>().value);
    case StmtKind::Break: found.breaks = true; return;
    case StmtKind::Repeat:
      expr(stmt.as<RepeatStmt>().bound);
      loop_body(stmt.as<RepeatStmt>().body);
      return block(stmt.as<RepeatStmt>().otherwise);
    case StmtKind::Given: return expr(stmt.as<GivenStmt>().value);
    case StmtKind::Expect: return expr(stmt.as<ExpectStmt>().condition);
    case StmtKind::Error: return;
  }
}

void Finder::calling(const Expr& e) {
  switch (e.kind) {
    case ExprKind::Try: expr(e.as<TryExpr>().value); return arms(e.as<TryExpr>().arms);
    case ExprKind::Race:
      for (const Expr* arm : e.as<RaceExpr>().arms) expr(arm);
      return;
    case ExprKind::Sample: expr(e.as<SampleExpr>().count); return expr(e.as<SampleExpr>().value);
    default:
      expr(e.as<WithExpr>().call);
      for (const FieldInit& option : e.as<WithExpr>().options) expr(option.value);
  }
}

/// Strings hold no blocks that could assign: what stands in `{{ }}` is an expression over what is there.
void Finder::expr(const Expr* e) {
  if (!e) return;
  switch (e->kind) {
    case ExprKind::List:
      for (const Expr* item : e->as<ListExpr>().items) expr(item);
      return;
    case ExprKind::Map:
      for (const MapEntry& entry : e->as<MapExpr>().entries) expr(entry.value);
      return;
    case ExprKind::Record:
      for (const FieldInit& field : e->as<RecordExpr>().fields) expr(field.value);
      return;
    case ExprKind::Member: return expr(e->as<MemberExpr>().object);
    case ExprKind::Index: expr(e->as<IndexExpr>().object); return expr(e->as<IndexExpr>().index);
    case ExprKind::Call:
      expr(e->as<CallExpr>().callee);
      for (const Argument& argument : e->as<CallExpr>().arguments) expr(argument.value);
      return;
    case ExprKind::Unary: return expr(e->as<UnaryExpr>().operand);
    case ExprKind::Binary: expr(e->as<BinaryExpr>().left); return expr(e->as<BinaryExpr>().right);
    case ExprKind::If:
      expr(e->as<IfExpr>().condition);
      block(e->as<IfExpr>().then);
      return block(e->as<IfExpr>().otherwise);
    case ExprKind::Match: expr(e->as<MatchExpr>().subject); return arms(e->as<MatchExpr>().arms);
    case ExprKind::For:
      expr(e->as<ForExpr>().list);
      expr(e->as<ForExpr>().where);
      return loop_body(e->as<ForExpr>().body);
    case ExprKind::Try:
    case ExprKind::Race:
    case ExprKind::Sample:
    case ExprKind::With: return calling(*e);
    default: return;
  }
}

}  // namespace

Assigned assigned_in(std::span<const Block* const> blocks) {
  Finder finder;
  for (const Block* block : blocks) finder.block(block);
  return std::move(finder.found);
}

Assigned assigned_in(const Expr& expr) {
  Finder finder;
  finder.expr(&expr);
  return std::move(finder.found);
}

}  // namespace chain::syntax
