#include "compiler/syntax/literals.h"
#include "compiler/syntax/tree_builder.h"

namespace chain::syntax {

TypeExpr* TreeBuilder::make_type(TypeExprKind kind, Span span, const std::vector<TypeExpr*>& members) {
  auto* result = context_.arena.make<TypeExpr>(kind, span);
  result->members = context_.arena.copy(members);
  return result;
}

TypeExpr* TreeBuilder::type(Rules::TypeContext* tree) {
  if (!tree) return context_.arena.make<TypeExpr>(TypeExprKind::Error, Span{context_.file});
  std::vector<TypeExpr*> members;
  for (auto* member : tree->members) members.push_back(type_member(member));
  if (members.empty()) return context_.arena.make<TypeExpr>(TypeExprKind::Error, span(tree));
  return members.size() == 1 ? members[0] : make_type(TypeExprKind::Union, span(tree), members);
}

TypeExpr* TreeBuilder::type_member(Rules::TypeMemberContext* tree) {
  const auto marks = tree->UNTRUSTED();
  const auto suffixes = tree->typeSuffix();
  const Descent descent(*this, 1 + marks.size() + suffixes.size(), span(tree));
  if (!descent || !tree->typeAtom()) return context_.arena.make<TypeExpr>(TypeExprKind::Error, span(tree));
  TypeExpr* result = type_atom(tree->typeAtom());
  for (auto* suffix : suffixes) {
    mark_bracket(suffix->start);
    const auto kind = suffix->QUESTION() ? TypeExprKind::Optional : TypeExprKind::List;
    result = make_type(kind, result->span.to(span(suffix)), {result});
  }
  for (auto mark = marks.rbegin(); mark != marks.rend(); ++mark) {
    result = make_type(TypeExprKind::Untrusted, span((*mark)->getSymbol()).to(result->span), {result});
  }
  return result;
}

TypeExpr* TreeBuilder::type_atom(Rules::TypeAtomContext* tree) {
  if (tree->exception) return context_.arena.make<TypeExpr>(TypeExprKind::Error, span(tree));
  if (tree->inner) {
    TypeExpr* inner = type(tree->inner);
    return inner;
  }
  const Span where = span(tree);
  if (tree->first) {
    const Name first = name(tree->first);
    if (tree->element) {
      mark_bracket(tree->LESS()->getSymbol());
      mark_bracket(tree->GREATER()->getSymbol());
      TypeExpr* element = type(tree->element);
      if (first.text == "map" && !tree->second) return make_type(TypeExprKind::Map, where, {element});
      error(where, "only `map` takes a type in `<` and `>`");
      return context_.arena.make<TypeExpr>(TypeExprKind::Error, where);
    }
    auto* result = context_.arena.make<TypeExpr>(TypeExprKind::Named, where);
    result->name = tree->third ? name(tree->third) : tree->second ? name(tree->second) : first;
    if (tree->second) result->qualifier = tree->third ? joined(first, name(tree->second)) : first;
    return result;
  }
  auto* result = context_.arena.make<TypeExpr>(TypeExprKind::Literal, where);
  if (tree->NEGATE() && tree->INT()) {
    const auto value = int_value(text(tree->INT()->getSymbol()), true);
    if (!value)
      context_.diagnostics.report(BadNumber{.message = "this number does not fit in 64 bits"}, where);
    result->literal = make<IntExpr>(ExprKind::Int, where, value.value_or(0));
  } else {
    result->literal = literal(tree->start);
  }
  return result;
}

}  // namespace chain::syntax
