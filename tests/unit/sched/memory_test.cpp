// What runs keep, and what they say when they may keep no more.
#include <catch2/catch.hpp>

#include "tests/peers/peer.h"
#include "tests/unit/sched/session.h"

using namespace chain;
using chain::test::MockOpenAi;
using chain::test::outcome;
using chain::test::Session;

namespace {

const std::string kAsk = R"(
model m = openai("mock", base_url: "URL", retry: 0)
prompt ask@1.0(q: string) -> string {
  model: m
  user: "{{ q }}"
}
chain main() -> string[] {
  return for q in ["a", "b", "c", "d", "e", "f", "g", "h"] parallel 1 {
    ask(q)
  }
}
chain echo(q: string) -> string {
  return ask(q)
}
)";

void check_budget(const sched::RunResult& result, const std::string& limit, const std::string& path,
                  uint32_t line) {
  CHECK(result.error.kind == abi::ErrorKind::Budget);
  CHECK(result.error.message.find("the " + limit + " of memory") != std::string::npos);
  CHECK(result.error.message.find("give it less at a time") != std::string::npos);
  CHECK(result.error.path == path);
  CHECK(result.error.line == line);
}

}  // namespace

TEST_CASE("a reply for which there is no memory left fails the run, and is not asked for again") {
  const MockOpenAi server({"--reply", std::string(4000, 'x')});
  Session session(kAsk, server.base_url());
  check_budget(session.run("main", "{}", {.max_bytes = 16 << 10}), "16 KiB", "main/for[3]/ask", 9);
  CHECK(server.stat("requests") == 4);
  CHECK(session.run("main", "{}", {.max_bytes = 64 << 10}).ok);
}

TEST_CASE("messages count against the run's memory") {
  const MockOpenAi server({"--reply", "x"});
  Session session(kAsk, server.base_url());
  const std::string arguments = R"({"q": ")" + std::string(60'000, 'x') + "\"}";
  check_budget(session.run("echo", arguments, {.max_bytes = 100'000}), "100000 bytes", "echo/ask", 13);
  CHECK(server.stat("requests") == 0);
  CHECK(session.run("echo", arguments, {.max_bytes = 1 << 20}).ok);
}

TEST_CASE("arguments count against the run's memory") {
  Session session(kAsk, "http://127.0.0.1:1/v1");
  const std::string arguments = R"({"q": ")" + std::string(60'000, 'x') + "\"}";
  check_budget(session.run("echo", arguments, {.max_bytes = 50 << 10}), "50 KiB", "echo", 0);
}

TEST_CASE("what pure code makes counts against the run's memory") {
  Session session(R"(
chain main(parts: string[]) -> string {
  return join(parts, "----------------------------------------------------------------")
}
)");
  std::string parts = R"({"parts": ["")";
  for (int i = 0; i < 1000; ++i) parts += R"(, "")";
  check_budget(session.run("main", parts + "]}", {.max_bytes = 48 << 10}), "48 KiB", "main", 0);
}

TEST_CASE("a loop keeps neither messages nor activations of iterations that have ended") {
  const std::string page(4000, 'x');
  Session session(R"(
model m = baseline()
prompt rate@1.0(n: int) -> int {
  model: m
  user: ")" + page +
                  R"( {{ n }}"
}
chain twice(n: int) -> int {
  let first = if n > 500 { rate(n) } else { rate(n + 1) }
  let more = for i in [n, n] { rate(i) }
  return first + len(more)
}
chain main(numbers: int[]) -> int {
  let all = for n in numbers parallel 4 { twice(n) }
  return len(all)
}
)");
  std::string numbers = R"({"numbers": [0)";
  for (int i = 1; i < 1000; ++i) numbers += ", " + std::to_string(i);
  CHECK(outcome(session.run("main", numbers + "]}", {.max_bytes = 512 << 10})) == "1000");
}
