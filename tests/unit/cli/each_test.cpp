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
    return place.command(std::move(words), server.base_url());
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
  check_ended(run(rows.command(server)), 1, {"row 1 of `rows.jsonl` is not what `out.jsonl` answers"});
  CHECK(rows.lines("out.jsonl").size() == 3);

  rows.place.file("out.jsonl", "my notes\n");
  check_ended(run(rows.command(server)), 1, {"`out.jsonl` holds something else than answers"});
  CHECK(read_file((rows.place.path() / "out.jsonl").string()) == "my notes\n");

  check_ended(run(rows.command(server, {"--input", "{}"})), 2,
              {"--each and --input both give the arguments"});
  check_ended(rows.place.chain({"run", "many.chain", "--each", "rows.jsonl"}), 2, {"--each needs --out"});
  check_ended(rows.place.chain({"run", "many.chain", "--each", "none.jsonl", "--out", "new.jsonl"}), 1,
              {"`none.jsonl` cannot be read"});
  check_ended(rows.place.chain({"run", "many.chain", "--each", ".", "--out", "new.jsonl"}), 1,
              {"`.` cannot be read"});
}

TEST_CASE("no file of the user's is lost") {
  const MockOpenAi server({"--error", "503:1"});
  const Rows rows;
  rows.write(2);
  const auto each = [&](const char* from, const char* to) {
    Command command = rows.command(server, {"--at-once", "1"});
    command.words[4] = from;
    command.words[6] = to;
    return run(command);
  };
  const auto text = [&](const char* name) { return read_file((rows.place.path() / name).string()); };
  const std::string before = text("rows.jsonl");
  check_ended(each("rows.jsonl", "rows.jsonl"), 1, {"would be written over"});
  rows.place.file("x.failed.jsonl", before);
  check_ended(each("x.failed.jsonl", "x.jsonl"), 1, {"would be written over"});
  CHECK(text("rows.jsonl") == before);
  CHECK(text("x.failed.jsonl") == before);

  rows.place.file("y.failed.jsonl", "precious\n");
  check_ended(each("rows.jsonl", "y.jsonl"), 1,
              {"`y.failed.jsonl` holds something else than rows that failed"});
  CHECK(text("y.failed.jsonl") == "precious\n");

  rows.place.file("notes.txt", "notes without line end");
  check_ended(each("rows.jsonl", "notes.txt"), 1, {"`notes.txt` holds something else than answers"});
  CHECK(text("notes.txt") == "notes without line end");
}

TEST_CASE("two batches do not write one file") {
  const MockOpenAi silent({"--silent"});
  const Rows rows;
  rows.write(2);
  Child first(rows.command(silent));
  while (silent.stat("pending") < 2) {}
  check_ended(run(rows.command(silent)), 1, {"`out.jsonl` is being written by another process"});
  first.signal(SIGKILL);
  (void)first.wait();
}

TEST_CASE("other arguments and other programs are other questions") {
  const MockOpenAi server;
  const Rows rows;
  rows.write(1);
  check_ended(run(rows.command(server)), 0, {"1 answered"});
  check_ended(run(rows.command(server, {"-a", "loud=true"})), 1, {"is not what `out.jsonl` answers"});
  std::string changed = kProgram;
  changed.insert(changed.find("{{ q }}"), "Please: ");
  rows.place.file("many.chain", changed);
  check_ended(run(rows.command(server)), 1, {"is not what `out.jsonl` answers"});
}

TEST_CASE("odd bytes in rows are read, and failures are JSON") {
  const MockOpenAi server;
  const Rows rows;
  rows.place.file("rows.jsonl", "\xEF\xBB\xBF{\"q\": \"one\"}\r\n{\"q\": \"\xff\", \"p\": 1}\n");
  check_ended(run(rows.command(server)), 1, {"1 answered, 1 failed"});
  CHECK(rows.lines("out.jsonl").count(1) == 1);
  CHECK(rows.lines("out.failed.jsonl").count(2) == 1);
}

TEST_CASE("a journal that cannot be written stops the batch") {
  const MockOpenAi server;
  const Rows rows;
  rows.write(50);
  rows.place.file("state", "a file where a folder should be");
  check_ended(run(rows.command(server)), 1, {"the journal cannot be opened"});
  CHECK(server.stat("requests") == 0);
  CHECK(rows.lines("out.jsonl").empty());
}
