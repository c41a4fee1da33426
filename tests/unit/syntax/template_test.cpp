// Strings: escapes, blocks, templates.
#include <catch2/catch.hpp>

#include "tests/unit/syntax/support.h"

namespace chain::syntax {
namespace {

using Errors = std::vector<std::string>;

TEST_CASE("escapes") {
  CHECK(expr(R"("a\n\t\"\\")") == R"("a\n)"
                                  "\t"
                                  R"(\"\\")");
  CHECK(expr(R"("\u{D55C}\u{1F600}")") == "\"\uD55C\U0001F600\"");
  CHECK(expr(R"("\{{ x }}")") == R"("{{ x }}")");
  CHECK(expr(R"(r"a\n{{ x }}")") == R"("a\\n{{ x }}")");
  CHECK(errors(R"(const a = "\q")") == Errors{"E0007 1:12 unknown escape `\\q`; write `\\\\q`"});
  CHECK(errors(R"(const a = "\u{110000}")").size() == 1);
  CHECK(errors(R"(const a = "\u{D800}")").size() == 1);
}

TEST_CASE("a block is dedented to its closing line") {
  CHECK(expr("\"\"\"\n    a\n      b\n\n    c\n    \"\"\"") == R"("a\n  b\n\nc")");
  CHECK(expr("\"\"\"one line\"\"\"") == R"("one line")");
  CHECK(expr("\"\"\"\n  \"\"\"") == R"("")");
  CHECK(expr("\"\"\"\n\n  \"\"\"") == R"("")");
  CHECK(expr("\"\"\"\n  a \"quoted\"\n  \"\"\"") == R"("a \"quoted\"")");
  CHECK(expr("\"\"\"\r\n  a\r\n  b\r\n  \"\"\"") == R"("a\nb")");
  CHECK(expr("\"\"\"\n under\n  \"\"\"") == R"("under")");
  CHECK(expr("r\"\"\"\n  a\\n{{\n  \"\"\"") == R"("a\\n{{")");
}

TEST_CASE("outputs") {
  CHECK(expr(R"("hello {{ name }}!")") == R"((template "hello " (out name) "!"))");
  CHECK(expr(R"("{{ x | f(1) }}{{ y }}")") == "(template (out (pipe f x 1)) (out y))");
  CHECK(expr(R"("{{ f("a", {"k": {"l": 1}}) }}")") ==
        R"((template (out (call f "a" (map "k" (map "l" 1))))))");
  CHECK(expr(R"("{{ "in {{ "deep" }}" }}")") == R"((template (out (template "in " (out "deep")))))");
}

TEST_CASE("tags") {
  CHECK(expr(R"("{% if a %}x{% elif b %}y{% else %}z{% endif %}")") ==
        R"((template (if (when a "x") (when b "y") (else "z"))))");
  CHECK(expr(R"("{% for x in xs %}{{ loop.index }}{% endfor %}")") ==
        "(template (for x xs (out (. loop index))))");
  CHECK(expr(R"("a{# gone #}b")") == R"("ab")");
  CHECK(expr(R"("{% raw %}{{ x }}{% endraw %}")") == R"("{{ x }}")");
}

TEST_CASE("loops, names and includes") {
  CHECK(expr(R"("{% for x in xs where x > 1 %}a{% else %}b{% endfor %}")") ==
        R"((template (for x xs (where (> x 1)) "a" (else "b"))))");
  CHECK(expr(R"("{% for k, v in m %}{{ k }}{% endfor %}")") == "(template (for k v m (out k)))");
  CHECK(expr(R"("{% set x = [1, 2] %}{{ x }}")") == "(template (set x (list 1 2)) (out x))");
  CHECK(expr(R"("{% include card(a, b: 1) %}{% include lib.card() %}{% include a | card %}")") ==
        "(template (include (call card a b: 1)) (include (call (. lib card))) (include (pipe card a)))");
  CHECK(expr(R"("{% if a %}{% set x = 1 %}{% else %}{% for x in y %}{% else %}{% endfor %}{% endif %}")") ==
        "(template (if (when a (set x 1)) (else (for x y))))");
}

TEST_CASE("template declarations") {
  CHECK(tree("/// A card.\ntemplate card(p: Passage, mark: string = \"*\") = \"{{ p.id }}\"") ==
        "(template card (param p Passage) (param mark string (= \"*\")) (template (out (. p id))) "
        "(doc \"A card.\"))\n");
  CHECK(tree("template a() = r\"\"\"\n  {{ x }}\n  \"\"\"") == "(template a \"{{ x }}\")\n");
  CHECK(tree("template template(template: int) = \"\"\nconst template = 1") ==
        "(template template (param template int) \"\")\n(const template 1)\n");
}

TEST_CASE("tests of Jinja are read as the comparisons that were meant") {
  const auto recovered = [](const std::string& code) {
    const Parse parse("const a = \"{{ " + code + " }}\"");
    CHECK(parse.errors().size() == 1);
    return dump(parse.ast);
  };
  CHECK(recovered("x is none") == "(const a (template (out (== x none))))\n");
  CHECK(recovered("x is not none and y") == "(const a (template (out (and (!= x none) y))))\n");
  CHECK(recovered("x is not in xs") == "(const a (template (out (not-in x xs))))\n");
  CHECK(recovered("x is undefined") == "(const a (template (out (== x none))))\n");
  CHECK(recovered("x is divisibleby(3)") == "(const a (template (out (== x (call <error> 3)))))\n");
  CHECK(recovered("x is") == "(const a (template (out x)))\n");
  CHECK(expr(R"("{{ is.is(is) }}")") == "(template (out (call (. is is) is)))");
}

TEST_CASE("whitespace control") {
  CHECK(expr(R"("a  {{- x -}}  b")") == R"((template "a" (out x) "b"))");
  CHECK(expr("\"\"\"\n  a\n  {%- if x -%}\n  b\n  {%- endif %}\n  c\n  \"\"\"") ==
        R"((template "a" (if (when x "b")) "\nc"))");
  CHECK(expr(R"("a {#- c -#} b")") == R"("ab")");
  CHECK(expr(R"("a {% raw -%} {{ {%- endraw %} b")") == R"("a {{ b")");
}

TEST_CASE("mistakes in templates stand at their own place") {
  CHECK(errors("const a = \"x {{ y + }}\"") == Errors{"E0001 1:20 expected an expression after `+`"});
  CHECK(errors("const a = \"{{ x\"") == Errors{"E0602 1:12 `{{` is not closed by `}}`"});
  CHECK(errors("const a = \"\"\"\n  {% if a\n  \"\"\"") == Errors{"E0602 2:3 `{%` is not closed by `%}`"});
  CHECK(errors("const a = \"{# x\"") == Errors{"E0602 1:12 `{#` is not closed by `#}`"});
  CHECK(errors("const a = \"{% fi x %}{% endif %}\"") ==
        Errors{"E0603 1:12 unknown template tag `fi`; did you mean `if`?"});
  CHECK(errors("const a = \"{% frobnicate %}\"") ==
        Errors{"E0603 1:12 unknown template tag `frobnicate`; there are if, elif, else, for, include, set "
               "and raw"});
  CHECK(errors("const a = \"{% macro f(x) %}{% if %}{% endif %}{% endmacro %}{% endif %}\"").size() == 3);
  CHECK(errors("const a = \"{% block a %}{% else %}{% for x in y %}{% endblock %}\"").size() == 1);
  CHECK(errors("const a = \"{% if x %}\"") == Errors{"E0604 1:12 `{% if %}` has no `{% endif %}`"});
  CHECK(errors("const a = \"{% raw %}\"").size() == 1);
  CHECK(errors("const a = \"{% endfor %}\"") ==
        Errors{"E0605 1:12 `{% endfor %}` has no `{% for %}` before it"});
  CHECK(errors("const a = \"{{ }}\"") == Errors{"E0606 1:12 nothing stands between `{{` and `}}`"});
  CHECK(errors("const a = \"{% if %}{% endif %}\"") == Errors{"E0606 1:12 `{% if %}` needs a condition"});
  CHECK(errors("const a = \"{% if a %}{% else %}{% else %}{% endif %}\"").size() == 1);
  CHECK(errors("const a = \"{{ 90% }}\"").size() == 1);
  CHECK(errors("const a = \"{% include %}{% include 1 %}{% set %}{% set 1 = 2 %}{% set a %}\"").size() == 5);
  CHECK(errors("const a = \"{{ b // c }}\"").size() == 1);
  CHECK(errors("const a = \"\"\"\n{{ b // why\n}}\n\"\"\"").empty());
}

TEST_CASE("titles, paths and aliases are plain text") {
  CHECK(errors("test \"a {{ b }}\" {\n}") ==
        Errors{"E0606 1:6 a test's title is plain text and holds no template"});
}

TEST_CASE("strings that do not end") {
  CHECK(errors("const a = \"abc\nconst b = 1") ==
        Errors{"E0002 1:11 this string is not closed; it ends on its line with `\"`"});
  CHECK(errors("const a = \"\"\"\nabc") ==
        Errors{"E0002 1:11 this string is not closed; it ends with `\"\"\"`"});
  CHECK(errors("/* abc") == Errors{"E0002 1:1 this comment is not closed; it ends with `*/`"});
}

}  // namespace
}  // namespace chain::syntax
