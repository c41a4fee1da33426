#include "compiler/syntax/tree_builder.h"

namespace chain::syntax {

Block* TreeBuilder::statements(const std::vector<Rules::StatementContext*>& trees, Span where) {
  std::vector<Stmt*> result;
  Rules::StatementContext* previous = nullptr;
  for (auto* item : trees) {
    separate(previous, item, "each statement", false);
    result.push_back(statement(item));
    previous = item;
  }
  return context_.arena.make<Block>(where, std::span<Stmt* const>(context_.arena.copy(result)));
}

Block* TreeBuilder::block(Rules::BlockContext* tree) {
  if (!tree) return context_.arena.make<Block>(Span{context_.file});
  const Descent descent(*this, 2, span(tree));
  if (!descent) return context_.arena.make<Block>(span(tree));
  return statements(tree->statements, span(tree));
}

Stmt* TreeBuilder::statement(Rules::StatementContext* tree) {
  Arena& arena = context_.arena;
  const Span where = span(tree);
  switch (tree->start->getType()) {
    case Rules::LET:
    case Rules::VAR: return let_statement(tree, where);
    case Rules::RETURN:
      return arena.make<ReturnStmt>(Stmt{StmtKind::Return, where}, static_cast<Expr*>(nullptr));
    case Rules::RETURN_VALUE:
      return arena.make<ReturnStmt>(Stmt{StmtKind::Return, where}, expression(tree->value));
    case Rules::GIVEN: {
      const Name first = name(tree->name);
      const Name target = tree->third ? joined(first, name(tree->offer)) : first;
      const Version version = this->version(tree->version);
      return arena.make<GivenStmt>(Stmt{StmtKind::Given, where}, target,
                                   name(tree->third ? tree->third : tree->offer), version,
                                   expression(tree->value), tree->FROM() != nullptr);
    }
    case Rules::EXPECT: return arena.make<ExpectStmt>(Stmt{StmtKind::Expect, where}, expression(tree->value));
    case Rules::BREAK: return arena.make<Stmt>(StmtKind::Break, where);
    case Rules::REPEAT: return repeat_statement(tree, where);
    default: return expression_statement(tree, where);
  }
}

Stmt* TreeBuilder::let_statement(Rules::StatementContext* tree, Span where) {
  TypeExpr* declared = tree->declared ? type(tree->declared) : nullptr;
  return context_.arena.make<LetStmt>(Stmt{StmtKind::Let, where}, name(tree->name), declared,
                                      expression(tree->value), tree->start->getType() == Rules::VAR);
}

Stmt* TreeBuilder::repeat_statement(Rules::StatementContext* tree, Span where) {
  Expr* bound = expression(tree->bound);
  const auto blocks = tree->block();
  Block* body = block(blocks.empty() ? nullptr : blocks[0]);
  Block* otherwise = blocks.size() > 1 ? block(blocks[1]) : nullptr;
  return context_.arena.make<RepeatStmt>(Stmt{StmtKind::Repeat, where}, bound, body, otherwise);
}

Stmt* TreeBuilder::expression_statement(Rules::StatementContext* tree, Span where) {
  if (tree->exception && !tree->value) return context_.arena.make<Stmt>(StmtKind::Error, where);
  Expr* value = expression(tree->value);
  if (tree->ASSIGN()) {
    Expr* assigned = expression(tree->assigned);
    if (value->kind == ExprKind::Name) {
      return context_.arena.make<AssignStmt>(Stmt{StmtKind::Assign, where},
                                             Name{value->as<NameExpr>().text, value->span}, assigned);
    }
    if (value->kind != ExprKind::Error) {
      error(value->span, "only a name declared with `var` can be assigned; make a new value and assign that");
    }
    return context_.arena.make<Stmt>(StmtKind::Error, where);
  }
  return context_.arena.make<ExprStmt>(Stmt{StmtKind::Expr, where}, value);
}

}  // namespace chain::syntax
