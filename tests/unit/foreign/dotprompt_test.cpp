#include "tests/unit/foreign/imported.h"

namespace chain::foreign {
namespace {

constexpr std::string_view kGreeting = R"(---
model: googleai/gemini-2.5-flash
config:
  temperature: 0.7
  topK: 20
  stopSequences: [STOP]
input:
  default:
    name: Guest
  schema:
    name: string
    language?: string, the language to speak
    items(array, what was bought):
      title: string
      price?: number
    mood(enum): [happy, very-sad]
output:
  schema:
    greeting: string, the greeting
    level: integer
tools: [timeOfDay]
---
{{role "system"}}
A "host", \ and {% odd %}.
{{#if language}}
Speak {{language}}.
{{else}}
Speak English.
{{/if}}
{{role "user"}}
Hello {{name}}!
{{#each items}}
{{@index}}: {{title}}{{#if price}} at {{price}}{{/if}}{{#unless @last}},{{/unless}} for {{../name}}
{{/each}}
{{#ifEquals mood "very-sad"}}Cheer up.{{/ifEquals}}
{{shout name}}
)";

TEST_CASE("a Dotprompt file becomes a program that checks") {
  const Result made = imported("prompts/greet.formal.prompt", kGreeting);
  CHECK(made.mistakes == std::vector<std::string>{});
  CHECK(made.says(R"(model writer = gemini("gemini-2.5-flash", temperature: 0.7, stop: ["STOP"]))"));
  CHECK(made.says("prompt greet_formal@1.0("));
  CHECK(made.says("name: string = \"Guest\""));
  CHECK(made.says("/// the language to speak\n  language: string? = none"));
  CHECK(made.says("price: float?"));
  CHECK(made.says("very_sad as \"very-sad\""));
  CHECK(made.says("/// the greeting\n  greeting: string\n  level: int\n"));
  CHECK(made.says("{{ output.format }}"));
}

TEST_CASE("what Handlebars says is said in our templates") {
  const Result made = imported("greet.prompt", kGreeting);
  CHECK(made.says("    A \"host\", \\\\ and \\{% odd %}.\n"));
  CHECK(made.says("{% if language %}Speak {{ language }}.\n    {% else %}Speak English.\n    {% endif %}"));
  CHECK(
      made.says("{% for item in items %}{{ loop.index0 }}: {{ item.title }}"
                "{% if item.price %} at {{ item.price }}{% endif %}{% if not loop.last %},{% endif %} for {{ "
                "name }}\n"));
  CHECK(made.says("{% if mood == very_sad %}Cheer up.{% endif %}"));
}

TEST_CASE("what cannot be carried over is said with its line, and stands in the file") {
  const Result made = imported("greet.prompt", kGreeting);
  CHECK(made.remarks_on(5, "`topK`"));
  CHECK(made.remarks_on(21, "`tools`"));
  CHECK(made.remarks_on(36, "`{{shout name}}`"));
  CHECK(made.says("// line 36: `{{shout name}}`"));
}

TEST_CASE("a file without front matter is a prompt of its own, and undeclared names become strings") {
  const Result made = imported("hello.prompt", "Hello {{who}}, {{who}}!");
  CHECK(made.mistakes == std::vector<std::string>{});
  CHECK(made.says("prompt hello@1.0(who: string) -> string"));
  CHECK(made.remarks.size() == 2);  // the name, and that no model is said
}

TEST_CASE("a medium makes its input an image") {
  const Result made = imported("see.prompt",
                               "---\nmodel: openai/gpt-5-mini\ninput:\n  schema:\n    photo?: string\n---\n"
                               "What is this? {{#if photo}}{{media url=photo}}{{/if}}");
  CHECK(made.mistakes == std::vector<std::string>{});
  CHECK(made.says("photo: image? = none"));
  CHECK(made.says("{% if photo %}{{ photo }}{% endif %}"));
}

TEST_CASE("JSON Schema does as well as Picoschema") {
  const Result made = imported("j.prompt", R"(---
input:
  schema:
    type: object
    required: [id]
    properties:
      id: {type: integer, description: which one}
      note: {type: [string, "null"]}
      kind: {enum: [a, b]}
output:
  schema: {type: array, items: {type: string}}
---
{{id}} {{note}} {{kind}}
)");
  CHECK(made.mistakes == std::vector<std::string>{});
  CHECK(made.says("/// which one\n  id: int"));
  CHECK(made.says("note: string? = none"));
  CHECK(made.says("-> string[]"));
  CHECK(made.says("{{ id }} {{ note ?? \"\" }} {% if kind %}{{ kind }}{% endif %}"));
}

TEST_CASE("broken files are refused with their line, and hostile ones end") {
  std::string error;
  CHECK_FALSE(import_prompt("x.prompt", "---\na: [1\n---\nx", Format::Dotprompt, error));
  CHECK(error.find("no YAML") != std::string::npos);
  CHECK_FALSE(import_prompt("x.prompt", "\xff\xfe", Format::Dotprompt, error));
  CHECK(error == "no text in UTF-8");
  // Aliases of aliases: a billion values in ten lines.
  std::string bomb = "---\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int k = 0; k < 9; ++k) bomb += ", " + before;
    bomb += "]\n";
  }
  CHECK_FALSE(import_prompt("x.prompt", bomb + "---\nx", Format::Dotprompt, error));
  CHECK(error.find("20000 values") != std::string::npos);
  // Blocks in blocks: no deeper than the reader goes.
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "{{#if a}}";
  const auto made = import_prompt("x.prompt", deep, Format::Dotprompt, error);
  REQUIRE(made);
  CHECK_FALSE(made->remarks.empty());
}

}  // namespace
}  // namespace chain::foreign
