// What spans say, and what they keep to themselves.
#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

#include "runtime/trace/otlp.h"
#include "runtime/trace/span.h"
#include "tests/unit/trace/kept.h"

using namespace chain;
using namespace chain::test;
using trace::Content;
using trace::Span;

namespace {

const trace::Attribute::Value* value_of(const Span& span, std::string_view name) {
  const auto found = std::ranges::find(span.attributes, name, &trace::Attribute::name);
  return found == span.attributes.end() ? nullptr : &found->value;
}

std::string text_of(const Span& span, std::string_view name) {
  const auto* value = value_of(span, name);
  return value && std::holds_alternative<std::string>(*value) ? std::get<std::string>(*value) : "";
}

int64_t number_of(const Span& span, std::string_view name) {
  const auto* value = value_of(span, name);
  return value && std::holds_alternative<int64_t>(*value) ? std::get<int64_t>(*value) : -1;
}

trace::CalledModels models() {
  return {{"fast",
           {.provider = "gemini",
            .id = "m",
            .temperature = 0.5,
            .top_p = {},
            .max_tokens = 100,
            .seed = {},
            .stop = {"END"}}}};
}

std::vector<store::StepRecord> steps() {
  std::vector<store::StepRecord> steps = {kept_step("main/log", 1, 1, "log"),
                                          kept_step("main/for[2]/ask", 10, 20),
                                          kept_step("main/ask", 30, 40)};
  steps[1].end.request =
      "POST https://host.example:8443/v1/models\nx: y\n\n"
      R"({"messages":[{"role":"user","content":"secret prompt"}]})";
  steps[2].end.ok = false;
  steps[2].end.failure = {abi::ErrorKind::Timeout, "secret: took too long", 3};
  return steps;
}

}  // namespace

TEST_CASE("spans have OpenTelemetry's names") {
  const auto spans = trace::spans_of(kept_run(0, 50), steps(), models(), Content::Omitted);
  REQUIRE(spans.size() == 4);
  CHECK(spans[0].name == "invoke_workflow main");
  CHECK(spans[0].kind == trace::SpanKind::Internal);
  CHECK(text_of(spans[0], "gen_ai.conversation.id") == "wvbkwcg8a4");
  CHECK(text_of(spans[0], "chain.version") == "1.2");
  CHECK_FALSE(spans[0].failed);

  CHECK(spans[1].name == "chain.step for");
  CHECK(text_of(spans[1], "chain.step.path") == "main/for[2]");
  CHECK(number_of(spans[1], "chain.step.index") == 2);

  const Span& chat = spans[2];
  CHECK(chat.name == "chat m");
  CHECK(chat.kind == trace::SpanKind::Client);
  CHECK(text_of(chat, "gen_ai.operation.name") == "chat");
  CHECK(text_of(chat, "gen_ai.provider.name") == "gcp.gemini");
  CHECK(text_of(chat, "gen_ai.request.model") == "m");
  CHECK(text_of(chat, "gen_ai.response.model") == "m-2026");
  CHECK(text_of(chat, "gen_ai.prompt.name") == "ask");
  CHECK(text_of(chat, "gen_ai.prompt.version") == "2.0");
  CHECK(text_of(chat, "server.address") == "host.example");
  CHECK(number_of(chat, "server.port") == 8443);
  CHECK(number_of(chat, "gen_ai.request.max_tokens") == 100);
  CHECK(number_of(chat, "gen_ai.usage.input_tokens") == 12);
  CHECK(number_of(chat, "gen_ai.usage.output_tokens") == 3);
  CHECK(number_of(chat, "gen_ai.usage.cache_read.input_tokens") == 4);
  CHECK(value_of(chat, "gen_ai.usage.reasoning.output_tokens") == nullptr);
  CHECK(std::get<std::vector<std::string>>(*value_of(chat, "gen_ai.response.finish_reasons")) ==
        std::vector<std::string>{"stop"});

  CHECK(spans[3].failed);
  CHECK(spans[3].message == "timeout");
  CHECK(text_of(spans[3], "error.type") == "timeout");
  CHECK(number_of(spans[3], "chain.step.attempts") == 3);
  CHECK(value_of(spans[3], "gen_ai.usage.input_tokens") == nullptr);
}

TEST_CASE("what came from the cache has no usage") {
  auto kept = steps();
  kept[1].end.completion.cached = model::Cached::Hit;
  const auto spans = trace::spans_of(kept_run(0, 50), kept, models(), Content::Omitted);
  CHECK(text_of(spans[2], "chain.cache.status") == "hit");
  CHECK(value_of(spans[2], "gen_ai.usage.input_tokens") == nullptr);
}

TEST_CASE("ids are the same each time, and parents stand before their children") {
  const auto first = trace::spans_of(kept_run(0, 50), steps(), models(), Content::Omitted);
  const auto second = trace::spans_of(kept_run(0, 50), steps(), {}, Content::Included);
  REQUIRE(first.size() == second.size());
  std::set<trace::SpanId> seen;
  for (size_t i = 0; i < first.size(); ++i) {
    CHECK(first[i].id == second[i].id);
    CHECK(first[i].trace == second[0].trace);
    CHECK(first[i].parent == second[i].parent);
    CHECK((i == 0 ? first[i].parent == trace::SpanId{} : seen.contains(first[i].parent)));
    CHECK(seen.insert(first[i].id).second);
  }
}

TEST_CASE("no content goes along unless it is asked for") {
  for (const auto encoding : {trace::Encoding::Json, trace::Encoding::Protobuf}) {
    const auto omitted = trace::spans_of(kept_run(0, 50), steps(), models(), Content::Omitted);
    CHECK(trace::encode(encoding, {}, omitted).find("secret") == std::string::npos);
    const auto included = trace::spans_of(kept_run(0, 50), steps(), models(), Content::Included);
    const std::string bytes = trace::encode(encoding, {}, included);
    for (const char* words :
         {"secret question", "secret result", "secret prompt", "secret answer", "secret: took"}) {
      INFO(words);
      CHECK(bytes.find(words) != std::string::npos);
    }
  }
}

TEST_CASE("bytes that are not UTF-8 do not reach a collector") {
  auto run = kept_run(0, 1);
  run.arguments = "a\xFF\xC3(b";
  const auto spans = trace::spans_of(run, {}, {}, Content::Included);
  CHECK(text_of(spans[0], "chain.arguments") == "a\xEF\xBF\xBD\xEF\xBF\xBD(b");
}

TEST_CASE("a search is a retrieval, and what it found is content") {
  auto step = kept_step("main/handbook.search", 10, 20, "search");
  step.name = "handbook.search";
  step.end.request = R"({"query":"secret question","top":3})";
  step.end.completion.model = "handbook 7";
  step.end.completion.text = R"([{"id":"a.md#0","text":"secret","source":"a.md","score":0.5,"meta":{}}])";
  for (const bool shown : {false, true}) {
    const auto spans =
        trace::spans_of(kept_run(0, 50), {step}, models(), shown ? Content::Included : Content::Omitted);
    REQUIRE(spans.size() == 2);
    const Span& search = spans[1];
    CHECK(search.name == "retrieval handbook");
    CHECK(search.kind == trace::SpanKind::Client);
    CHECK(text_of(search, "gen_ai.operation.name") == "retrieval");
    CHECK(text_of(search, "gen_ai.data_source.id") == "handbook");
    CHECK(number_of(search, "gen_ai.retrieval.top_k") == 3);
    CHECK(text_of(search, "chain.index.state") == "handbook 7");
    CHECK(number_of(search, "gen_ai.usage.input_tokens") == 12);
    CHECK(text_of(search, "gen_ai.retrieval.query.text") == (shown ? "secret question" : ""));
    CHECK(text_of(search, "gen_ai.retrieval.documents") == (shown ? R"([{"id":"a.md#0","score":0.5}])" : ""));
  }
}

TEST_CASE("an agent is a span around its turns") {
  std::vector<store::StepRecord> steps = {kept_step("main/desk", 10, 60, "agent"),
                                          kept_step("main/desk/step", 11, 20)};
  steps[0].end.request = "secret";
  const auto spans = trace::spans_of(kept_run(0, 70), steps, models(), Content::Omitted);
  REQUIRE(spans.size() == 3);
  CHECK(spans[1].name == "invoke_agent ask");
  CHECK(text_of(spans[1], "gen_ai.operation.name") == "invoke_agent");
  CHECK(text_of(spans[1], "gen_ai.agent.name") == "ask");
  CHECK(text_of(spans[1], "gen_ai.agent.version") == "2.0");
  CHECK(text_of(spans[1], "chain.arguments").empty());
  CHECK(spans[2].name == "chat m");
  CHECK(spans[2].parent == spans[1].id);
  const auto whole = trace::spans_of(kept_run(0, 70), steps, models(), Content::Included);
  CHECK(text_of(whole[1], "chain.arguments") == "secret");
  CHECK(text_of(whole[1], "chain.result") == "secret answer");
}
