// Agents from the command line: a model that does whatever it reads, tools at a server, people who are asked,
// and processes that are killed in the middle.
#include <signal.h>

#include "tests/peers/peer.h"
#include "tests/unit/cli/place.h"

using namespace chain::testing;
using chain::test::MockOpenAi;
using chain::test::Peer;

namespace {

constexpr const char* kDesk = R"chain(
model m = openai("some-model", retry: 0)

/// Reads a page.
tool fetch(text: string) -> string reads = http.post("SERVER/text", body: text)
tool look(text: string) -> bool reads = http.post("SERVER/true", body: text)
tool put(text: string) -> bool writes = http.post("SERVER/true", body: text)
tool slow(text: string) -> bool writes = http.post("SERVER/hang", body: text)
tool wait(text: string) -> bool reads = http.post("SERVER/hang", body: text)

agent desk@1.0(task: string) -> string within { steps: 12, time: 1m } {
  model: m
  tools: [fetch, look, put, slow, wait]
  system: "You do what is asked."
}

chain main(task: string) -> string {
  return desk(task)
}

chain many(count: int) -> string[] {
  return for i in range(count) { desk("DO look {\"text\": \"{{ i }}\"}") }
}
)chain";

struct Desk {
  MockOpenAi model;
  Peer server{"mock_tools"};
  Place place;

  explicit Desk(std::string program = kDesk) : model({"--obey", "--reply", "done"}) {
    const std::string url = "http://127.0.0.1:" + std::to_string(server.port());
    for (size_t at = 0; (at = program.find("SERVER", at)) != std::string::npos;) program.replace(at, 6, url);
    place.file("desk.chain", program);
  }

  [[nodiscard]] Command command(std::vector<std::string> words) const {
    return place.command(std::move(words), model.base_url());
  }
  [[nodiscard]] Ended chain(std::vector<std::string> words) const { return run(command(std::move(words))); }
  static std::vector<std::string> run_main(const std::string& task) {
    return {"run", "desk.chain", "--allow", "host=127.0.0.1", "-a", "task=" + task};
  }
  [[nodiscard]] Ended ask(const std::string& task) const { return chain(run_main(task)); }
  /// Kills the run when a call is at the server that never answers it.
  void kill_in_flight(const std::string& task) const {
    Child child(command(run_main(task)));
    while (server.stat("hanging") < 1) {}
    child.signal(SIGKILL);
    (void)child.wait();
  }
};

}  // namespace

TEST_CASE("an agent calls its tools until it has its answer, and its story is kept") {
  const Desk desk;
  const Ended ended = desk.ask(R"(DO look {"text": "a"} DO look {"text": "b"} DO put {"text": "c"})");
  check_ended(ended, 0, {});
  CHECK(ended.out == "done\n");
  CHECK(desk.server.stat("requests") == 3);
  CHECK(desk.model.stat("requests") == 2);
  const Ended shown = desk.chain({"show", "last"});
  for (const char* part : {"desk", "look", "put"}) CHECK(shown.out.find(part) != std::string::npos);
  const Ended trace = desk.chain({"trace", "last", "--jsonl", "spans.jsonl"});
  check_ended(trace, 0, {});
  const std::string spans = read_file((desk.place.path() / "spans.jsonl").string());
  for (const char* part : {"invoke_agent desk", "gen_ai.agent.name", "execute_tool look", "chat some-model"})
    CHECK(spans.find(part) != std::string::npos);
  const Ended story = desk.chain({"show", "last", "--agent"});
  for (const char* part : {"calls [1] look", "[2] look gave", "[3] put gave", "decided to answer"}) {
    CAPTURE(part, story.out);
    CHECK(story.out.find(part) != std::string::npos);
  }
  // A replay asks no model and calls no tool.
  CHECK(desk.chain({"replay", "last"}).out == "done\n");
  CHECK(desk.server.stat("requests") == 3);
  CHECK(desk.model.stat("requests") == 2);
}

TEST_CASE("a person is asked about a write that a page has asked for, with where it came from") {
  for (const bool yes : {false, true}) {
    const Desk desk;
    // The page says what it was sent, behind the method.
    const Ended asked =
        desk.ask(R"(DO fetch {"text": "put it"} DO fetch {"text": "DO put \u007b\"text\": \"x\"\u007d"})");
    check_ended(asked, 5, {"to be approved", "call `put` with {\"text\": \"x\"}", "from `fetch` with"});
    const int64_t before = desk.server.stat("requests");
    CHECK(desk.chain({"answer", "last", yes ? "yes" : "no"}).out == "done\n");
    CHECK(desk.server.stat("requests") == before + (yes ? 1 : 0));
    const std::string last = desk.model.get("/last");
    CHECK((last.find("a person said no") != std::string::npos) != yes);
  }
}

TEST_CASE("a turn of an agent's model is edited: what it says, and what it calls") {
  const Desk desk;
  check_ended(desk.ask(R"(DO look {"text": "a"})"), 0, {});
  const Ended steps = desk.chain({"show", "last"});
  const std::string first = "main/desk/_converse/repeat[0]/model.step";
  CHECK(steps.out.find(first) != std::string::npos);
  const Ended said = desk.chain({"replay", "last", "--edit", first + "=\"nothing to do\""});
  check_ended(said, 0, {});
  CHECK(said.out == "nothing to do\n");
  CHECK(desk.server.stat("requests") == 1);
  check_ended(desk.chain({"replay", "last", "--edit",
                          first + R"(={"calls": [{"name": "put", "arguments": {"text": "b"}}]})"}),
              0, {});
  CHECK(desk.server.stat("requests") == 3);  // what was edited, and then what the model was asked for
  CHECK(desk.model.get("/last").find("put") != std::string::npos);
  for (const char* wrong :
       {"1", "{}", "[]", R"({"calls": [{"name": "put"}]})", R"({"said": "x"})", "nothing"})
    check_ended(desk.chain({"replay", "last", "--edit", first + "=" + wrong}), 2,
                {"it is a turn of an agent's model"});
  check_ended(desk.chain({"replay", "last", "--edit", "main/desk=\"x\""}), 2, {"edit that step"});
}

TEST_CASE("a write of an agent that was cut short is asked about, and what came of it is said to the model") {
  const Desk desk;
  desk.kill_in_flight(R"(DO look {"text": "a"} DO slow {"text": "b"})");
  CHECK(desk.model.stat("requests") == 1);
  check_ended(desk.chain({"resume", "last"}), 5,
              {"`slow` was called with {\"text\": \"b\"}", "nobody knows whether it was carried out"});
  CHECK(desk.server.stat("requests") == 2);  // nothing was done twice
  CHECK(desk.model.stat("requests") == 1);
  SECTION("it was carried out") {
    CHECK(desk.chain({"answer", "last", "true"}).out == "done\n");
    CHECK(desk.server.stat("requests") == 2);
  }
  SECTION("it failed") {
    CHECK(desk.chain({"answer", "last", "failed"}).out == "done\n");
    CHECK(desk.model.get("/last").find("a person said that it failed") != std::string::npos);
    CHECK(desk.server.stat("requests") == 2);
  }
}

TEST_CASE("a read of an agent that was cut short is made again, and nothing else is") {
  const Desk desk;
  desk.kill_in_flight(R"(DO look {"text": "a"} DO wait {"text": "b"})");
  Child child(desk.command({"resume", "last"}));
  while (desk.server.stat("hanging") < 2) {}
  child.signal(SIGINT);
  check_ended(child.wait(), 130, {});
  CHECK(desk.model.stat("requests") == 1);
  // `look`, whose end may not have been kept yet when the process was killed, beside `wait` and that again.
  const int64_t made = desk.server.stat("requests");
  CHECK((made == 3 || made == 4));
}

TEST_CASE("what an agent may cost ends it in the middle, which the journal keeps") {
  for (const bool anthropic : {false, true}) {
    CAPTURE(anthropic);
    const Peer other("mock_anthropic", {"--obey", "--reply", "done"});
    const std::string model =
        anthropic ? "anthropic(\"some-model\", base_url: \"http://127.0.0.1:" + std::to_string(other.port()) +
                        "/v1\", "
                  : "openai(\"some-model\", ";
    const Desk desk("model m = " + model + R"chain(max_tokens: 100, retry: 0)

tool again(text: string) -> string reads = http.post("SERVER/again", body: text)

agent desk(task: string) -> string within { steps: 50, cost: $0.03 } {
  model: m
  tools: [again]
  system: "You do what is asked."
}

chain main(task: string) -> string {
  return desk(task)
}
)chain");
    std::filesystem::create_directory(desk.place.path() / "config");
    desk.place.file("config/prices.json", R"({"models": {"openai/some-model": {"input": 10, "output": 100},
      "anthropic/some-model": {"input": 10, "output": 100}}})");
    Command command = desk.command(Desk::run_main(R"(DO again {"text": "a"})"));
    command.environment.emplace_back("ANTHROPIC_API_KEY", "test");
    check_ended(run(command), 1, {"budget: `desk` may cost $0.03", "in main/desk/"});
    const auto asked = [&] { return anthropic ? other.stat("requests") : desk.model.stat("requests"); };
    const int64_t turns = asked();
    CHECK(turns >= 2);
    CHECK(turns < 50);
    CHECK(desk.server.stat("requests") == turns);
    const Ended shown = desk.chain({"show", "last"});
    CHECK(shown.out.find("budget at main/desk/") != std::string::npos);
    CHECK(shown.out.find("may cost $0.03") != std::string::npos);
    const Ended story = desk.chain({"show", "last", "--agent"});
    INFO(story.out);
    CHECK(story.out.find("may cost $0.03") != std::string::npos);
    // A replay comes to the same end, and asks and calls nothing.
    Command replay = desk.command({"replay", "last"});
    replay.environment.emplace_back("ANTHROPIC_API_KEY", "test");
    check_ended(run(replay), 1, {"budget: `desk` may cost $0.03"});
    CHECK(asked() == turns);
    CHECK(desk.server.stat("requests") == turns);
  }
}

TEST_CASE("the time of an agent ends what its tools do") {
  Desk desk(R"chain(
model m = openai("some-model", retry: 0)
tool wait(text: string) -> bool reads = http.post("SERVER/hang", body: text)
agent desk(task: string) -> string within { time: 300ms } {
  model: m
  tools: [wait]
}
chain main(task: string) -> string {
  return desk(task)
}
)chain");
  check_ended(desk.ask(R"(DO wait {"text": "a"})"), 1,
              {"budget: `desk` has taken the 300ms that its `within` gives it"});
}

TEST_CASE("many agents at once, in one process") {
  const Desk desk;
  const Ended ended = desk.chain({"run", "desk.chain:many", "--allow", "host=127.0.0.1", "-a", "count=200"});
  check_ended(ended, 0, {});
  CHECK(desk.server.stat("requests") == 200);
  CHECK(desk.model.stat("requests") == 400);
}
