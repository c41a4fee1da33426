// The typed parser: usual replies, a broken one of 43 KB, one of 8.4 KB that is streamed with a snapshot
// after every 20 bytes, and three sizes each of valid, broken and cut-off replies.
#include <benchmark/benchmark.h>

#include <string>

#include "runtime/value/json.h"
#include "runtime/value/reply_parser.h"

namespace {

using namespace chain;

/// Ticket { id, title, body?, urgency, tags[], score, steps: Step[] }: what prompts usually ask for.
struct Types {
  program::TypeTable table;
  program::TypeId urgency, step, ticket, tickets;

  Types() {
    program::Type cases;
    cases.kind = program::TypeKind::Enum;
    cases.name = "Urgency";
    cases.cases = {{"low", "", "can wait for days"}, {"normal", "", ""}, {"high", "", "an outage"}};
    urgency = table.add(cases);
    step = record("Step", {{"text", table.string_type}, {"minutes", table.int_type}});
    ticket = record("Ticket", {{"id", table.string_type},
                               {"title", table.string_type},
                               {"body", table.optional_of(table.string_type)},
                               {"urgency", urgency},
                               {"tags", table.list_of(table.string_type)},
                               {"score", table.float_type},
                               {"steps", table.list_of(step)}});
    tickets = table.list_of(ticket);
  }

  program::TypeId record(const char* name, std::vector<std::pair<const char*, program::TypeId>> fields) {
    program::Type type;
    type.kind = program::TypeKind::Record;
    type.name = name;
    for (const auto& [field, id] : fields) {
      program::Field one;
      one.name = field;
      one.type = id;
      type.fields.push_back(one);
    }
    const program::TypeId id = table.add(type);
    table.layout_record(id);
    return id;
  }
};

const Types& types() {
  static const Types all;
  return all;
}

constexpr const char* kValid = R"({
  "id": "T-1048",
  "title": "Checkout returns an error",
  "body": "Since this morning every payment fails with code 500, and customers write to us.",
  "urgency": "high",
  "tags": ["checkout", "payment", "outage"],
  "score": 0.93,
  "steps": [{"text": "Look at the gateway's status page", "minutes": 5}, {"text": "Roll back", "minutes": 10}]
})";

constexpr const char* kBroken = R"({
  id: 'T-1048', // the queue's own number
  Title: "Checkout says "payment failed" again",
  body: Since this morning, every payment fails,
  "urgency": "High - an outage",
  "tags": ["checkout", 'payment' "outage",],
  "score": "93%"
  "steps": [{text: `Look at the gateway's page`, minutes: "5",}, {"text": "Roll
back", "minutes": 10}],
})";

std::string list_of(const char* one, size_t bytes, bool cut_off) {
  std::string text = "[";
  while (text.size() < bytes) {
    if (text.size() > 1) text += ",\n";
    text += one;
  }
  text += "]";
  if (cut_off) text.resize(bytes);
  return text;
}

void parse(benchmark::State& state, program::TypeId type, const std::string& reply) {
  const value::ReplyPlan plan(types().table, type);
  value::ReplyParser parser(plan);
  for (auto _ : state) {
    value::Arena arena;
    std::byte out[64];
    parser.reset();
    parser.feed(reply);
    const value::ReplyResult result = parser.finish(arena, out);
    if (!result.ok) state.SkipWithError(result.complaint.c_str());
    benchmark::DoNotOptimize(out);
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * reply.size()));
}

void usual_record(benchmark::State& state) {
  parse(state, types().ticket, kValid);
}
void usual_fenced(benchmark::State& state) {
  parse(state, types().ticket,
        "Here is the ticket:\n```json\n" + std::string(kValid) + "\n```\nAnything else?");
}
void usual_step(benchmark::State& state) {
  parse(state, types().step, R"({"text": "Roll back", "minutes": 10})");
}
void usual_word(benchmark::State& state) {
  parse(state, types().urgency, "high");
}
void usual_sentence(benchmark::State& state) {
  parse(state, types().urgency, "**Urgency:** High. It is an outage.");
}
void usual_broken(benchmark::State& state) {
  parse(state, types().ticket, kBroken);
}
void broken_43k(benchmark::State& state) {
  parse(state, types().tickets, list_of(kBroken, 43'000, false));
}

void streamed_8k(benchmark::State& state) {
  const std::string reply = list_of(kValid, 8'000, false);
  const value::ReplyPlan plan(types().table, types().tickets);
  value::ReplyParser parser(plan);
  for (auto _ : state) {
    value::Arena arena;
    std::byte out[64];
    parser.reset();
    for (size_t at = 0; at < reply.size(); at += 20) {
      parser.feed(std::string_view(reply).substr(at, 20));
      benchmark::DoNotOptimize(parser.partial(true).json.size());
    }
    if (!parser.finish(arena, out).ok) state.SkipWithError("not read");
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * reply.size()));
}

void streamed(benchmark::State& state) {
  const std::string reply = list_of(kBroken, static_cast<size_t>(state.range(0)), false);
  const value::ReplyPlan plan(types().table, types().tickets);
  value::ReplyParser parser(plan);
  for (auto _ : state) {
    parser.reset();
    for (size_t at = 0; at < reply.size(); at += 20) {
      parser.feed(std::string_view(reply).substr(at, 20));
      benchmark::DoNotOptimize(parser.partial(true).json.size());
    }
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * reply.size()));
}

void valid(benchmark::State& state) {
  parse(state, types().tickets, list_of(kValid, static_cast<size_t>(state.range(0)), false));
}
void broken(benchmark::State& state) {
  parse(state, types().tickets, list_of(kBroken, static_cast<size_t>(state.range(0)), false));
}
void cut_off(benchmark::State& state) {
  parse(state, types().tickets, list_of(kValid, static_cast<size_t>(state.range(0)), true));
}

void strict_json(benchmark::State& state) {
  const std::string json = list_of(kValid, static_cast<size_t>(state.range(0)), false);
  for (auto _ : state) {
    value::Arena arena;
    std::byte out[64];
    if (!value::from_json(types().table, types().tickets, json, arena, out)) state.SkipWithError("not read");
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * json.size()));
}

constexpr int64_t kSizes[] = {10'000, 100'000, 1'000'000};
void three_sizes(benchmark::internal::Benchmark* bench) {
  for (int64_t size : kSizes) bench->Arg(size);
  bench->Unit(benchmark::kMicrosecond);
}

BENCHMARK(usual_record)->Unit(benchmark::kMicrosecond);
BENCHMARK(usual_fenced)->Unit(benchmark::kMicrosecond);
BENCHMARK(usual_step)->Unit(benchmark::kMicrosecond);
BENCHMARK(usual_word)->Unit(benchmark::kMicrosecond);
BENCHMARK(usual_sentence)->Unit(benchmark::kMicrosecond);
BENCHMARK(usual_broken)->Unit(benchmark::kMicrosecond);
BENCHMARK(broken_43k)->Unit(benchmark::kMicrosecond);
BENCHMARK(streamed_8k)->Unit(benchmark::kMicrosecond);
BENCHMARK(valid)->Apply(three_sizes);
BENCHMARK(broken)->Apply(three_sizes);
BENCHMARK(cut_off)->Apply(three_sizes);
BENCHMARK(streamed)->Apply(three_sizes);
BENCHMARK(strict_json)->Apply(three_sizes);

}  // namespace
