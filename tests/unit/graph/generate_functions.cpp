// Functions, what takes them, and the effects of the language.
#include "tests/unit/graph/generator.h"

namespace chain::oracle {

/// A function over everything that is pure. Functions declared so far only are called, but for one that calls
/// itself as often as its bound allows, or more.
std::string Generator::function(const Callable& callable) {
  scope_.clear();
  std::string text = "\nfn " + callable.name + "(";
  for (size_t i = 0; i < callable.parameters.size(); ++i) {
    const std::string name = "p" + std::to_string(i);
    scope_.push_back({name, callable.parameters[i]});
    text += (i ? ", " : "") + name + ": " + callable.parameters[i];
  }
  current_ = &callable;
  calls_allowed_ = false;
  level_ = 1;
  text += ") -> " + callable.result + " {\n";
  for (uint32_t i = 1 + below(4); i > 0; --i) {
    switch (below(5)) {
      case 0: text += early_return(0); break;
      case 1: text += repeat_statement(0); break;
      case 2: text += collecting_statement(0); break;
      case 3: text += way_out(); break;
      default: text += statement(0);
    }
  }
  text += indent() + (one_in(2) ? "return " : "") + value(callable.result, 2) + "\n}\n";
  calls_allowed_ = true;
  return text;
}

/// Goes down `depth` calls; what is given decides how many it would like.
std::string Generator::bounded_function() {
  return "\nfn down(n: int) -> int within { depth: " + std::to_string(3 + below(6)) +
         " } {\n  if n <= 0 { return 0 }\n  return 1 + down(n - 1)\n}\n";
}

std::string Generator::function_call(const std::string& type, uint32_t depth) {
  std::vector<const Callable*> fitting;
  for (const Callable& each : functions_) {
    if (each.result == type) fitting.push_back(&each);
  }
  if (fitting.empty()) return leaf(type);
  const Callable& target = *pick(fitting);
  std::string text = target.name + "(";
  for (size_t i = 0; i < target.parameters.size(); ++i)
    text += (i ? ", " : "") + expected(target.parameters[i], depth);
  return text + ")";
}

/// `x => e` over an element of `from`, sometimes with the index besides, or as a block.
std::string Generator::lambda(const std::string& from, const std::string& to, uint32_t depth) {
  const size_t outer = scope_.size();
  const std::string name = new_name("x");
  scope_.push_back({name, from});
  std::string head = one_in(2) ? name : "(" + name + ")";
  if (one_in(4)) {
    const std::string index = new_name("i");
    scope_.push_back({index, "int"});
    head = "(" + name + ", " + index + ")";
  }
  std::string body = value(to, depth);
  if (one_in(5)) body = "{ " + body + " }";
  scope_.resize(outer);
  return head + " => " + body;
}

/// `(a, b) => e`.
std::string Generator::lambda_of_two(const std::string& first, const std::string& second,
                                     const std::string& to, uint32_t depth) {
  const size_t outer = scope_.size();
  const std::string a = new_name("a");
  const std::string b = new_name("b");
  scope_.push_back({a, first});
  scope_.push_back({b, second});
  const std::string body = value(to, depth);
  scope_.resize(outer);
  return "(" + a + ", " + b + ") => " + body;
}

std::string Generator::source_type() {
  return pick<std::string>({"int", "string", "Item", "Pair"});
}

std::string Generator::higher_order_list(const std::string& type, uint32_t depth) {
  const std::string inner = element(type);
  const std::string from = source_type();
  const std::string self = value(type, depth);
  const std::string key = pick<std::string>({"int", "string", "bool", "Color"});
  switch (below(8)) {
    case 0: return value(from + "[]", depth) + ".map(" + lambda(from, inner, depth) + ")";
    case 1: return self + ".filter(" + lambda(inner, "bool", depth) + ")";
    case 2: return "flat_map(" + value(from + "[]", 0) + ", " + lambda(from, type, 0) + ")";
    case 3: return self + ".sort_by(" + lambda(inner, key, depth) + (one_in(3) ? ", descending: true)" : ")");
    case 4: return self + ".take_while(" + lambda(inner, "bool", depth) + ")";
    case 5: return self + ".drop_while(" + lambda(inner, "bool", depth) + ")";
    case 6: return self + ".unique_by(" + lambda(inner, key, depth) + ")";
    default:
      return value("int[]", depth) + ".zip_with(" + value(from + "[]", depth) + ", " +
             lambda_of_two("int", from, inner, depth) + ")";
  }
}

std::string Generator::higher_order_int(uint32_t depth) {
  const std::string from = source_type();
  const std::string list = value(from + "[]", depth);
  switch (below(6)) {
    case 0: return list + ".count(" + lambda(from, "bool", depth) + ")";
    case 1: return list + ".sum(" + lambda(from, "int", depth) + ")";
    case 2: return list + ".fold(" + literal("int") + ", " + lambda_of_two("int", from, "int", depth) + ")";
    case 3: return "(" + list + ".find_index(" + lambda(from, "bool", depth) + ") ?? -1)";
    case 4: return "len(" + list + ".group_by(" + lambda(from, "string", depth) + "))";
    default: return "down(" + value("int", depth) + ")";
  }
}

std::string Generator::higher_order_bool(uint32_t depth) {
  const std::string from = source_type();
  return value(from + "[]", depth) + (one_in(2) ? ".any(" : ".all(") + lambda(from, "bool", depth) + ")";
}

std::string Generator::higher_order_optional(const std::string& type, uint32_t depth) {
  const std::string inner = element(type);
  const std::string list = value(inner + "[]", depth);
  switch (below(3)) {
    case 0: return list + ".find(" + lambda(inner, "bool", depth) + ")";
    case 1: return list + (one_in(2) ? ".min_by(" : ".max_by(") + lambda(inner, "int", depth) + ")";
    default: return list + ".reduce(" + lambda_of_two(inner, inner, inner, depth) + ")";
  }
}

/// What is a node of the graph though nobody outside answers it.
std::string Generator::effect_statement() {
  switch (below(4)) {
    case 0: return let("time", "now()");
    case 1: return let("float", "random()");
    case 2: return let("int", "random(" + literal("int") + ", " + (one_in(3) ? "20" : "3") + ")");
    default: return indent() + "log(" + text(1) + (one_in(2) ? ", " + value(scalar_type(), 1) : "") + ")\n";
  }
}

std::string Generator::given_effects() {
  std::string text;
  if (!one_in(8)) text += "  given now returns time(\"2026-01-31T09:30:00Z\")\n";
  if (!one_in(8)) text += "  given random returns 1\n";
  if (!one_in(8)) text += "  given random returns 0.25\n";
  return text;
}

}  // namespace chain::oracle
