#include "tests/unit/graph/interpreter.h"

#include <cmath>
#include <map>
#include <unordered_map>
#include <utility>

#include "runtime/library/functions.h"
#include "runtime/sched/ambient.h"
#include "runtime/value/json.h"
#include "runtime/value/text.h"
#include "tests/unit/graph/oracle_value.h"

namespace chain::oracle {

using abi::ErrorKind;
using graph::Module;
using graph::Node;
using graph::NodeId;
using graph::Op;
using graph::RegionId;
using program::Type;
using program::TypeId;
using program::TypeKind;

namespace {

struct Failure {
  ErrorKind kind;
  program::Site site;
  std::string message;  // of `fail`; native code's own words are not compared
};

/// Unwinds to the chain that returns.
struct Returned {
  Value value;
};

/// Unwinds to the loop that breaks.
struct Broke {
  Value state;
};

/// What all the bodies of one run share.
struct Run {
  const Module& module;
  const Answers& answers;
  bool test;
  program::Program program;  // library functions look for the types here
  std::map<uint32_t, Value> givens;
  std::map<uint32_t, int64_t> depth;   // by chain, of its activations within each other
  std::string media;                   // of the message that is rendered
  int64_t functions_left = INT64_MAX;  // calls of bounded functions that may yet stand inside this one
  Outcome outcome;

  std::vector<bool> needed;

  Run(const Module& graph, const Answers& from, bool is_test = false)
      : module(graph), answers(from), test(is_test) {
    program.types = graph.types;
  }
  [[nodiscard]] bool needs(NodeId node) const { return needed.empty() || needed[node.index]; }
};

/// One body: its nodes' values, its parameters, and the render it is in.
class Body {
 public:
  Body(Run& run, Values parameters) : run_(run), module_(run.module), parameters_(std::move(parameters)) {}

  /// The region's value; an empty one if it has none.
  Value region(RegionId id) {
    for (NodeId node : module_[id].nodes) {
      if (run_.needs(node)) values_[node.index] = evaluate(module_[node]);
    }
    return module_[id].result.valid() ? values_.at(module_[id].result.index) : Value{};
  }

 private:
  const Value& operand(const Node& node, size_t i) const { return values_.at(node.operands[i].index); }
  TypeId type_of(const Node& node, size_t i) const { return module_[node.operands[i]].type; }
  const Type& type(TypeId id) const { return module_.types[id]; }
  [[noreturn]] static void fail(const Node& node, ErrorKind kind = ErrorKind::InvalidValue) {
    throw Failure{kind, node.site, {}};
  }

  [[noreturn]] void not_given(const Node& node) {
    ++run_.outcome.unanswered;
    fail(node, ErrorKind::NotFound);
  }

  Value evaluate(const Node& node);
  Value constant(const Node& node) const;
  Value arithmetic(const Node& node) const;
  Value scaled(const Node& node) const;
  Value comparison(const Node& node) const;
  bool less(TypeId id, const Value& a, const Value& b) const;
  Value map(const Node& node) const;
  Value element(const Node& node) const;
  Value lookup(const Node& node) const;
  Value check(const Node& node);
  Value library(const Node& node) const;
  Value render(const Node& node);
  void emit(const Node& node);
  void include(const Node& node);
  Value branch(const Node& node);
  Value loop(const Node& node);
  Value filter(const Node& node);
  Value ordered_loop(const Node& node);
  Value appended(const Node& node) const;
  Value attempt(const Node& node);
  Value race(const Node& node);
  Value sample(const Node& node);
  Value with_parameters(RegionId id, Values parameters);
  Value prompt(const Node& node);
  Value chain(const Node& node);
  Value invoke(const Node& node);
  Value external(const Node& node);

  /// Runs a loop's region with an element and its index as parameters.
  Value iteration(RegionId id, const Value& item, size_t index);

  Run& run_;
  const Module& module_;
  Values parameters_;
  std::unordered_map<uint32_t, Value> values_;
  std::string* text_ = nullptr;
};

Value flag(bool value) {
  return {.scalar = value};
}

Values read_arguments(Run& run, TypeId record, std::string_view json);
std::string write(const Module& module, TypeId type, const Value& value);

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

Value Body::branch(const Node& node) {
  if (node.op == Op::If) {
    const size_t arm = operand(node, 0).flag() ? 0 : 1;
    return arm < node.regions.size() ? region(node.regions[arm]) : Value{};
  }
  const int64_t subject = operand(node, 0).number();
  std::optional<RegionId> otherwise;
  for (size_t i = 0; i < node.cases.size(); ++i) {
    if (node.cases[i].empty()) otherwise = node.regions[i];
    for (int64_t value : node.cases[i]) {
      if (value == subject) return region(node.regions[i]);
    }
  }
  return otherwise ? region(*otherwise) : Value{};
}

Value Body::iteration(RegionId id, const Value& item, size_t index) {
  return with_parameters(id, {item, {.scalar = static_cast<int64_t>(index)}});
}

Value Body::with_parameters(RegionId id, Values parameters) {
  // Put back however the region is left.
  struct Swapped {
    Values& mine;
    Values& others;
    Swapped(Values& a, Values& b) : mine(a), others(b) { std::swap(mine, others); }
    ~Swapped() { std::swap(mine, others); }
  } swapped(parameters_, parameters);
  return region(id);
}

Value Body::ordered_loop(const Node& node) {
  const bool counted = type(type_of(node, 0)).kind == TypeKind::Int;
  const Values items = operand(node, 0).items;
  const int64_t often = counted ? operand(node, 0).number() : static_cast<int64_t>(items.size());
  Value state = operand(node, 1);
  try {
    for (int64_t i = 0; i < often; ++i) {
      const Value index{.scalar = i};
      const Value item = counted ? index : items[static_cast<size_t>(i)];
      state = with_parameters(node.regions[0], {item, index, state});
    }
  } catch (Broke& broke) { return std::move(broke.state); }
  return state;
}

Value Body::appended(const Node& node) const {
  Value result = operand(node, 0);
  result.items.push_back(operand(node, 1));
  return result;
}

Value Body::attempt(const Node& node) {
  std::string* const text = text_;
  try {
    return region(node.regions[0]);
  } catch (const Failure& failure) {
    ++run_.outcome.caught;
    text_ = text;
    const auto kind = static_cast<int64_t>(failure.kind);
    size_t arm = 0;
    for (size_t i = 1; i < node.cases.size(); ++i) {
      for (int64_t value : node.cases[i]) {
        if (value == kind) arm = i;
      }
      if (node.cases[i].empty() && arm == 0) arm = i;
    }
    if (arm == 0) throw;
    const Value error{
        .items = {{.scalar = std::string(program::to_string(failure.kind))}, {.scalar = failure.message}}};
    return with_parameters(node.regions[arm], {error});
  }
}

Value Body::race(const Node& node) {
  std::optional<Failure> first;
  for (RegionId arm : node.regions) {
    try {
      return region(arm);
    } catch (const Failure& failure) {
      ++run_.outcome.caught;
      if (!first) first = failure;
    }
  }
  throw *first;
}

Value Body::sample(const Node& node) {
  std::optional<Failure> first;
  Value result;
  for (int64_t i = 0; i < operand(node, 0).number(); ++i) {
    try {
      result.items.push_back(with_parameters(node.regions[0], {{.scalar = i}}));
    } catch (const Failure& failure) {
      ++run_.outcome.caught;
      if (!first) first = failure;
    }
  }
  if (result.items.empty() && first) throw *first;
  return result;
}

Value Body::loop(const Node& node) {
  const Values items = operand(node, 0).items;
  Value result;
  for (size_t i = 0; i < items.size(); ++i) result.items.push_back(iteration(node.regions[0], items[i], i));
  return type(node.type).kind == TypeKind::Void ? Value{} : result;
}

Value Body::filter(const Node& node) {
  const Values items = operand(node, 0).items;
  Value result;
  for (size_t i = 0; i < items.size(); ++i) {
    if (iteration(node.regions[0], items[i], i).flag()) result.items.push_back(items[i]);
  }
  return result;
}

Value Body::prompt(const Node& node) {
  ++run_.outcome.calls;
  if (const auto given = run_.givens.find(node.index); given != run_.givens.end()) return given->second;
  if (run_.test) not_given(node);
  Value arguments;
  for (size_t i = 0; i < node.operands.size(); ++i) arguments.items.push_back(operand(node, i));
  const graph::Prompt& target = module_.prompts.at(node.index);
  std::string request;
  for (const graph::MessagePart& part : target.messages) {
    if (!part.body.valid()) continue;
    run_.media.clear();
    const Value text = Body(run_, arguments.items).region(part.body);
    request += request_text(node.index, part.role, text.text()) + run_.media;
  }
  run_.outcome.requests.push_back(std::move(request));
  const Answer answer = run_.answers(node.index, write(module_, target.parameters, arguments));
  if (answer.error) fail(node, *answer.error);
  value::Arena arena;
  void* place = arena.allocate(std::max<uint64_t>(type(node.type).size, 8));
  if (!value::from_json(module_.types, node.type, answer.json, arena, place))
    fail(node, ErrorKind::InvalidOutput);
  return from_native(module_.types, node.type, place);
}

/// Outside of tests nothing but the language itself answers yet; the answers of a test are counted behind
/// those of prompts.
Value Body::external(const Node& node) {
  using program::ExternalKind;
  const ExternalKind kind = module_.externals.at(node.index).kind;
  if (kind == ExternalKind::Log) {
    run_.outcome.logged.push_back(operand(node, 0).text());
    return {};
  }
  if (!run_.test) {
    if (kind == ExternalKind::Now) return {.scalar = kNow};
    if (kind == ExternalKind::Random) return {.scalar = sched::fraction_of(kChance)};
    if (kind == ExternalKind::Draw) {
      const int64_t low = operand(node, 0).number(), high = operand(node, 1).number();
      if (low > high) fail(node);
      return {.scalar = sched::number_in(low, high, kChance)};
    }
  }
  if (!run_.test) fail(node, ErrorKind::Failed);
  if (type(node.type).kind == TypeKind::Void) return {};
  const auto place = static_cast<uint32_t>(module_.prompts.size()) + node.index;
  const auto given = run_.givens.find(place);
  if (given == run_.givens.end()) not_given(node);
  const bool approves = module_.externals.at(node.index).kind == program::ExternalKind::Approve;
  if (approves && !given->second.flag()) fail(node, ErrorKind::Denied);
  return given->second;
}

Value call_chain(Run& run, uint32_t chain, Values arguments) {
  struct Deeper {
    int64_t& depth;
    explicit Deeper(int64_t& count) : depth(++count) {}
    ~Deeper() { --depth; }
  } deeper(run.depth[chain]);
  try {
    return Body(run, std::move(arguments)).region(run.module.chains.at(chain).body);
  } catch (Returned& returned) { return std::move(returned.value); }
}

Value Body::invoke(const Node& node) {
  const graph::Function& target = module_.functions.at(node.index);
  Values arguments;
  for (size_t i = 0; i < node.operands.size(); ++i) arguments.push_back(operand(node, i));
  const int64_t before = run_.functions_left;
  if (target.depth >= 0) run_.functions_left = std::min(before, target.depth) - 1;
  if (run_.functions_left < 0) fail(node, ErrorKind::Budget);
  // Put back however the call ends.
  struct Restored {
    int64_t& place;
    int64_t value;
    ~Restored() { place = value; }
  } restored{run_.functions_left, before};
  try {
    return Body(run_, std::move(arguments)).region(target.body);
  } catch (Returned& returned) { return std::move(returned.value); }
}

Value Body::chain(const Node& node) {
  Values arguments;
  for (size_t i = 0; i < node.operands.size(); ++i) arguments.push_back(operand(node, i));
  const int64_t bound = run_.module.chains.at(node.index).bounds.depth;
  if (bound >= 0 && run_.depth[node.index] >= bound) fail(node, ErrorKind::Budget);
  return call_chain(run_, node.index, std::move(arguments));
}

/// Before native code is made, a constraint's predicate is its place in `Module::predicates`.
class Constraints : public value::ConstraintCheck {
 public:
  explicit Constraints(Run& run) : run_(run) {}

  bool holds(const program::Constraint& constraint, TypeId type, const void* value) override {
    const Value it = from_native(run_.module.types, type, value);
    try {
      return oracle::holds(run_, run_.module.predicates.at(constraint.predicate.index), it);
    } catch (const Failure&) { return false; }
  }

 private:
  Run& run_;
};

Values read_arguments(Run& run, TypeId record, std::string_view json) {
  value::Arena arena;
  void* place = arena.allocate(sizeof(void*));
  Constraints constraints(run);
  if (!value::from_json(run.module.types, record, json, arena, place, &constraints)) {
    throw Failure{ErrorKind::InvalidValue, {}, {}};
  }
  return from_native(run.module.types, record, place).items;
}

std::string write(const Module& module, TypeId type, const Value& value) {
  if (module.types[type].kind == TypeKind::Void) return "null";
  value::Arena arena;
  void* place = arena.allocate(std::max<uint64_t>(module.types[type].size, 8));
  to_native(module.types, type, value, arena, place);
  std::string json;
  if (!value::write_json(module.types, type, place, json)) throw Failure{ErrorKind::InvalidValue, {}, {}};
  return json;
}

template <class Work>
Outcome outcome_of(Run& run, Work work) {
  try {
    run.outcome.json = work();
    run.outcome.ok = true;
  } catch (const Failure& failure) {
    run.outcome.kind = failure.kind;
    run.outcome.site = failure.site;
  }
  return std::move(run.outcome);
}

}  // namespace

Outcome interpret(const Module& module, uint32_t chain, std::string_view arguments_json,
                  const Answers& answers, bool test, const std::vector<bool>& needed) {
  Run run(module, answers, test);
  run.needed = needed;
  return outcome_of(run, [&] {
    const graph::Chain& target = module.chains.at(chain);
    return write(module, target.result,
                 call_chain(run, chain, read_arguments(run, target.parameters, arguments_json)));
  });
}

std::string request_text(uint32_t prompt, program::Role role, std::string_view text) {
  return std::to_string(prompt) + '|' + std::to_string(static_cast<int>(role)) + '|' + std::string(text) +
         '\n';
}

std::string media_text(uint64_t offset, std::string_view kind, std::string_view source) {
  return "@" + std::to_string(offset) + ' ' + std::string(kind) + ' ' + std::string(source) + '\n';
}

Outcome render(const Module& module, uint32_t prompt, uint32_t message, std::string_view arguments_json) {
  const Answers none;
  Run run(module, none);
  return outcome_of(run, [&] {
    const graph::Prompt& target = module.prompts.at(prompt);
    Body body(run, read_arguments(run, target.parameters, arguments_json));
    return write(module, module.types.string_type, body.region(target.messages.at(message).body));
  });
}

}  // namespace chain::oracle
