#include "tests/unit/foreign/imported.h"

namespace chain::foreign {
namespace {

TEST_CASE("a Prompty file of version 1 becomes a program that checks") {
  const Result made = imported("basic.prompty", R"(---
name: Basic Prompt
description: Answers questions
authors: [somebody]
model:
  api: chat
  configuration:
    type: openai
    name: gpt-5-mini
  parameters:
    max_tokens: 128
    temperature: 0.2
    logit_bias: {}
inputs:
  first_name: {type: string, default: Jane}
  question: {type: string}
  nickname: {type: string, is_required: false}
  documents:
    type: array
    items:
      type: object
      required: [title]
      properties:
        title: {type: string}
---
system:
You help {{first_name}} {{ nickname }}.
{# who it is #}
{% if question %}There is a question.{% endif %}
{% for d in documents %}
- {{d.title}}
{% endfor %}

user:
{{question}}
![a picture]({{photo}}) done
)");
  CHECK(made.mistakes == std::vector<std::string>{});
  CHECK(made.says("/// Answers questions\nprompt basic_prompt@1.0("));
  CHECK(made.says(R"(model writer = openai("gpt-5-mini", max_tokens: 128, temperature: 0.2))"));
  CHECK(made.says("first_name: string = \"Jane\""));
  CHECK(made.says("You help {{ first_name }} {{ nickname ?? \"\" }}."));
  CHECK(made.says("{% if question != \"\" %}There is a question.{% endif %}"));
  CHECK(made.says("    {{ photo }} done"));
  CHECK(made.says("photo: image"));
  CHECK(made.remarks_on(13, "`logit_bias`"));
}

TEST_CASE("a Prompty file of version 2 has lists of properties, and Mustache where it says so") {
  const Result made = imported("two.prompty", R"(---
name: two
model:
  id: claude-sonnet-4-5
  provider: anthropic
  options: {temperature: 0.1, maxOutputTokens: 64}
template:
  format: {kind: mustache}
inputs:
  - name: names
    kind: array
  - name: city
    kind: string
    required: false
outputs:
  - name: answer
    kind: string
---
developer:
Be short.

user:
{{#names}}{{.}} {{/names}}{{#city}}In {{city}}.{{/city}}{{^city}}Anywhere.{{/city}}
)");
  CHECK(made.mistakes == std::vector<std::string>{});
  CHECK(made.says(R"(anthropic("claude-sonnet-4-5", temperature: 0.1, max_tokens: 64))"));
  CHECK(made.says("  system: \"\"\"\n    Be short.\n"));
  CHECK(made.says("{% for name in names %}{{ name }} {% endfor %}"));
  CHECK(made.says("{% if city %}In {{ city }}.{% endif %}{% if not city %}Anywhere.{% endif %}"));
  CHECK(made.says("type TwoAnswer {"));
}

TEST_CASE("a Prompty file without roles is one message of the user") {
  const Result made = imported("plain.prompty", "---\nname: plain\nsample:\n  who: Ada\n---\nHello {{who}}");
  CHECK(made.mistakes == std::vector<std::string>{});
  CHECK(made.says("  user: \"\"\"\n    Hello {{ who }}\n"));
}

}  // namespace
}  // namespace chain::foreign
