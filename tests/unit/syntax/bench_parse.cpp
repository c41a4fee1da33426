// How long reading and laying out takes, for files of 90, 900 and 9,000 lines.
#include <benchmark/benchmark.h>

#include <string>

#include "compiler/syntax/format.h"
#include "compiler/syntax/parse.h"

namespace chain::syntax {
namespace {

constexpr std::string_view kPart = R"(
/// How soon somebody must look at a ticket.
enum Urgency {
  low     "can wait for days"
  normal
  high    "an outage, or somebody is losing money"
}

type Ticket {
  id: string
  body: untrusted string      // what the customer wrote
  photo: image?
  text: string where len(it) <= 1200
  confidence: float where it >= 0 and it <= 1
}

model fast  = openai("gpt-5-mini", temperature: 0, timeout: 20s, retry: 3)

prompt classify@2.0(ticket: Ticket) -> Urgency {
  model: fast
  cache: 1d
  system: """
    You triage support tickets for a web shop.
    {{ output.format }}
    """
  example: (Ticket { id: "1", body: "The site is down!" }) -> high
  example: (Ticket { id: "2", body: "Where do I change my avatar?" }) -> low
  user: """
    Ticket {{ ticket.id }}: {{ ticket.body }}
    {% if ticket.photo %}{{ ticket.photo }}{% endif %}
    """
}

chain reply@1.0(ticket: Ticket) -> Reply {
  let urgency  = classify(ticket)
  let passages = for p in ticket.parts where p.score > 0.5 parallel 8 {
    summarize(p, "tone {{ ticket.tone | upper }}")
  }
  if urgency == high { page_oncall(ticket.id) }
  let answer = match urgency {
    high => compose(ticket, passages)
    low | normal => Reply { text: "later " + ticket.id, sources: [], confidence: 0.1 }
  }
  return answer
}
)";

std::string file_of(int64_t parts) {
  std::string text;
  for (int64_t i = 0; i < parts; ++i) text += kPart;
  return text;
}

template <class Work>
void run(benchmark::State& state, Work work) {
  SourceMap sources;
  const FileId file = sources.add("bench.chain", file_of(state.range(0)));
  for (auto _ : state) {
    Diagnostics diagnostics;
    work(sources, file, diagnostics);
    if (diagnostics.has_errors()) state.SkipWithError("the file is wrong");
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * sources.file(file).text().size()));
  state.counters["lines"] = sources.file(file).line_count();
}

void parse_file(benchmark::State& state) {
  run(state, [](auto& sources, auto file, auto& diagnostics) {
    benchmark::DoNotOptimize(parse(sources, file, diagnostics));
  });
}
BENCHMARK(parse_file)->Arg(2)->Arg(20)->Arg(200)->Unit(benchmark::kMillisecond);

void format_file(benchmark::State& state) {
  run(state, [](auto& sources, auto file, auto& diagnostics) {
    benchmark::DoNotOptimize(format(sources, file, diagnostics));
  });
}
BENCHMARK(format_file)->Arg(2)->Arg(20)->Arg(200)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace chain::syntax
