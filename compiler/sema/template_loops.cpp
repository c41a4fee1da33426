// `{% for %}` and what its body knows of it: `loop.index`, `loop.previtem`, ...
#include "compiler/sema/body.h"

namespace chain::sema {

using program::TypeKind;

/// What a loop goes over.
struct BodyChecker::Series {
  Value list;
  Value values;             // of `key, value in map`: beside the keys, which `list` then holds
  uint32_t id = 0;          // of the variable
  std::vector<Fact> known;  // what `where` has found out
};

BodyChecker::Series BodyChecker::series(const syntax::TemplateFor& node) {
  Series result;
  result.id = ++last_id_;
  const Span span = node.list->span;
  const Value all = unconstrained(wanted(value(*node.list), span), span);
  const TypeKind kind = all.good() ? type(all.type).kind : TypeKind::Void;
  const bool is_map = kind == TypeKind::Map;
  if (node.second && is_map) {
    result.list = map_series(node, all, "keys");
    result.values = map_series(node, all, "values");
  } else if (kind == TypeKind::List && !node.second) {
    result.list = all;
  } else if (kind == TypeKind::List) {
    context_.diagnostics.report(
        BadTag{.message = "only a map has keys and values; the place in a list is `loop.index`"},
        node.second.span);
  } else if (is_map) {
    context_.diagnostics.report(
        NotList{.type = shown(all.type),
                .hint = "; write `{% for key, value in map %}`, or `.keys()` or `.values()`"},
        span);
  } else if (all.good()) {
    report_not_list(all.type, span);
  }
  if (!node.where) return result;
  if (node.second) {
    context_.diagnostics.report(
        BadTag{.message = "`where` chooses among the elements of a list; in a map use `{% if %}`"},
        node.where->span);
    return result;
  }
  const TypeId element = result.list.good() ? type(result.list.type).element : types().void_type;
  const syntax::ForExpr head{
      {syntax::ExprKind::For, node.span}, node.variable, node.list, node.where, nullptr, nullptr};
  Facts facts;
  result.list = filtered(head, result.list, element, result.id, facts);
  result.known = std::move(facts.if_true);
  return result;
}

/// The keys or the values of a map, as a list.
Value BodyChecker::map_series(const syntax::TemplateFor& node, Value map, std::string_view part) {
  const Span span = node.list->span;
  return call_library(part, span, span, {{.value = map, .span = span}});
}

void BodyChecker::repeat(const syntax::TemplateFor& node) {
  if (!node.list || too_deep(node.span)) return;
  ++depth_;
  const Series over = series(node);
  const bool usable = over.list.good();
  const TypeId element = usable ? type(over.list.type).element : types().void_type;
  const Branch body = branch(node.span, [&] {
    const Value item = make(Op::Param, element, node.variable.span);
    emit_.module()[item.node].name = node.variable.text;
    const Value index = make(Op::Param, types().int_type, node.variable.span, {.index = 1});
    declare_local(node.variable, usable ? item : poison(), over.id);
    if (node.second) {
      Value second = poison();
      if (over.values.good()) {
        second = make(Op::At, type(over.values.type).element, node.second.span,
                      {.operands = {over.values.node, index.node}});
        emit_.module()[second.node].name = node.second.text;
      }
      declare_local(node.second, second);
    }
    assume(over.known);
    loops_.push_back({over.list, index});
    pieces(node.body);
    loops_.pop_back();
    return good({}, types().void_type);
  });
  if (usable)
    emit_.add(Op::For, types().void_type, node.span,
              {.operands = {over.list.node}, .regions = {body.region}});
  if (!node.otherwise.empty()) when_empty(node, over.list);
  --depth_;
}

/// The `{% else %}` of a `{% for %}`.
void BodyChecker::when_empty(const syntax::TemplateFor& node, Value list) {
  const Span span = node.list->span;
  Value empty = poison();
  if (list.good()) {
    const Value size = call_library("len", span, span, {{.value = list, .span = span}});
    empty = make(Op::Equal, types().bool_type, span, {.operands = {size.node, integer(0, span).node}});
  }
  const Branch instead = branch(node.span, [&] {
    pieces(node.otherwise);
    return good({}, types().void_type);
  });
  if (!empty.good()) return;
  emit_.add(Op::If, types().void_type, node.span, {.operands = {empty.node}, .regions = {instead.region}});
}

Value BodyChecker::loop_member(const syntax::MemberExpr& expr) {
  static const std::vector<std::string_view> members = {"index", "index0", "revindex", "revindex0", "first",
                                                        "last",  "length", "previtem", "nextitem",  "cycle"};
  const Loop loop = loops_.back();
  const std::string_view name = expr.member.text;
  const Span span = expr.span;
  if (!loop.list.good()) return poison();
  auto number = [&](Op op, Value a, Value b) {
    return make(op, types().int_type, span, {.operands = {a.node, b.node}});
  };
  auto is = [&](Value a, Value b) {
    return make(Op::Equal, types().bool_type, span, {.operands = {a.node, b.node}});
  };
  auto length = [&] { return call_library("len", span, span, {{.value = loop.list, .span = span}}); };
  auto after = [&] { return number(Op::Add, loop.index, integer(1, span)); };
  // Counted from the end there is nothing before the first element, where -1 would be the last one.
  auto before = [&] { return number(Op::Sub, number(Op::Sub, loop.index, length()), integer(1, span)); };
  auto item = [&](Value at) {
    return call_library("get", span, span, {{.value = loop.list, .span = span}, {.value = at, .span = span}});
  };
  if (name == "index") return after();
  if (name == "index0") return loop.index;
  if (name == "revindex") return number(Op::Sub, length(), loop.index);
  if (name == "revindex0") return number(Op::Sub, length(), after());
  if (name == "length") return length();
  if (name == "first") return is(loop.index, integer(0, span));
  if (name == "last") return is(after(), length());
  if (name == "previtem") return item(before());
  if (name == "nextitem") return item(after());
  std::string hint = context_.hint(name, members);
  if (name == "cycle") hint = "; it takes the values to choose among: `loop.cycle(\"odd\", \"even\")`";
  if (name == "changed") hint = "; compare with `loop.previtem`";
  if (name == "parent" || name == "depth")
    hint = "; name what you need with `{% set %}` before the inner loop";
  context_.diagnostics.report(UnknownField{"loop", std::string(name), hint}, expr.member.span);
  return poison();
}

/// `loop.cycle(a, b)`: a, b, a, ...
Value BodyChecker::loop_cycle(const syntax::CallExpr& expr) {
  std::vector<syntax::Expr*> items;
  for (const syntax::Argument& argument : expr.arguments) items.push_back(argument.value);
  if (items.empty()) {
    context_.diagnostics.report(MissingArgument{"cycle", "the values to choose among"}, expr.callee->span);
    return poison();
  }
  const syntax::ListExpr choice{{syntax::ExprKind::List, expr.span}, items};
  const Value list = this->list(choice, {});
  if (!list.good()) return poison();
  const Value count = integer(static_cast<int64_t>(items.size()), expr.span);
  const Value place =
      make(Op::Mod, types().int_type, expr.span, {.operands = {loops_.back().index.node, count.node}});
  return make(Op::At, type(list.type).element, expr.span, {.operands = {list.node, place.node}});
}

}  // namespace chain::sema
