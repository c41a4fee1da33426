// `chain eval`: cases answered and scored, figures, what is required, going on after a kill.
#include <signal.h>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <sstream>

#include "tests/peers/peer.h"
#include "tests/unit/cli/place.h"

using namespace chain::testing;
using chain::test::MockOpenAi;
using nlohmann::json;

namespace {

constexpr const char* kPure = R"chain(
enum Urgency {
  high
  low
}

type Case {
  text: string
  urgency: Urgency
  lang: string
}

dataset golden: Case[] = jsonl("golden.jsonl")

fn guess(text: string) -> Urgency {
  return if text.contains("down") { high } else { low }
}

eval triage over golden {
  run: c => guess(c.text)
  score right = exact(it, c.urgency)
  score length = len(c.text)
  by: c.lang
  require right.mean >= 0.75, right.gap <= 0.5
}
)chain";

constexpr const char* kAsking = R"chain(
model m = openai("m", retry: 0)
model n = openai("n", retry: 0)

type Case {
  q: string
  a: string
}

dataset golden: Case[] = jsonl("golden.jsonl")

prompt ask@1.0(q: string) -> string {
  model: m
  user: "{{ q }}"
}

prompt ask@2.0(q: string) -> string {
  model: m
  user: "again {{ q }}"
}

chain reply(q: string) -> string {
  return ask(q)
}

eval asked over golden {
  run: c => reply(c.q)
  score right = it == c.a
}

eval compared over golden {
  run: c => reply(c.q)
  score right = it == c.a
  compare: [ask@1.0, ask@2.0]
}
)chain";

std::string cases(int count) {
  std::string rows;
  for (int i = 1; i <= count; ++i)
    rows += R"({"q": "row )" + std::to_string(i) + R"(", "a": "echo: row )" + std::to_string(i) + "\"}\n";
  return rows;
}

json report_of(const Ended& ended) {
  INFO(ended.err);
  json report = json::parse(ended.out, nullptr, false);
  REQUIRE(report.is_object());
  return report;
}

}  // namespace

TEST_CASE("an eval gives figures, groups and the confusion of what was taken for what") {
  const Place place;
  place.file("triage.chain", kPure);
  place.file("golden.jsonl", R"({"text": "it is down", "urgency": "high", "lang": "en"})"
                             "\n\n"
                             R"({"text": "hello", "urgency": "low", "lang": "en"})"
                             "\n"
                             R"({"text": "down with it", "urgency": "low", "lang": "ko"})"
                             "\n"
                             R"({"text": "thanks", "urgency": "low", "lang": "ko"})"
                             "\n");
  const Ended ended = run(place.command({"eval", "triage.chain", "--json", "--html", "page.html", "--junit",
                                         "report.xml", "--markdown", "report.md"}));
  CHECK(ended.code == 0);
  const json report = report_of(ended);
  const json& right = report["columns"][0]["scores"]["right"];
  CHECK(report["passed"] == true);
  CHECK(right["mean"] == 0.75);
  CHECK(right["gap"] == 0.5);
  CHECK(right["by"]["c.lang"]["ko"]["mean"] == 0.5);
  CHECK(right["low"].get<double>() == Approx(0.3006).margin(1e-4));  // Wilson's of 3 in 4
  CHECK(report["columns"][0]["scores"]["length"]["p50"] == 8.0);
  CHECK(right["classes"][1]["name"] == "low");
  CHECK(right["classes"][1]["got"] == json({{"high", 1}, {"low", 2}}));
  REQUIRE(report["rows"].size() == 4);
  CHECK(report["rows"][2]["row"] == 3);
  CHECK(report["rows"][2]["answer"] == "high");
  const std::string page = read_file((place.path() / "page.html").string());
  CHECK(page.find("down with it") != std::string::npos);
  CHECK(page.find("://") == std::string::npos);
  CHECK(read_file((place.path() / "report.xml").string()).find("failures=\"0\"") != std::string::npos);
  CHECK(read_file((place.path() / "report.md").string()).find("| right | 0.750 |") != std::string::npos);
}

TEST_CASE("what is required and does not hold ends with code 1 and names the cases") {
  const Place place;
  place.file("triage.chain", kPure);
  place.file("golden.jsonl", R"({"text": "it is down", "urgency": "low", "lang": "en"})"
                             "\n"
                             R"({"text": "hello", "urgency": "low", "lang": "en"})"
                             "\n");
  const Ended ended = run(place.command({"eval", "triage.chain:triage"}));
  CHECK(ended.code == 1);
  INFO(ended.out);
  CHECK(ended.out.find("FAIL right.mean >= 0.75: it is 0.5, against 0.75; cases 1") != std::string::npos);
  CHECK(ended.out.find("ok   right.gap <= 0.5") != std::string::npos);
}

TEST_CASE("the cases that speak against a bound from above are those that are highest") {
  const Place place;
  place.file("far.chain", R"chain(
type Case { a: string, b: string }
dataset d: Case[] = jsonl("d.jsonl")
eval far over d {
  run: c => c.a
  score a = exact(it, c.b)
  score near = levenshtein(it, c.b)
  require near.mean <= 1
}
)chain");
  place.file("d.jsonl", R"({"a": "x", "b": "x"})"
                        "\n"
                        R"({"a": "x", "b": "abcdefg"})"
                        "\n"
                        R"({"a": "x", "b": "y"})"
                        "\n");
  check_ended(run(place.command({"eval", "far.chain"})), 1, {});
  CHECK(run(place.command({"eval", "far.chain"})).out.find("against 1; cases 2, 3\n") != std::string::npos);
}

TEST_CASE("cases that are wrong are told with their lines, and nothing is asked") {
  const Place place;
  place.file("triage.chain", kPure);
  place.file("golden.jsonl", R"({"text": "hello", "urgency": "low", "lang": "en"})"
                             "\nno case\n"
                             R"({"text": "a"},"it":"low","x":{"lang":"en"})"
                             "\n"
                             R"({"text": "a", "urgency": "none", "lang": "en"})"
                             "\n");
  const Ended ended = run(place.command({"eval", "triage.chain", "--json"}));
  check_ended(ended, 1,
              {"3 of 4 cases of dataset `golden` are not what it says; nothing was asked",
               "golden.jsonl:2: ", "golden.jsonl:3: ", "golden.jsonl:4: `urgency`"});
  CHECK(ended.out.empty());
  place.file("golden.jsonl", "");
  check_ended(run(place.command({"eval", "triage.chain"})), 1, {"has no cases"});
  std::filesystem::remove(place.path() / "golden.jsonl");
  check_ended(run(place.command({"eval", "triage.chain"})), 1,
              {"dataset `golden` cannot be read", "golden.jsonl"});
  check_ended(run(place.command({"eval", "triage.chain:other"})), 2, {"no eval `other`; it has triage"});
}

TEST_CASE("no case is answered twice, and columns ask the versions that they name") {
  const MockOpenAi server;
  const Place place;
  place.file("ask.chain", kAsking);
  place.file("golden.jsonl", cases(40));
  const auto eval = [&](std::vector<std::string> more) {
    std::vector<std::string> words = {"eval"};
    words.insert(words.end(), more.begin(), more.end());
    return run(place.command(std::move(words), server.base_url()));
  };
  CHECK(eval({"ask.chain:asked", "--limit", "25", "--concurrency", "4"}).code == 0);
  CHECK(server.stat("requests") == 25);
  CHECK(server.stat("max_pending") <= 4);
  const json report = report_of(eval({"ask.chain:asked", "--resume", "--json"}));
  CHECK(server.stat("requests") == 40);
  CHECK(report["rows"].size() == 40);
  CHECK(report["columns"][0]["answers"] == 40);

  const json both = report_of(eval({"ask.chain:compared", "--json"}));
  CHECK(server.stat("requests") == 120);
  REQUIRE(both["columns"].size() == 2);
  CHECK(both["columns"][0]["scores"]["right"]["mean"] == 1.0);
  CHECK(both["columns"][1]["scores"]["right"]["mean"] == 0.0);
  CHECK(both["columns"][1]["against"]["right"]["change"] == -1.0);
  CHECK(both["columns"][1]["against"]["right"]["verdict"] == "WORSE");
}

TEST_CASE("the same seed and cassette give the same JSON, byte for byte") {
  const Place place;
  place.file("ask.chain", kAsking);
  place.file("golden.jsonl", cases(30));
  {
    const MockOpenAi server;
    const Ended recorded = run(place.command(
        {"eval", "ask.chain:asked", "--repeat", "2", "--record", "tape.jsonl"}, server.base_url()));
    CHECK(recorded.code == 0);
    CHECK(server.stat("requests") == 60);
  }
  const auto replay = [&](const char* at_once) {
    return run(place.command({"eval", "ask.chain:asked", "--repeat", "2", "--replay", "tape.jsonl", "--json",
                              "--concurrency", at_once, "--rows", std::string("rows") + at_once}));
  };
  const Ended one = replay("1"), many = replay("16");
  CHECK(one.code == 0);
  CHECK(report_of(one)["rows"].size() == 60);
  CHECK(one.out == many.out);
}

TEST_CASE("a test answers from a cassette") {
  const Place place;
  const std::string program = std::string(kAsking) +
                              "\ntest \"from a cassette\" {\n"
                              "  given ask from cassette(\"tape.jsonl\")\n"
                              "  expect reply(\"hi\") == \"echo: again hi\"\n}\n";
  place.file("ask.chain", program);
  place.file("golden.jsonl", cases(1));
  {
    const MockOpenAi server;
    CHECK(run(place.command({"run", "ask.chain:reply", "-a", "q=hi", "--record", "tape.jsonl"},
                            server.base_url()))
              .code == 0);
  }
  check_ended(run(place.command({"test", "ask.chain", "--junit", "tests.xml"})), 0, {});
  CHECK(read_file((place.path() / "tests.xml").string()).find("tests=\"1\" failures=\"0\"") !=
        std::string::npos);
  check_ended(run(place.command({"test", "ask.chain", "--filter", "nothing like it"})), 0, {});
  std::filesystem::remove(place.path() / "tape.jsonl");
  CHECK(run(place.command({"test", "ask.chain"})).code == 1);
}
