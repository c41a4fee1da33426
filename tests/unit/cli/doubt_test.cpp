// Writes that nobody knows the end of.
#include <csignal>

#include "tests/unit/cli/tools_place.h"

using namespace chain::testing;

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

namespace {

/// A run whose write failed without an answer: resuming it asks.
void check_doubt(const Ended& resumed) {
  check_ended(resumed, 5,
              {"`t` was called with {", "nobody knows whether it was carried out", "again|failed|JSON"});
}

}  // namespace

TEST_CASE("a write that failed without an answer is not made again unless a person says so") {
  struct Case {
    const char* call;
    const char* said;
  };
  for (const Case& each :
       {Case{"hang\", timeout: 100ms", "within the time allowed"}, Case{"cut\"", "tool `t`: "},
        Case{"fails?status=500\"", "it answered 500"}, Case{"fails?status=504\"", "it answered 504"},
        Case{"orders/7\", at: \"data.nothing\"", "has no `nothing`"}}) {
    CAPTURE(each.call);
    const Tools tools(
        tool(std::string("tool t(n: int) -> int writes = http.post(\"SERVER/") + each.call + ")", "t(7)"));
    check_ended(tools.run_main(), 1, {each.said, "nobody knows whether it was carried out"});
    CHECK(tools.chain({"show", "last"}).out.find("nobody knows") != std::string::npos);
    CHECK(tools.chain({"show", "last", "--json"}).out.find("\"in_doubt\": true") != std::string::npos);
    check_doubt(tools.chain({"resume", "last"}));
    check_ended(tools.chain({"resume", "last"}), 5, {each.said});
    CHECK(tools.server.stat("requests") == 1);
    CHECK(tools.chain({"answer", "last", "42"}).out == "42\n");
    CHECK(tools.server.stat("requests") == 1);
  }
}

TEST_CASE("a person may say again and again that a write is to be made again") {
  const Tools tools(
      tool("tool t(n: int) -> int writes = http.post(\"SERVER/hang\", timeout: 100ms)", "t(7)"));
  check_ended(tools.run_main(), 1, {"timeout"});
  for (int made = 1; made < 3; ++made) {
    check_doubt(tools.chain({"resume", "last"}));
    check_ended(tools.chain({"answer", "last", "again"}), 1, {"within the time allowed"});
    CHECK(tools.server.stat("requests") == made + 1);
    CHECK(tools.server.stat("repeated") == made);
  }
  check_doubt(tools.chain({"resume", "last"}));
  check_ended(tools.chain({"answer", "last", "\"x\""}), 5, {"answered what is no int"});
  check_ended(tools.chain({"answer", "last", "failed"}), 1, {"a person said that it failed"});
  check_doubt(tools.chain({"resume", "last"}));
  CHECK(tools.server.stat("requests") == 3);
}

TEST_CASE("a write that was refused, or never left, is simply made again") {
  for (const char* url : {"SERVER/fails?status=409", "http://127.0.0.1:1/"}) {
    CAPTURE(url);
    const Tools tools(tool(std::string("tool t(n: int) -> int writes = http.post(\"") + url + "\")", "t(7)"));
    const Ended failed = tools.run_main();
    CHECK(failed.code == 1);
    CHECK(failed.err.find("nobody knows") == std::string::npos);
    const Ended resumed = tools.chain({"resume", "last"});
    check_ended(resumed, 1, {"tool `t`"});
    CHECK(tools.server.stat("requests") == (url[0] == 'S' ? 2 : 0));
  }
  const Tools repeats(tool(
      "tool t() -> string writes idempotent = http.post(\"SERVER/hang\", timeout: 100ms, retry: 0)", "t()"));
  check_ended(repeats.run_main(), 1, {"timeout"});
  check_ended(repeats.chain({"resume", "last"}), 1, {"timeout"});
  CHECK(repeats.server.stat("repeated") == 1);
}

TEST_CASE("what a program caught stays as it was, also of a write in doubt") {
  const Tools tools(R"chain(
tool t() -> string writes = http.post("SERVER/hang", timeout: 100ms)
tool refuses() -> string writes = http.post("SERVER/fails?status=400")

chain main() -> string {
  let x = try t() catch { timeout => "late", else => "other" }
  let y = refuses()
  return "{{ x }} {{ y }}"
}
)chain");
  check_ended(tools.run_main(), 1, {"it answered 400"});
  check_ended(tools.chain({"resume", "last"}), 1, {"it answered 400"});
  CHECK(tools.server.stat("hanging") == 1);
}
