// What the nodes of the oracle give that only read values.
#include <cmath>
#include <utility>

#include "runtime/library/functions.h"
#include "runtime/value/text.h"
#include "tests/unit/graph/interpreter_body.h"

namespace chain::oracle {

Value Body::evaluate(const Node& node) {
  switch (node.op) {
    case Op::Constant: return constant(node);
    case Op::Param: return parameters_.at(node.index);
    case Op::Add:
    case Op::Sub:
    case Op::Mul:
    case Op::Div:
    case Op::Mod:
    case Op::Neg: return arithmetic(node);
    case Op::ToFloat: return {.scalar = static_cast<double>(operand(node, 0).number())};
    case Op::Equal:
    case Op::NotEqual:
    case Op::Less:
    case Op::LessEqual: return comparison(node);
    case Op::Not: return flag(!operand(node, 0).flag());
    case Op::Concat: return {.scalar = operand(node, 0).text() + operand(node, 1).text()};
    case Op::Record:
    case Op::List: {
      Value result;
      for (size_t i = 0; i < node.operands.size(); ++i) result.items.push_back(operand(node, i));
      return result;
    }
    case Op::Field: return operand(node, 0).items.at(node.index);
    case Op::Map: return map(node);
    case Op::At: return element(node);
    case Op::Lookup: return lookup(node);
    case Op::Some: return {.items = {operand(node, 0)}};
    case Op::None: return {};
    case Op::IsSome: return flag(!operand(node, 0).items.empty());
    case Op::Unwrap: return operand(node, 0).items.at(0);
    case Op::Retype:
    case Op::Trust: return operand(node, 0);
    case Op::Secret: fail(node, ErrorKind::Failed);
    case Op::History: return {};  // a run begins one
    case Op::Variant: return {.scalar = int64_t{node.index}, .items = {operand(node, 0)}};
    case Op::Which: return {.scalar = operand(node, 0).number()};
    case Op::Narrow: return operand(node, 0).items.at(0);
    case Op::Check: return check(node);
    case Op::Library: return library(node);
    case Op::Render: return render(node);
    case Op::Emit: emit(node); return {};
    case Op::Include: include(node); return {};
    case Op::If:
    case Op::Switch: return branch(node);
    case Op::For: return loop(node);
    case Op::Filter: return filter(node);
    case Op::Prompt: return prompt(node);
    case Op::Chain: return chain(node);
    case Op::Invoke: return invoke(node);
    case Op::Loop: return ordered_loop(node);
    case Op::Append: return appended(node);
    case Op::Break: throw Broke{operand(node, 0)};
    case Op::Fail: throw Failure{ErrorKind::Failed, node.site, operand(node, 0).text()};
    case Op::Try: return attempt(node);
    case Op::Race: return race(node);
    case Op::Sample: return sample(node);
    case Op::External: return external(node);
    case Op::Return: throw Returned{node.operands.empty() ? Value{} : operand(node, 0)};
    case Op::Given: run_.givens[node.index] = operand(node, 0); return {};
    case Op::Expect: run_.outcome.expected.push_back({node.index, operand(node, 0).flag()}); return {};
  }
  return {};
}

Value Body::constant(const Node& node) const {
  Value result;
  std::visit([&](const auto& value) { result.scalar = value; }, node.constant);
  return result;
}

/// A duration or an amount times or by a float.
Value Body::scaled(const Node& node) const {
  const auto amount = static_cast<double>(operand(node, 0).number());
  const double factor = operand(node, 1).real();
  const double result = std::nearbyint(node.op == Op::Mul ? amount * factor : amount / factor);
  if (!(result >= -0x1p63 && result < 0x1p63)) fail(node);
  return {.scalar = static_cast<int64_t>(result)};
}

Value Body::arithmetic(const Node& node) const {
  const bool unary = node.op == Op::Neg;
  if (std::holds_alternative<double>(operand(node, 0).scalar)) {
    const double a = operand(node, 0).real();
    if (unary) return {.scalar = -a};
    const double b = operand(node, 1).real();
    switch (node.op) {
      case Op::Add: return {.scalar = a + b};
      case Op::Sub: return {.scalar = a - b};
      case Op::Mul: return {.scalar = a * b};
      case Op::Div: return {.scalar = a / b};
      default: return {.scalar = std::fmod(a, b)};
    }
  }
  if (!unary && std::holds_alternative<double>(operand(node, 1).scalar)) return scaled(node);
  // In 128 bits nothing overflows, so what the result should be and whether it fits are two plain questions.
  const __int128 a = operand(node, 0).number();
  const __int128 b = unary ? 0 : operand(node, 1).number();
  if ((node.op == Op::Div || node.op == Op::Mod) && b == 0) fail(node);
  __int128 result = -a;
  switch (node.op) {
    case Op::Add: result = a + b; break;
    case Op::Sub: result = a - b; break;
    case Op::Mul: result = a * b; break;
    case Op::Div: result = a / b; break;
    case Op::Mod: result = a % b; break;
    default: break;
  }
  if (result < INT64_MIN || result > INT64_MAX) fail(node);
  return {.scalar = static_cast<int64_t>(result)};
}

Value Body::comparison(const Node& node) const {
  const TypeId subject = type_of(node, 0);
  const Value& a = operand(node, 0);
  const Value& b = operand(node, 1);
  switch (node.op) {
    case Op::Equal: return flag(equal(module_.types, subject, a, b));
    case Op::NotEqual: return flag(!equal(module_.types, subject, a, b));
    case Op::Less: return flag(less(subject, a, b));
    // With a NaN neither is below the other, nor are they equal.
    default: return flag(less(subject, a, b) || equal(module_.types, subject, a, b));
  }
}

bool Body::less(TypeId id, const Value& a, const Value& b) const {
  if (module_.types.base_kind(id) == TypeKind::Float) return a.real() < b.real();
  return a.scalar < b.scalar;
}

Value Body::map(const Node& node) const {
  Value result;
  for (size_t i = 0; i + 1 < node.operands.size(); i += 2) {
    const std::string& key = operand(node, i).text();
    size_t place = 0;
    while (place < result.keys.size() && result.keys[place] != key) ++place;
    if (place == result.keys.size()) {
      result.keys.push_back(key);
      result.items.push_back({});
    }
    result.items.set(place, operand(node, i + 1));
  }
  return result;
}

Value Body::element(const Node& node) const {
  const Values& items = operand(node, 0).items;
  const int64_t index = operand(node, 1).number();
  const auto size = static_cast<int64_t>(items.size());
  if (index >= size || index < -size) fail(node);
  return items[static_cast<size_t>(index < 0 ? index + size : index)];
}

Value Body::lookup(const Node& node) const {
  const Value& map = operand(node, 0);
  const bool nested = type(type(type_of(node, 0)).element).kind == TypeKind::Optional;
  for (size_t i = 0; i < map.keys.size(); ++i) {
    if (map.keys[i] != operand(node, 1).text()) continue;
    return nested ? map.items[i] : Value{.items = {map.items[i]}};
  }
  return {};
}

bool holds(Run& run, const graph::Predicate& predicate, const Value& it) {
  return Body(run, {it}).region(predicate.body).flag();
}

Value Body::check(const Node& node) {
  if (!holds(run_, module_.predicates.at(node.index), operand(node, 0))) fail(node);
  return operand(node, 0);
}

Value Body::library(const Node& node) const {
  abi::Context context(uint64_t{256} << 20);
  context.program = &run_.program;
  const auto room = [&](TypeId id) { return context.arena.allocate(std::max<uint64_t>(type(id).size, 8)); };
  std::vector<const void*> arguments;
  std::vector<uint32_t> types{node.type.index};
  for (size_t i = 0; i < node.operands.size(); ++i) {
    void* place = room(type_of(node, i));
    to_native(module_.types, type_of(node, i), operand(node, i), context.arena, place);
    arguments.push_back(place);
    types.push_back(type_of(node, i).index);
  }
  void* out = room(node.type);
  if (library::address(node.index)(&context, out, arguments.data(), types.data()) != abi::kOk) {
    fail(node, context.error_kind);
  }
  return from_native(module_.types, node.type, out);
}

Value Body::render(const Node& node) {
  std::string text;
  std::string* const outer = std::exchange(text_, &text);
  region(node.regions[0]);
  text_ = outer;
  return {.scalar = std::move(text)};
}

void Body::emit(const Node& node) {
  value::Arena arena;
  const TypeId id = type_of(node, 0);
  if (type(id).kind == TypeKind::Media) {
    run_.media += media_text(text_->size(), type(id).name, operand(node, 0).text());
    return;
  }
  void* place = arena.allocate(std::max<uint64_t>(type(id).size, 8));
  to_native(module_.types, id, operand(node, 0), arena, place);
  if (!value::append_text(module_.types, id, place, *text_)) throw Failure{ErrorKind::InvalidValue, {}, {}};
}

void Body::include(const Node& node) {
  Values arguments;
  for (size_t i = 0; i < node.operands.size(); ++i) arguments.push_back(operand(node, i));
  Body inner(run_, std::move(arguments));
  inner.text_ = text_;
  inner.region(module_.templates.at(node.index).body);
}

}  // namespace chain::oracle
