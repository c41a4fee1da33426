#include "tests/unit/graph/generate.h"

#include <utility>

#include "tests/unit/graph/generator.h"

namespace chain::oracle {

namespace {

constexpr const char* kDeclarations = R"(const LIMIT = 7

enum Color {
  red
  green as "GREEN" "like grass"
  blue
}

type Lang = "en" | "ko"

type Pair {
  left: int
  right: string
}

type Item {
  name: string
  score: float
  tag: Color
  lang: Lang
  note: string?
  pair: Pair
  xs: int[]
}

type Small = int where it >= 0 and it < 100

model fast = openai("gpt-5-mini")

model exact = openai("gpt-5-mini", temperature: 0)

index shelf = documents("*.md")

tool look(p0: string, p1: int) -> Item reads = http.get("https://x.example.com/{{ p0 }}",
  query: { "n": "{{ p1 }}" }, headers: { "authorization": secret("KEY") })
tool put(p0: Color, p1: bool) -> int writes = http.post("https://x.example.com", json: { "a": p0, "b": p1 })
tool size(p0: untrusted string) -> Small pure = command("wc", stdin: p0)
)";

}  // namespace

std::string Generator::signature(const Callable& callable, bool defaults) {
  std::string text = callable.name + "@1.0(";
  for (size_t i = 0; i < callable.parameters.size(); ++i) {
    const std::string& type = callable.parameters[i];
    text += (i ? ", " : "") + ("p" + std::to_string(i)) + ": " + type;
    if (defaults && type == "int" && i + 1 == callable.parameters.size()) text += " = 3";
  }
  return text + ") -> " + callable.result;
}

std::string Generator::text_template(const Callable& callable) {
  scope_.clear();
  std::string text = "\ntemplate " + callable.name + "(";
  for (size_t i = 0; i < callable.parameters.size(); ++i) {
    const std::string name = "p" + std::to_string(i);
    scope_.push_back({name, callable.parameters[i]});
    text += (i ? ", " : "") + name + ": " + callable.parameters[i];
  }
  return text + ") = " + (one_in(2) ? template_text(2) : template_block(2)) + "\n";
}

std::string Generator::prompt(const Callable& callable) {
  scope_.clear();
  for (size_t i = 0; i < callable.parameters.size(); ++i)
    scope_.push_back({"p" + std::to_string(i), callable.parameters[i]});
  const std::string model = callable.exact ? "exact" : "fast";
  std::string text = "\nprompt " + signature(callable, false) + " {\n  model: " + model + "\n";
  if (one_in(2)) text += "  system: \"Be brief. {{ output.format }}\"\n";
  std::string user = template_text(2);
  for (const Variable& each : scope_) user.insert(user.size() - 1, media_text(each));
  if (one_in(4)) user.insert(user.size() - 1, "{% for turn in history %}{{ turn.role }}{% endfor %}");
  return text + "  user: " + user + "\n}\n";
}

const Generator::Callable* Generator::callable_of(const std::string& type) {
  std::vector<const Callable*> fitting;
  for (const Callable& each : prompts_) {
    if (type.empty() || each.result == type) fitting.push_back(&each);
  }
  for (const Callable& each : chains_) {
    if (type.empty() || each.result == type) fitting.push_back(&each);
  }
  for (const Callable& each : tools_) {
    if (outside_ && (type.empty() || each.result == type)) fitting.push_back(&each);
  }
  return fitting.empty() ? nullptr : pick(fitting);
}

std::string Generator::earlier_call(const Callable& callable) const {
  for (const Call& each : calls_) {
    const bool in_scope =
        each.scope <= scope_.size() && (each.scope == 0 || scope_[each.scope - 1].name == each.last);
    if (in_scope && each.callee == callable.name) return each.text;
  }
  return {};
}

std::string Generator::call(const Callable& callable) {
  if (one_in(5)) {
    if (std::string same = earlier_call(callable); !same.empty()) return same;
  }
  std::string text = callable.name + "(";
  for (size_t i = 0; i < callable.parameters.size(); ++i)
    text += (i ? ", " : "") + expected(callable.parameters[i], 1 + below(2));
  text += ")";
  if (callable.name.starts_with("ask") && one_in(8)) text += " with { model: exact }";
  calls_.push_back({text, callable.name, scope_.size(), scope_.empty() ? "" : scope_.back().name});
  return text;
}

std::string Generator::let(const std::string& type, const std::string& value) {
  // Most values come to nothing: under a name with `_` the calls behind them are made all the same.
  const std::string name = new_name(one_in(4) ? "v" : "_v");
  std::string text = indent() + "let " + name + ": " + type + " = " + value + "\n";
  scope_.push_back({name, type});
  return text;
}

std::string Generator::call_statement() {
  const Callable& target = *callable_of("");
  if (one_in(8)) return indent() + for_its_effect(call(target)) + "\n";
  return let(target.result, call(target));
}

/// A call whose value is dropped, on purpose or not.
std::string Generator::for_its_effect(const std::string& call) {
  return (one_in(3) ? "" : "let " + new_name("_n") + " = ") + call;
}

/// A branch with effects in its arms, as a value or for its effects alone.
std::string Generator::branch_statement(uint32_t depth) {
  const Callable& target = *callable_of("");
  const std::string& type = target.result;
  const size_t outer = scope_.size();
  const bool alone = one_in(6);  // for its effects
  const auto arm = [&](bool effect) {
    ++level_;
    std::string text = statements(below(2), depth);
    const std::string last = effect ? call(target) : value(type, 1);
    text += indent() + (alone ? for_its_effect(last) : last) + "\n";
    --level_;
    scope_.resize(outer);
    return "{\n" + text + indent() + "}";
  };
  std::string text;
  const std::string color = variable("Color");
  if (!alone && !color.empty() && one_in(2)) {
    text = "match " + color + " {\n" + indent() + "  red => " + arm(true) + "\n" + indent() +
           "  green | blue => " + arm(one_in(2)) + "\n" + indent() + "}";
  } else {
    const std::string condition = boolean(1);
    text = "if " + condition + " " + arm(true);
    if (alone) return indent() + text + "\n";
    text += " else " + arm(one_in(2));
  }
  return let(type, text);
}

/// Turns that have a call in common, which the others of each turn wait for.
std::string Generator::common_call_statement() {
  std::vector<Callable> exact;
  for (const Callable& each : prompts_) {
    if (each.exact) exact.push_back(each);
  }
  if (exact.empty()) return call_statement();
  const Callable& common = pick(exact);
  const std::string asked = call(common);
  const Callable& target = pick(prompts_);
  const std::string element = new_name("e");
  const std::string source = variable("string[]");
  const size_t outer = scope_.size();
  scope_.push_back({element, "string"});
  ++level_;
  const std::string name = new_name("v");
  std::string body = indent() + "let " + name + ": " + common.result + " = " + asked + "\n";
  scope_.push_back({name, common.result});
  if (one_in(3)) {
    // The decision is known once the common call has ended.
    body += indent() + "if " + name + " == " + value(common.result, 0) + " { return " +
            expected(current_->result, 1) + " }\n";
  } else if (one_in(2)) {
    body += indent() + "let " + new_name("_v") + " = if " + name + " == " + value(common.result, 0) + " { " +
            call(target) + " } else { " + expected(target.result, 1) + " }\n";
  }
  body += indent() + expected("string", 1) + "\n";
  --level_;
  scope_.resize(outer);
  const std::string over = source.empty() ? "[\"a\", \"b\"]" : source;
  return let("string[]", "for " + element + " in " + over + " {\n" + body + indent() + "}");
}

std::string Generator::loop_statement(uint32_t depth) {
  if (one_in(4)) return common_call_statement();
  const Callable& target = *callable_of("");
  const std::string from = pick<std::string>({"int", "string", "Item"});
  const std::string source = variable(from + "[]");
  const std::string over = source.empty() ? "[" + value(from, 1) + ", " + value(from, 1) + "]" : source;
  const size_t outer = scope_.size();
  const std::string name = new_name("e");
  scope_.push_back({name, from});
  std::string text = "for " + name + " in take(" + over + ", 3)";
  if (one_in(3)) text += " where " + boolean(1);
  const std::string limit = one_in(3) ? " parallel " + std::to_string(1 + below(3)) : "";
  ++level_;
  const uint32_t assignments = assignments_;
  const uint32_t loops = std::exchange(loops_, 0);
  std::string body = statements(below(3), depth);
  loops_ = loops;
  if (assignments == assignments_) text += limit;
  if (one_in(6)) body += early_return(depth);
  const bool alone = one_in(4);  // for its effects
  body += indent() + (alone ? for_its_effect(call(target)) : call(target)) + "\n";
  --level_;
  scope_.resize(outer);
  text += " {\n" + body + indent() + "}";
  if (alone) return indent() + text + "\n";
  return let(target.result + "[]", text);
}

std::string Generator::early_return(uint32_t) {
  return indent() + "if " + boolean(1) + " { return " + expected(current_->result, 1) + " }\n";
}

std::string Generator::statement(uint32_t depth) {
  if (depth > 0 && calls_allowed_) {
    switch (below(9)) {
      case 8: return effect_statement();
      case 0:
      case 1: return call_statement();
      case 2: return branch_statement(depth - 1);
      case 3: return loop_statement(depth - 1);
      case 4: return early_return(depth - 1);
      case 5: return control_statement(depth - 1);
      default: break;
    }
  }
  if (one_in(6)) return assignment();
  if (one_in(8)) {
    const std::string known = variable("int");
    if (!known.empty()) return let("Small", "clamp(" + known + ", 0, " + (one_in(5) ? "120" : "99") + ")");
  }
  const std::string type = any_type();
  return let(type, expected(type, 2));
}

std::string Generator::statements(uint32_t count, uint32_t depth) {
  std::string text;
  for (; count > 0; --count) text += statement(depth);
  return text;
}

std::string Generator::chain(const Callable& callable, bool main) {
  scope_.clear();
  calls_.clear();
  for (size_t i = 0; i < callable.parameters.size(); ++i)
    scope_.push_back({"p" + std::to_string(i), callable.parameters[i]});
  current_ = &callable;
  calls_allowed_ = callable.effects;
  level_ = 1;
  std::string text =
      "\nchain " + signature(callable, main) + " {\n" + statements(2 + below(main ? 6 : 3), main ? 2 : 1);
  const Callable* tail = calls_allowed_ && one_in(3) ? callable_of(callable.result) : nullptr;
  text += indent() + "return " + (tail ? call(*tail) : expected(callable.result, 2)) + "\n}\n";
  return text;
}

/// A chain of everything, tools and searches among it.
std::string Generator::outer(const Callable& callable) {
  outside_ = true;
  std::string text = chain(callable, false);
  outside_ = false;
  std::string more =
      "  let found = shelf.search(\"x\", top: 2)\n  let first = trust(found[0].text, \"checked\")\n";
  if (one_in(2)) more += "  let yes = human.approve(first)\n  if yes == \"none\" { put(red, true) }\n";
  return text.insert(text.find('{') + 2, more);
}

std::string Generator::outer_test(const Callable& outer) {
  scope_.clear();
  calls_.clear();
  level_ = 1;
  std::string text = "\ntest \"outer ends\" {\n" + given_effects();
  for (const std::vector<Callable>* all : {&prompts_, &tools_}) {
    for (const Callable& each : *all) {
      const std::string answer = each.result == "Small" ? "7" : value(each.result, 1);
      if (!one_in(10)) text += "  given " + each.name + " returns " + answer + "\n";
    }
  }
  const std::string passage = "Passage { id: \"1\", text: \"a\", source: \"b\", score: 1.5, meta: {} }";
  text += "  given shelf.search returns [" + passage + "]\n";
  text += "  given human.approve returns " + std::string(one_in(5) ? "false" : "true") + "\n";
  text += let(outer.result, call(outer));
  return text + "  expect " + scope_.back().name + " == " + value(outer.result, 1) + "\n}\n";
}

std::string Generator::test() {
  scope_.clear();
  calls_.clear();
  level_ = 1;
  std::string text = "\ntest \"main ends\" {\n" + given_effects();
  for (const Callable& each : prompts_) {
    if (!one_in(10)) text += "  given " + each.name + " returns " + value(each.result, 1) + "\n";
  }
  const Callable& main = chains_.back();
  text += let(main.result, call(main));
  text += "  expect " + scope_.back().name + " == " + value(main.result, 1) + "\n";
  return text + "  expect " + boolean(0) + "\n}\n";
}

std::string Generator::program() {
  std::string text = std::string(kDeclarations) + type_declarations();
  for (uint32_t i = 0; i < 3; ++i) {
    Callable each{"card" + std::to_string(i), {}, "string"};
    for (uint32_t p = below(3); p > 0; --p) each.parameters.push_back(parameter_type());
    if (one_in(4)) each.parameters.emplace_back("Small");
    text += text_template(each);
    templates_.push_back(each);
  }
  text += bounded_function();
  for (uint32_t i = 0; i < 4; ++i) {
    Callable each{"calc" + std::to_string(i), {}, i == 0 ? "int" : any_type()};
    for (uint32_t p = below(3); p > 0; --p) each.parameters.push_back(one_in(5) ? "Small" : any_type());
    text += function(each);
    functions_.push_back(each);
  }
  const std::vector<std::string> answers = {"string", "int",  "bool",   "Color", "Item", "string[]", "float",
                                            "int?",   "Lang", "Pair[]", "Shape", "Tree", "Solid"};
  for (uint32_t i = 0; i < 3; ++i) {
    Callable each{"ask" + std::to_string(i), {}, i == 0 ? "string" : pick(answers)};
    for (uint32_t p = 1 + below(3); p > 0; --p) each.parameters.push_back(parameter_type());
    each.exact = one_in(2);
    text += prompt(each);
    prompts_.push_back(each);
  }
  for (uint32_t i = 0; i < 2; ++i) {
    Callable each{"helper" + std::to_string(i), {}, any_type(), !one_in(3)};
    for (uint32_t p = below(3); p > 0; --p) each.parameters.push_back(one_in(5) ? "Small" : parameter_type());
    text += chain(each, false);
    chains_.push_back(each);
  }
  Callable main{"main", {"Color", "int[]", "string"}, any_type()};
  for (uint32_t p = below(3); p > 0; --p) main.parameters.push_back(parameter_type());
  if (one_in(3)) main.parameters.emplace_back("Small");
  text += chain(main, true);
  chains_.push_back(main);
  text += test();
  tools_ = {
      {"look", {"string", "int"}, "Item"}, {"put", {"Color", "bool"}, "int"}, {"size", {"string"}, "Small"}};
  const Callable last{"outer", {"Color", "string"}, any_type()};
  text += outer(last);
  return text + outer_test(last);
}

std::string Generator::arguments() {
  const Callable& main = chains_.back();
  std::string text = "{";
  for (size_t i = 0; i < main.parameters.size(); ++i) {
    text += (i ? ", " : "") + ("\"p" + std::to_string(i)) + "\": " + json(main.parameters[i]);
  }
  return text + "}";
}

GeneratedProgram generate(uint64_t seed) {
  Generator generator(seed);
  GeneratedProgram result{generator.program(), {}};
  for (int i = 0; i < 3; ++i) result.arguments_json.push_back(generator.arguments());
  return result;
}

}  // namespace chain::oracle
