// Runs that stop at questions to people, and go on in other processes or at the terminal.
#include "runtime/store/records.h"
#include "runtime/store/run_lock.h"
#include "tests/peers/peer.h"
#include "tests/unit/cli/at_terminal.h"
#include "tests/unit/cli/place.h"

using namespace chain::testing;
using chain::test::MockOpenAi;
namespace store = chain::store;

namespace {

constexpr const char* kDesk = R"chain(
model m = openai("m", retry: 0)

prompt draft(to: string) -> string {
  model: m
  user: "a letter to {{ to }}"
}

prompt send(text: string) -> string {
  model: m
  user: "send {{ text }}"
}

chain main() -> string {
  let who = human.ask("Who gets it?", choices: ["ann", "bob"])
  let letter = draft(who)
  let sent = human.approve(letter)
  return send(sent)
}
)chain";

struct Desk {
  MockOpenAi server;
  Place place;

  explicit Desk(const char* program = kDesk) { place.file("desk.chain", program); }

  [[nodiscard]] Ended chain(std::vector<std::string> words, std::string input = {}) const {
    Command command = place.command(std::move(words), server.base_url());
    command.input = std::move(input);
    return run(command);
  }
  [[nodiscard]] std::string id() const {
    std::string error;
    const auto records =
        store::Records::open((place.path() / "state").string(), store::Durability::Normal, error);
    REQUIRE(records);
    return records->runs(1).at(0).id;
  }
};

}  // namespace

TEST_CASE("a run waits for a person, and goes on in another process when there is an answer") {
  const Desk desk;
  const Ended asked = desk.chain({"run", "desk.chain"});
  check_ended(asked, 5, {"waits for a person", "Who gets it?", "  1  ann\n", "  2  bob\n", "chain answer "});
  CHECK(asked.out.empty());
  CHECK(desk.server.stat("requests") == 0);
  const std::string id = desk.id();
  CHECK(desk.chain({"runs"}).out.find("waiting") != std::string::npos);
  CHECK(desk.chain({"show", id}).out.find("waits for a person") != std::string::npos);
  const Ended list = desk.chain({"answer"});
  CHECK(list.out.find(id + " of `main`") != std::string::npos);
  CHECK(list.out.find("Who gets it?") != std::string::npos);

  check_ended(desk.chain({"answer", id, "carl"}), 2, {"`carl` is none of the choices: `ann`, `bob`"});
  check_ended(desk.chain({"answer", id, "3"}), 2, {"none of the choices"});
  check_ended(desk.chain({"answer", id, "\xff"}), 2, {"not UTF-8"});

  check_ended(desk.chain({"answer", id, "2"}), 5, {"to be approved", "echo: a letter to bob"});
  CHECK(desk.server.stat("requests") == 1);
  check_ended(desk.chain({"answer", id, "perhaps"}), 2, {"say `yes` or `no`"});
  // Nobody answers: it asks the same again, and asks no model.
  check_ended(desk.chain({"resume", id}), 5, {"to be approved"});
  CHECK(desk.server.stat("requests") == 1);
  // Deleting what is over leaves it alone.
  check_ended(desk.chain({"runs", "--delete"}), 0, {"0 runs forgotten", "1 waits for a person and is kept"});

  const Ended done = desk.chain({"answer", id, "Yes"});
  check_ended(done, 0, {});
  CHECK(done.out == "echo: send echo: a letter to bob\n");
  CHECK(desk.server.stat("requests") == 2);
  check_ended(desk.chain({"answer", id, "yes"}), 2, {"asks nothing: it is done"});
  CHECK(desk.chain({"answer", "--json"}).out.empty());
}

TEST_CASE("a person who says no fails the call, which the chain may catch") {
  Desk desk(R"chain(
chain main() -> string {
  let name = try human.approve("carl") catch { denied => "nobody" }
  return name
}
)chain");
  check_ended(desk.chain({"run", "desk.chain"}), 5, {"carl"});
  const Ended done = desk.chain({"answer", "last", "no"});
  check_ended(done, 0, {});
  CHECK(done.out == "nobody\n");

  desk.place.file("hard.chain", "chain main() -> string {\n  return human.approve(\"carl\")\n}\n");
  check_ended(desk.chain({"run", "hard.chain"}), 5, {});
  check_ended(desk.chain({"answer", "last", "no"}), 1, {"denied: a person said no", "main/human.approve"});
}

TEST_CASE("any text is an answer where no choices are given, and may come from standard input") {
  const Desk desk(R"chain(
chain main() -> string {
  let name = human.ask("Your name?")
  return "hello {{ name }}!"
}
)chain");
  check_ended(desk.chain({"run", "desk.chain"}), 5, {});
  const Ended json = desk.chain({"answer", "last", "--json"});
  CHECK(json.code == 5);
  CHECK(json.out.find("\"text\": \"Your name?\"") != std::string::npos);
  const Ended done = desk.chain({"answer", "last", "-", "--later"}, "김 철수\n둘째 줄\n");
  check_ended(done, 0, {});
  CHECK(done.out.empty());
  CHECK(desk.chain({"runs"}).out.find("stopped") != std::string::npos);
  CHECK(desk.chain({"resume", "last"}).out == "hello 김 철수\n둘째 줄!\n");
}

TEST_CASE("choices that are numbers are no numbers of choices") {
  const Desk desk(R"chain(
chain main() -> string {
  return human.ask("How many?", choices: ["2", "1", "none"])
}
)chain");
  check_ended(desk.chain({"run", "desk.chain"}), 5, {"  -  2\n  -  1\n  -  none\n"});
  check_ended(desk.chain({"answer", "last", "3"}), 2, {"`3` is none of the choices"});
  const Ended done = desk.chain({"answer", "last", "1"});
  check_ended(done, 0, {});
  CHECK(done.out == "1\n");
}

TEST_CASE("a program that reads a run is told what it waits for") {
  const Desk desk;
  const Ended object = desk.chain({"run", "desk.chain", "--json"});
  check_ended(object, 5, {"waits for a person"});
  const std::string id = desk.id();
  for (const std::string& part : {"\"run\": \"" + id + "\"", std::string("\"kind\": \"ask\""),
                                  std::string("\"text\": \"Who gets it?\"")}) {
    INFO(part);
    CHECK(object.out.find(part) != std::string::npos);
  }
  const Ended line = desk.chain({"resume", id, "--stream", "--json"});
  check_ended(line, 5, {});
  CHECK(line.out.find('\n') == line.out.size() - 1);
  const Ended events = desk.chain({"resume", id, "--events"});
  check_ended(events, 5, {});
  CHECK(events.out.find("\"run\":\"" + id + "\",\"path\":\"main/human.ask\",\"kind\":\"ask\"") !=
        std::string::npos);
}

TEST_CASE("without a journal nobody can be asked") {
  const Desk desk;
  check_ended(desk.chain({"run", "desk.chain", "--no-journal"}), 1,
              {"`human.ask` stops the run", "--no-journal"});
}

TEST_CASE("waiting for a person takes nothing of a chain's time") {
  const Desk desk(R"chain(
chain main() -> string within { time: 2s } {
  let name = human.ask("Your name?")
  let again = human.ask("Sure, {{ name }}?")
  return again
}
)chain");
  check_ended(desk.chain({"run", "desk.chain"}), 5, {});
  {
    // As if the question had been asked three days ago.
    std::string error;
    const auto database = store::Database::open(store::journal_path((desk.place.path() / "state").string()),
                                                "", store::kJournalVersion, store::Durability::Normal, error);
    REQUIRE(database);
    REQUIRE(database->run("UPDATE steps SET started = started - 3 * 86400000000000"));
  }
  check_ended(desk.chain({"answer", "last", "ann"}), 5, {"Sure, ann?"});
  CHECK(desk.chain({"answer", "last", "yes"}).out == "yes\n");
}

TEST_CASE("at a terminal the questions are asked there, and the run goes on at once") {
  const Place place;
  place.file("desk.chain", R"chain(
chain main() -> string {
  let who = human.ask("Who gets it?", choices: ["ann", "bob"])
  return human.approve("to {{ who }}")
}
)chain");
  {
    Terminal terminal(place, {"run", "desk.chain"});
    REQUIRE(terminal.shows("Who gets it?"));
    REQUIRE(terminal.shows("answer> "));
    terminal.type_ahead("carl\n");
    REQUIRE(terminal.shows("none of the choices"));
    REQUIRE(terminal.shows("answer> "));
    terminal.type_ahead("2\n");
    REQUIRE(terminal.shows("to bob"));
    REQUIRE(terminal.shows("yes or no> "));
    terminal.type_ahead("y\n");
    REQUIRE(terminal.shows("to bob\r\n"));
    CHECK(terminal.ended() == 0);
  }
  Terminal terminal(place, {"run", "desk.chain"});
  REQUIRE(terminal.shows("answer> "));
  terminal.type_ahead("\x04");  // the end of what is typed: nobody answers
  REQUIRE(terminal.shows("waits for a person"));
  CHECK(terminal.ended() == 5);
}

TEST_CASE("rows whose runs wait are set apart, and taken over once they are answered") {
  const Desk desk(R"chain(
chain main(n: int) -> string {
  return if n == 2 { human.ask("What is {{ n }}?") } else { "{{ n }}" }
}
)chain");
  desk.place.file("rows.jsonl", "{\"n\": 1}\n{\"n\": 2}\n{\"n\": 3}\n");
  const std::vector<std::string> each = {"run", "desk.chain", "--each", "rows.jsonl", "--out", "out.jsonl"};
  check_ended(desk.chain(each), 5, {"2 answered", "1 waits for a person"});
  const std::string failed = read_file((desk.place.path() / "out.failed.jsonl").string());
  CHECK(failed.find(R"("waits":{"question":"What is 2?")") != std::string::npos);
  check_ended(desk.chain(each), 5, {"0 answered", "1 waits for a person", "2 were answered before"});
  const std::string list = desk.chain({"answer"}).out;
  const std::string id = list.substr(0, list.find(' '));
  CHECK(desk.chain({"answer", id, "two"}).out == "two\n");
  check_ended(desk.chain(each), 0, {"1 answered", "2 were answered before"});
  CHECK(read_file((desk.place.path() / "out.jsonl").string()).find(R"("result":"two")") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(desk.place.path() / "out.failed.jsonl"));
}

TEST_CASE("what is to be approved is shown with what hides in it, and not whole if that is long") {
  const Desk desk(R"chain(
chain main(text: string) -> string {
  return human.approve(text)
}

chain choose(a: string, b: string) -> string {
  return human.ask("Which?", choices: [a, b])
}
)chain");
  const Ended hidden =
      desk.chain({"run", "desk.chain", "-a", "text=pay\u200b Ada\u202e100\u2066 \U000E0041"});
  check_ended(hidden, 5, {"pay\\u{200b} Ada\\u{202e}100\\u{2066} \\u{e0041}"});
  CHECK(hidden.err.find("\u200b") == std::string::npos);

  desk.place.file("long.json", "{\"text\": \"BEGIN" + std::string(200'000, 'x') + "END\"}");
  const Ended asked = desk.chain({"run", "desk.chain", "--input", "long.json"});
  check_ended(asked, 5,
              {"to be approved:\nBEGIN", "xEND\n",
               "bytes are not shown; `chain show " + desk.id() + " --step 'main/human.approve'` has them]"});
  CHECK(asked.err.size() < 6000);
  // That command has all of it.
  const Ended all = desk.chain({"show", desk.id(), "--step", "main/human.approve"});
  CHECK(all.out.find(std::string(200'000, 'x') + "END") != std::string::npos);
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"show", "last"}, {"show", "last", "--agent"}, {"answer"}}) {
    const Ended shown = desk.chain(words);
    CHECK((shown.out + shown.err).find("BEGIN") != std::string::npos);
    CHECK(shown.out.size() + shown.err.size() < 12'000);
  }
  const Ended choices =
      desk.chain({"run", "desk.chain:choose", "-a", "a=y\u200bes", "-a", "b=" + std::string(50'000, 'n')});
  check_ended(choices, 5, {"  1  y\\u{200b}es\n", "bytes are not shown"});
  CHECK(choices.err.size() < 4000);
}
