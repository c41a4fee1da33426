#include "compiler/sema/constants.h"

#include <cmath>
#include <optional>
#include <unordered_map>

#include "runtime/value/json.h"
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

/// Runs the pure part of a graph over constants, in the order of the nodes. Control and library calls beyond
/// `if` and `match` are left to run time.
class Evaluator {
 public:
  explicit Evaluator(const graph::Module& module) : module_(module) {}

  /// False once something is not known; `problem` says what.
  bool run(RegionId region, std::string* text = nullptr) {
    for (NodeId id : module_[region].nodes) {
      const Node& node = module_[id];
      if (node.op == Op::Emit) {
        if (!text || !append(*text, at(node.operands[0]))) return fail(node, "this is no plain text");
        continue;
      }
      std::optional<Constant> value = compute(node, text);
      if (!value) return false;
      work_ += weight(*value);
      if (work_ > kWorkLimit || weight(*value) > kConstantLimit) {
        problem = {NotKnown::Reason::TooLarge, node.span, {}};
        return false;
      }
      values_[id.index] = *std::move(value);
    }
    return true;
  }

  const Constant& at(NodeId id) const { return values_.at(id.index); }

  NotKnown problem;

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
      case Op::Retype:
      case Op::Check: return made(node, at(node.operands[0]).value);
      case Op::Record:
      case Op::List:
      case Op::Map: return made(node, parts(node));
      case Op::Some: return made(node, Parts{at(node.operands[0])});
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

  Parts parts(const Node& node) {
    Parts result;
    for (NodeId operand : node.operands) result.push_back(at(operand));
    return result;
  }

  const Constant& part(const Node& node, size_t index) {
    return std::get<Parts>(at(node.operands[0]).value)[index];
  }
  int64_t number(const Node& node, size_t operand) {
    return std::get<int64_t>(at(node.operands[operand]).value);
  }

  std::optional<Constant> branch(const Node& node, size_t index, std::string* text) {
    if (index >= node.regions.size()) return made(node, std::monostate());
    const RegionId region = node.regions[index];
    if (!run(region, text)) return std::nullopt;
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
    switch (type.kind) {
      case TypeKind::Duration: value::append_duration(text, *number); break;
      case TypeKind::Money: value::append_money(text, *number); break;
      case TypeKind::Enum: text += type.cases[static_cast<size_t>(*number)].name; break;
      default: text += std::to_string(*number);
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

  std::optional<Constant> comparison(const Node& node) {
    const auto& left = at(node.operands[0]).value;
    const auto& right = at(node.operands[1]).value;
    if (std::holds_alternative<Parts>(left) || std::holds_alternative<Parts>(right)) {
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
  std::unordered_map<uint32_t, Constant> values_;
  size_t work_ = 0;
};

}  // namespace

bool operator==(const Constant& a, const Constant& b) {
  return a.value == b.value;
}
bool operator<(const Constant& a, const Constant& b) {
  return a.value < b.value;
}

size_t weight(const Constant& constant) {
  if (const auto* text = std::get_if<std::string>(&constant.value)) return 1 + text->size() / 1024;
  size_t result = 1;
  if (const auto* parts = std::get_if<Parts>(&constant.value)) {
    for (const Constant& part : *parts) result += weight(part);
  }
  return result;
}

namespace {

void write(const program::TypeTable& types, const Constant& constant, std::string& out) {
  const program::Type& type = types[constant.type];
  auto sequence = [&](char open, char close, size_t step, auto&& item) {
    out += open;
    const Parts& parts = std::get<Parts>(constant.value);
    for (size_t i = 0; i < parts.size(); i += step) {
      if (i > 0) out += ',';
      item(parts, i);
    }
    out += close;
  };
  auto quoted = [&](std::string_view text) { value::append_json_string(out, text); };
  std::string text;
  switch (type.kind) {
    case TypeKind::Optional: {
      const auto* some = std::get_if<Parts>(&constant.value);
      if (!some) {
        out += "null";
      } else {
        write(types, some->front(), out);
      }
      return;
    }
    case TypeKind::Record:
      return sequence('{', '}', 1, [&](const Parts& parts, size_t i) {
        quoted(type.fields[i].name);
        out += ':';
        write(types, parts[i], out);
      });
    case TypeKind::List:
      return sequence('[', ']', 1, [&](const Parts& parts, size_t i) { write(types, parts[i], out); });
    case TypeKind::Map:
      return sequence('{', '}', 2, [&](const Parts& parts, size_t i) {
        quoted(std::get<std::string>(parts[i].value));
        out += ':';
        write(types, parts[i + 1], out);
      });
    case TypeKind::Enum:
      return quoted(type.cases[static_cast<size_t>(std::get<int64_t>(constant.value))].name);
    case TypeKind::Duration:
      value::append_duration(text, std::get<int64_t>(constant.value));
      return quoted(text);
    case TypeKind::Money: value::append_money(text, std::get<int64_t>(constant.value)); return quoted(text);
    default: break;
  }
  if (const auto* words = std::get_if<std::string>(&constant.value)) return quoted(*words);
  if (const auto* flag = std::get_if<bool>(&constant.value)) {
    out += *flag ? "true" : "false";
  } else if (const auto* real = std::get_if<double>(&constant.value)) {
    if (!std::isfinite(*real)) {
      out += "null";
    } else {
      value::append_float(out, *real);
    }
  } else if (const auto* number = std::get_if<int64_t>(&constant.value)) {
    out += std::to_string(*number);
  }
}

}  // namespace

std::string to_json(const program::TypeTable& types, const Constant& constant) {
  std::string out;
  write(types, constant, out);
  return out;
}

std::variant<Constant, NotKnown> evaluate(const graph::Module& module, RegionId region) {
  Evaluator evaluator(module);
  if (!evaluator.run(region)) return evaluator.problem;
  return evaluator.at(module[region].result);
}

}  // namespace chain::sema
