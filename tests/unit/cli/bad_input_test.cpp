// What the real program does with what no program should be given: files, arguments, servers and outputs.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>

#include "tests/golden/process.h"
#include "tests/peers/peer.h"
#include "tests/unit/cli/place.h"

namespace {

namespace fs = std::filesystem;
using chain::test::MockOpenAi;
using chain::testing::check_ended;
using chain::testing::Child;
using chain::testing::Command;
using chain::testing::Ended;
using chain::testing::Place;
using Clock = std::chrono::steady_clock;

/// A program that asks `fast` once.
constexpr std::string_view kAsks = R"(model fast = baseline()

prompt ask(text: string) -> string {
  model: fast
  user: "{{ text }}"
}

chain main(text: string = "hello") -> string {
  return ask(text)
}
)";

std::string model_at(const MockOpenAi& server, const std::string& options) {
  return "fast=openai(\"m\", base_url: \"" + server.base_url() + "\", " + options + ")";
}

/// Asks a server that behaves as `switches` say.
Ended ask(const std::vector<std::string>& switches, const std::string& options,
          std::vector<std::string> more = {}) {
  const Place place;
  place.file("ask.chain", kAsks);
  const MockOpenAi server(switches);
  std::vector<std::string> words = {"run", "ask.chain", "--model", model_at(server, options)};
  words.insert(words.end(), more.begin(), more.end());
  return place.chain(words);
}

/// Asks again until it holds; the process that is waited for needs no longer than this.
bool becomes_true(const std::function<bool()>& holds) {
  const auto deadline = Clock::now() + std::chrono::seconds(30);
  while (Clock::now() < deadline) {
    if (holds()) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("an empty file checks, and has nothing to run") {
  const Place place;
  place.file("empty.chain", "");
  check_ended(place.chain({"check", "empty.chain"}), 0, {});
  check_ended(place.chain({"run", "empty.chain"}), 2, {"`empty.chain` has no chain to run"});
  check_ended(place.chain({"test", "empty.chain"}), 0, {"no tests found"});
}

TEST_CASE("a file of 100 MB is refused at once") {
  const Place place;
  std::string line = "// a comment that goes on and on, line after line, and says nothing at all\n";
  std::string text;
  while (text.size() < 100'000'000) text += line;
  place.file("huge.chain", text);
  const auto begin = Clock::now();
  check_ended(place.chain({"check", "huge.chain"}), 3, {"E0004"});
  CHECK(Clock::now() - begin < std::chrono::seconds(10));
}

TEST_CASE("a binary file is refused") {
  const Place place;
  place.file("binary.chain", std::string("\x7f"
                                         "ELF\0\1\2\3\xff\xfe",
                                         11));
  check_ended(place.chain({"run", "binary.chain"}), 3, {"E0005"});
  place.file("latin1.chain", "// caf\xe9\n");
  check_ended(place.chain({"run", "latin1.chain"}), 3, {"E0005", "latin1.chain:1:"});
}

TEST_CASE("ten thousand brackets are refused, open or closed") {
  const Place place;
  const std::string open(10'000, '['), close(10'000, ']');
  place.file("open.chain", "const x = " + open + "\n");
  check_ended(place.chain({"check", "open.chain"}), 3, {"E0004"});
  place.file("both.chain", "const x = " + open + close + "\n");
  check_ended(place.chain({"check", "both.chain"}), 3, {"E0004"});
  place.file("text.chain", "const x = \"" + std::string(20'000, '{') + "\"\n");
  CHECK(place.chain({"check", "text.chain"}).code == 3);
}

TEST_CASE("files and imports that are not there") {
  const Place place;
  check_ended(place.chain({"run", "nowhere.chain"}), 3, {"nowhere.chain"});
  check_ended(place.chain({"run", "."}), 3, {});
  place.file("helper.chain", "");
  place.file("missing.chain", "import \"./helpr.chain\" as helper\n");
  check_ended(place.chain({"check", "missing.chain"}), 3,
              {"missing.chain:1:8", "helpr.chain", "helper.chain"});
  place.file("a.chain", "import \"./b.chain\" as b\n");
  place.file("b.chain", "import \"./a.chain\" as a\n");
  check_ended(place.chain({"check", "a.chain"}), 3, {"a.chain", "b.chain"});
}

TEST_CASE("what was compiled once is used again, tests included") {
  const Place place;
  place.file("ask.chain",
             std::string(kAsks) +
                 "\ntest \"asks\" {\n  given ask returns \"x\"\n  expect main(\"a\") == \"x\"\n}\n");
  for (const char* verb : {"run", "test"}) {
    check_ended(place.chain({verb, "ask.chain"}), 0, {});
    const auto before = place.artifacts();
    CHECK_FALSE(before.empty());
    check_ended(place.chain({verb, "ask.chain"}), 0, {});
    CHECK(place.artifacts() == before);
  }
}

TEST_CASE("arguments of the wrong type, name and form") {
  const Place place;
  place.file("f.chain", "chain main(count: int, name: string = \"x\") -> int {\n  return count\n}\n");
  check_ended(place.chain({"run", "f.chain", "--input", R"({"count": "three"})"}), 2,
              {"argument `count`", "`main` takes:"});
  check_ended(place.chain({"run", "f.chain", "--input", R"({"count": 1, )"}), 2, {"the input is not JSON"});
  check_ended(place.chain({"run", "f.chain", "--input", "[1]"}), 2, {"must be a JSON object"});
  check_ended(place.chain({"run", "f.chain", "--input", "nowhere.json"}), 2, {"cannot read `nowhere.json`"});
  check_ended(place.chain({"run", "f.chain", "-a", "cuont=1"}), 2, {"did you mean `count`?"});
  check_ended(place.chain({"run", "f.chain"}), 2, {"missing argument `count`", "count: int"});
  check_ended(place.chain({"run", "f.chain:mian"}), 2, {"did you mean `main`?"});
  check_ended(place.chain({"rnu", "f.chain"}), 2, {"unknown verb `rnu`", "did you mean `run`?"});
  check_ended(place.chain({"run", "f.chain", "--jsno"}), 2,
              {"unknown option `--jsno`", "did you mean `--json`?"});
  check_ended(place.chain({"run", "f.chain", "--model", "slow=baseline"}), 2, {"no model `slow`"});
  check_ended(place.chain({"explain", "E9999"}), 2, {"there is no code `E9999`"});
}

TEST_CASE("an argument that breaks a condition is one of the wrong kind") {
  const Place place;
  place.file("f.chain",
             "type Order {\n  count: int where it > 0\n}\n\n"
             "chain main(name: string where len(it) < 4, order: Order? = none) -> string {\n"
             "  return \"{{ name }}{{ order?.count ?? 0 }}\"\n}\n");
  check_ended(place.chain({"run", "f.chain", "-a", "name=Ada"}), 0, {});
  check_ended(place.chain({"run", "f.chain", "-a", "name=Charles"}), 2,
              {"argument `name`: \"Charles\" breaks `len(it) < 4`", "`main` takes:"});
  check_ended(place.chain({"run", "f.chain", "-a", "name=Ada", "-a", "order={\"count\": 0}"}), 2,
              {"argument `order.count`: 0 breaks `it > 0`"});
}

TEST_CASE("a colon with nothing behind it, and values that begin like options") {
  const Place place;
  place.file("pay.chain", "chain main() -> money {\n  return $1\n}\n");
  check_ended(place.chain({"run", "pay.chain:"}), 2,
              {"a name is missing behind the colon of `pay.chain:`, as in `pay.chain:main`"});
  check_ended(place.chain({"parse", "pay.chain:", "$5"}), 2, {"as in `pay.chain:Reply`"});
  check_ended(place.chain({"parse", "pay.chain:money", "-$5"}), 2,
              {"`-$5` begins like an option", "`-- '-$5'`"});
  CHECK(place.chain({"parse", "pay.chain:money", "--", "-$5"}).out == "\"-$5.00\"\n");
}

TEST_CASE("codes are listed in one form") {
  const Place place;
  const std::string list = place.chain({"explain", "--list"}).out;
  CHECK(list.starts_with("E0001: syntax error\n"));
  CHECK(list.find("\nE0101: unknown name\n") != std::string::npos);
}

TEST_CASE("input comes from a file, from standard input and in place") {
  const Place place;
  place.file("f.chain", "chain main(name: string) -> string {\n  return \"> {{ name }}\"\n}\n");
  place.file("in.json", R"({"name": "한국"})");
  CHECK(place.chain({"run", "f.chain", "--input", "in.json"}).out == "> 한국\n");
  Command piped = place.command({"run", "f.chain", "--input", "-", "--json"});
  piped.input = R"({"name": "\u001b[31m"})";
  CHECK(chain::testing::run(piped).out == "\"> \\u001b[31m\"\n");
}

TEST_CASE("a server that answers is heard, streamed or not") {
  CHECK(ask({"--reply", "Hello there, Ada"}, "timeout: 20s").out == "Hello there, Ada\n");
  const Ended streamed = ask({"--reply", "Hello there, Ada", "--chunk", "3"}, "timeout: 20s", {"--stream"});
  check_ended(streamed, 0, {});
  CHECK(streamed.out == "Hello there, Ada\n");
  const Ended events = ask({"--reply", "Hello", "--chunk", "3"}, "timeout: 20s", {"--stream", "--json"});
  CHECK(events.out.find("{\"delta\":") == 0);
  CHECK(events.out.find("{\"result\":\"Hello\"}\n") != std::string::npos);
}

TEST_CASE("servers that misbehave end in one clear error") {
  const std::string quick = "retry: 0, timeout: 20s";
  check_ended(ask({"--malformed", "html"}, quick), 1,
              {"error: unavailable: ", "in main/ask", "ask.chain:9:10"});
  check_ended(ask({"--malformed", "close-mid-stream"}, quick, {"--stream"}), 1, {"error: unavailable: "});
  check_ended(ask({"--malformed", "truncated-json"}, quick), 1, {"error: unavailable: "});
  check_ended(ask({"--error", "401"}, quick), 1, {"error: "});
  check_ended(ask({"--error", "500"}, quick), 1, {"error: unavailable: "});
}

TEST_CASE("an answer that the token limit cut off says which option sets it") {
  const std::vector<std::string> cut = {"--finish-reason", "length", "--reply"};
  const auto answered = [&](const std::string& text) {
    std::vector<std::string> switches = cut;
    switches.push_back(text);
    return switches;
  };
  const Ended read = ask(answered("Hello th"), "timeout: 20s", {"--verbose"});
  check_ended(read, 0, {"cut off at the token limit (`max_tokens`)"});
  CHECK(read.out == "Hello th\n");
  check_ended(
      ask(answered(""), "timeout: 20s"), 1,
      {"error: invalid_output: the reply to `ask` is no string: it was cut off at the token limit before any "
       "text came; raise `max_tokens` of model `fast`"});
  const Place place;
  place.file(
      "count.chain",
      "model fast = baseline()\n\nprompt count() -> int {\n  model: fast\n  repair: 0\n  user: \"?\"\n}\n\n"
      "chain main() -> int {\n  return count()\n}\n");
  const MockOpenAi server(answered("Let me think about"));
  check_ended(
      place.chain({"run", "count.chain", "--model", model_at(server, "timeout: 20s")}), 1,
      {"error: invalid_output: the reply to `count` is no int: it was cut off at the token limit; expected a "
       "whole number, found \"Let me think about\"; raise `max_tokens` of model `fast`"});
}

TEST_CASE("a server that is busy for ever is given up") {
  const Ended ended = ask({"--error", "429", "--retry-after", "0"}, "retry: 2, timeout: 20s");
  check_ended(ended, 1, {"error: rate_limited: ", "3"});  // tried three times
}

TEST_CASE("a server that never answers runs into the time-out") {
  const auto begin = Clock::now();
  check_ended(ask({"--silent"}, "retry: 0, timeout: 300ms"), 1,
              {"error: timeout: ", "within 300ms; raise `timeout` to wait longer"});
  CHECK(Clock::now() - begin < std::chrono::seconds(15));
}

TEST_CASE("nobody listens") {
  const Place place;
  place.file("ask.chain", kAsks);
  const std::string url = "http://127.0.0.1:" + std::to_string(chain::test::unused_port()) + "/v1";
  check_ended(
      place.chain({"run", "ask.chain", "--model", "fast=openai(\"m\", retry: 0, base_url: \"" + url + "\")"}),
      1, {"error: unavailable: "});
}

TEST_CASE("an output that is closed, full or has no reader") {
  const Place place;
  place.file("f.chain", "chain main() -> string {\n  return \"answer\"\n}\n");
  const std::string run = std::string("exec '") + CHAIN_PROGRAM + "' run f.chain ";
  auto shell = [&](const std::string& line) {
    Command command = place.command({});
    command.words = {"/bin/sh", "-c", line};
    return chain::testing::run(command);
  };
  check_ended(shell(run + ">&-"), 1, {"cannot write to standard output: Bad file descriptor"});
  check_ended(shell(run + ">/dev/full"), 1, {"cannot write to standard output: No space left on device"});
  check_ended(shell(run + "<&- 2>&-"), 0, {});
  Command unread = place.command({"run", "f.chain"});
  unread.no_reader = true;
  const Ended ended = chain::testing::run(unread);
  check_ended(ended, 128 + SIGPIPE, {});
  CHECK(ended.err.empty());
}

TEST_CASE("Ctrl-C ends a run within 100 ms and leaves no socket") {
  const Place place;
  place.file("ask.chain", kAsks);
  const MockOpenAi server({"--silent"});
  Child child(place.command({"run", "ask.chain", "--model", model_at(server, "timeout: 60s")}));
  REQUIRE(becomes_true([&] { return server.stat("pending") == 1; }));
  REQUIRE(server.stat("open") == 1);
  const auto begin = Clock::now();
  child.signal(SIGINT);
  const Ended ended = child.wait();
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
  check_ended(ended, 130, {"interrupted"});
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  CHECK(took.count() < 1000);  // sanitizers look for leaks at the end
#else
  CHECK(took.count() < 100);
#endif
  CHECK(becomes_true([&] { return server.stat("open") == 0; }));
}

TEST_CASE("on a terminal nothing steers it") {
  const Place place;
  place.file("f.chain", "chain main(text: string) -> string {\n  return text\n}\n");
  Command command = place.command({});
  command.environment.emplace_back("TERM", "xterm");
  command.words = {"script", "-qec", std::string("'") + CHAIN_PROGRAM + "' run f.chain --input in.json",
                   "/dev/null"};
  place.file("in.json", R"({"text": "a\u001b[2Jb\u202ec\rd"})");
  const Ended ended = chain::testing::run(command);
  INFO(ended.out);
  CHECK(ended.out.find("a\\x1b[2Jb\\u{202e}c\\x0dd") != std::string::npos);
  CHECK(ended.out.find('\x1b') == std::string::npos);
}
