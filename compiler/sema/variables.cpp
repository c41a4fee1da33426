// Variables that can be assigned again. The graph knows values alone: an assignment gives the name another
// value, and where control comes together the values come together with it, in a record.
#include <algorithm>

#include "compiler/sema/body.h"

namespace chain::sema {

using program::TypeKind;

/// The variables in sight that `assigned` names, once each.
BodyChecker::Carried BodyChecker::carry(const syntax::Assigned& assigned) {
  Carried carried;
  std::vector<uint32_t> places;
  for (std::string_view name : assigned.names) {
    const Local* found = local(name);
    if (!found || !found->assignable || !found->value.good()) continue;
    const auto place = static_cast<uint32_t>(found - locals_.data());
    if (place >= fixed_below_) places.push_back(place);
  }
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  for (uint32_t place : places) {
    carried.variables.push_back({place, locals_[place].id, locals_[place].value});
  }
  return carried;
}

void BodyChecker::restore(const Carried& carried) {
  for (const Carried::Before& variable : carried.variables) {
    locals_[variable.local].value = variable.value;
    locals_[variable.local].id = variable.id;
  }
}

void BodyChecker::add_field(TypeId record, std::string_view name, TypeId type) {
  program::Field field;
  field.name = name;
  field.type = type;
  types()[record].fields.push_back(std::move(field));
}

/// The record of the carried variables, not laid out yet.
TypeId BodyChecker::add_state(const Carried& carried, bool counts_breaks) {
  program::Type record;
  record.kind = TypeKind::Record;
  record.name = "state";
  const TypeId state = types().add(std::move(record));
  if (counts_breaks) add_field(state, "broke", types().bool_type);
  for (const Carried::Before& variable : carried.variables) {
    add_field(state, locals_[variable.local].name, variable.value.type);
  }
  return state;
}

std::vector<NodeId> BodyChecker::current(const Carried& carried) {
  std::vector<NodeId> nodes;
  for (const Carried::Before& variable : carried.variables)
    nodes.push_back(locals_[variable.local].value.node);
  return nodes;
}

/// Makes each branch that comes to its end give a record of the variables and, behind them, of `result` if
/// that is a value. The type of that record.
TypeId BodyChecker::seal(std::vector<Branch>& branches, const Carried& carried, const Value& result) {
  const TypeId state = add_state(carried, false);
  const bool gives = result.type != types().void_type;
  if (gives) add_field(state, "result", result.type);
  types().layout_record(state);
  for (Branch& item : branches) {
    if (item.value.exits()) continue;
    emit_.reopen(item.region);
    std::vector<NodeId> operands;
    for (const Value& value : item.assigned) operands.push_back(value.node);
    if (gives) operands.push_back(emit_.module()[item.region].result);
    emit_.set_result(item.region, make(Op::Record, state, item.span, {.operands = std::move(operands)}).node);
    emit_.close();
  }
  return state;
}

/// From here on the variables are what the fields of `state` from `first` on say.
void BodyChecker::adopt(const Carried& carried, NodeId state, uint32_t first, Span span) {
  for (const Carried::Before& variable : carried.variables) {
    const TypeId type = variable.value.type;
    const Value value = make(Op::Field, type, span, {.operands = {state}, .index = first++});
    Local& changed = locals_[variable.local];
    emit_.module()[value.node].name = changed.name;
    changed.value = value;
    changed.id = ++last_id_;  // what was known of the value before is not known of this one
  }
}

/// What `node`, whose regions are sealed, leaves behind: its value.
Value BodyChecker::merged(const Carried& carried, NodeId node, const Value& result, Span span) {
  adopt(carried, node, 0, span);
  if (result.type == types().void_type) return result;
  const auto place = static_cast<uint32_t>(carried.variables.size());
  return make(Op::Field, result.type, span, {.operands = {node}, .index = place});
}

Value BodyChecker::assign(const syntax::AssignStmt& stmt) {
  const Local* found = local(stmt.name.text);
  const uint32_t place = found ? static_cast<uint32_t>(found - locals_.data()) : 0;
  const bool good = found && found->value.good();
  std::optional<std::string> hint;
  std::optional<Span> declared;
  if (!found) {
    if (Symbol* symbol = context_.find(surroundings_.unit, stmt.name.text)) {
      hint = ": it is " + std::string(describe(symbol->kind));
      declared = symbol->span;
    } else {
      (void)unknown_name(stmt.name.text, stmt.name.span, {});
    }
  } else if (!found->assignable) {
    const bool let = found->statement.end > 0;
    hint =
        let ? std::string(": it keeps its value") + (place >= never_below_ ? "; declare it with `var`" : "")
            : std::string(found->slot ? ": it is a parameter" : ": its value is given to it") +
                  "; copy it first, `var ... = " + std::string(stmt.name.text) + "`";
    declared = found->span;
  } else if (place < fixed_below_) {
    hint = " here, where it is not certain that this runs; assign it in a statement of its own";
    declared = found->span;
  }
  if (hint) {
    auto report = context_.diagnostics.report(
        NotAssignable{.name = std::string(stmt.name.text), .hint = *hint}, stmt.name.span);
    report.note(*declared, "it is declared here");
    if (found && !found->assignable && found->statement.end > 0 && place >= never_below_) {
      const Span let{found->span.file, found->statement.begin, found->statement.begin + 3};
      report.fix(let, "var", "declare it with `var`");
    }
  }
  const bool allowed = good && !hint;
  const Value value = allowed ? value_as(*stmt.value, locals_[place].value.type) : this->value(*stmt.value);
  if (value.exits()) return value;
  if (allowed && wanted(value, stmt.value->span).good()) {
    graph::Node& node = emit_.module()[value.node];
    if (node.name.empty()) node.name = stmt.name.text;
    locals_[place].value = value;
    locals_[place].id = ++last_id_;
  }
  return this->good({}, types().void_type);
}

}  // namespace chain::sema
