#include <catch2/catch.hpp>

#include "runtime/library/library.h"

using namespace chain;
using namespace chain::library;

TEST_CASE("every row of library.def is well formed") {
  for (const Function& function : functions()) {
    INFO(function.name << function.signature);
    CHECK(parse_signature(function.signature).has_value());
    CHECK_FALSE(function.doc.empty());
    CHECK(function.doc.back() == '.');
    bool variable_bound = false;
    bool defaults_begun = false;
    for (const Parameter& parameter : function.parameters) {
      variable_bound |= parameter.type.mentions_variable();
      CHECK((parameter.fallback.has_value() || !defaults_begun));
      defaults_begun |= parameter.fallback.has_value();
    }
    CHECK((variable_bound || !function.result.mentions_variable()));
  }
}

TEST_CASE("signatures are read") {
  const auto function = parse_signature(
      "<T: ordered>(list: T?[], by: map<int>[], end: int? = none, s: string = \", \") -> T[]");
  REQUIRE(function);
  CHECK(function->bound == Bound::Ordered);
  REQUIRE(function->parameters.size() == 4);
  CHECK(to_string(function->parameters[0].type) == "T?[]");
  CHECK(to_string(function->parameters[1].type) == "map<int>[]");
  CHECK(function->parameters[2].fallback == Default{std::monostate{}});
  CHECK(function->parameters[3].fallback == Default{std::string(", ")});
  CHECK_FALSE(parse_signature("(a: strin) -> int"));
  CHECK_FALSE(parse_signature("(a: string -> int"));
  CHECK_FALSE(parse_signature("(a: string) -> int x"));
}

TEST_CASE("overloads keep the order of their rows") {
  REQUIRE(overloads("len").size() == 4);
  CHECK(functions()[overloads("len")[0]].symbol == "chain_lib_len_text");
  CHECK(overloads("no_such_function").empty());
  CHECK(std::is_sorted(names().begin(), names().end()));
}

TEST_CASE("the type variable is bound once and used in the result") {
  program::TypeTable types;
  const Function& first = functions()[overloads("first").front()];
  std::optional<program::TypeId> variable;
  const auto strings = types.list_of(types.string_type);
  REQUIRE(match(types, first.parameters[0].type, strings, variable));
  CHECK(variable == types.string_type);
  CHECK(instantiate(types, first.result, *variable) == types.optional_of(types.string_type));
  const Function& append = functions()[overloads("append").front()];
  CHECK_FALSE(match(types, append.parameters[1].type, types.int_type, variable));
  CHECK_FALSE(match(types, append.parameters[0].type, types.string_type, variable));
  CHECK(admits(Bound::Ordered, types, types.string_type));
  CHECK_FALSE(admits(Bound::Ordered, types, strings));
  CHECK_FALSE(admits(Bound::Present, types, types.optional_of(strings)));
}
