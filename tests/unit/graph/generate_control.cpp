#include <utility>

#include "tests/unit/graph/generator.h"

namespace chain::oracle {

/// Statements in a block of their own, whose names end with it.
std::string Generator::nested(uint32_t count, uint32_t depth, const std::string& before,
                              const std::string& after) {
  const size_t outer = scope_.size();
  ++level_;
  std::string text = before.empty() ? "" : indent() + before + "\n";
  text += statements(count, depth);
  if (!after.empty()) text += indent() + after + "\n";
  --level_;
  scope_.resize(outer);
  return "{\n" + text + indent() + "}";
}

std::string Generator::variable_statement() {
  const std::string type = any_type();
  const std::string name = new_name("w");
  std::string text = indent() + "var " + name + ": " + type + " = " + expected(type, 1) + "\n";
  scope_.push_back({name, type, true});
  return text;
}

/// To a variable that there is, or a new variable.
std::string Generator::assignment() {
  std::vector<Variable> all;
  for (const Variable& each : scope_) {
    if (each.assignable) all.push_back(each);
  }
  if (all.empty()) return variable_statement();
  const Variable chosen = pick(all);
  ++assignments_;
  return indent() + chosen.name + " = " + expected(chosen.type, 2) + "\n";
}

/// Out of a loop, or with an error.
std::string Generator::way_out() {
  if (loops_ > 0 && !one_in(3)) return indent() + "if " + boolean(1) + " { break }\n";
  return indent() + "if " + boolean(0) + " and " + boolean(0) + " { fail(" + text(1) + ") }\n";
}

std::string Generator::repeat_statement(uint32_t depth) {
  const std::string bound = one_in(4) ? "(" + integer(0) + ") mod 5" : std::to_string(1 + below(3));
  std::string result = indent() + "repeat up to " + bound + " ";
  ++loops_;
  result += nested(1 + below(3), depth, one_in(2) ? "" : "if " + boolean(1) + " { break }",
                   one_in(2) ? "" : "if " + boolean(1) + " { break }");
  --loops_;
  if (one_in(2)) result += " else " + nested(1 + below(2), depth, "", "");
  return result + "\n";
}

/// A `for` that gives a list and assigns on its way.
std::string Generator::collecting_statement(uint32_t depth) {
  const std::string name = new_name("t");
  const std::string result = scalar_type();
  std::string text = indent() + "var " + name + " = " + integer(0) + "\n";
  scope_.push_back({name, "int", true});
  const size_t outer = scope_.size();
  const std::string element = new_name("e");
  const std::string source = "[" + integer(0) + ", " + integer(0) + ", " + integer(0) + "]";
  scope_.push_back({element, "int"});
  std::string head = "for " + element + " in " + source;
  if (one_in(2)) head += " where " + boolean(1);
  ++loops_;
  ++assignments_;
  const std::string body =
      nested(below(2), depth, name + " = (" + name + " mod 100) + (" + element + " mod 7)",
             (one_in(2) ? "if " + boolean(1) + " { break }\n" + indent() + "  " : "") + expected(result, 1));
  --loops_;
  scope_.resize(outer);
  const std::string list = new_name("v");
  text += indent() + "let " + list + ": " + result + "[] = " + head + " " + body + "\n";
  scope_.push_back({list, result + "[]"});
  return text;
}

/// One call at a time, so that what fails first does not hang on which answer was quicker.
std::string Generator::try_statement(uint32_t depth) {
  const bool prompt = one_in(2);
  const Callable target = prompt ? pick(prompts_) : *callable_of("");
  const bool is_prompt = prompt;
  const std::string tried = "try " + call(target);
  if (one_in(3) && !ends(target.result, "?")) return let(target.result + "?", tried);
  ++level_;
  ++level_;
  std::string arms;
  if (is_prompt && one_in(2)) {
    arms += indent() + "unavailable => " + expected(target.result, 1) + "\n";
    if (target.result == "string") {
      arms += indent() + "timeout | rate_limited | refused => \"later\"\n";
      arms += indent() + "else e => \"{{ e.kind }}\"\n";
    } else if (one_in(2)) {
      arms += indent() + "else => " + nested(1, depth, "", expected(target.result, 1)) + "\n";
    }
  } else {
    arms += indent() + "else => " + expected(target.result, 1) + "\n";
  }
  --level_;
  std::string text = tried + " catch {\n" + arms + indent() + "}";
  --level_;
  return let(target.result, text);
}

/// The arms of a race ask the same, so that it does not matter which is quicker.
std::string Generator::alternative_statement() {
  const Callable& target = pick(prompts_);
  const std::string asked = call(target);
  if (one_in(2)) return let(target.result + "[]", "sample " + std::to_string(1 + below(3)) + " of " + asked);
  return let(target.result, "race [" + asked + ", " + asked + "]");
}

std::string Generator::control_statement(uint32_t depth) {
  switch (below(7)) {
    case 0: return variable_statement();
    case 1: return repeat_statement(depth);
    case 2: return collecting_statement(depth);
    case 3: return way_out();
    case 4: return assignment();
    case 5: return alternative_statement();
    default: return try_statement(depth);
  }
}

}  // namespace chain::oracle
