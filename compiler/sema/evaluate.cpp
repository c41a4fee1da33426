// Running the pure part of a graph over constants.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "compiler/sema/constants.h"
#include "compiler/sema/library_values.h"
#include "runtime/library/library.h"
#include "runtime/value/json.h"
#include "runtime/value/json_text.h"
#include "runtime/value/text.h"

namespace chain::sema {

namespace {

using graph::Node;
using graph::NodeId;
using graph::Op;
using graph::RegionId;
using program::TypeId;
using program::TypeKind;
using Parts = Constant::Parts;

/// Parts that may be copied while one constant is computed.
constexpr size_t kWorkLimit = 100 * kConstantLimit;

/// Calls of functions inside one another that are followed; each takes some of the compiler's stack.
constexpr uint32_t kDeepest = 100;

/// Runs the pure part of a graph over constants, in the order of the nodes. Library calls are left to run
/// time unless there is something to make them with.
class Evaluator {
 public:
  explicit Evaluator(const graph::Module& module, LibraryValues* library = nullptr)
      : module_(module), library_(library) {}

  /// False once something is not known; `problem` says what. `parameters` are what the region's Params are.
  bool run(RegionId region, std::string* text = nullptr, const Parts* parameters = nullptr) {
    for (NodeId id : module_[region].nodes) {
      const Node& node = module_[id];
      if (node.op == Op::Param && parameters && node.index < parameters->size()) {
        values_[id.index] = (*parameters)[node.index];
        continue;
      }
      if (node.op == Op::Emit) {
        if (!text || !append(*text, at(node.operands[0]))) return fail(node, "this is no plain text");
        continue;
      }
      std::optional<Constant> value = compute(node, text);
      if (!value) return false;
      if (exit_) return true;
      work_ += weight(*value);
      if (work_ > limit_ || weight(*value) > kConstantLimit) {
        problem = {NotKnown::Reason::TooLarge, node.span, {}};
        return false;
      }
      values_[id.index] = *std::move(value);
    }
    return true;
  }

  /// Computes one node outside of a run, if it is simple and all that it needs has been computed.
  void offer(NodeId id) {
    const Node& node = module_[id];
    if (!node.regions.empty() || node.op == Op::Unwrap || work_ > limit_) return;
    for (NodeId operand : node.operands) {
      if (!values_.contains(operand.index)) return;
    }
    std::optional<Constant> value = compute(node, nullptr);
    if (!value || weight(*value) > kConstantLimit) return;
    work_ += weight(*value);
    values_[id.index] = *std::move(value);
  }

  const Constant& at(NodeId id) const { return values_.at(id.index); }

  /// Lets it do no more than `budget` allows; what it has done is taken off by `spend`.
  void allow(size_t budget) { limit_ = std::min(limit_, budget); }
  void spend(size_t& budget) const { budget -= std::min(budget, work_); }

  NotKnown problem;
  std::vector<CheckedConstant> checks;  // the conditions that were met with on the way

 private:
  bool fail(const Node& node, std::string why) {
    if (problem.why.empty()) problem = {NotKnown::Reason::NotConstant, node.span, std::move(why)};
    return false;
  }

  std::optional<Constant> breaks(const Node& node, std::string why) {
    problem = {NotKnown::Reason::Fails, node.span, std::move(why)};
    return std::nullopt;
  }

  Constant made(const Node& node, decltype(Constant::value) value) { return {node.type, std::move(value)}; }

  std::optional<Constant> compute(const Node& node, std::string* text) {
    switch (node.op) {
      case Op::Constant:
        return made(node,
                    std::visit([](const auto& v) -> decltype(Constant::value) { return v; }, node.constant));
      case Op::Retype: return made(node, at(node.operands[0]).value);
      case Op::Check:
        checks.push_back({node.index, at(node.operands[0]), node.span});
        return made(node, at(node.operands[0]).value);
      case Op::Invoke: return invoked(node);
      case Op::Return:
        if (node.operands.empty()) break;
        return leave(node);
      case Op::Break: return leave(node);
      case Op::For: return looped(node, text);
      case Op::Filter: return filtered(node, text);
      case Op::Loop: return in_order(node, text);
      case Op::Append: {
        Parts items = std::get<Parts>(at(node.operands[0]).value);
        items.push_back(at(node.operands[1]));
        return made(node, std::move(items));
      }
      case Op::Library:
        if (library_) return called(node);
        if (library::functions()[node.index].name == "merge") return merged(node);
        if (library::functions()[node.index].name == "to_json") return json(node);
        if (is_operator(library::functions()[node.index].name)) return operated(node);
        break;
      case Op::Record:
      case Op::List:
      case Op::Map: return made(node, parts(node));
      case Op::Some:
      case Op::Variant: return made(node, Parts{at(node.operands[0])});
      case Op::Which: return made(node, member_of(node));
      case Op::Narrow: return made(node, part(node, 0).value);
      case Op::None: return made(node, std::monostate());
      case Op::IsSome: return made(node, std::holds_alternative<Parts>(at(node.operands[0]).value));
      case Op::Unwrap: return made(node, part(node, 0).value);
      case Op::Field: return made(node, part(node, node.index).value);
      case Op::ToFloat: return made(node, static_cast<double>(number(node, 0)));
      case Op::Not: return made(node, !std::get<bool>(at(node.operands[0]).value));
      case Op::Concat:
        return made(node, std::get<std::string>(at(node.operands[0]).value) +
                              std::get<std::string>(at(node.operands[1]).value));
      case Op::Neg:
      case Op::Add:
      case Op::Sub:
      case Op::Mul:
      case Op::Div:
      case Op::Mod: return arithmetic(node);
      case Op::Equal:
      case Op::NotEqual:
      case Op::Less:
      case Op::LessEqual: return comparison(node);
      case Op::Render: return render(node);
      case Op::If: return branch(node, std::get<bool>(at(node.operands[0]).value) ? 0 : 1, text);
      case Op::Switch: return branch(node, chosen(node), text);
      default: break;
    }
    fail(node, node.op == Op::Library ? "a function call is not known before the program runs"
                                      : "this is not known before the program runs");
    return std::nullopt;
  }

  /// Ends the loop or the function around, with its value.
  std::optional<Constant> leave(const Node& node) {
    exit_ = Exit{node.op, at(node.operands[0])};
    return made(node, std::monostate());
  }

  std::optional<Constant> invoked(const Node& node) {
    const graph::Function& function = module_.functions[node.index];
    Evaluator inner(module_, library_);
    inner.left_ = function.depth < 0 ? left_ : std::min(left_, function.depth) - 1;
    if (inner.left_ < 0)
      return breaks(node, "calls of `" + function.name + "` go deeper than its `within` allows");
    inner.level_ = level_ + 1;
    if (inner.level_ > kDeepest || !function.body.valid()) {
      fail(node, "its functions call each other too deeply to be followed before the program runs");
      return std::nullopt;
    }
    inner.work_ = work_;
    inner.limit_ = limit_;
    const Parts arguments = parts(node);
    const bool known = inner.run(function.body, nullptr, &arguments);
    work_ = inner.work_;
    checks.insert(checks.end(), inner.checks.begin(), inner.checks.end());
    if (known && inner.exit_) return made(node, std::move(inner.exit_->value.value));
    problem = std::move(inner.problem);
    return std::nullopt;
  }

  /// One turn of a loop; false if it is not known, or if it leaves the loop.
  bool turn(const Node& node, std::string* text, Parts parameters) {
    if (++work_ > limit_) return fail(node, "this takes too many steps before the program runs");
    return run(node.regions[0], text, &parameters) && !exit_;
  }

  Constant index(size_t place) { return {module_.types.int_type, static_cast<int64_t>(place)}; }
  /// What a turn has given.
  const Constant& given(const Node& node) { return at(module_[node.regions[0]].result); }

  /// Behind a turn that was false.
  std::optional<Constant> left(const Node& node) {
    return exit_ ? std::optional(made(node, std::monostate())) : std::nullopt;
  }

  std::optional<Constant> looped(const Node& node, std::string* text) {
    const Parts items = std::get<Parts>(at(node.operands[0]).value);
    Parts result;
    for (size_t i = 0; i < items.size(); ++i) {
      if (!turn(node, text, {items[i], index(i)})) return left(node);
      if (module_[node.regions[0]].result.valid()) result.push_back(given(node));
    }
    return made(node, std::move(result));
  }

  std::optional<Constant> filtered(const Node& node, std::string* text) {
    const Parts items = std::get<Parts>(at(node.operands[0]).value);
    Parts result;
    for (size_t i = 0; i < items.size(); ++i) {
      if (!turn(node, text, {items[i], index(i)})) return left(node);
      if (std::get<bool>(given(node).value)) result.push_back(items[i]);
    }
    return made(node, std::move(result));
  }

  std::optional<Constant> in_order(const Node& node, std::string* text) {
    const Constant source = at(node.operands[0]);
    const auto* items = std::get_if<Parts>(&source.value);
    const int64_t often = items ? static_cast<int64_t>(items->size()) : std::get<int64_t>(source.value);
    Constant state = at(node.operands[1]);
    for (int64_t i = 0; i < often; ++i) {
      const Constant place = index(static_cast<size_t>(i));
      const Constant& item = items ? (*items)[static_cast<size_t>(i)] : place;
      if (turn(node, text, {item, place, state})) {
        state = given(node);
      } else if (exit_ && exit_->op == Op::Break) {
        state = std::move(exit_->value);
        exit_.reset();
        break;
      } else {
        return left(node);
      }
    }
    return made(node, std::move(state.value));
  }

  /// Operators that are functions of the library; the program writes them as such, or calls the function.
  static bool is_operator(std::string_view name) {
    return name == "shift" || name == "between" || name == "ratio";
  }

  std::optional<Constant> operated(const Node& node) {
    LibraryValues library(module_.types);
    const Parts arguments = parts(node);
    std::optional<Constant> result = library.call(node.index, node.type, arguments);
    if (!result) return breaks(node, library.problem());
    return result;
  }

  std::optional<Constant> called(const Node& node) {
    std::vector<Constant> arguments;
    for (NodeId operand : node.operands) arguments.push_back(at(operand));
    std::optional<Constant> result = library_->call(node.index, node.type, arguments);
    if (!result) fail(node, "this is not known before the program runs");
    return result;
  }

  std::optional<Constant> json(const Node& node) {
    std::optional<std::string> text = value::kept_json(to_json(module_.types, at(node.operands[0]), true));
    return text
               ? made(node, *std::move(text))
               : breaks(node, fmt::format("JSON is nested deeper than {} levels", value::JsonLimits().depth));
  }

  Parts parts(const Node& node) {
    Parts result;
    for (NodeId operand : node.operands) result.push_back(at(operand));
    return result;
  }

  /// Two maps, as `{ ...a, "k": v }` joins them.
  std::optional<Constant> merged(const Node& node) {
    Parts result = std::get<Parts>(at(node.operands[0]).value);
    const Parts& other = std::get<Parts>(at(node.operands[1]).value);
    result.reserve(result.size() + other.size());  // so that the keys of `places` stay where they are
    std::unordered_map<std::string_view, size_t> places;
    for (size_t i = 0; i < result.size(); i += 2) places.emplace(std::get<std::string>(result[i].value), i);
    for (size_t i = 0; i < other.size(); i += 2) {
      const auto known = places.find(std::get<std::string>(other[i].value));
      if (known != places.end()) {
        result[known->second + 1] = other[i + 1];
      } else {
        result.insert(result.end(), {other[i], other[i + 1]});
      }
    }
    return made(node, std::move(result));
  }

  const Constant& part(const Node& node, size_t index) {
    return std::get<Parts>(at(node.operands[0]).value)[index];
  }
  int64_t member_of(const Node& node) {
    const Constant& whole = at(node.operands[0]);
    return member_index(module_.types, whole.type, std::get<Parts>(whole.value).front().type);
  }
  int64_t number(const Node& node, size_t operand) {
    return std::get<int64_t>(at(node.operands[operand]).value);
  }

  std::optional<Constant> branch(const Node& node, size_t index, std::string* text) {
    if (index >= node.regions.size()) return made(node, std::monostate());
    const RegionId region = node.regions[index];
    if (!run(region, text)) return std::nullopt;
    if (exit_) return made(node, std::monostate());
    const NodeId result = module_[region].result;
    return made(node, result.valid() ? at(result).value : std::monostate());
  }

  size_t chosen(const Node& node) {
    const int64_t value = number(node, 0);
    size_t fallback = node.regions.size();
    for (size_t i = 0; i < node.cases.size(); ++i) {
      if (node.cases[i].empty()) fallback = i;
      for (int64_t item : node.cases[i]) {
        if (item == value) return i;
      }
    }
    return fallback;
  }

  std::optional<Constant> render(const Node& node) {
    std::string text;
    if (!run(node.regions[0], &text)) return std::nullopt;
    return made(node, std::move(text));
  }

  bool append(std::string& text, const Constant& value) {
    const program::Type& type = module_.types[value.type];
    if (const auto* words = std::get_if<std::string>(&value.value)) return text += *words, true;
    if (const auto* flag = std::get_if<bool>(&value.value)) return text += *flag ? "true" : "false", true;
    if (const auto* real = std::get_if<double>(&value.value)) return value::append_float(text, *real), true;
    const auto* number = std::get_if<int64_t>(&value.value);
    if (!number) return false;
    if (const value::TextForm* form = value::text_form(type.kind)) {
      form->append(text, *number);
    } else {
      text += type.kind == TypeKind::Enum ? type.cases[static_cast<size_t>(*number)].name
                                          : std::to_string(*number);
    }
    return true;
  }

  std::optional<Constant> arithmetic(const Node& node) {
    const auto* left = std::get_if<double>(&at(node.operands[0]).value);
    const bool both = node.operands.size() > 1;
    const auto* right = both ? std::get_if<double>(&at(node.operands[1]).value) : nullptr;
    if (left && (right || !both)) return made(node, real(node.op, *left, right ? *right : 0));
    if (left || right) {  // an amount scaled by a float
      fail(node, "this is not known before the program runs");
      return std::nullopt;
    }
    return whole(node, number(node, 0), both ? number(node, 1) : 0);
  }

  static double real(Op op, double a, double b) {
    switch (op) {
      case Op::Add: return a + b;
      case Op::Sub: return a - b;
      case Op::Mul: return a * b;
      case Op::Div: return a / b;
      case Op::Mod: return std::fmod(a, b);
      default: return -a;
    }
  }

  std::optional<Constant> whole(const Node& node, int64_t a, int64_t b) {
    int64_t result = 0;
    bool overflow = false;
    switch (node.op) {
      case Op::Add: overflow = __builtin_add_overflow(a, b, &result); break;
      case Op::Sub: overflow = __builtin_sub_overflow(a, b, &result); break;
      case Op::Mul: overflow = __builtin_mul_overflow(a, b, &result); break;
      case Op::Neg: overflow = __builtin_sub_overflow(int64_t{0}, a, &result); break;
      default: {
        if (b == 0) return breaks(node, "division by zero");
        overflow = a == INT64_MIN && b == -1;
        if (!overflow) result = node.op == Op::Div ? a / b : a % b;
      }
    }
    if (overflow) return breaks(node, "the number does not fit 64 bits");
    return made(node, result);
  }

  bool holds_map(const Constant& value) {
    const auto* parts = std::get_if<Parts>(&value.value);
    if (!parts) return false;
    return module_.types[value.type].kind == TypeKind::Map ||
           std::ranges::any_of(*parts, [this](const Constant& part) { return holds_map(part); });
  }

  std::optional<Constant> comparison(const Node& node) {
    const auto& left = at(node.operands[0]).value;
    const auto& right = at(node.operands[1]).value;
    const bool by_place = !holds_map(at(node.operands[0])) && !holds_map(at(node.operands[1]));
    if (!by_place) {  // entries may come in another order
      fail(node, "this is not known before the program runs");
      return std::nullopt;
    }
    switch (node.op) {
      case Op::Equal: return made(node, left == right);
      case Op::NotEqual: return made(node, left != right);
      case Op::Less: return made(node, left < right);
      default: return made(node, left <= right);
    }
  }

  const graph::Module& module_;
  LibraryValues* library_;
  /// Set once a `return` or `break` has been met, until what it leaves is left.
  struct Exit {
    Op op;
    Constant value;
  };
  std::optional<Exit> exit_;
  int64_t left_ = INT64_MAX;  // calls of bounded functions that may yet stand inside this one
  uint32_t level_ = 0;        // of calls of functions
  std::unordered_map<uint32_t, Constant> values_;
  size_t work_ = 0;
  size_t limit_ = kWorkLimit;
};

}  // namespace

std::variant<Constant, NotKnown> evaluate(const graph::Module& module, RegionId region,
                                          std::vector<CheckedConstant>& checks, size_t& budget) {
  Evaluator evaluator(module);
  evaluator.allow(budget);
  const bool known = evaluator.run(region);
  evaluator.spend(budget);
  if (!known) return evaluator.problem;
  checks.insert(checks.end(), evaluator.checks.begin(), evaluator.checks.end());
  return evaluator.at(module[region].result);
}

std::optional<bool> holds(const graph::Module& module, uint32_t predicate, const Constant& value,
                          LibraryValues& library, size_t& budget) {
  const RegionId body = module.predicates[predicate].body;
  Evaluator evaluator(module, &library);
  evaluator.allow(budget);
  const Parts parameters{value};
  const bool known = evaluator.run(body, nullptr, &parameters);
  evaluator.spend(budget);
  if (!known) return std::nullopt;
  return std::get<bool>(evaluator.at(module[body].result).value);
}

std::vector<CheckedConstant> known_checks(const graph::Module& module) {
  const size_t count = module.nodes.size();
  std::vector<bool> needed(count);  // the Checks, and what their values are made of
  for (size_t i = count; i-- > 0;) {
    const Node& node = module.nodes[i];
    if (node.op == Op::Check) needed[i] = true;
    if (!needed[i]) continue;
    for (NodeId operand : node.operands) needed[operand.index] = true;
  }
  Evaluator evaluator(module);
  for (uint32_t i = 0; i < count; ++i) {
    if (needed[i]) evaluator.offer({i});
  }
  return std::move(evaluator.checks);
}

}  // namespace chain::sema
