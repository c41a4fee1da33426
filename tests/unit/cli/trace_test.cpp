// Traces of runs: drawn, written down, and exported to a collector that may be in any state.
#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/peers/peer.h"
#include "tests/unit/cli/place.h"

using namespace chain::testing;
using chain::test::MockOpenAi;
using chain::test::Peer;
using nlohmann::json;

namespace {

constexpr const char* kProgram = R"chain(
model m = openai("gpt-test", retry: 0, temperature: 0.5)

prompt ask@2.1(q: string) -> string {
  model: m
  user: "PROMPT-MARKER {{ q }}"
}

chain single(n: int) -> string {
  ask("left {{ n }}")
}

chain main@1.2(word: string) -> string {
  let wide = for n in [1, 2, 3] parallel 3 { single(n) }
  return ask("{{ word }} {{ join(wide, ",") }}")
}

chain broken(word: string) -> int {
  fail("FAILURE-MARKER {{ word }}")
}
)chain";

constexpr const char* kMarkers[] = {"PROMPT-MARKER", "ARGUMENT-MARKER", "ANSWER-MARKER"};

struct Traced {
  Place place;
  MockOpenAi model{std::vector<std::string>{"--reply", "ANSWER-MARKER"}};

  Traced() { place.file("traced.chain", kProgram); }

  [[nodiscard]] Command command(std::vector<std::string> words,
                                const std::vector<std::pair<std::string, std::string>>& variables) const {
    Command command = place.command(std::move(words), model.base_url());
    for (const auto& [name, value] : variables) command.environment.emplace_back(name, value);
    return command;
  }
  /// A run of the chain, exported to `collector`.
  [[nodiscard]] Ended exported(const Peer& collector, std::vector<std::string> more = {},
                               std::vector<std::pair<std::string, std::string>> variables = {},
                               const std::string& chain = "traced.chain:main") const {
    std::vector<std::string> words = {"run", chain, "-a", "word=ARGUMENT-MARKER"};
    words.insert(words.end(), more.begin(), more.end());
    variables.emplace_back("OTEL_EXPORTER_OTLP_ENDPOINT", url_of(collector));
    return run(command(std::move(words), variables));
  }
  static std::string url_of(const Peer& collector) {
    return "http://127.0.0.1:" + std::to_string(collector.port());
  }
};

Peer collector(std::vector<std::string> arguments = {}) {
  arguments.insert(arguments.begin(), CHAIN_OTLP_MODULES);
  return Peer("otlp_collector", arguments);
}

json named(const json& spans, const std::string& name) {
  json found = json::array();
  for (const json& each : spans) {
    if (each["name"] == name) found.push_back(each);
  }
  return found;
}

size_t lines_of(const std::string& text) {
  return static_cast<size_t>(std::ranges::count(text, '\n'));
}

}  // namespace

TEST_CASE("a run is exported by both protocols, as the official definitions have it") {
  const std::string protocol = GENERATE("http/protobuf", "http/json");
  const Traced traced;
  const Peer server = collector();
  const Ended ended = traced.exported(server, {},
                                      {{"OTEL_EXPORTER_OTLP_PROTOCOL", protocol},
                                       {"OTEL_SERVICE_NAME", "desk"},
                                       {"OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test"}});
  check_ended(ended, 0, {});
  CHECK(ended.out == "ANSWER-MARKER\n");
  CHECK(ended.err.empty());
  CHECK(server.get("/complaints").empty());
  CHECK(server.stat(protocol == "http/json" ? "json" : "protobuf") == 1);

  const json spans = json::parse(server.get("/spans"));
  REQUIRE(spans.size() == 1 + 3 + 3 + 4);  // run, turns, called chains, calls
  const json root = named(spans, "invoke_workflow main")[0];
  CHECK(root["attributes"]["gen_ai.operation.name"] == "invoke_workflow");
  CHECK(root["attributes"]["chain.version"] == "1.2");
  CHECK(root["service"] == "desk");
  CHECK(root["resource"]["deployment.environment.name"] == "test");
  CHECK(named(spans, "chain.step for").size() == 3);
  CHECK(named(spans, "chain.step single").size() == 3);
  const json calls = named(spans, "chat gpt-test");
  REQUIRE(calls.size() == 4);
  const json& call = calls[0];
  CHECK(call["kind"] == 3);
  CHECK(call["attributes"]["gen_ai.provider.name"] == "openai");
  CHECK(call["attributes"]["gen_ai.request.temperature"] == 0.5);
  CHECK(call["attributes"]["gen_ai.prompt.name"] == "ask");
  CHECK(call["attributes"]["gen_ai.prompt.version"] == "2.1");
  CHECK(call["attributes"]["server.address"] == "127.0.0.1");
  CHECK(call["attributes"]["gen_ai.usage.input_tokens"].get<int64_t>() > 0);
  CHECK(call["attributes"]["gen_ai.response.finish_reasons"] == json::array({"stop"}));

  SECTION("and again with the same ids") {
    const Ended again = run(traced.command({"trace", "last", "--export"},
                                           {{"OTEL_EXPORTER_OTLP_ENDPOINT", Traced::url_of(server)}}));
    check_ended(again, 0, {"exported 11 spans to http://127.0.0.1:"});
    CHECK(server.stat("requests") == 2);
    CHECK(json::parse(server.get("/spans")).size() == 11);
    CHECK(server.get("/complaints").empty());
  }
}

TEST_CASE("content leaves the machine only if it is asked for") {
  const std::string protocol = GENERATE("http/protobuf", "http/json");
  const Traced traced;
  const Peer server = collector();
  check_ended(traced.exported(server, {}, {{"OTEL_EXPORTER_OTLP_PROTOCOL", protocol}}), 0, {});
  check_ended(traced.exported(server, {}, {{"OTEL_EXPORTER_OTLP_PROTOCOL", protocol}}, "traced.chain:broken"),
              1, {"FAILURE-MARKER"});
  CHECK(server.stat("requests") == 2);
  for (const char* marker : kMarkers) CHECK(server.get("/has/" + std::string(marker)) == "no");
  CHECK(server.get("/has/FAILURE-MARKER") == "no");
  const json failed = named(json::parse(server.get("/spans")), "invoke_workflow broken")[0];
  CHECK(failed["status"] == 2);
  CHECK(failed["attributes"]["error.type"] == failed["message"]);

  check_ended(traced.exported(server, {"--trace-content"}, {{"OTEL_EXPORTER_OTLP_PROTOCOL", protocol}}), 0,
              {});
  for (const char* marker : kMarkers) CHECK(server.get("/has/" + std::string(marker)) == "yes");
  CHECK(server.get("/complaints").empty());
}

TEST_CASE("headers are sent and never printed") {
  const Traced traced;
  const Peer server = collector({"--answer", "partial"});
  const Ended ended = traced.exported(
      server, {}, {{"OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20top-secret,x-team=desk"}});
  check_ended(ended, 0, {"warning: http://127.0.0.1:", "took 9 of 11 spans: too old"});
  const json headers = json::parse(server.get("/headers"));
  CHECK(headers["authorization"] == "Bearer top-secret");
  CHECK(headers["x-team"] == "desk");
  CHECK(ended.err.find("top-secret") == std::string::npos);
  CHECK(lines_of(ended.err) == 1);
}

TEST_CASE("whatever the collector does, the run stays as it is") {
  struct Case {
    std::vector<std::string> arguments;
    std::string timeout, said;
    int64_t requests;  // -1: however many come before the time is over
  };
  const Case each = GENERATE(
      Case{{"--answer", "429:2", "--retry-after", "0"}, "60000", "", 3},
      Case{{"--answer", "503:1", "--retry-after", "0"}, "60000", "", 2},
      Case{{"--answer", "429", "--retry-after", "3600"}, "60000", "it answered 429 and asks to wait 1h", 1},
      Case{{"--answer", "503", "--retry-after", "120"}, "60000", "it answered 503 and asks to wait 2m", 1},
      Case{{"--answer", "400"}, "60000", "it answered 400", 1},
      Case{{"--answer", "500"}, "60000", "it answered 500", 1},
      Case{{"--answer", "slow"}, "100", "no answer within 100ms", -1},
      Case{{"--answer", "close"}, "60000", "11 of 11 spans were not exported to http://127.0.0.1:", 1});
  INFO(each.arguments[1]);
  const Traced traced;
  const Peer server = collector(each.arguments);
  const Ended ended = traced.exported(server, {}, {{"OTEL_EXPORTER_OTLP_TIMEOUT", each.timeout}});
  check_ended(ended, 0, {each.said});
  CHECK(ended.out == "ANSWER-MARKER\n");
  CHECK(lines_of(ended.err) == (each.said.empty() ? 0 : 1));
  if (each.requests >= 0) CHECK(server.stat("requests") == each.requests);
}

TEST_CASE("a collector that is down, settings that are wrong and a run without a journal are warnings") {
  const Traced traced;
  const std::string down = "http://127.0.0.1:" + std::to_string(chain::test::unused_port());
  struct Case {
    std::pair<std::string, std::string> variable;
    std::vector<std::string> more;
    std::string said;
  };
  for (const Case& each :
       {Case{{"OTEL_SDK_DISABLED", "false"}, {}, "11 of 11 spans were not exported to " + down},
        Case{{"OTEL_SDK_DISABLED", "false"}, {"--no-journal"}, "no trace is exported"},
        Case{{"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"}, {}, "http/protobuf and http/json"},
        Case{{"OTEL_SDK_DISABLED", "true"}, {}, ""}}) {
    std::vector<std::string> words = {"run", "traced.chain:main", "-a", "word=x"};
    words.insert(words.end(), each.more.begin(), each.more.end());
    const Ended ended = run(traced.command(words, {{"OTEL_EXPORTER_OTLP_ENDPOINT", down}, each.variable}));
    check_ended(ended, 0, {each.said});
    CHECK(lines_of(ended.err) == (each.said.empty() ? 0 : 1));
  }
  check_ended(run(traced.command({"trace", "last", "--export"}, {{"OTEL_EXPORTER_OTLP_ENDPOINT", down}})), 1,
              {"error: 11 of 11 spans were not exported"});
  check_ended(traced.place.chain({"trace", "last", "--export"}), 2, {"OTEL_EXPORTER_OTLP_ENDPOINT"});
}

TEST_CASE("a run is drawn as a tree, and written down as lines of JSON") {
  const Traced traced;
  check_ended(run(traced.command({"run", "traced.chain:main", "-a", "word=ARGUMENT-MARKER"}, {})), 0, {});
  const Ended tree = traced.place.chain({"trace", "last"});
  check_ended(tree, 0, {});
  for (const char* line : {"\nmain  ", "\n  for[0]  ", "\n    single  ", "\n      ask  ", "\n  ask  "}) {
    INFO(tree.out);
    CHECK(tree.out.find(line) != std::string::npos);
  }
  CHECK(tree.out.find("MARKER") == std::string::npos);

  const Ended lines = traced.place.chain({"trace", "last", "--jsonl", "-"});
  check_ended(lines, 0, {});
  CHECK(lines_of(lines.out) == 1);
  const json request = json::parse(lines.out);
  CHECK(request["resourceSpans"][0]["scopeSpans"][0]["spans"].size() == 11);
  CHECK(lines.out.find("MARKER") == std::string::npos);

  check_ended(traced.place.chain({"trace", "last", "--jsonl", "spans.jsonl", "--trace-content"}), 0, {});
  const std::string kept = read_file((traced.place.path() / "spans.jsonl").string());
  for (const char* marker : kMarkers) CHECK(kept.find(marker) != std::string::npos);
  check_ended(traced.place.chain({"trace", "last", "--jsonl", "none/spans.jsonl"}), 1, {"cannot write"});
  check_ended(traced.place.chain({"trace", "nosuch"}), 2, {"there is no run"});
}

TEST_CASE("races, what is caught, and calls that are made again are sound trees") {
  Traced traced;
  traced.place.file("mixed.chain", R"chain(
model m = openai("gpt-test", retry: 0, temperature: 0.5, top_p: 0.25)

prompt ask(q: string) -> string {
  model: m
  user: "{{ q }}"
}

prompt count(q: string) -> int {
  model: m
  repair: 2
  user: "{{ q }}"
}

chain main() -> string {
  let first = race [ask("one"), ask("two") with { temperature: 1.0 }]
  let number = try count("how many") catch { else => 7 }
  var text = first
  repeat up to 2 {
    text = ask("{{ text }} {{ number }}")
  }
  return text
}
)chain");
  const Peer server = collector();
  const Ended ended =
      run(traced.command({"run", "mixed.chain"}, {{"OTEL_EXPORTER_OTLP_ENDPOINT", Traced::url_of(server)}}));
  check_ended(ended, 0, {});
  CHECK(ended.err.empty());
  CHECK(server.get("/complaints").empty());
  const json spans = json::parse(server.get("/spans"));
  // The calls of the race have temperatures of their own, and the journal does not tell which.
  CHECK_FALSE(named(spans, "chat gpt-test")[0]["attributes"].contains("gen_ai.request.temperature"));
  CHECK(named(spans, "chat gpt-test")[0]["attributes"]["gen_ai.request.top_p"] == 0.25);
  // The asking and its two repairs stand under a span of the call's own.
  const json counted = named(spans, "chain.step count");
  REQUIRE(counted.size() == 1);
  size_t asked = 0, dropped = 0;
  for (const json& each : spans) {
    asked += each["parent"] == counted[0]["id"] ? 1 : 0;
    dropped += each["attributes"].contains("chain.step.dropped") ? 1 : 0;
  }
  CHECK(asked == 3);
  CHECK(dropped <= 1);  // the one that lost the race, if it had begun
  CHECK(named(spans, "chain.step repeat").size() == 2);
}

TEST_CASE("a run that is resumed is exported when it has ended") {
  const Traced traced;
  const Peer server = collector();
  check_ended(run(traced.command({"run", "traced.chain:main", "-a", "word=x", "--model",
                                  "m=openai(\"gpt-test\", retry: 0, base_url: \"http://127.0.0.1:" +
                                      std::to_string(chain::test::unused_port()) + "/v1\")",
                                  "--allow", "host=127.0.0.1:*"},
                                 {})),
              1, {"unavailable"});
  const Ended resumed =
      run(traced.command({"resume", "last"}, {{"OTEL_EXPORTER_OTLP_ENDPOINT", Traced::url_of(server)}}));
  check_ended(resumed, 1, {"unavailable"});
  CHECK(server.stat("requests") == 1);
  CHECK(server.get("/complaints").empty());
  const json calls = named(json::parse(server.get("/spans")), "chat gpt-test");
  REQUIRE(calls.size() >= 1);
  CHECK(
      std::ranges::any_of(calls, [](const json& call) { return call["attributes"].contains("error.type"); }));
}
