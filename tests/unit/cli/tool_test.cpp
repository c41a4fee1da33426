// Tools that are called over HTTP, and writes that nobody knows were carried out.
#include <signal.h>

#include "tests/peers/peer.h"
#include "tests/unit/cli/place.h"

using namespace chain::testing;
using chain::test::Peer;

namespace {

struct Tools {
  Peer server{"mock_tools"};
  Place place;

  /// `SERVER` in the program is where the tools are.
  explicit Tools(std::string program) {
    const std::string url = "http://127.0.0.1:" + std::to_string(server.port());
    for (size_t at = 0; (at = program.find("SERVER", at)) != std::string::npos;) program.replace(at, 6, url);
    place.file("tools.chain", program);
  }

  [[nodiscard]] Command command(std::vector<std::string> words) const {
    Command command = place.command(std::move(words));
    command.environment.emplace_back("TOOL_KEY", "s3cret/key");
    return command;
  }
  [[nodiscard]] Ended chain(std::vector<std::string> words) const { return run(command(std::move(words))); }
  /// Allowed what the program needs.
  [[nodiscard]] Ended run_main(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"run", "tools.chain", "--allow", "host=127.0.0.1", "--allow", "env=TOOL_KEY"});
    return chain(std::move(more));
  }
};

std::string tool(const std::string& declaration, const std::string& call) {
  return declaration + "\n\nchain main() -> string {\n  let x = " + call + "\n  return \"{{ x }}\"\n}\n";
}

}  // namespace

TEST_CASE("a tool sends what it says, and its answer is read as its type") {
  const Tools tools(R"chain(
type Echo {
  method: string
  query: map<string>
  headers: map<string>
  body: string
}

tool look(word: string, n: int) -> Echo reads = http.get("SERVER/echo?fixed=1", query: { "q": word, "n": "{{ n }}" },
  headers: { "Authorization": "Bearer {{ secret("TOOL_KEY") }}" })
tool put(words: string[]) -> Echo writes = http.put("SERVER/echo", json: { "words": words, "deep": { "n": 1 } })
tool post(text: string) -> string writes = http.post("SERVER/text", body: text)
tool remove() -> string writes = http.delete("SERVER/text")
tool nothing() -> string writes = http.post("SERVER/empty")

chain main() -> string {
  let a = look("köln & bonn?", 7)
  let b = put(["x", "\"y\""])
  let c = post("hé\nho")
  let d = remove()
  let e = nothing()
  return "{{ e }}{{ a.method }} {{ a.query }} {{ a.headers }}\n{{ b.method }} {{ b.body }} {{ b.headers }}\n{{ c }} {{ d }}"
}
)chain");
  const Ended ended = tools.run_main();
  check_ended(ended, 0, {});
  for (const char* part :
       {R"("fixed": "1")", R"("q": "köln & bonn?")", R"("n": "7")", R"("authorization": "Bearer [redacted]")",
        R"(PUT {"words": ["x", "\"y\""], "deep": {"n": 1}})", R"("content-type": "application/json")",
        R"("idempotency-key": ")", "POST hé\nho DELETE"}) {
    INFO(part << " in\n" << ended.out);
    CHECK(ended.out.find(part) != std::string::npos);
  }
  CHECK(tools.server.stat("requests") == 5);
  const Ended shown = tools.chain({"show", "last", "--step", "main/look"});
  CHECK(shown.out.find("Authorization: Bearer [redacted]") != std::string::npos);
  // A replay calls no tool.
  CHECK(tools.chain({"replay", "last"}).out == ended.out);
  CHECK(tools.server.stat("requests") == 5);
}

TEST_CASE("without leave no tool is called") {
  const Tools tools(tool("tool t() -> string reads = http.get(\"SERVER/text\")", "t()"));
  check_ended(tools.chain({"run", "tools.chain"}), 4, {"E0701"});
  check_ended(tools.run_main({"--deny", "host=127.0.0.1"}), 4, {});
  CHECK(tools.server.stat("requests") == 0);
}

TEST_CASE("what a tool answers wrongly is a failure that names it and keeps secrets") {
  const auto fails = [](const char* path, const char* type, const char* more,
                        std::initializer_list<std::string_view> said) {
    const Tools tools(tool(std::string("tool t() -> ") + type + " reads = http.get(\"SERVER/" + path +
                               "\", headers: { \"Authorization\": \"{{ secret(\"TOOL_KEY\") }}\" }" + more +
                               ")",
                           "t()"));
    const Ended ended = tools.run_main();
    check_ended(ended, 1, said);
    CHECK((ended.out + ended.err).find("s3cret") == std::string::npos);
  };
  fails("fails?status=400", "string", "",
        {"tool_failed: tool `t`: it answered 400: no luck with [redacted]"});
  fails("fails?status=429", "string", ", retry: 0", {"rate_limited: tool `t`: it answered 429"});
  fails("fails?status=503", "string", ", retry: 0", {"unavailable: tool `t`"});
  fails("nowhere", "string", "", {"it answered 404: there is nothing"});
  fails("elsewhere", "string", "", {"which leads to `http://169.254.169.254", "redirects are not followed"});
  fails("text", "int", "", {"tool_failed: `t` answered what is no int"});
  fails("empty", "int", "", {"`t` answered what is no int"});
  fails("bytes", "string", "", {"it is not UTF-8"});
  fails("huge", "string", "", {"tool_failed", "larger than allowed"});
  fails("cut", "string", ", retry: 0", {"unavailable: tool `t`"});
  fails("hang", "string", ", timeout: 100ms, retry: 0", {"timeout: tool `t`"});
}

TEST_CASE("what is filled into a URL leads nowhere else") {
  const Tools tools(R"chain(
tool user(name: string) -> string reads = http.get("SERVER/echo/{{ name }}/public", headers: { "x-empty": "" })

chain main(name: string) -> string {
  return user(name)
}
)chain");
  for (const char* name : {"..", "a/../..", "%2e%2E", ".", "a#b"}) {
    INFO(name);
    check_ended(tools.run_main({"-a", std::string("name=") + name}), 1,
                {"invalid_value: tool `user`: its URL holds"});
  }
  CHECK(tools.server.stat("requests") == 0);
}

TEST_CASE("a question mark that is filled into a path begins no query") {
  const Tools tools(R"chain(
tool path(name: string, more: string) -> string reads = http.get("SERVER/{{ name }}?q={{ more }}")
tool joined(name: string) -> string reads = http.get("SERVER/" + name)
tool whole(url: string) -> string reads = http.get(url)

chain main(name: string) -> string {
  return path(name, "a?b")
}
chain add(name: string) -> string {
  return joined(name)
}
chain other(url: string) -> string {
  return whole(url)
}
)chain");
  const auto asked = [&](const char* chain, const std::string& argument) {
    return tools.chain({"run", std::string("tools.chain:") + chain, "--allow", "host=*", "--allow",
                        "host=127.0.0.1", "-a", argument});
  };
  for (const char* chain : {"main", "add"}) {
    // The path that is asked for is `/echo%3Fadmin=1`, which there is none of.
    const Ended ended = asked(chain, "name=echo?admin=1");
    check_ended(ended, 1, {"404"});
    CHECK(ended.out.find("admin") == std::string::npos);
  }
  const Ended plain = asked("main", "name=echo");
  check_ended(plain, 0, {});
  CHECK(plain.out.find("\"q\":\"a?b\"") != std::string::npos);  // a query's own is left alone
  const Ended whole =
      asked("other", "url=http://127.0.0.1:" + std::to_string(tools.server.port()) + "/echo?x=1");
  check_ended(whole, 0, {});
  CHECK(whole.out.find("\"x\":\"1\"") != std::string::npos);
}

TEST_CASE("a tool that reads is tried again, one that writes is not") {
  const Tools reads(tool("tool t() -> string reads = http.get(\"SERVER/flaky\")", "t()"));
  CHECK(reads.run_main().out == "\"at last\"\n");
  CHECK(reads.server.stat("requests") == 2);
  const Tools writes(tool("tool t() -> string writes = http.post(\"SERVER/flaky\")", "t()"));
  check_ended(writes.run_main(), 1, {"unavailable"});
  CHECK(writes.server.stat("requests") == 1);
  const Tools twice(tool("tool t() -> string writes idempotent = http.post(\"SERVER/flaky\")", "t()"));
  check_ended(twice.run_main(), 0, {});
  CHECK(twice.server.stat("repeated") == 1);  // with the same key
}

TEST_CASE("a person says yes to each call of a tool that wants it") {
  const Tools tools(tool(
      "tool t(n: int) -> string writes approve = http.post(\"SERVER/text\", body: \"{{ n }}\")", "t(7)"));
  check_ended(tools.run_main(), 5, {"to be approved", "call `t` with {\"n\": 7}"});
  CHECK(tools.server.stat("requests") == 0);
  CHECK(tools.chain({"answer", "last", "yes"}).out == "POST 7\n");
  CHECK(tools.server.stat("requests") == 1);
  check_ended(tools.run_main(), 5, {});
  check_ended(tools.chain({"answer", "last", "no"}), 1, {"denied"});
  CHECK(tools.server.stat("requests") == 1);
}

namespace {

/// Kills a run whose call of a tool is at the server.
void kill_in_flight(const Tools& tools) {
  Child child(tools.command({"run", "tools.chain", "--allow", "host=127.0.0.1", "--allow", "env=TOOL_KEY"}));
  while (tools.server.stat("hanging") < 1) {}
  child.signal(SIGKILL);
  (void)child.wait();
}

}  // namespace

TEST_CASE("a write that nobody knows the end of is not made again unless a person says so") {
  const Tools tools(
      tool("tool t(n: int) -> int writes = http.post(\"SERVER/hang\", body: \"{{ n }}\")", "t(7)"));
  kill_in_flight(tools);
  check_ended(
      tools.chain({"resume", "last"}), 5,
      {"`t` was called with {\"n\": 7}", "nobody knows whether it was carried out", "again|failed|JSON"});
  CHECK(tools.server.stat("requests") == 1);
  CHECK(tools.chain({"runs"}).out.find("waiting") != std::string::npos);
  check_ended(tools.chain({"answer", "last", "perhaps"}), 2, {"say `again`, `failed`"});

  SECTION("it was carried out") {
    CHECK(tools.chain({"answer", "last", "42"}).out == "42\n");
    CHECK(tools.server.stat("requests") == 1);
  }
  SECTION("it failed") {
    check_ended(tools.chain({"answer", "last", "failed"}), 1, {"a person said that it failed"});
    CHECK(tools.server.stat("requests") == 1);
  }
  SECTION("an answer of another type is asked for again") {
    check_ended(tools.chain({"answer", "last", "\"x\""}), 5, {"answered what is no int", "nobody knows"});
    CHECK(tools.chain({"answer", "last", "7"}).out == "7\n");
  }
  SECTION("a replay asks the same, and calls nothing") {
    check_ended(tools.chain({"replay", "last"}), 5, {"nobody knows"});
    CHECK(tools.server.stat("requests") == 1);
  }
  SECTION("it is made again, and in doubt again") {
    Child child(tools.command({"answer", "last", "again"}));
    while (tools.server.stat("hanging") < 2) {}
    child.signal(SIGKILL);
    (void)child.wait();
    CHECK(tools.server.stat("repeated") == 1);
    check_ended(tools.chain({"resume", "last"}), 5, {"nobody knows"});
    CHECK(tools.server.stat("requests") == 2);
  }
}

TEST_CASE("what reads, or may be repeated, is simply made again") {
  for (const char* effect : {"reads", "writes idempotent"}) {
    const std::string method = std::string(effect) == "reads" ? "http.get" : "http.post";
    const Tools tools(
        tool(std::string("tool t() -> int ") + effect + " = " + method + "(\"SERVER/hang\")", "t()"));
    kill_in_flight(tools);
    Child child(tools.command({"resume", "last"}));
    while (tools.server.stat("hanging") < 2) {}
    child.signal(SIGINT);
    check_ended(child.wait(), 130, {});
    CHECK(tools.server.stat("repeated") == (std::string(effect) == "reads" ? 0 : 1));
  }
}

TEST_CASE("a write under way ends before the time of its chain is up") {
  const Tools tools(R"chain(
tool slow() -> string writes = http.post("SERVER/hang", timeout: 600ms)

chain hurry() -> string within { time: 100ms } {
  return slow()
}

chain main() -> string {
  let x = try hurry() catch { budget => "late", else => "other" }
  return x
}
)chain");
  check_ended(tools.run_main(), 0, {});
  const Ended steps = tools.chain({"show", "last", "--json"});
  CHECK(steps.out.find("\"timeout\"") != std::string::npos);  // how the call ended
}
