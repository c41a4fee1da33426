// Loops that run in order: `repeat`, and a `for` that assigns, or ends with `break`.
#include "compiler/graph/properties.h"
#include "compiler/sema/body.h"

namespace chain::sema {

using program::TypeKind;

/// `loop`, and in `node` the record that it ends with. The list of its values, if they are wanted.
Value BodyChecker::in_order(const OrderedLoop& loop, NodeId& node) {
  const Carried carried = carry(loop.assigned);
  const TypeId state = add_state(carried, loop.counts_breaks);
  LoopAround around{.carried = carried, .state = state, .counts_breaks = loop.counts_breaks, .values = {}};
  Value last;
  LoopAround* outer = std::exchange(around_, &around);
  const Branch body = branch(loop.span, carried, [&] {
    const Value item = make(Op::Param, loop.element, loop.each ? loop.each->variable.span : loop.span);
    emit_.add(Op::Param, types().int_type, loop.span, {.index = 1});
    const NodeId before = emit_.add(Op::Param, state, loop.span, {.index = 2});
    adopt(carried, before, loop.counts_breaks ? 1 : 0, loop.span);
    if (loop.wants_values) {
      const auto place = static_cast<uint32_t>(types()[state].fields.size());
      around.values =
          emit_.add(Op::Field, types().void_type, loop.span, {.operands = {before}, .index = place});
    }
    if (!loop.each) return iteration(loop, around, last);
    emit_.module()[item.node].name = loop.each->variable.text;
    declare_local(loop.each->variable, loop.source.good() ? item : poison());
    if (!loop.each->where) return iteration(loop, around, last);
    Facts facts;
    const Value test = condition(*loop.each->where, facts);
    std::vector<RegionId> arms;
    arms.push_back(branch(loop.span, carried, [&] {
                     assume(facts.if_true);
                     const Value next = iteration(loop, around, last);
                     if (next.good()) emit_.set_result(emit_.region(), next.node);
                     return next;
                   }).region);
    arms.push_back(branch(loop.span, [&] {
                     emit_.set_result(emit_.region(), before);
                     return good(before, state);
                   }).region);
    if (!test.good() || last.poisoned()) return poison();
    return make(Op::If, state, loop.span,
                {.operands = {test.node}, .regions = std::move(arms), .index = graph::kSelects});
  });
  around_ = outer;
  if (body.value.good()) emit_.set_result(body.region, body.value.node);

  const bool gives = last.good() && last.type != types().void_type;
  const TypeId list = types().list_of(gives ? last.type : types().bool_type);
  if (loop.wants_values) {
    emit_.module()[around.values].type = list;
    add_field(state, "values", list);
  }
  types().layout_record(state);
  if (!loop.source.good() || last.poisoned() || body.value.poisoned()) return poison();
  std::vector<NodeId> initial;
  if (loop.counts_breaks) initial.push_back(constant(types().bool_type, loop.span, false).node);
  for (NodeId variable : current(carried)) initial.push_back(variable);
  if (loop.wants_values) initial.push_back(make(Op::List, list, loop.span).node);
  const Value begin = make(Op::Record, state, loop.span, {.operands = std::move(initial)});
  node =
      make(Op::Loop, state, loop.span, {.operands = {loop.source.node, begin.node}, .regions = {body.region}})
          .node;
  adopt(carried, node, loop.counts_breaks ? 1 : 0, loop.span);
  if (!loop.wants_values || !gives) return good({}, types().void_type);
  const auto place = static_cast<uint32_t>(types()[state].fields.size() - 1);
  return make(Op::Field, list, loop.span, {.operands = {node}, .index = place});
}

/// The block of a loop, and the state that it hands on. `last` is the block's own value.
Value BodyChecker::iteration(const OrderedLoop& loop, const LoopAround& around, Value& last) {
  const size_t mark = enter_scope();
  last = block(loop.body, loop.item, loop.wants_values ? Want::Value : Want::Nothing);
  leave_scope(mark);
  if (last.exits() || last.poisoned()) return last;
  const Span span = last_span(loop.body);
  if (loop.item && last.type != types().void_type && converts(last.type, *loop.item)) {
    last = convert(last, *loop.item, span);
  }
  std::vector<NodeId> operands;
  if (around.counts_breaks) operands.push_back(constant(types().bool_type, span, false).node);
  for (NodeId variable : current(around.carried)) operands.push_back(variable);
  if (around.values.valid()) {
    const bool gives = last.type != types().void_type;
    const TypeId list = types().list_of(gives ? last.type : types().bool_type);
    emit_.module()[around.values].type = list;
    operands.push_back(gives ? make(Op::Append, list, span, {.operands = {around.values, last.node}}).node
                             : around.values);
  }
  return make(Op::Record, around.state, span, {.operands = std::move(operands)});
}

Value BodyChecker::leave_loop(const syntax::Stmt& stmt) {
  const Value exits{{}, types().void_type, Value::State::Exits};
  if (!around_ && !alternative_.empty()) {
    leaves_alternative("break", stmt.span);
    return exits;
  }
  if (!around_) {
    context_.diagnostics.report(MisplacedStatement{.word = "break", .where = "a `repeat` or a `for`"},
                                stmt.span);
    return exits;
  }
  ++steps_;
  std::vector<NodeId> operands;
  if (around_->counts_breaks) operands.push_back(constant(types().bool_type, stmt.span, true).node);
  for (NodeId variable : current(around_->carried)) operands.push_back(variable);
  if (around_->values.valid()) operands.push_back(around_->values);
  const NodeId state = emit_.add(Op::Record, around_->state, stmt.span, {.operands = std::move(operands)});
  emit_.add(Op::Break, types().void_type, stmt.span, {.operands = {state}});
  return exits;
}

Value BodyChecker::repeat(const syntax::RepeatStmt& stmt) {
  const Value bound =
      plain(wanted(value_as(*stmt.bound, types().int_type), stmt.bound->span), stmt.bound->span);
  const syntax::Block* body = stmt.body;
  OrderedLoop loop{.span = stmt.span, .source = bound, .body = *body, .element = types().int_type};
  loop.assigned = syntax::assigned_in(std::span(&body, 1));
  loop.counts_breaks = stmt.otherwise && loop.assigned.breaks;
  NodeId node;
  const Value result = in_order(loop, node);
  if (!stmt.otherwise) return bound.exits() ? bound : result;
  if (loop.counts_breaks) {
    if (result.good()) {
      run_out(stmt, node);
    } else {
      (void)branch(stmt.span, carry({}), [&] { return block(*stmt.otherwise, {}, Want::Nothing); });
    }
    return result;
  }
  // Nothing but the bound ends this loop: what follows it always comes to run.
  const size_t mark = enter_scope();
  const Value last = block(*stmt.otherwise, {}, Want::Nothing);
  leave_scope(mark);
  return result.good() ? last : result;
}

/// The `else` of a `repeat`: what runs if no `break` ended it.
void BodyChecker::run_out(const syntax::RepeatStmt& stmt, NodeId loop) {
  const Span span = stmt.otherwise->span;
  const NodeId broke = emit_.add(Op::Field, types().bool_type, span, {.operands = {loop}});
  const NodeId test = emit_.add(Op::Not, types().bool_type, span, {.operands = {broke}});
  const syntax::Block* otherwise = stmt.otherwise;
  const Carried carried = carry(syntax::assigned_in(std::span(&otherwise, 1)));
  std::vector<Branch> branches;
  branches.push_back(branch(span, carried, [&] { return block(*otherwise, {}, Want::Nothing); }));
  branches.push_back(branch(span, carried, [&] { return good({}, types().void_type); }));
  if (branches[0].value.poisoned()) return;
  const Value nothing = good({}, types().void_type);
  const TypeId type = carried.empty() ? types().void_type : seal(branches, carried, nothing);
  const NodeId node = emit_.add(Op::If, type, span,
                                {.operands = {test}, .regions = {branches[0].region, branches[1].region}});
  adopt(carried, node, 0, span);
}

}  // namespace chain::sema
