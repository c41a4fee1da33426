// Operators and literals.
#include <catch2/catch.hpp>

#include "tests/unit/syntax/support.h"

namespace chain::syntax {
namespace {

TEST_CASE("operators, tightest first") {
  CHECK(expr("-a.b") == "(- (. a b))");
  CHECK(expr("-a | f") == "(pipe f (- a))");
  CHECK(expr("a * b | f") == "(* a (pipe f b))");
  CHECK(expr("a + b * c") == "(+ a (* b c))");
  CHECK(expr("a * b + c mod d / e") == "(+ (* a b) (/ (mod c d) e))");
  CHECK(expr("a ?? b + c") == "(?? a (+ b c))");
  CHECK(expr("a < b ?? c") == "(< a (?? b c))");
  CHECK(expr("not a == b") == "(not (== a b))");
  CHECK(expr("not a and not b or c") == "(or (and (not a) (not b)) c)");
  CHECK(expr("a or b and c") == "(or a (and b c))");
  CHECK(expr("a not in b and c in d") == "(and (not-in a b) (in c d))");
}

TEST_CASE("equal operators group from the left, `??` from the right") {
  CHECK(expr("a - b - c") == "(- (- a b) c)");
  CHECK(expr("a | f | g(1)") == "(pipe g (pipe f a) 1)");
  CHECK(expr("a ?? b ?? c") == "(?? a (?? b c))");
  CHECK(expr("not not a") == "(not (not a))");
  CHECK(expr("- -a") == "(- (- a))");
  CHECK(expr("(a + b) * c") == "(* (+ a b) c)");
}

TEST_CASE("filters are calls") {
  CHECK(expr("x | f") == "(pipe f x)");
  CHECK(expr("x | f(y, z: 1)") == "(pipe f x y z: 1)");
  CHECK(expr("x | m.f") == "(pipe (. m f) x)");
  CHECK(
      errors("const a = x | 3") ==
      std::vector<std::string>{"E0001 1:13 after `|` stands the name of a function, with or without further "
                               "arguments; the other choice is written `or`"});
}

TEST_CASE("postfix") {
  CHECK(expr("a.b(c).d[0]?.e") == "(?. (index (. (call (. a b) c) d) 0) e)");
  CHECK(expr("f(a, b: 1,)") == "(call f a b: 1)");
  CHECK(expr("[1, 2,]") == "(list 1 2)");
}

TEST_CASE("calls of one version") {
  CHECK(expr("f@1.0(x)") == "(call (@1.0 f) x)");
  CHECK(expr("m.f@2.10(x).y") == "(. (call (@2.10 (. m f)) x) y)");
  CHECK(expr("std.m.f@1.0()") == "(call (@1.0 (. (. std m) f)))");
  CHECK(expr("x | f@1.0") == "(pipe (@1.0 f) x)");
  CHECK(expr("x | m.f@1.0(y)") == "(pipe (@1.0 (. m f)) x y)");
  CHECK(errors("const a = f(x)@1.0") ==
        std::vector<std::string>{
            "E0001 1:15 a version stands behind the name of a prompt or chain, like `reply@1.0(...)`"});
}

TEST_CASE("comparisons do not chain") {
  CHECK(errors("const a = a < b < c") ==
        std::vector<std::string>{"E0001 1:17 comparisons do not chain; join two of them with `and`"});
  CHECK(expr("(a < b) == c") == "(== (< a b) c)");
}

TEST_CASE("`not` inside a tighter operator needs parentheses") {
  CHECK(errors("const a = b == not c") ==
        std::vector<std::string>{"E0001 1:16 put `not` and what it belongs to in parentheses here"});
}

TEST_CASE("numbers") {
  CHECK(expr("9223372036854775807") == "9223372036854775807");
  CHECK(expr("-9223372036854775808") == "-9223372036854775808");
  CHECK(expr("1.5") == "1.5f");
  CHECK(expr("1.5e3") == "1500f");
  CHECK(expr("90%") == "0.9f");
  CHECK(expr("12.5%") == "0.125f");
}

TEST_CASE("durations and money") {
  CHECK(expr("20s") == "20000000000ns");
  CHECK(expr("150ms") == "150000000ns");
  CHECK(expr("2h30m") == "9000000000000ns");
  CHECK(expr("1d") == "86400000000000ns");
  CHECK(expr("$0.05") == "$50000000n");
  CHECK(expr("$12") == "$12000000000n");
}

TEST_CASE("numbers that are none") {
  const auto message = [](const std::string& number) {
    const auto found = errors("const a = " + number);
    return found.size() == 1 ? found[0] : std::to_string(found.size()) + " errors";
  };
  CHECK(message("9223372036854775808") == "E0003 1:11 this number does not fit in 64 bits");
  CHECK(message("-9223372036854775809") == "E0003 1:12 this number does not fit in 64 bits");
  CHECK(message("20px") == "E0003 1:11 `20px` is not a number; the units of time are ms, s, m, h and d");
  CHECK(message("2h3") == "E0003 1:11 `2h3` is not a number; the units of time are ms, s, m, h and d");
  CHECK(message("1e5") == "E0003 1:11 `1e5` is not a number; with an exponent it is written like `1.0e6`");
  CHECK(message("1_000") == "E0003 1:11 numbers are written without `_`");
  CHECK(message(".5") == "E0003 1:11 a number has digits on both sides of its point");
  CHECK(message("9999999999d") == "E0003 1:11 this duration is longer than 292 years");
  CHECK(message("$0.0000000001") ==
        "E0003 1:11 an amount has at most nine decimals and is below $9,223,372,036");
}

TEST_CASE("versions") {
  CHECK(errors("chain a@2() -> int { }") ==
        std::vector<std::string>{"E0003 1:8 a version is written `@MAJOR.MINOR`, like `@1.0`"});
  CHECK(errors("chain a@2.99999999999() -> int { }") ==
        std::vector<std::string>{"E0003 1:8 the numbers of a version must fit in 32 bits"});
}

}  // namespace
}  // namespace chain::syntax
