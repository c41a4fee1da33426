// What the parts of the generator share. Types are written as in source: "int", "Item[]", "map<string>?".
#pragma once

#include <random>
#include <string>
#include <vector>

namespace chain::oracle {

class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {}

  std::string program();
  /// A JSON object of arguments for `main`.
  std::string arguments();

 private:
  struct Variable {
    std::string name;
    std::string type;
    bool assignable = false;
  };
  struct Callable {
    std::string name;
    std::vector<std::string> parameters;
    std::string result;
    bool effects = true;
    bool exact = false;  // a prompt of a model that always says the same
  };

  // Chance.
  uint32_t below(uint32_t bound) { return bound ? static_cast<uint32_t>(random_() % bound) : 0; }
  bool one_in(uint32_t n) { return below(n) == 0; }
  template <class T>
  const T& pick(const std::vector<T>& items) {
    return items[below(static_cast<uint32_t>(items.size()))];
  }

  // Types.
  std::string scalar_type();
  std::string any_type();
  std::string parameter_type();
  std::string media_text(const Variable& variable);
  static bool ends(const std::string& type, const char* suffix) { return type.ends_with(suffix); }
  static std::string element(const std::string& type);

  // generate.cpp: declarations and statements.
  std::string prompt(const Callable& callable);
  std::string chain(const Callable& callable, bool main);
  std::string outer(const Callable& callable);
  std::string test();
  std::string outer_test(const Callable& outer);
  std::string signature(const Callable& callable, bool defaults);
  std::string statements(uint32_t count, uint32_t depth);
  std::string statement(uint32_t depth);
  std::string call_statement();
  std::string for_its_effect(const std::string& call);
  std::string branch_statement(uint32_t depth);
  std::string common_call_statement();
  std::string loop_statement(uint32_t depth);
  std::string early_return(uint32_t depth);
  // generate_control.cpp: what assigns, repeats and catches.
  std::string control_statement(uint32_t depth);
  std::string variable_statement();
  std::string assignment();
  std::string repeat_statement(uint32_t depth);
  std::string collecting_statement(uint32_t depth);
  std::string try_statement(uint32_t depth);
  std::string way_out();
  std::string alternative_statement();
  std::string nested(uint32_t count, uint32_t depth, const std::string& before, const std::string& after);
  std::string let(const std::string& type, const std::string& value);
  std::string call(const Callable& callable);
  /// A call of it that stands before this place in the text and asks the same here; empty if there is none.
  std::string earlier_call(const Callable& callable) const;
  const Callable* callable_of(const std::string& type);
  std::string template_text(uint32_t depth);
  std::string template_block(uint32_t depth);
  std::string template_piece(uint32_t depth);
  std::string template_loop(uint32_t depth);
  std::string template_call(uint32_t depth);
  std::string text_template(const Callable& callable);
  std::string new_name(const char* prefix) { return prefix + std::to_string(next_name_++); }
  std::string indent() const { return std::string(level_ * 2, ' '); }

  // generate_expressions.cpp: pure values of a type. Always parenthesised where that could matter.
  std::string value(const std::string& type, uint32_t depth);
  /// For a place that tells its type: `none`, `[]`, bare cases and an int for a float will do there.
  std::string expected(const std::string& type, uint32_t depth);
  std::string leaf(const std::string& type);
  std::string literal(const std::string& type);
  std::string variable(const std::string& type);
  std::string integer(uint32_t depth);
  std::string floating(uint32_t depth);
  std::string boolean(uint32_t depth);
  std::string text(uint32_t depth);
  std::string amount(const std::string& type, uint32_t depth);
  std::string optional(const std::string& type, uint32_t depth);
  std::string list(const std::string& type, uint32_t depth);
  std::string map(const std::string& type, uint32_t depth);
  std::string record(const std::string& type, uint32_t depth);
  std::string choice(const std::string& type, uint32_t depth);
  std::string comprehension(const std::string& type, uint32_t depth);
  std::string comparison(uint32_t depth);
  std::string quoted_literal();

  // generate_types.cpp: unions and recursive types.
  static const char* type_declarations();
  static bool is_alternative(const std::string& type);
  std::string alternative_literal(const std::string& type);
  std::string alternative_expected(const std::string& type, uint32_t depth);
  std::string alternative(const std::string& type, uint32_t depth);
  std::string tree(uint32_t depth);
  std::string choice_of_member(const std::string& type, uint32_t depth);
  std::string alternative_json(const std::string& type);

  // generate_kept.cpp: times, days, JSON and bytes.
  static bool is_kept(const std::string& type);
  std::string kept_literal(const std::string& type);
  std::string kept(const std::string& type, uint32_t depth);
  std::string kept_json(const std::string& type);

  // generate_functions.cpp: functions, what takes them, and the effects of the language.
  std::string function(const Callable& callable);
  std::string bounded_function();
  std::string function_call(const std::string& type, uint32_t depth);
  std::string lambda(const std::string& from, const std::string& to, uint32_t depth);
  std::string lambda_of_two(const std::string& first, const std::string& second, const std::string& to,
                            uint32_t depth);
  std::string source_type();
  std::string higher_order_list(const std::string& type, uint32_t depth);
  std::string higher_order_int(uint32_t depth);
  std::string higher_order_bool(uint32_t depth);
  std::string higher_order_optional(const std::string& type, uint32_t depth);
  std::string effect_statement();
  std::string given_effects();

  std::string json(const std::string& type);

  std::mt19937_64 random_;
  std::vector<Variable> scope_;
  std::vector<Callable> templates_;
  std::vector<Callable> functions_;
  std::vector<Callable> prompts_;
  std::vector<Callable> chains_;
  std::vector<Callable> tools_;  // what `outer` calls besides, in a test alone
  /// A call as it was written, and how much was in scope then.
  struct Call {
    std::string text;
    std::string callee;
    size_t scope;
    std::string last;  // the innermost name
  };
  std::vector<Call> calls_;  // of this chain
  bool outside_ = false;
  const Callable* current_ = nullptr;
  bool calls_allowed_ = true;
  uint32_t assignments_ = 0;  // written so far
  uint32_t loops_ = 0;        // around this statement, that a `break` may end
  uint32_t next_name_ = 0;
  size_t level_ = 0;
};

}  // namespace chain::oracle
