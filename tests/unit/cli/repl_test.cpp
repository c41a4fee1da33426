// `chain repl`, as a script feeds it.
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <thread>

#include "tests/peers/peer.h"
#include "tests/unit/cli/place.h"

namespace {

using chain::testing::check_ended;
using chain::testing::Ended;
using chain::testing::Place;

constexpr std::string_view kFile = R"(enum Mood {
  good
  bad
}

model fast = baseline()

prompt judge(text: string) -> Mood {
  model: fast
  system: "{{ output.format }}"
  example: ("I love it") -> good
  example: ("It broke") -> bad
  user: "{{ text }}"
}

chain twice(n: int) -> int {
  return n / 0
}

tool send(text: string) -> bool writes = http.post("https://mail.example.com", body: text)
)";

Ended enter(const Place& place, const std::string& input, std::vector<std::string> words = {"repl"}) {
  auto command = place.command(std::move(words));
  command.input = input;
  return chain::testing::run(command);
}

Ended enter_file(const std::string& input) {
  const Place place;
  place.file("mood.chain", kFile);
  return enter(place, input, {"repl", "mood.chain"});
}

}  // namespace

TEST_CASE("expressions are evaluated and values named") {
  const Ended ended = enter(
      Place(), "1 + 2\nlet x = [1, 2,\n  3]\nx | sum\nx = [7]\nx\n\"a {{ x }}\"\nvar y: float = 1\ny / 2\n");
  check_ended(ended, 0, {});
  CHECK(ended.out == "3\n6\n[\n  7\n]\na [7]\n0.5\n");
}

TEST_CASE("prompts and chains of a file are called, and called once for a value that is named") {
  const Ended ended =
      enter_file("let mood = judge(\"It broke again\")\nmood\nmood == bad\n:type mood\n:type judge(\"x\")\n");
  check_ended(ended, 0, {"no language model was used"});
  CHECK(ended.out == "\"bad\"\ntrue\nMood\nMood\n");
  CHECK(ended.err.find("no language model") == ended.err.rfind("no language model"));
}

TEST_CASE("declarations add to the file's, and replace what was declared before") {
  const Ended ended = enter_file(
      "type Note {\n  mood: Mood\n  text: string?\n}\nlet n = Note { mood: bad }\nn.text ?? \"none\"\n"
      "chain half(n: int) -> int {\n  return n / 2\n}\nhalf(8)\n"
      "chain half(n: int) -> int {\n\n  return n / 4\n}\nhalf(8)\n:graph\n");
  check_ended(ended, 0, {});
  CHECK(ended.out.starts_with("none\n4\n2\nmodel fast = baseline"));
}

TEST_CASE("a mistake is shown at its place, and nothing is lost") {
  const Ended ended = enter_file("let x = 1\nx +\n  \"a\"\nfoo(x)\nlet z = x.y\nlet = 3\nx\n");
  check_ended(ended, 1,
              {"input:1:3: error[E0204]", "1 | x +", "error[E0105]: unknown function `foo`", "1 | foo(x)",
               "let z = x.y"});
  CHECK(ended.out == "1\n");
}

TEST_CASE("a run that fails says so, and the next input goes on") {
  const Ended ended = enter_file("twice(3)\n[1][2]\n\"still here\"\n");
  check_ended(ended, 1, {"error: invalid_value", "mood.chain:17:"});
  CHECK(ended.out == "still here\n");
}

TEST_CASE("what is not allowed is refused here too") {
  const Ended ended = enter_file("send(\"hi\")\n1\n");
  check_ended(ended, 1, {"E0701", "mail.example.com"});
  CHECK(ended.out == "1\n");
}

TEST_CASE("commands") {
  const Place place;
  place.file("mood.chain", kFile);
  place.file("wrong.chain", "chain main( -> string {}\n");
  const Ended ended =
      enter(place,
            ":help\nlet x = 1\n:load mood.chain\n:type twice(1)\n:load wrong.chain\n:load none.chain\n"
            ":type twice(1)\n:tpye 1\n:type\nx\n:quit\n\"never\"\n");
  check_ended(ended, 1,
              {"E0001", "cannot read `none.chain`", "did you mean `type`?", "of what?", "unknown name `x`"});
  CHECK(ended.out.find(":type EXPR") != std::string::npos);
  CHECK(ended.out.ends_with("int\nint\n"));
}

TEST_CASE("an input that is never completed is read as it is") {
  check_ended(enter(Place(), "(1 +"), 1, {"error["});
  check_ended(enter(Place(), ""), 0, {});
  check_ended(enter(Place(), std::string(100'000, '(')), 1, {"error["});
  check_ended(enter(Place(), "\n\n// nothing\n\"\xff\"\n1\n"), 1, {"error["});
}

TEST_CASE("Ctrl-C cancels the call, not the session") {
  const Place place;
  place.file("mood.chain", kFile);
  const chain::test::MockOpenAi server({"--silent"});
  auto command = place.command({"repl", "mood.chain", "--model",
                                "fast=openai(\"m\", base_url: \"" + server.base_url() + "\", timeout: 60s)"});
  command.input = "judge(\"a\")\n\"still here\"\n";
  chain::testing::Child child(std::move(command));
  Ended ended;
  std::thread reader([&] { ended = child.wait(); });
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (server.stat("pending") != 1 && std::chrono::steady_clock::now() < deadline) {}
  child.signal(SIGINT);
  reader.join();
  check_ended(ended, 1, {"interrupted"});
  CHECK(ended.out == "still here\n");
}
