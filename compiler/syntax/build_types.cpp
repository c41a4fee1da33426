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
  TypeExpr* result = with_suffixes(type_atom(tree->typeAtom()), suffixes);
  for (auto mark = marks.rbegin(); mark != marks.rend(); ++mark) {
    result = make_type(TypeExprKind::Untrusted, span((*mark)->getSymbol()).to(result->span), {result});
  }
  return result;
}

/// `T[]` and `T?` of `type`.
TypeExpr* TreeBuilder::with_suffixes(TypeExpr* type, const std::vector<Rules::TypeSuffixContext*>& suffixes) {
  for (auto* suffix : suffixes) {
    mark_bracket(suffix->start);
    const auto kind = suffix->QUESTION() ? TypeExprKind::Optional : TypeExprKind::List;
    type = make_type(kind, type->span.to(span(suffix)), {type});
  }
  return type;
}

/// `Name`, `module.Name` or `map<T>`.
TypeExpr* TreeBuilder::named_type(Name qualifier, Name name, Rules::TypeContext* element, Span where) {
  if (element) {
    TypeExpr* inner = type(element);
    if (name.text == "map" && !qualifier) return make_type(TypeExprKind::Map, where, {inner});
    error(where, "only `map` takes a type in `<` and `>`");
    return context_.arena.make<TypeExpr>(TypeExprKind::Error, where);
  }
  auto* result = context_.arena.make<TypeExpr>(TypeExprKind::Named, where);
  result->name = name;
  result->qualifier = qualifier;
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
    if (tree->element) {
      mark_bracket(tree->LESS()->getSymbol());
      mark_bracket(tree->GREATER()->getSymbol());
    }
    const Name second = name(tree->second);
    if (tree->third)
      return named_type(joined(name(tree->first), second), name(tree->third), tree->element, where);
    if (second) return named_type(name(tree->first), second, tree->element, where);
    return named_type({}, name(tree->first), tree->element, where);
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
