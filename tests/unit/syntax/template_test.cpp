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
  CHECK(errors("const a = \"{% block %}\"") ==
        Errors{"E0603 1:12 unknown template tag `block`; there are if, elif, else, for and raw"});
  CHECK(errors("const a = \"{% if x %}\"") == Errors{"E0604 1:12 `{% if %}` has no `{% endif %}`"});
  CHECK(errors("const a = \"{% raw %}\"").size() == 1);
  CHECK(errors("const a = \"{% endfor %}\"") ==
        Errors{"E0605 1:12 `{% endfor %}` has no `{% for %}` before it"});
  CHECK(errors("const a = \"{{ }}\"") == Errors{"E0606 1:12 nothing stands between `{{` and `}}`"});
  CHECK(errors("const a = \"{% if %}{% endif %}\"") == Errors{"E0606 1:12 `{% if %}` needs a condition"});
  CHECK(errors("const a = \"{% if a %}{% else %}{% else %}{% endif %}\"").size() == 1);
  CHECK(errors("const a = \"{{ 90% }}\"").size() == 1);
  CHECK(errors("const a = \"{% include x() %}\"") ==
        Errors{"E0006 1:12 `include` is not available in this version yet"});
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
