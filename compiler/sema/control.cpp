// Blocks, statements, `if` and `for`.
#include "compiler/sema/body.h"

namespace chain::sema {

using program::TypeKind;
using syntax::Block;
using syntax::Expr;
using syntax::ExprKind;
using syntax::Stmt;
using syntax::StmtKind;

/// Where the value of a block stands: its last statement.
Span BodyChecker::last_span(const Block& block) {
  return block.statements.empty() ? block.span : block.statements.back()->span;
}

void BodyChecker::body(const Block& block) {
  const size_t mark = enter_scope();
  const Signature* chain = surroundings_.chain;
  const bool gives = chain && !chain->broken && chain->result != types().void_type;
  const Value value =
      this->block(block, gives ? Expected(chain->result) : Expected(), gives ? Want::Value : Want::Nothing);
  if (gives) finish(*chain, value, block);
  leave_scope(mark);
}

/// The last value of a chain's block is its result.
void BodyChecker::finish(const Signature& signature, Value value, const Block& block) {
  if (!value.good()) return;
  if (value.type == types().void_type) {
    const Span brace{block.span.file, block.span.end > 0 ? block.span.end - 1 : 0, block.span.end};
    context_.diagnostics
        .report(MissingReturn{.kind = signature.kind == SymbolKind::Function ? "function" : "chain",
                              .name = std::string(signature.name),
                              .type = shown(signature.result)},
                brace)
        .note(signature.declaration->name.span, "it is declared here");
    return;
  }
  const Span span = last_span(block);
  const Value result = convert(value, signature.result, span);
  if (result.good()) emit_.add(Op::Return, types().void_type, span, {.operands = {result.node}});
}

/// The statements of a block, in the scope and region that the caller has opened.
Value BodyChecker::block(const Block& block, Expected expected, Want want) {
  Value result = good({}, types().void_type);
  bool exits = false;
  bool said = false;
  for (size_t i = 0; i < block.statements.size(); ++i) {
    const Stmt& stmt = *block.statements[i];
    if (exits && !said) {
      context_.diagnostics.report(NeverReached{.why = "what stands before it always returns"}, stmt.span);
      said = true;
    }
    std::vector<Fact> after;
    const bool last = i + 1 == block.statements.size();
    in_braces_ = stmt.span.begin != block.span.begin;  // the block of an arm `=> value` is the value
    const Value value = statement(stmt, last, expected, want, after);
    assume(after);
    if (value.exits()) exits = true;
    if (last) result = value;
  }
  if (exits) return {{}, types().void_type, Value::State::Exits};
  return want == Want::Value || result.poisoned() ? result : good({}, types().void_type);
}

/// What a statement gives, if it is the last of a block of which a value is wanted; else nothing, or `Exits`.
Value BodyChecker::statement(const Stmt& stmt, bool last, Expected expected, Want want,
                             std::vector<Fact>& after) {
  switch (stmt.kind) {
    case StmtKind::Let: return let(stmt.as<syntax::LetStmt>());
    case StmtKind::Assign: return assign(stmt.as<syntax::AssignStmt>());
    case StmtKind::Break: return leave_loop(stmt);
    case StmtKind::Repeat: return repeat(stmt.as<syntax::RepeatStmt>());
    case StmtKind::Return: return give_back(stmt.as<syntax::ReturnStmt>());
    case StmtKind::Given: return given(stmt.as<syntax::GivenStmt>());
    case StmtKind::Expect: return expect(stmt.as<syntax::ExpectStmt>());
    case StmtKind::Expr: {
      const Expr& expr = *stmt.as<syntax::ExprStmt>().value;
      return last && want == Want::Value ? value(expr, expected) : discarded(expr, after);
    }
    case StmtKind::Error: return poison();
  }
  return poison();
}

/// A statement whose value nobody takes: it must do something.
Value BodyChecker::discarded(const Expr& expr, std::vector<Fact>& after) {
  if (too_deep(expr.span)) return poison();
  ++depth_;
  const size_t steps = steps_;
  const bool in_braces = in_braces_;
  Value result;
  if (expr.kind == ExprKind::If) {
    result = if_else(expr.as<syntax::IfExpr>(), {}, Want::Nothing, &after);
  } else if (expr.kind == ExprKind::Match) {
    result = match(expr.as<syntax::MatchExpr>(), {}, Want::Nothing);
  } else if (expr.kind == ExprKind::For) {
    result = for_each(expr.as<syntax::ForExpr>(), {}, Want::Nothing);
  } else {
    result = value(expr);
    if (result.good() && steps_ == steps) {
      context_.diagnostics.report(UnusedValue{.hint = "; give it a name with `let`, or leave it out"},
                                  expr.span);
    }
    if (result.good() && in_braces) context_.holders.try_emplace(result.node.index, Holder{expr.span, {}});
    if (result.good()) result = good({}, types().void_type);
  }
  --depth_;
  return result;
}

Value BodyChecker::let(const syntax::LetStmt& stmt) {
  std::optional<TypeId> declared;
  if (stmt.type) declared = resolve_type(context_, surroundings_.unit, *stmt.type);
  Value value;
  if (stmt.value) {
    value = declared ? value_as(*stmt.value, *declared) : this->value(*stmt.value);
    value = wanted(value, stmt.value->span);
  }
  if (stmt.type && !declared) value = poison();
  if (value.good()) {
    graph::Node& node = emit_.module()[value.node];
    if (node.name.empty()) {
      node.name = stmt.name.text;
      context_.holders.try_emplace(value.node.index, Holder{stmt.name.span, stmt.name.text});
    }
  }
  if (stmt.name.text == "_") return value.exits() ? value : good({}, types().void_type);  // it is no name
  declare_local(stmt.name, value.good() ? value : poison());
  if (Local* declared_now = local(stmt.name.text)) {
    declared_now->assignable = stmt.assignable;
    declared_now->statement = stmt.span;
  }
  if (value.exits()) return value;
  return good({}, types().void_type);
}

Value BodyChecker::give_back(const syntax::ReturnStmt& stmt) {
  const Value exits{{}, types().void_type, Value::State::Exits};
  if (!alternative_.empty()) {
    if (stmt.value) (void)value(*stmt.value);
    leaves_alternative("return", stmt.span);
    return exits;
  }
  if (!surroundings_.returns) {
    if (stmt.value) (void)value(*stmt.value);
    context_.diagnostics.report(
        MisplacedStatement{.word = "return", .where = "the block of a chain or a function"}, stmt.span);
    return exits;
  }
  const Signature& chain = *surroundings_.chain;
  ++steps_;
  const bool nothing = !chain.broken && chain.result == types().void_type;
  if (!stmt.value) {
    if (!nothing && !chain.broken) {
      context_.diagnostics.report(TypeMismatch{.expected = shown(chain.result), .found = "nothing"},
                                  stmt.span);
    }
    emit_.add(Op::Return, types().void_type, stmt.span);
    return exits;
  }
  if (chain.broken || nothing) {
    const Value value = this->value(*stmt.value);
    if (nothing && value.good()) {
      context_.diagnostics.report(TypeMismatch{.expected = "nothing", .found = shown(value.type)},
                                  stmt.value->span);
    }
    return exits;
  }
  const Value value = wanted(value_as(*stmt.value, chain.result), stmt.value->span);
  if (value.good()) emit_.add(Op::Return, types().void_type, stmt.span, {.operands = {value.node}});
  return exits;
}

Value BodyChecker::expect(const syntax::ExpectStmt& stmt) {
  const Value nothing = good({}, types().void_type);
  if (!surroundings_.test) {
    context_.diagnostics.report(MisplacedStatement{.word = "expect", .where = "the block of a `test`"},
                                stmt.span);
  }
  if (!stmt.condition) return nothing;
  const Expr& expr = *stmt.condition;
  const Value holds = condition(expr);
  if (!holds.good() || !surroundings_.test) return nothing;
  program::Expectation expectation;
  expectation.text = context_.sources.text(expr.span);
  expectation.operand = types().void_type;
  const program::Site site = context_.places.at(expr.span);
  expectation.file = site.file;
  expectation.line = site.line;
  expectation.column = site.column;
  std::vector<NodeId> operands{holds.node};
  const graph::Node& node = emit_.module()[holds.node];
  const bool compares = expr.kind == ExprKind::Binary && (node.op == Op::Equal || node.op == Op::NotEqual ||
                                                          node.op == Op::Less || node.op == Op::LessEqual);
  if (compares) {
    const syntax::BinaryOp op = expr.as<syntax::BinaryExpr>().op;
    const bool swapped = op == syntax::BinaryOp::Greater || op == syntax::BinaryOp::GreaterEqual;
    operands.push_back(node.operands[swapped ? 1 : 0]);
    operands.push_back(node.operands[swapped ? 0 : 1]);
    expectation.operand = emit_.module()[operands.back()].type;
  }
  const auto index = static_cast<uint32_t>(context_.module.expectations.size());
  context_.module.expectations.push_back(std::move(expectation));
  emit_.add(Op::Expect, types().void_type, stmt.span, {.operands = std::move(operands), .index = index});
  return nothing;
}

/// What branches give together when nobody takes their values.
Value BodyChecker::together(const std::vector<Branch>& branches) {
  bool exits = !branches.empty();
  for (const Branch& item : branches) {
    if (item.value.poisoned()) return poison();
    exits = exits && item.value.exits();
  }
  return {{}, types().void_type, exits ? Value::State::Exits : Value::State::Good};
}

/// What later branches are told of the type of an earlier one: they may be none as well.
Expected BodyChecker::hint_from(const Value& value) {
  if (!value.good() || value.type == types().void_type) return std::nullopt;
  return types().optional_of(value.type);
}

Value BodyChecker::if_else(const syntax::IfExpr& expr, Expected expected, Want want,
                           std::vector<Fact>* after) {
  Facts facts;
  const Value test = condition(*expr.condition, facts);
  const syntax::Block* const blocks[] = {expr.then, expr.otherwise};
  const Carried carried = carry(syntax::assigned_in(blocks));
  std::vector<Branch> branches;
  branches.push_back(branch(last_span(*expr.then), carried, [&] {
    assume(facts.if_true);
    return block(*expr.then, expected, want);
  }));
  const Value then = branches[0].value;
  if (expr.otherwise) {
    const Expected hint = expected || want == Want::Nothing ? expected : hint_from(then);
    branches.push_back(branch(last_span(*expr.otherwise), carried, [&] {
      assume(facts.if_false);
      return block(*expr.otherwise, hint, want);
    }));
  } else if (want == Want::Value && then.good() && then.type != types().void_type) {
    context_.diagnostics.report(MissingElse{}, {expr.span.file, expr.span.begin, expr.condition->span.end});
    return poison();
  }
  const bool has_else = expr.otherwise != nullptr;
  Value result = !has_else             ? (then.poisoned() ? poison() : good({}, types().void_type))
                 : want == Want::Value ? join(branches, expected)
                                       : together(branches);
  if (after && then.exits()) *after = facts.if_false;
  if (after && has_else && branches[1].value.exits()) *after = facts.if_true;
  if (!test.good() || result.poisoned()) return result.exits() ? result : poison();
  const bool merges = !carried.empty() && !result.exits();
  if (merges && !has_else) {
    branches.push_back(branch(expr.span, carried, [&] { return good({}, types().void_type); }));
  }
  const TypeId type = merges ? seal(branches, carried, result) : result.type;
  NodeParts parts{.operands = {test.node}};
  for (const Branch& item : branches) parts.regions.push_back(item.region);
  result.node = emit_.add(Op::If, type, expr.span, std::move(parts));
  return merges ? merged(carried, result.node, result, expr.span) : result;
}

Value BodyChecker::for_each(const syntax::ForExpr& expr, Expected expected, Want want) {
  Value list = unconstrained(wanted(value(*expr.list), expr.list->span), expr.list->span);
  if (list.good() && type(list.type).kind != TypeKind::List) {
    report_not_list(list.type, expr.list->span);
    list = poison();
  }
  const bool usable = list.good();
  const TypeId element = usable ? type(list.type).element : types().void_type;
  Expected item_type;
  if (const auto wanted_list = hinted(expected, TypeKind::List)) item_type = type(*wanted_list).element;
  const syntax::Block* body = expr.body;
  syntax::Assigned assigned = syntax::assigned_in(std::span(&body, 1));
  if (assigned.breaks || !carry(assigned).empty()) {
    if (expr.parallel) {
      const uint32_t end = (expr.where ? expr.where : expr.list)->span.end;
      context_.diagnostics
          .report(
              RunsInOrder{.why = assigned.breaks ? "it has a `break`" : "it assigns a variable around it"},
              expr.parallel->span)
          .fix({expr.span.file, end, expr.parallel->span.end}, "", "leave `parallel` out");
    }
    NodeId node;
    return in_order({.span = expr.span,
                     .source = list,
                     .each = &expr,
                     .body = *body,
                     .element = element,
                     .assigned = std::move(assigned),
                     .item = item_type,
                     .wants_values = want == Want::Value},
                    node);
  }
  const uint32_t id = ++last_id_;
  Facts facts;
  if (expr.where) list = filtered(expr, list, element, id, facts);
  const uint32_t limit = expr.parallel ? parallel(expr) : 0;
  std::vector<Branch> branches;
  LoopAround* outer = std::exchange(around_, nullptr);
  const size_t never = never_below_;
  branches.push_back(branch(last_span(*expr.body), [&] {
    // With a variable to assign the loop would run in order.
    if (!expr.parallel) never_below_ = never;
    const Value item = make(Op::Param, element, expr.variable.span);
    emit_.module()[item.node].name = expr.variable.text;
    emit_.add(Op::Param, types().int_type, expr.variable.span, {.index = 1});
    declare_local(expr.variable, usable ? item : poison(), id);
    assume(facts.if_true);
    const size_t mark = enter_scope();
    const Value last = block(*expr.body, item_type, want);
    leave_scope(mark);
    return last;
  }));
  around_ = outer;
  const Value last = want == Want::Value ? join(branches, item_type) : together(branches);
  if (!list.good()) return list;
  if (last.poisoned()) return last;
  const bool gives = last.good() && last.type != types().void_type;
  const TypeId result = gives ? types().list_of(last.type) : types().void_type;
  const Value loop =
      make(Op::For, result, expr.span, {.operands = {list.node}, .regions = {branches[0].region}});
  emit_.module()[loop.node].parallel = limit;
  return loop;
}

void BodyChecker::report_not_list(TypeId found, Span span) {
  const TypeKind kind = type(context_.unconstrained(found)).kind;
  std::string hint;
  if (kind == TypeKind::Map) hint = "; write `.keys()` or `.values()`";
  if (kind == TypeKind::String) hint = "; write `.lines()`, `.words()` or `.chars()`";
  if (kind == TypeKind::Int) hint = "; write `range(...)`";
  if (kind == TypeKind::Optional) hint = ", which may be none; write `?? []`";
  auto report = context_.diagnostics.report(NotList{.type = shown(found), .hint = hint}, span);
  const std::string text(context_.sources.text(span));
  if (kind == TypeKind::Int) report.fix(span, "range(" + text + ")", "count up to it");
}

/// The elements for which `where` holds.
Value BodyChecker::filtered(const syntax::ForExpr& expr, Value list, TypeId element, uint32_t id,
                            Facts& facts) {
  const Branch test = branch(expr.where->span, [&] {
    const Value item = make(Op::Param, element, expr.variable.span);
    emit_.module()[item.node].name = expr.variable.text;
    declare_local(expr.variable, list.good() ? item : poison(), id);
    return purely("the `where` of a `for`", [&] { return condition(*expr.where, facts); });
  });
  if (!list.good() || !test.value.good()) return poison();
  emit_.set_result(test.region, test.value.node);
  return make(Op::Filter, list.type, expr.where->span, {.operands = {list.node}, .regions = {test.region}});
}

uint32_t BodyChecker::parallel(const syntax::ForExpr& expr) {
  constexpr int64_t kMost = 10'000;
  return static_cast<uint32_t>(bound(*expr.parallel, "parallel", kMost).value_or(0));
}

/// The constant number after `word`.
std::optional<int64_t> BodyChecker::bound(const Expr& expr, std::string_view word, int64_t most) {
  const std::string what = "the number after `" + std::string(word) + "`";
  if (expr.kind == ExprKind::Name && local(expr.as<syntax::NameExpr>().text)) {
    context_.diagnostics.report(NotConstant{.what = what, .why = "this is not known before the program runs"},
                                expr.span);
    return std::nullopt;
  }
  const std::optional<Constant> limit =
      evaluate_constant(context_, surroundings_.unit, expr, types().int_type, what);
  if (!limit) return std::nullopt;
  const int64_t number = std::get<int64_t>(limit->value);
  if (number >= 1 && number <= most) return number;
  context_.diagnostics.report(BadBound{.word = std::string(word), .least = "1", .most = std::to_string(most)},
                              expr.span);
  return std::nullopt;
}

}  // namespace chain::sema
