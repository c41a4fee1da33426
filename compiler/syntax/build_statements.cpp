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
    case Rules::LET: return let_statement(tree, where);
    case Rules::VAR: unavailable(span(tree->start), "`var`"); return let_statement(tree, where);
    case Rules::RETURN:
      return arena.make<ReturnStmt>(Stmt{StmtKind::Return, where}, static_cast<Expr*>(nullptr));
    case Rules::RETURN_VALUE:
      return arena.make<ReturnStmt>(Stmt{StmtKind::Return, where}, expression(tree->value));
    case Rules::GIVEN: {
      const Name target = name(tree->name);
      const std::string_view version = tree->version ? text(tree->version) : std::string_view();
      return arena.make<GivenStmt>(Stmt{StmtKind::Given, where}, target, name(tree->offer), version,
                                   expression(tree->value));
    }
    case Rules::EXPECT: return arena.make<ExpectStmt>(Stmt{StmtKind::Expect, where}, expression(tree->value));
    case Rules::BREAK: unavailable(where, "`break`"); return arena.make<Stmt>(StmtKind::Error, where);
    case Rules::REPEAT:
      unavailable(span(tree->start), "`repeat`");
      // What stands in it is read all the same, for its own mistakes.
      for (auto* body : tree->block()) block(body);
      return arena.make<Stmt>(StmtKind::Error, where);
    default: return expression_statement(tree, where);
  }
}

Stmt* TreeBuilder::let_statement(Rules::StatementContext* tree, Span where) {
  TypeExpr* declared = tree->declared ? type(tree->declared) : nullptr;
  return context_.arena.make<LetStmt>(Stmt{StmtKind::Let, where}, name(tree->name), declared,
                                      expression(tree->value));
}

Stmt* TreeBuilder::expression_statement(Rules::StatementContext* tree, Span where) {
  if (tree->exception && !tree->value) return context_.arena.make<Stmt>(StmtKind::Error, where);
  Expr* value = expression(tree->value);
  if (auto* assign = tree->ASSIGN()) {
    unavailable(span(assign->getSymbol()), "assigning to a name again");
    return context_.arena.make<Stmt>(StmtKind::Error, where);
  }
  return context_.arena.make<ExprStmt>(Stmt{StmtKind::Expr, where}, value);
}

}  // namespace chain::syntax
