// bench_template: a prompt's user part of about 1 KB with five variables, a branch and a loop over five
// documents, as in peers/templates.mjs, rendered by the native code that a run from the artifact cache has.
#include <fmt/format.h>

#include <cstddef>
#include <string>

#include "runtime/abi/context.h"
#include "runtime/value/json.h"
#include "tests/bench/micro/compiled.h"

using namespace chain;

namespace {

constexpr const char* kSource = R"(
model m = baseline()

type Document { id: string, text: string }

prompt answer@1.0(role: string, product: string, user: string, tone: string, strict: bool, docs: Document[], question: string) -> string {
  model: m
  user: """
    You are a {{ role }} for {{ product }}. Answer {{ user }} in a {{ tone }} tone.
    {% if strict -%}
    Use the documents below and nothing else; say so where they do not help.
    {% endif -%}
    Documents:
    {% for d in docs -%}
    [{{ d.id }}] {{ d.text }}
    {% endfor %}
    Question: {{ question }}
    Answer:
    """
}

chain main(role: string, product: string, user: string, tone: string, strict: bool, docs: Document[], question: string) -> string {
  return answer(role, product, user, tone, strict, docs, question)
}
)";

std::string arguments() {
  std::string docs;
  for (int i = 0; i < 5; ++i) {
    docs += fmt::format(
        R"({}{{"id": "doc{}", "text": "Section {} of the handbook says how keys are kept, who may read them, )"
        R"(when they expire, and what a client sees while the server goes from one key to the next."}})",
        i ? ", " : "", i, i);
  }
  return fmt::format(
      R"({{"role": "support engineer", "product": "AcmeDB", "user": "kim", "tone": "concise", "strict": true, )"
      R"("docs": [{}], "question": "How do I change the master key while clients are connected?"}})",
      docs);
}

/// What the template must give, but for white space.
bool is_right(std::string_view text) {
  return text.find("You are a support engineer for AcmeDB. Answer kim in a concise tone.") == 0 &&
         text.find("Use the documents below") != text.npos &&
         text.find("[doc4] Section 4 of the handbook") != text.npos &&
         text.find("Question: How do I change") != text.npos;
}

}  // namespace

int main() {
  const bench::ScratchFile file(kSource);
  const auto program = bench::compile_optimized(file.path());
  const program::Prompt& prompt = program->prompts.front();
  const auto render =
      reinterpret_cast<abi::RenderFn>(program->functions[prompt.messages.back().render.index]);

  abi::Context input(uint64_t{1} << 20);
  const std::byte* record = nullptr;
  const value::ReadResult read =
      value::from_json(program->types, prompt.parameters, arguments(), input.arena, &record);
  if (!read.ok()) {
    fmt::print(stderr, "{}\n", read.sentence());
    return 1;
  }

  // Runs take their memory from an arena each; one arena for many renderings would grow without end.
  abi::Context context(uint64_t{1} << 30);
  context.program = program.get();
  value::Text text;
  bool right = render(&context, record, &text) == abi::kOk && is_right(text.view());
  const size_t size = text.size;
  uint32_t since_reset = 0;
  const double us = bench::time_each([&] {
    if (++since_reset == 64) {
      context.arena.reset();
      since_reset = 0;
    }
    right = render(&context, record, &text) == abi::kOk && text.size == size && right;
  });
  fmt::print("{{\"impl\":\"chain\",\"bad\":{},\"us_per_render\":{:.4f},\"bytes\":{}}}\n", right ? 0 : 1, us,
             size);
  return right ? 0 : 1;
}
