// Servers over pipes that do what they should not: a clear error, bounded memory, nothing left running.
#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/unit/mcp/mcp_fixture.h"

namespace chain::test {

namespace {

using Catch::Matchers::Contains;
using mcp::Answer;

mcp::Server hostile(const std::string& how, int64_t timeout = 20 * kSecond) {
  mcp::Server server = stdio_server({"node", std::string(CHAIN_BIN_DIR) + "/mcp_hostile_server", how});
  server.timeout = timeout;
  return server;
}

/// What kills the others should this process be killed: it stays as long as the process.
bool is_guard(pid_t id) {
  std::ifstream file("/proc/" + std::to_string(id) + "/cmdline");
  const std::string words{std::istreambuf_iterator<char>(file), {}};
  return words.find("while read -r what group") != std::string::npos;
}

/// Processes that this one has started and that still run.
std::vector<pid_t> children() {
  std::vector<pid_t> found;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(task.path() / "children");
    pid_t id = 0;
    while (file >> id) {
      if (!is_guard(id)) found.push_back(id);
    }
  }
  return found;
}

/// Processes whose group is `group`.
size_t members(pid_t group) {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    pid_t id = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), id).ec != std::errc()) continue;
    std::ifstream file(entry.path() / "stat");
    const std::string stat{std::istreambuf_iterator<char>(file), {}};
    const size_t after = stat.rfind(')');
    if (after == std::string::npos || stat[after + 2] == 'Z') continue;
    if (getpgid(id) == group) ++count;
  }
  return count;
}

long peak_kilobytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

/// What a call comes to, and that nothing is left of the server afterwards.
Answer call(const std::string& how, int64_t timeout = 20 * kSecond) {
  Answer answer;
  {
    Asking shop(hostile(how, timeout),
                [](mcp::Options& options) { options.close_grace = 50 * kMillisecond; });
    answer = shop.call("x");
    shop.close();
  }
  CHECK(children().empty());
  return answer;
}

std::string failure(const std::string& how, int64_t timeout = 20 * kSecond) {
  const Answer answer = call(how, timeout);
  CHECK_FALSE(answer.ok);
  CHECK_THAT(answer.error, Catch::Matchers::StartsWith("mcp `shop`: "));
  return answer.error.substr(std::string("mcp `shop`: ").size());
}

}  // namespace

TEST_CASE("a server that ends says with what, and its last words are made fit to be seen") {
  CHECK(failure("dies") ==
        "the server ended by itself, with code 3; it wrote: cannot open \xEF\xBF\xBD[31mdatabase\xEF\xBF\xBD "
        "no such file");
  CHECK(failure("crashes") == "the server ended by itself, with code 9; it wrote: Segmentation fault");
  CHECK(failure("signal") == "the server was ended by signal 11");
}

TEST_CASE("a program that is not there is named") {
  Asking shop(stdio_server({"no-such-server"}));
  const Answer answer = shop.call("x");
  CHECK(answer.kind == abi::ErrorKind::Unavailable);
  CHECK(answer.error ==
        "mcp `shop`: there is no program `no-such-server` in PATH; install it, or write its whole path");
}

TEST_CASE("a server that hangs is left after its time, and ended, though it hears no SIGTERM") {
  {
    VirtualClock clock;
    Asking shop(hostile("hangs"), [](mcp::Options&) {}, &clock);
    CHECK(shop.tools().size() == 1);
    shop.loop.post([&] { shop.loop.post([&] { clock.advance(20 * kSecond); }); });
    const Answer answer = shop.call("x");
    CHECK(answer.kind == abi::ErrorKind::Timeout);
    CHECK(answer.error ==
          "mcp `shop`: `tools/call` was not answered within 20 s; `timeout:` of its declaration "
          "says how long");
  }
  CHECK(children().empty());
  CHECK(failure("silent", 300 * kMillisecond) ==
        "it did not answer within 0.3 s when it was asked how to speak to it");
  CHECK(failure("deaf", 300 * kMillisecond) ==
        "it did not answer within 0.3 s when it was asked how to speak to it");
  CHECK(call("stays").ok);
}

TEST_CASE("progress gives a call more time, but not for ever") {
  VirtualClock clock;
  Asking shop(hostile("progresses"), [](mcp::Options&) {}, &clock);
  shop.heard.on_progress = [&] { clock.advance(15 * kSecond); };
  const Answer answer = shop.call("x");
  CHECK(answer.kind == abi::ErrorKind::Timeout);
  CHECK(answer.error ==
        "mcp `shop`: `tools/call` was not done after 200 s, though it reported progress; `timeout:` "
        "of its declaration says how long");
  CHECK(shop.heard.progress_messages.size() >= 14);
}

TEST_CASE("a message beyond the bound ends the server; ten megabytes are read") {
  CHECK(failure("huge") == "it sent a message of more than 16 MiB");
  CHECK(failure("endless") == "it sent a message of more than 16 MiB");
  const Answer large = call("large");
  CHECK(large.ok);
  CHECK(large.json.size() > (size_t{10} << 20));
  // 30 MB each on standard output, in messages, and on standard error.
  CHECK(call("floods").json == R"({"flooded":true})");
  CHECK(peak_kilobytes() < 400'000);
}

TEST_CASE("lines that are no messages are passed over, as long as they are few") {
  CHECK(call("banner").ok);
  CHECK(failure("noise") == "it sent what is no message of MCP: `listening 0`");
}

TEST_CASE("answers that are none, or not ours") {
  CHECK(failure("other") == "it answered under the id `4711`, which nothing was asked under");
  CHECK_THAT(failure("texts"), Contains("it answered under the id `\"3\"`") || Contains("`\"2\"`"));
  CHECK(call("twice").json == R"({"first":true})");
  CHECK(failure("nobody") == "it refused `tools/call`: Parse error (-32700)");
  CHECK(failure("both") == "it refused `tools/call`: both (1)");
  CHECK_THAT(failure("bytes"), Contains("it sent what is not UTF-8"));
  for (const char* how : {"empty", "list", "nul", "deep"}) {
    CAPTURE(how);
    CHECK_THAT(failure(how), Contains("it sent what is no message of MCP: `{"));
  }
  CHECK(failure("version") == "it speaks version `1999-01-01` of the protocol, which is not known here");
}

TEST_CASE(
    "a server of the older era that ends at what it does not know, or keeps silent, is spoken to in its "
    "way") {
  CHECK(call("strict").ok);
  CHECK(call("mute", 2 * kSecond).ok);
}

TEST_CASE("what a server asks without end is bounded, and what is not supported is refused") {
  CHECK(call("pings").json == R"({"pinged":true})");
  CHECK(call("samples").json == R"({"told":"not supported: sampling/createMessage"})");
  Asking shop(hostile("asks"));
  shop.heard.holds_answers = true;
  CHECK(shop.call("x").json == R"({"asked":true})");
  CHECK(shop.heard.questions.size() == 32);
  shop.heard.held[0](R"({"action":"accept"})");
  shop.heard.held[0]("again");
  shop.client.reset();
  shop.heard.held[1](R"({"action":"accept"})");  // too late, and harmless
}

TEST_CASE("what a server tells is handed on, and nonsense is not") {
  Asking shop(hostile("strays"));
  CHECK(shop.call("x").json == R"({"good":true})");
  CHECK(shop.heard.logs == std::vector<std::string>{R"(info: {"a":1})"});
  CHECK(shop.heard.changes == std::vector<std::string>{"tools"});
  CHECK(shop.heard.progress_messages.empty());
}

TEST_CASE("lists without end, beyond the bound, and of odd things") {
  std::string error;
  Asking(hostile("loops")).tools(&error);
  CHECK(error == "mcp `shop`: its list of tools has no end");
  Asking(hostile("many")).tools(&error);
  CHECK_THAT(error, Contains("it lists more than 10000 tools"));
  const auto tools = Asking(hostile("odd")).tools();
  REQUIRE(tools.size() == 1);
  CHECK(tools[0].name == "x");
  CHECK(tools[0].description.empty());
  CHECK(tools[0].input_schema == R"({"type":"object"})");
}

TEST_CASE("a server that ended is started again by the next call") {
  Asking shop(hostile("crashes"));
  CHECK_FALSE(shop.call("x").ok);
  CHECK_FALSE(shop.call("x").ok);
  CHECK(shop.tools().size() == 1);
  Asking good(hostile("good"));
  const std::string first = good.call("x").json;
  CHECK(good.call("x").json == first);  // one process for all calls
  good.close();
  CHECK(good.call("x").json != first);
}

TEST_CASE("what a server started ends with it, also when the client is destroyed in the middle of a call") {
  pid_t server = 0;
  {
    Asking shop(hostile("child"));
    const std::string json = shop.call("x").json;
    server = std::stoi(json.substr(json.find(':') + 1));
    CHECK(getpgid(server) == server);
    CHECK(members(server) == 2);
    shop.client->call_tool("x", "{}", [](const Answer&) { FAIL("nobody waits for it"); });
  }
  CHECK(kill(server, 0) != 0);
  for (int i = 0; i < 200 && members(server) > 0; ++i) usleep(5'000);
  CHECK(members(server) == 0);
}

TEST_CASE("a client may be destroyed by what it calls, and its calls be cancelled") {
  Asking shop(hostile("good"));
  bool called = false;
  shop.client->call_tool("x", "{}", [&](const Answer&) {
    called = true;
    shop.client.reset();
  });
  shop.loop.run();
  CHECK(called);
  CHECK(children().empty());

  Asking other(hostile("hangs"));
  const auto id = other.client->call_tool("x", "{}", [](const Answer&) { FAIL("it was cancelled"); });
  other.loop.after(300 * kMillisecond, [&] {
    other.client->cancel(id);
    other.client->cancel(id);
    other.client->cancel(777);
    other.client->close([] {});
  });
  other.loop.run();
  CHECK(children().empty());
}

TEST_CASE("a server gets the variables that it needs, those it was given, and no other") {
  setenv("CHAIN_TEST_KEY", "hidden-value", 1);
  mcp::Server server =
      stdio_server({"node", "-e",
                    "process.stdin.once('data', d => { console.log(JSON.stringify({jsonrpc:'2.0', id: "
                    "JSON.parse(d).id, result: "
                    "{supportedVersions:['2026-07-28'], capabilities:{}, instructions: "
                    "Object.keys(process.env).sort().join()}})) "
                    "; process.stdin.once('data', d => console.log(JSON.stringify({jsonrpc:'2.0', id: "
                    "JSON.parse(d).id, result: "
                    "{key: process.env.SHOP_KEY}}))) })"});
  server.environment = {{"SHOP_KEY", "sk-very-secret-1"}, {"HOME", "/nowhere"}};
  server.secrets = {"sk-very-secret-1"};
  Asking shop(server);
  CHECK(shop.call("x").json == R"({"key":"[redacted]"})");
  CHECK_THAT(shop.client->about(), Contains("HOME") && Contains("PATH") && Contains("SHOP_KEY"));
  CHECK_THAT(shop.client->about(), !Contains("CHAIN_TEST_KEY"));
}

TEST_CASE("parameters that are no object, or too long, are not sent") {
  Asking shop(hostile("good"), [](mcp::Options& options) { options.most_bytes = 1000; });
  CHECK(shop.ask("tools/call", "[]").error ==
        "mcp `shop`: the parameters of `tools/call` are no JSON object");
  CHECK(shop.ask("tools/call", "{\"a\":").error ==
        "mcp `shop`: the parameters of `tools/call` are no JSON object");
  CHECK_THAT(shop.call("x", "{\"a\":\"" + std::string(2000, 'x') + "\"}").error, Contains("are longer than"));
  CHECK(shop.call("x").ok);
}

}  // namespace chain::test
