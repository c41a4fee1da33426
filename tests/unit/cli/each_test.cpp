// `chain run --each`: a run for each row, and going on where it stopped.
#include <signal.h>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <map>
#include <sstream>

#include "tests/peers/peer.h"
#include "tests/unit/cli/place.h"

using namespace chain::testing;
using chain::test::MockOpenAi;
using nlohmann::json;

namespace {

constexpr const char* kProgram = R"chain(
model m = openai("m", retry: 0)

prompt ask(q: string) -> string {
  model: m
  user: "{{ q }}"
}

chain main(q: string, loud: bool = false) -> string {
  let a = ask(q)
  return if loud { upper(a) } else { a }
}
)chain";

struct Rows {
  Place place;
  Rows() { place.file("many.chain", kProgram); }

  [[nodiscard]] Command command(const MockOpenAi& server, std::vector<std::string> more = {}) const {
    std::vector<std::string> words = {"run", "many.chain", "--each", "rows.jsonl", "--out", "out.jsonl"};
    words.insert(words.end(), more.begin(), more.end());
    Command command = place.command(std::move(words));
    for (auto& [name, value] : command.environment) {
      if (name == "OPENAI_BASE_URL") value = server.base_url();
    }
    return command;
  }
  void write(int count) const {
    std::string rows;
    for (int i = 1; i <= count; ++i) rows += R"({"q": "row )" + std::to_string(i) + "\"}\n";
    place.file("rows.jsonl", rows);
  }
  /// The lines of a file by their row; each may come once.
  [[nodiscard]] std::map<int, json> lines(const std::string& name) const {
    std::map<int, json> found;
    std::istringstream file(read_file((place.path() / name).string()));
    for (std::string line; std::getline(file, line);) {
      INFO(line);
      const json object = json::parse(line);
      CHECK(found.emplace(object["row"].get<int>(), object).second);
    }
    return found;
  }
};

}  // namespace

TEST_CASE("each row is answered once, with what -a says laid over it") {
  const MockOpenAi server;
  const Rows rows;
  rows.write(50);
  check_ended(run(rows.command(server, {"-a", "loud=true", "--at-once", "7"})), 0, {"50 answered"});
  const auto answers = rows.lines("out.jsonl");
  REQUIRE(answers.size() == 50);
  CHECK(answers.at(13)["result"] == "ECHO: ROW 13");
  CHECK(answers.at(13)["run"].get<std::string>().size() == 10);
  CHECK(server.stat("max_pending") <= 7);
  CHECK(server.stat("requests") == 50);

  const Ended again = run(rows.command(server, {"-a", "loud=true"}));
  check_ended(again, 0, {"0 answered, 50 were answered before"});
  CHECK(server.stat("requests") == 50);
}

TEST_CASE("rows that fail stop nobody, and are tried again by the next run") {
  const Rows rows;
  rows.place.file("rows.jsonl",
                  "{\"q\": \"one\"}\nno row\n\n{\"p\": \"one\"}\n{\"q\": 7}\n{\"q\": \"two\"}\n");
  const MockOpenAi server({"--error", "503:1"});
  check_ended(run(rows.command(server, {"--at-once", "1"})), 1, {"1 answered, 4 failed (out.failed.jsonl)"});
  auto failed = rows.lines("out.failed.jsonl");
  CHECK(failed.at(1)["error"]["kind"] == "unavailable");
  CHECK(failed.at(1)["arguments"]["q"] == "one");
  CHECK(failed.at(2)["error"]["kind"] == "invalid_value");
  CHECK(failed.at(2)["arguments"] == "no row");
  CHECK(failed.at(4)["error"]["message"].get<std::string>().find("unknown argument `p`") == 0);
  CHECK(failed.count(5) == 1);
  CHECK(rows.lines("out.jsonl").count(6) == 1);

  check_ended(run(rows.command(server)), 1,
              {"1 answered, 3 failed (out.failed.jsonl), 1 were answered before"});
  CHECK(rows.lines("out.jsonl").at(1)["result"] == "echo: one");
  CHECK(rows.lines("out.failed.jsonl").size() == 3);
}

TEST_CASE("a batch that is killed goes on, and no row is answered twice") {
  const MockOpenAi server({"--latency", "1"});
  const Rows rows;
  rows.write(300);
  for (int kills = 0; kills < 5; ++kills) {
    Child child(rows.command(server, {"--at-once", "4"}));
    const int64_t enough = server.stat("requests") + 40;
    while (server.stat("requests") < enough) {}
    child.signal(SIGKILL);
    REQUIRE(child.wait().code == 128 + SIGKILL);
  }
  check_ended(run(rows.command(server)), 0, {"were answered before"});
  CHECK(rows.lines("out.jsonl").size() == 300);
}

TEST_CASE("Ctrl-C stops a batch, and the same command goes on") {
  const Rows rows;
  rows.write(30);
  {
    const MockOpenAi silent({"--silent"});
    Child child(rows.command(silent, {"--at-once", "3"}));
    while (silent.stat("pending") < 3) {}
    child.signal(SIGINT);
    check_ended(child.wait(), 130, {"0 answered", "the same command goes on"});
  }
  const MockOpenAi server;
  check_ended(run(rows.command(server)), 0, {"30 answered"});
}

TEST_CASE("other rows than those that are answered, and other files than answers, are left alone") {
  const MockOpenAi server;
  const Rows rows;
  rows.write(3);
  check_ended(run(rows.command(server)), 0, {"3 answered"});
  rows.place.file("rows.jsonl", "{\"q\": \"another\"}\n");
  check_ended(run(rows.command(server)), 1,
              {"row 1 of `rows.jsonl` is not the one that `out.jsonl` answers"});
  CHECK(rows.lines("out.jsonl").size() == 3);

  rows.place.file("out.jsonl", "my notes\n");
  check_ended(run(rows.command(server)), 1, {"`out.jsonl` holds something else than answers"});
  CHECK(read_file((rows.place.path() / "out.jsonl").string()) == "my notes\n");

  check_ended(run(rows.command(server, {"--input", "{}"})), 2,
              {"--each and --input both give the arguments"});
  check_ended(rows.place.chain({"run", "many.chain", "--each", "rows.jsonl"}), 2, {"--each needs --out"});
  check_ended(rows.place.chain({"run", "many.chain", "--each", "none.jsonl", "--out", "new.jsonl"}), 1,
              {"`none.jsonl` cannot be read"});
}
