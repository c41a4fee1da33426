// `--events`: all that happens in a run, a line each.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/peers/peer.h"
#include "tests/unit/cli/place.h"

using namespace chain::testing;
using chain::test::MockOpenAi;
using nlohmann::json;

namespace {

constexpr const char* kProgram = R"chain(
model m = openai("m", retry: 1)
type Item { name: string, size: int }
type Order { customer: string, items: Item[], total: int where it > 5 }

prompt read@1.1(q: string) -> Order {
  model: m
  repair: 1
  user: "{{ q }}"
}
prompt ask(q: string) -> string {
  model: m
  user: "{{ q }}"
}
chain main(q: string = "hi") -> string {
  log("begins")
  let order = read(q)
  return ask(order.customer)
}
chain one(q: string = "hi") -> string { ask(q) }
)chain";

constexpr const char* kOrder =
    R"({"customer": "Ada", "items": [{"name": "cup", "size": 3}, {"name": "pot", "size": 12}], "total": 7})";

struct Told {
  Place place;
  Told() { place.file("told.chain", kProgram); }

  [[nodiscard]] Command command(const MockOpenAi& mock, std::vector<std::string> more) const {
    more.insert(more.begin(), {"run"});
    more.push_back("--events");
    Command command = place.command(std::move(more));
    command.environment.emplace_back("OPENAI_BASE_URL", mock.base_url());
    return command;
  }
  [[nodiscard]] std::vector<json> events(const MockOpenAi& mock, std::vector<std::string> more,
                                         int code) const {
    const Ended ended = run(command(mock, std::move(more)));
    check_ended(ended, code, {});
    std::vector<json> events;
    std::istringstream lines(ended.out);
    int64_t before = 0;
    for (std::string line; std::getline(lines, line);) {
      events.push_back(json::parse(line));
      CHECK(events.back().at("ms").get<int64_t>() >= before);
      before = events.back()["ms"];
    }
    return events;
  }
};

/// What somebody has put together who hears of the step at `path`.
struct Follower {
  std::string text;
  json value;
};

Follower follow(const std::vector<json>& events, const std::string& path) {
  Follower heard;
  for (const json& event : events) {
    if (event.value("path", "") != path) continue;
    if (event["event"] == "reset") heard = {};
    if (event["event"] == "delta") heard.text += event["text"].get<std::string>();
    if (event["event"] != "partial") continue;
    json* place = &heard.value;
    for (const json& part : event["at"]) {
      if (part.is_number()) {
        while (!place->is_array() || place->size() <= part.get<size_t>()) place->push_back(nullptr);
        place = &(*place)[part.get<size_t>()];
      } else {
        place = &(*place)[part.get<std::string>()];
      }
    }
    *place = event["value"];
  }
  return heard;
}

std::string names(const std::vector<json>& events) {
  std::string all;
  for (const json& event : events) {
    const auto name = event["event"].get<std::string>();
    if (name != "delta" && name != "partial") all += name + " ";
  }
  return all;
}

}  // namespace

TEST_CASE("a run is told from its beginning to its end, with values as they become known") {
  const Told told;
  const MockOpenAi mock({"--chunk", "5", "--reply", kOrder});
  const std::vector<json> events = told.events(mock, {"told.chain:main"}, 0);
  CHECK(names(events) ==
        "run_started log step_started sent step_ended step_started sent step_ended run_ended ");
  CHECK(events[0]["chain"] == "main");
  CHECK(events[0]["run"].get<std::string>().size() == 10);
  CHECK(events[0]["arguments"] == json::object());
  CHECK(events[1]["text"] == "begins");
  CHECK(events[2]["prompt"] == "read@1.1");
  CHECK(events[2]["model"] == "m");
  const Follower heard = follow(events, "main/read");
  CHECK(heard.text == kOrder);
  CHECK(heard.value == json::parse(kOrder));
  const auto ended =
      std::ranges::find_if(events, [](const json& event) { return event["event"] == "step_ended"; });
  CHECK((*ended)["value"] == json::parse(kOrder));
  CHECK((*ended)["output_tokens"].get<int64_t>() > 0);
  CHECK((*ended)["cache"] == "no");
  CHECK(follow(events, "main/ask").text == kOrder);
  CHECK(events.back()["value"] == kOrder);
}

TEST_CASE("what no longer counts is said, and what goes wrong") {
  const Told told;
  {
    const MockOpenAi mock({"--reply", R"({"customer": "Ada", "items": [], "total": 1})"});
    const std::vector<json> events = told.events(mock, {"told.chain:main"}, 1);
    CHECK(names(events) == "run_started log step_started sent reset repaired sent step_failed run_ended ");
    const Follower heard = follow(events, "main/read");
    CHECK(heard.value == json({{"customer", "Ada"}}));  // `total` breaks its `where`
    CHECK(events.back()["error"]["kind"] == "invalid_output");
    CHECK(events.back()["error"]["line"] == 17);
  }
  const MockOpenAi mock({"--malformed", "close-mid-stream:1", "--chunk", "2"});
  const std::vector<json> events = told.events(mock, {"told.chain:one"}, 0);
  CHECK(names(events) == "run_started step_started sent reset retried sent step_ended run_ended ");
  CHECK(follow(events, "one/ask").text == "echo: hi");
}

TEST_CASE("events stand by themselves") {
  const Told told;
  const MockOpenAi mock;
  for (const char* other : {"--stream", "--json", "--verbose"})
    CHECK(run(told.command(mock, {"told.chain:one", other})).code == 2);
  told.place.file("rows.jsonl", "{}\n");
  check_ended(run(told.command(mock, {"told.chain:one", "--each", "rows.jsonl", "--out", "out.jsonl"})), 2,
              {"--each writes its answers to --out alone"});
}

TEST_CASE("a reader that goes, and a disk that is full, end a run with events") {
  const Told told;
  const MockOpenAi mock({"--chunk", "1"});
  Command gone = told.command(mock, {"told.chain:one"});
  gone.no_reader = true;
  CHECK(run(std::move(gone)).code == 128 + SIGPIPE);
  Command full = told.command(mock, {"told.chain:one"});
  full.words = {"/bin/sh", "-c", std::string(CHAIN_PROGRAM) + " run told.chain:one --events > /dev/full"};
  const Ended ended = run(std::move(full));
  check_ended(ended, 1, {"cannot write to standard output: No space left on device"});
}

TEST_CASE("a run of events is interrupted as any other") {
  const Told told;
  const MockOpenAi mock({"--silent"});
  Child child(told.command(mock, {"told.chain:one"}));
  for (int i = 0; i < 20'000 && mock.stat("requests") == 0; ++i) {}
  REQUIRE(mock.stat("requests") == 1);
  child.signal(SIGINT);
  const Ended ended = child.wait();
  check_ended(ended, 130, {"interrupted\n"});
  CHECK(ended.out.find(R"({"event":"run_interrupted","ms":)") != std::string::npos);
}
