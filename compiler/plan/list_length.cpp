#include "compiler/plan/list_length.h"

#include <algorithm>
#include <array>

#include "compiler/graph/expression_text.h"
#include "runtime/library/library.h"

namespace chain::plan {

namespace {

using graph::Node;
using graph::NodeId;
using graph::Op;

constexpr int kDeepest = 64;

std::optional<uint64_t> lesser(std::optional<uint64_t> a, std::optional<uint64_t> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

/// The functions that give a list with as many elements as their first argument, or fewer.
constexpr std::array<std::string_view, 10> kNoLonger = {"sort", "sort_by", "reverse", "unique", "filter",
                                                        "map",  "slice",   "take",    "drop",   "compact"};

}  // namespace

Count ListLengths::of(NodeId list) const {
  return of(list, 0);
}

Count ListLengths::of(NodeId list, int depth) const {
  const Node& node = module_[list];
  const auto otherwise = [&] {
    return Count(Factor{"len(" + graph::expression_text(module_, list) + ')', declared(list)});
  };
  if (depth > kDeepest) return otherwise();
  switch (node.op) {
    case Op::List: return Count(node.operands.size());
    case Op::Check:
    case Op::Retype:
    case Op::Trust:
    case Op::Filter:
    case Op::For: {
      const std::optional<uint64_t> own = declared(list);
      const Count inner = of(node.operands[0], depth + 1);
      const std::optional<uint64_t> bound = inner.bound();
      return own && (!bound || *own < *bound) ? otherwise() : inner;
    }
    case Op::Sample: {
      const auto* number = std::get_if<int64_t>(&module_[node.operands[0]].constant);
      return number ? Count(static_cast<uint64_t>(std::max<int64_t>(*number, 0))) : otherwise();
    }
    case Op::Library: {
      const Count known = of_library(node, depth);
      return known.zero() ? otherwise() : known;
    }
    default: return otherwise();
  }
}

/// Nothing known: zero.
Count ListLengths::of_library(const Node& node, int depth) const {
  const std::string_view name = library::functions()[node.index].name;
  if (node.operands.empty()) return {};
  const bool of_list = module_.types.base_kind(module_[node.operands[0]].type) == program::TypeKind::List;
  const auto* end = std::get_if<int64_t>(&module_[node.operands[0]].constant);
  const bool counts =
      name == "range" && node.operands.size() == 1 && module_[node.operands[0]].op == Op::Constant;
  if (counts && end && *end > 0) return Count(static_cast<uint64_t>(*end));
  if (of_list && name == "append") {
    Count sum = of(node.operands[0], depth + 1);
    return sum += Count(1);
  }
  if (of_list && name == "concat") {
    Count sum = of(node.operands[0], depth + 1);
    return sum += of(node.operands[1], depth + 1);
  }
  if (!of_list || std::find(kNoLonger.begin(), kNoLonger.end(), name) == kNoLonger.end()) return {};
  if (name == "take" && node.operands.size() > 1 && module_[node.operands[1]].op == Op::Constant) {
    const auto* number = std::get_if<int64_t>(&module_[node.operands[1]].constant);
    if (number && *number > 0) return Count(static_cast<uint64_t>(*number));
  }
  return of(node.operands[0], depth + 1);
}

/// What the type of the list, and the field or parameter it is read from, say.
std::optional<uint64_t> ListLengths::declared(NodeId list) const {
  const Node& node = module_[list];
  std::optional<uint64_t> bound = least(module_.types[node.type].constraints);
  if (node.op == Op::Field) {
    const program::Type& record = module_.types[module_[node.operands[0]].type];
    if (node.index < record.fields.size())
      bound = lesser(bound, least(record.fields[node.index].constraints));
  }
  if (node.op == Op::Param) {
    for (const graph::Chain& chain : module_.chains) {
      const auto& nodes = module_[chain.body].nodes;
      if (std::find(nodes.begin(), nodes.end(), list) == nodes.end()) continue;
      const auto& fields = module_.types[chain.parameters].fields;
      if (node.index < fields.size()) bound = lesser(bound, least(fields[node.index].constraints));
    }
  }
  return bound;
}

std::optional<uint64_t> ListLengths::least(const std::vector<program::Constraint>& constraints) const {
  std::optional<uint64_t> bound;
  for (const program::Constraint& constraint : constraints) {
    if (constraint.predicate.index >= module_.predicates.size()) continue;
    const graph::RegionId body = module_.predicates[constraint.predicate.index].body;
    if (module_[body].result.valid()) bound = lesser(bound, of_condition(module_[body].result, 0));
  }
  return bound;
}

/// `len(it) <= 20`, `len(it) < 20`, `len(it) == 20`, alone or with `and`.
std::optional<uint64_t> ListLengths::of_condition(NodeId condition, int depth) const {
  const Node& node = module_[condition];
  if (depth > kDeepest) return std::nullopt;
  if (node.op == Op::If && node.regions.size() == 2) {
    const NodeId then = module_[node.regions[0]].result, otherwise = module_[node.regions[1]].result;
    if (!then.valid() || !otherwise.valid()) return std::nullopt;
    const auto* never = std::get_if<bool>(&module_[otherwise].constant);
    if (module_[otherwise].op != Op::Constant || !never || *never) return std::nullopt;
    return lesser(of_condition(node.operands[0], depth + 1), of_condition(then, depth + 1));
  }
  const bool compares = node.op == Op::Less || node.op == Op::LessEqual || node.op == Op::Equal;
  if (!compares) return std::nullopt;
  const Node& length = module_[node.operands[0]];
  const bool is_length = length.op == Op::Library && library::functions()[length.index].name == "len" &&
                         module_[length.operands[0]].op == Op::Param;
  const Node& limit = module_[node.operands[1]];
  const auto* number = limit.op == Op::Constant ? std::get_if<int64_t>(&limit.constant) : nullptr;
  if (!is_length || !number || *number < 0) return std::nullopt;
  const auto value = static_cast<uint64_t>(*number);
  return node.op == Op::Less && value > 0 ? value - 1 : value;
}

Count ListLengths::in_caller(const Count& count, const graph::Chain& callee, const Node& call) const {
  if (count.too_long()) return count;
  const auto& fields = module_.types[callee.parameters].fields;
  Count result;
  for (const auto& [product, times] : count.terms()) {
    Count term(times);
    for (const Factor& factor : product) {
      Count value{factor};
      for (size_t i = 0; i < fields.size() && i < call.operands.size(); ++i) {
        const bool is_list = module_.types.base_kind(fields[i].type) == program::TypeKind::List;
        if (!is_list || factor.text != "len(" + fields[i].name + ')') continue;
        const Count here = of(call.operands[i]);
        const std::optional<uint64_t> bound = here.bound();
        // What the callee demands of its parameter holds for the argument.
        if (!factor.most || (bound && *bound <= *factor.most)) value = here;
      }
      term = term * value;
    }
    result += term;
  }
  return result;
}

}  // namespace chain::plan
