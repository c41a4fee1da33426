// Functions that take a function: `xs.map(x => x.name)`. They become loops and calls of the library, so that
// there is nothing in the graph that could be called without a name.
#include <algorithm>

#include "compiler/graph/properties.h"
#include "compiler/sema/body.h"

namespace chain::sema {

using library::HigherOrder;
using library::HigherOrderKind;
using program::TypeKind;
using syntax::Expr;
using syntax::ExprKind;
using syntax::LambdaExpr;

/// A call on its way to becoming nodes.
struct BodyChecker::Taking {
  const HigherOrder& row;
  Span name;
  Span span;
  std::vector<const Given*> given;  // by parameter; null if it is left out
  const Given* function = nullptr;
  Value list;
  TypeId element;
};

namespace {

/// The one expression that the function's body is; null if it is a block of statements.
const Expr* only_expression(const LambdaExpr& lambda) {
  const auto& statements = lambda.body->statements;
  if (statements.size() != 1 || statements[0]->kind != syntax::StmtKind::Expr) return nullptr;
  return statements[0]->as<syntax::ExprStmt>().value;
}

std::string counted(size_t count) {
  return std::to_string(count) + (count == 1 ? " value" : " values");
}

}  // namespace

/// `x => ...` where no function is taken.
Value BodyChecker::lambda(const LambdaExpr& expr) {
  context_.diagnostics.report(
      MisplacedLambda{}, {expr.span.file, expr.span.begin, std::min(expr.span.end, expr.body->span.begin)});
  return poison();
}

/// Whether an argument is a function, written out or by its name.
bool BodyChecker::is_function(const Given& argument) {
  if (!argument.expr) return false;
  const Expr& expr = *argument.expr;
  const auto callable = [](const Symbol* symbol) {
    return symbol && (symbol->kind == SymbolKind::Function || symbol->kind == SymbolKind::Template ||
                      symbol->kind == SymbolKind::Prompt || symbol->kind == SymbolKind::Chain ||
                      symbol->kind == SymbolKind::Tool || symbol->kind == SymbolKind::Agent);
  };
  if (expr.kind == ExprKind::Lambda) return true;
  if (expr.kind == ExprKind::Name) {
    const std::string_view name = expr.as<syntax::NameExpr>().text;
    if (local(name)) return false;
    if (const Symbol* symbol = context_.find(surroundings_.unit, name)) return callable(symbol);
    return !context_.case_owners.contains(name) && !library::overloads(name).empty();
  }
  if (expr.kind != ExprKind::Member) return false;
  const auto& member = expr.as<syntax::MemberExpr>();
  const std::optional<uint32_t> unit = module_named(*member.object);
  return unit && callable(context_.find(*unit, member.member.text));
}

/// The row that a call means: a name may also be that of a function that takes none.
const HigherOrder* BodyChecker::higher_order(std::string_view name, std::span<const Given> arguments) {
  const HigherOrder* row = library::higher_order(name);
  if (!row || library::overloads(name).empty()) return row;
  return std::ranges::any_of(arguments, [this](const Given& each) { return is_function(each); }) ? row
                                                                                                 : nullptr;
}

Value BodyChecker::call_higher_order(const HigherOrder& row, Span name_span, Span span,
                                     std::vector<Given> arguments) {
  Taking call{.row = row, .name = name_span, .span = span};
  if (!take_arguments(call, arguments) || !take_list(call)) return poison();
  switch (row.kind) {
    case HigherOrderKind::Map: return mapped(call);
    case HigherOrderKind::FlatMap: return library_of("flatten", call, {mapped(call)});
    case HigherOrderKind::Filter: return kept(call);
    case HigherOrderKind::Count: return library_of("len", call, {kept(call)});
    case HigherOrderKind::Sum: return library_of("sum", call, {mapped(call)});
    case HigherOrderKind::Find:
    case HigherOrderKind::FindIndex:
    case HigherOrderKind::Any:
    case HigherOrderKind::All:
    case HigherOrderKind::TakeWhile:
    case HigherOrderKind::DropWhile: return searched(call);
    case HigherOrderKind::SortBy:
    case HigherOrderKind::MinBy:
    case HigherOrderKind::MaxBy:
    case HigherOrderKind::UniqueBy:
    case HigherOrderKind::GroupBy: return by_key(call);
    case HigherOrderKind::Fold:
    case HigherOrderKind::Reduce: return reduced(call);
    case HigherOrderKind::ZipWith: return zipped(call);
    case HigherOrderKind::MapValues: {
      const Value keys = library_of("keys", call, {call.list});
      call.list = library_of("values", call, {call.list});
      return library_of("to_map", call, {keys, mapped(call)});
    }
  }
  return poison();
}

// ---- Arguments ------------------------------------------------------------------------------

bool BodyChecker::take_arguments(Taking& call, std::vector<Given>& arguments) {
  const auto& parameters = call.row.parameters;
  const std::string name(call.row.name);
  call.given.resize(parameters.size());
  bool named = false;
  bool good = true;
  for (size_t i = 0; i < arguments.size() && good; ++i) {
    const Given& argument = arguments[i];
    size_t place = i;
    if (argument.name) {
      named = true;
      place = 0;
      while (place < parameters.size() && parameters[place].name != argument.name.text) ++place;
      if (place == parameters.size()) {
        std::vector<std::string_view> known;
        for (const auto& parameter : parameters) known.push_back(parameter.name);
        context_.diagnostics.report(
            UnknownArgument{name, std::string(argument.name.text), context_.hint(argument.name.text, known)},
            argument.name.span);
        good = false;
      }
    } else if (named) {
      context_.diagnostics.report(PositionalAfterNamed{}, argument.span);
      good = false;
    } else if (place >= parameters.size()) {
      context_.diagnostics.report(TooManyArguments{name, std::to_string(parameters.size()) + " arguments",
                                                   std::to_string(arguments.size())},
                                  argument.span);
      good = false;
    }
    if (good && call.given[place]) {
      context_.diagnostics.report(GivenTwice{.name = std::string(parameters[place].name)}, argument.span);
      good = false;
    }
    if (good) call.given[place] = &argument;
  }
  std::vector<std::string> missing;
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (!call.given[i] && !parameters[i].has_default) missing.emplace_back(parameters[i].name);
    if (parameters[i].is_function) call.function = call.given[i];
  }
  if (good && !missing.empty())
    context_.diagnostics.report(MissingArgument{name, list_of_names(missing)}, call.name);
  good = good && missing.empty() && takes_function(call);
  if (good) return true;
  std::erase_if(arguments, [this](const Given& each) { return is_function(each); });
  ignore(arguments);
  return false;
}

bool BodyChecker::takes_function(const Taking& call) {
  if (is_function(*call.function)) return true;
  const Value found = call.function->expr ? value(*call.function->expr) : call.function->value;
  if (!found.good()) return false;
  context_.diagnostics.report(
      NotAFunction{.function = std::string(call.row.name), .found = shown(found.type)},
      place_of(*call.function));
  return false;
}

bool BodyChecker::take_list(Taking& call) {
  const bool wants_map = call.row.kind == HigherOrderKind::MapValues;
  call.list = list_argument(call, 0, wants_map ? TypeKind::Map : TypeKind::List);
  if (!call.list.good()) return false;
  call.element = type(call.list.type).element;
  return true;
}

Value BodyChecker::list_argument(const Taking& call, size_t place, TypeKind kind) {
  const Given& given = *call.given[place];
  const Span span = place_of(given);
  const Value value = unconstrained(wanted(argument_value(given), span), span);
  if (!value.good() || type(value.type).kind == kind) return value;
  const program::Type& actual = type(value.type);
  if (actual.kind == TypeKind::Optional && type(context_.unconstrained(actual.element)).kind == kind) {
    context_.diagnostics.report(
        MayBeNone{.type = shown(value.type), .hint = "write `?? []` or open it first"}, span);
  } else {
    context_.diagnostics.report(
        NoOverload{.function = std::string(call.row.name),
                   .found = shown(value.type),
                   .wanted = '`' + std::string(call.row.name) + std::string(call.row.signature) + '`'},
        call.name);
  }
  return poison();
}

// ---- Calling it -----------------------------------------------------------------------------

/// What the function gives for `values`, of which it takes `least` at least.
Value BodyChecker::apply(const Taking& call, const std::vector<Value>& values, size_t least,
                         Expected expected) {
  const Expr& expr = *call.function->expr;
  const std::string_view place = context_.keep('`' + std::string(call.row.name) + '`');
  ++lambdas_;
  LoopAround* around = std::exchange(around_, nullptr);
  const Value result = purely(place, [&]() -> Value {
    if (expr.kind == ExprKind::Lambda) {
      if (!bind_parameters(call, values, least)) return poison();
      return block(*expr.as<LambdaExpr>().body, expected, Want::Value);
    }
    std::vector<Given> arguments;
    for (size_t i = 0; i < least; ++i) arguments.push_back({{}, nullptr, values[i], expr.span});
    if (expr.kind == ExprKind::Name)
      return call_named(expr, {expr.as<syntax::NameExpr>().text, expr.span}, {}, std::move(arguments));
    const auto& member = expr.as<syntax::MemberExpr>();
    Symbol* symbol = member_of(*module_named(*member.object), member.member);
    return symbol ? call_symbol(expr, *symbol, {}, member.member.span, std::move(arguments)) : poison();
  });
  around_ = around;
  --lambdas_;
  const Span span = expr.kind == ExprKind::Lambda ? last_span(*expr.as<LambdaExpr>().body) : expr.span;
  return result.exits() ? poison() : wanted(result, span);
}

bool BodyChecker::bind_parameters(const Taking& call, const std::vector<Value>& values, size_t least) {
  const auto& lambda = call.function->expr->as<LambdaExpr>();
  const size_t count = lambda.parameters.size();
  if (count < least || count > values.size()) {
    const Span head{lambda.span.file, lambda.span.begin, lambda.body->span.begin};
    context_.diagnostics.report(
        LambdaParameters{
            .function = std::string(call.row.name), .wanted = counted(least), .found = std::to_string(count)},
        count > 0 ? lambda.parameters[0].span.to(lambda.parameters[count - 1].span) : head);
    return false;
  }
  for (size_t i = 0; i < count; ++i) {
    graph::Node& node = emit_.module()[values[i].node];
    if (node.name.empty() && node.op == Op::Param) node.name = lambda.parameters[i].text;
    declare_local(lambda.parameters[i], values[i]);
  }
  return true;
}

/// Likewise, as a condition.
Value BodyChecker::apply_condition(const Taking& call, const std::vector<Value>& values) {
  const Expr& expr = *call.function->expr;
  const Expr* only = expr.kind == ExprKind::Lambda ? only_expression(expr.as<LambdaExpr>()) : nullptr;
  if (!only) return convert(apply(call, values, 1, types().bool_type), types().bool_type, expr.span);
  ++lambdas_;
  LoopAround* around = std::exchange(around_, nullptr);
  const Value result = purely(context_.keep('`' + std::string(call.row.name) + '`'),
                              [&] { return bind_parameters(call, values, 1) ? condition(*only) : poison(); });
  around_ = around;
  --lambdas_;
  return result;
}

Value BodyChecker::library_of(std::string_view name, const Taking& call, const std::vector<Value>& values) {
  std::vector<Given> arguments;
  for (const Value& value : values) {
    if (!value.good()) return poison();
    arguments.push_back({{}, nullptr, value, call.span});
  }
  return call_library(name, call.name, call.span, std::move(arguments));
}

// ---- Loops ----------------------------------------------------------------------------------

/// A For or Filter over `list`: `body` makes the value of each turn of the element and its index.
template <class Body>
Value BodyChecker::each_of(Op op, const Taking& call, Value list, Body&& body) {
  const TypeId element = type(list.type).element;
  const Branch turn = branch(call.span, [&] {
    const Value item = make(Op::Param, element, call.span);
    const Value index = make(Op::Param, types().int_type, call.span, {.index = 1});
    return body(item, index);
  });
  if (!turn.value.good()) return poison();
  emit_.set_result(turn.region, turn.value.node);
  const TypeId result = op == Op::Filter ? list.type : types().list_of(turn.value.type);
  return make(op, result, call.span, {.operands = {list.node}, .regions = {turn.region}});
}

Value BodyChecker::mapped(const Taking& call) {
  return each_of(Op::For, call, call.list,
                 [&](Value item, Value index) { return apply(call, {item, index}, 1, {}); });
}

Value BodyChecker::kept(const Taking& call) {
  return each_of(Op::Filter, call, call.list,
                 [&](Value item, Value index) { return apply_condition(call, {item, index}); });
}

/// The elements of the call's list at `places`.
Value BodyChecker::picked(const Taking& call, Value places) {
  if (!places.good()) return places;
  return each_of(Op::For, call, places, [&](Value place, Value) { return picked_one(call, place); });
}

Value BodyChecker::picked_one(const Taking& call, Value place) {
  return make(Op::At, call.element, call.span, {.operands = {call.list.node, place.node}});
}

/// Where the condition is first `wanted`, as an int?. A loop that ends there: what comes behind is not looked
/// at.
Value BodyChecker::first_place(const Taking& call, bool wanted_outcome) {
  const TypeId place = types().optional_of(types().int_type);
  const TypeId state = add_state({}, false);
  add_field(state, "place", place);
  types().layout_record(state);
  const Branch turn = branch(call.span, [&] {
    const Value item = make(Op::Param, call.element, call.span);
    const Value index = make(Op::Param, types().int_type, call.span, {.index = 1});
    const Value before = make(Op::Param, state, call.span, {.index = 2});
    Value test = apply_condition(call, {item, index});
    if (!test.good()) return test;
    if (!wanted_outcome) test = make(Op::Not, types().bool_type, call.span, {.operands = {test.node}});
    const Branch found = branch(call.span, [&] {
      const Value some = make(Op::Some, place, call.span, {.operands = {index.node}});
      const Value end = make(Op::Record, state, call.span, {.operands = {some.node}});
      emit_.add(Op::Break, types().void_type, call.span, {.operands = {end.node}});
      return good({}, types().void_type);
    });
    emit_.add(Op::If, types().void_type, call.span, {.operands = {test.node}, .regions = {found.region}});
    return before;
  });
  if (!turn.value.good()) return poison();
  emit_.set_result(turn.region, turn.value.node);
  const Value none = make(Op::None, place, call.span);
  const Value begin = make(Op::Record, state, call.span, {.operands = {none.node}});
  const Value loop =
      make(Op::Loop, state, call.span,
           {.operands = {call.list.node, begin.node}, .regions = {turn.region}, .index = graph::kSearches});
  return make(Op::Field, place, call.span, {.operands = {loop.node}});
}

Value BodyChecker::searched(const Taking& call) {
  const HigherOrderKind kind = call.row.kind;
  const bool holds =
      kind == HigherOrderKind::Find || kind == HigherOrderKind::FindIndex || kind == HigherOrderKind::Any;
  const Value place = first_place(call, holds);
  if (!place.good() || kind == HigherOrderKind::FindIndex) return place;
  if (kind == HigherOrderKind::Find)
    return on_present(place, call.span, call.span, [&](Value found) { return picked_one(call, found); });
  const Value found = make(Op::IsSome, types().bool_type, call.span, {.operands = {place.node}});
  if (kind == HigherOrderKind::Any) return found;
  if (kind == HigherOrderKind::All)
    return make(Op::Not, types().bool_type, call.span, {.operands = {found.node}});
  const Value count = library_of("default", call, {place, library_of("len", call, {call.list})});
  return library_of(kind == HigherOrderKind::TakeWhile ? "take" : "drop", call, {call.list, count});
}

// ---- Keys -----------------------------------------------------------------------------------

Value BodyChecker::by_key(const Taking& call) {
  const HigherOrderKind kind = call.row.kind;
  Value keys = mapped(call);
  if (!keys.good()) return keys;
  const TypeId key = type(keys.type).element;
  const TypeId plain_key = context_.plain(key);
  const bool grouped = kind == HigherOrderKind::GroupBy;
  const bool orders = kind != HigherOrderKind::UniqueBy && !grouped;
  const bool ordered = library::admits(library::Bound::Ordered, types(), context_.unconstrained(key));
  if ((orders || grouped) && !ordered) {
    context_.diagnostics.report(NoOverload{.function = std::string(call.row.name),
                                           .found = "a key that is " + shown(key),
                                           .wanted = "a number, a text, a bool, a time, a case or the like"},
                                place_of(*call.function));
    return poison();
  }
  if (grouped) {
    if (plain_key != types().string_type) {
      keys = each_of(Op::For, call, keys,
                     [&](Value item, Value) { return library_of("to_string", call, {item}); });
    } else if (key != plain_key) {
      keys = each_of(Op::For, call, keys, [&](Value item, Value) { return plain(item, call.span); });
    }
    return library_of(".group", call, {call.list, keys});
  }
  if (kind == HigherOrderKind::UniqueBy) return picked(call, library_of(".unique_places", call, {keys}));
  if (kind == HigherOrderKind::SortBy) {
    Value descending = constant(types().bool_type, call.span, false);
    if (call.given[2]) {
      const Given& given = *call.given[2];
      descending = given.expr ? value_as(*given.expr, types().bool_type)
                              : convert(given.value, types().bool_type, given.span);
    }
    return picked(call, library_of(".sort_places", call, {keys, descending}));
  }
  const Value place = library_of(kind == HigherOrderKind::MinBy ? ".min_place" : ".max_place", call, {keys});
  if (!place.good()) return place;
  return on_present(place, call.span, call.span, [&](Value found) { return picked_one(call, found); });
}

// ---- One after the other --------------------------------------------------------------------

Value BodyChecker::reduced(const Taking& call) {
  if (call.row.kind == HigherOrderKind::Fold) {
    const Given& given = *call.given[1];
    const Span span = place_of(given);
    const Value initial = plain(wanted(argument_value(given), span), span);
    return initial.good() ? folded(call, call.list, initial) : initial;
  }
  const Value head = library_of("first", call, {call.list});
  if (!head.good()) return head;
  return on_present(head, call.span, call.span, [&](Value first) {
    const Value rest = library_of("drop", call, {call.list, integer(1, call.span)});
    return folded(call, rest, unconstrained(first, call.span));
  });
}

Value BodyChecker::folded(const Taking& call, Value list, Value initial) {
  const TypeId state = add_state({}, false);
  add_field(state, "result", initial.type);
  types().layout_record(state);
  const Branch turn = branch(call.span, [&]() -> Value {
    const Value item = make(Op::Param, type(list.type).element, call.span);
    const Value index = make(Op::Param, types().int_type, call.span, {.index = 1});
    const Value before = make(Op::Param, state, call.span, {.index = 2});
    const Value result = make(Op::Field, initial.type, call.span, {.operands = {before.node}});
    const Expr& expr = *call.function->expr;
    const Span span = expr.kind == ExprKind::Lambda ? last_span(*expr.as<LambdaExpr>().body) : expr.span;
    const Value next = convert(apply(call, {result, item, index}, 2, initial.type), initial.type, span);
    if (!next.good()) return next;
    return make(Op::Record, state, call.span, {.operands = {next.node}});
  });
  if (!turn.value.good()) return poison();
  emit_.set_result(turn.region, turn.value.node);
  const Value begin = make(Op::Record, state, call.span, {.operands = {initial.node}});
  const Value loop =
      make(Op::Loop, state, call.span, {.operands = {list.node, begin.node}, .regions = {turn.region}});
  return make(Op::Field, initial.type, call.span, {.operands = {loop.node}});
}

Value BodyChecker::zipped(const Taking& call) {
  const Value other = list_argument(call, 1, TypeKind::List);
  if (!other.good()) return other;
  const Value both = library_of("take", call, {call.list, library_of("len", call, {other})});
  return each_of(Op::For, call, both, [&](Value item, Value index) {
    const Value second =
        make(Op::At, type(other.type).element, call.span, {.operands = {other.node, index.node}});
    return apply(call, {item, second, index}, 2, {});
  });
}

}  // namespace chain::sema
