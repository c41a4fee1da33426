// Branches, loops, failures and calls of the oracle.
#include <utility>

#include "runtime/sched/ambient.h"
#include "runtime/value/json.h"
#include "tests/unit/graph/interpreter_body.h"

namespace chain::oracle {

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

}  // namespace chain::oracle
