// Runs that are written down: killed and resumed, shown, and kept where that is hard.
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <cstdlib>
#include <random>
#include <set>

#include "runtime/store/records.h"
#include "runtime/store/run_lock.h"
#include "tests/peers/peer.h"
#include "tests/unit/cli/place.h"

using namespace chain::testing;
using chain::test::MockOpenAi;
namespace store = chain::store;

namespace {

/// 208 calls: side by side, in branches, one after the other, and where failures are caught.
constexpr const char* kProgram = R"chain(
model m = openai("m", retry: 0)

prompt ask(q: string) -> string {
  model: m
  user: "{{ q }}"
}

chain pair(n: int) -> string {
  let a = ask("left {{ n }}")
  return if n mod 3 == 0 { ask("again {{ a }}") } else { a }
}

chain main(numbers: int[]) -> string {
  log("begins")
  let wide = for n in numbers parallel 8 { pair(n) }
  var text = ""
  repeat up to 60 {
    let drawn = random(1, 1000000)
    text = ask("then {{ len(text) }}, at {{ drawn }}")
  }
  let tried = for n in numbers { try ask("try {{ n }}") catch { else => "none" } }
  let votes = sample 8 of ask("vote")
  return "{{ join(wide, ", ") }} | {{ text }} | {{ join(tried, ", ") }} | {{ join(votes, ", ") }}"
}
)chain";

constexpr const char* kNumbers =
    "numbers=[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,"
    "35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59,60]";
constexpr int64_t kCalls = 60 + 20 + 60 + 60 + 8;

struct Journalled {
  Place place;
  std::string error;

  explicit Journalled(const char* program = kProgram) { place.file("many.chain", program); }

  [[nodiscard]] Command command(std::vector<std::string> words, const MockOpenAi& server) const {
    return place.command(std::move(words), server.base_url());
  }
  [[nodiscard]] std::string folder() const { return (place.path() / "state").string(); }
  [[nodiscard]] std::unique_ptr<store::Records> records() {
    if (::access(store::journal_path(folder()).c_str(), F_OK) != 0) return nullptr;
    auto records = store::Records::open(folder(), store::Durability::Normal, error);
    INFO(error);
    REQUIRE(records);
    return records;
  }
};

size_t in_flight(store::Records& records, const store::RunRecord& run) {
  size_t open = 0;
  for (const store::StepRecord& step : records.steps(run.number)) open += step.ended == 0 ? 1 : 0;
  return open;
}

void check_integrity(const std::string& folder) {
  std::string error;
  const auto database = store::Database::open(store::journal_path(folder), "", store::kJournalVersion,
                                              store::Durability::Normal, error);
  INFO(error);
  REQUIRE(database);
  store::Statement check = database->prepare("PRAGMA integrity_check");
  REQUIRE(check.next());
  REQUIRE(check.text(0) == "ok");
}

}  // namespace

TEST_CASE("a run that is killed again and again comes to the answer of one that is not") {
  const int wanted = std::getenv("CHAIN_SOAK") ? 500 : 50;
  const MockOpenAi server({"--latency", "1"});
  Journalled whole;
  const Ended unbroken = run(whole.command({"run", "many.chain", "-a", kNumbers}, server));
  INFO(unbroken.err);
  REQUIRE(unbroken.code == 0);
  REQUIRE(server.stat("requests") == kCalls);

  std::mt19937_64 random(20261122);
  int killed = 0, finished = 0;
  while (killed < wanted) {
    Journalled broken;
    (void)server.post("/reset");
    int64_t in_flight_when_killed = 0;
    std::string log;
    while (true) {
      const auto before = broken.records();
      const bool begun = before && !before->runs(1).empty();
      Child child(broken.command(begun ? std::vector<std::string>{"resume", "last"}
                                       : std::vector<std::string>{"run", "many.chain", "-a", kNumbers},
                                 server));
      const int64_t enough = server.stat("requests") + static_cast<int64_t>(random() % 40);
      const bool spare = killed >= wanted;
      // The child ends by itself if there is less left to ask.
      siginfo_t ended{};
      while (!spare && server.stat("requests") < enough && ended.si_pid == 0)
        waitid(P_PID, static_cast<id_t>(child.pid()), &ended, WEXITED | WNOHANG | WNOWAIT);
      if (!spare) child.signal(SIGKILL);
      const Ended end = child.wait();
      log += end.err;
      if (end.code == 0) {
        // `random` gives each run other numbers; the rest is the same.
        const auto without_random = [](const std::string& text) {
          const size_t from = text.find(" | "), to = text.find(" | ", from + 3);
          return text.substr(0, from) + text.substr(to);
        };
        CHECK(without_random(end.out) == without_random(unbroken.out));
        ++finished;
        break;
      }
      INFO(end.err);
      REQUIRE(end.code == 128 + SIGKILL);
      ++killed;
      check_integrity(broken.folder());
      const auto records = broken.records();
      if (!records) continue;
      for (const store::RunRecord& each : records->runs(1)) {
        CHECK_FALSE(store::RunLock::is_held(broken.folder(), each.number));
        in_flight_when_killed += static_cast<int64_t>(in_flight(*records, each));
      }
    }
    const int64_t asked = server.stat("requests");
    CHECK(asked >= kCalls);
    CHECK(asked <= kCalls + in_flight_when_killed);
    const auto records = broken.records();
    REQUIRE(records->runs(2).size() == 1);
    CHECK(records->runs(1)[0].steps == kCalls + 1);  // and the line of the log
    CHECK(log.find("begins") != std::string::npos);
  }
  WARN(killed << " kills, " << finished << " runs came to their end");
}

constexpr const char* kFails = R"chain(
model m = openai("m", retry: 0)

prompt ask(q: string) -> string {
  model: m
  user: "{{ q }}"
}

chain main() -> string {
  let first = try ask("one") catch { else => "caught" }
  let second = ask("two, {{ first }}")
  return "{{ first }}, {{ second }}"
}
)chain";

TEST_CASE("a run that failed goes on where it failed, with the program that it began with") {
  Journalled journalled(kFails);
  const MockOpenAi server({"--error", "503:2", "--reply", "fine"});
  check_ended(run(journalled.command({"run", "many.chain"}, server)), 1, {"unavailable", "main/ask"});
  auto records = journalled.records();
  const store::RunRecord kept = records->runs(1).at(0);
  CHECK(kept.state == store::RunState::Failed);
  CHECK(kept.error.path == "main/ask");

  journalled.place.file("many.chain", "chain main() -> string { return \"another\" }");
  const Ended again = run(journalled.command({"resume", kept.id.substr(0, 6)}, server));
  check_ended(again, 0, {});
  CHECK(again.out == "caught, fine\n");  // what was caught stays caught
  CHECK(server.stat("requests") == 3);
  CHECK(records->runs(2).size() == 1);

  const Ended done = run(journalled.command({"resume", "last"}, server));
  check_ended(done, 0, {"is done; its answer:"});
  CHECK(done.out == "caught, fine\n");
  CHECK(server.stat("requests") == 3);
}

TEST_CASE("time that was up is up again when a run is resumed, and nobody waits for it") {
  const MockOpenAi silent({"--silent"}), fast({"--error", "503:1"});
  const std::string program = "model s = openai(\"s\", base_url: \"" + silent.base_url() +
                              "\")\nmodel f = openai(\"f\", retry: 0, base_url: \"" + fast.base_url() +
                              R"chain(")

prompt wait(q: string) -> string {
  model: s
  user: "{{ q }}"
}

prompt ask(q: string) -> string {
  model: f
  user: "{{ q }}"
}

chain slow() -> string within { time: 400ms } {
  return wait("x")
}

chain main() -> string {
  let x = try slow() catch { budget => "late" }
  return ask("after {{ x }}")
}
)chain";
  Journalled journalled(program.c_str());
  const std::vector<std::string> allowed = {"--allow", "host=127.0.0.1"};
  std::vector<std::string> words = {"run", "many.chain"};
  words.insert(words.end(), allowed.begin(), allowed.end());
  check_ended(run(journalled.command(words, fast)), 1, {"unavailable"});
  CHECK(silent.stat("accepted") == 2);  // the connection that asks is counted
  const Ended again = run(journalled.command({"resume", "last"}, fast));
  check_ended(again, 0, {});
  CHECK(again.out == "echo: after late\n");
  CHECK(silent.stat("accepted") == 3);
}

TEST_CASE("all that failed together is done again, and nothing that was answered") {
  const auto program = [](const char* body) {
    return std::string(
               "model m = openai(\"m\", retry: 0)\n\nprompt ask(q: string) -> string {\n  model: m\n  user: "
               "\"{{ q }}\"\n}\n\nchain main() -> string {\n") +
           body + "\n}\n";
  };
  SECTION("samples that all failed") {
    const MockOpenAi server({"--error", "503:3"});
    Journalled journalled(program("  let all = sample 3 of ask(\"x\")\n  return join(all, \", \")").c_str());
    check_ended(run(journalled.command({"run", "many.chain"}, server)), 1, {"unavailable"});
    CHECK(run(journalled.command({"resume", "last"}, server)).out == "echo: x, echo: x, echo: x\n");
    CHECK(server.stat("requests") == 6);
  }
  SECTION("a failure in pure code") {
    const MockOpenAi server;
    Journalled journalled(
        program("  let a = ask(\"x\")\n  let zero = len(a) - len(\"echo: x\")\n  return \"{{ 10 / zero }}\"")
            .c_str());
    check_ended(run(journalled.command({"run", "many.chain"}, server)), 1, {"invalid_value"});
    check_ended(run(journalled.command({"resume", "last"}, server)), 1, {"invalid_value"});
    CHECK(server.stat("requests") == 1);
  }
  SECTION("without content, resumed or not") {
    const MockOpenAi server({"--error", "503:1"});
    Journalled journalled(program("  return ask(\"private\")").c_str());
    check_ended(run(journalled.command({"run", "many.chain", "--no-content"}, server)), 1, {"unavailable"});
    check_ended(run(journalled.command({"resume", "last"}, server)), 0, {});
    const auto records = journalled.records();
    CHECK(records->runs(1).at(0).text.empty());
    for (const store::StepRecord& step : records->steps(records->runs(1).at(0).number))
      CHECK(step.end.completion.text.empty());
    check_ended(run(journalled.command({"resume", "last"}, server)), 1, {"its text was not kept"});
  }
}

TEST_CASE("a run is shown with what was asked and answered, and without its key") {
  Journalled journalled(kFails);
  const MockOpenAi server({"--error", "503:1", "--reply", "fine"});
  check_ended(run(journalled.command({"run", "many.chain"}, server)), 0, {});
  const Ended list = run(journalled.command({"runs"}, server));
  check_ended(list, 0, {});
  CHECK(list.out.find("done") != std::string::npos);
  const Ended shown = run(journalled.command({"show", "last"}, server));
  check_ended(shown, 0, {});
  for (const char* part : {"main/try/ask", "unavailable: ", "main/ask ", "answer caught, fine"}) {
    INFO(part << " in\n" << shown.out);
    CHECK(shown.out.find(part) != std::string::npos);
  }
  const Ended step = run(journalled.command({"show", "last", "--step", "main/ask"}, server));
  CHECK(step.out.find("\"content\":\"two, caught\"") != std::string::npos);
  CHECK(step.out.find("\nreply\nfine\n") != std::string::npos);
  for (const char* file : {"/journal.db", "/journal.db-wal"})
    CHECK(read_file(journalled.folder() + file).find("Bearer test") == std::string::npos);
  check_ended(run(journalled.command({"show", "nobody"}, server)), 2, {"there is no run `nobody`"});
  check_ended(run(journalled.command({"show", "last", "--step", "main"}, server)), 2, {"has no step `main`"});

  check_ended(run(journalled.command({"runs", "--delete"}, server)), 0, {"1 run forgotten"});
  CHECK(journalled.records()->runs(5).empty());
}

TEST_CASE("without content, times and tokens are what is left of a run that is done") {
  Journalled journalled(kFails);
  const MockOpenAi server({"--error", "503:1", "--reply", "a secret of the customer"});
  check_ended(run(journalled.command({"run", "many.chain", "--no-content"}, server)), 0, {});
  auto records = journalled.records();
  const store::RunRecord kept = records->runs(1).at(0);
  CHECK(kept.text.empty());
  CHECK(kept.usage.output_tokens > 0);
  for (const store::StepRecord& step : records->steps(kept.number)) {
    CHECK(step.end.request.empty());
    CHECK(step.end.completion.text.empty());
  }
  CHECK(run(journalled.command({"run", "many.chain", "--no-journal"}, server)).code == 0);
  CHECK(records->runs(5).size() == 1);
}

TEST_CASE("another snapshot than the lock's is warned of, once") {
  const MockOpenAi server;
  Journalled journalled;
  journalled.place.file("two.chain", R"(
model m = openai("m")
prompt ask(q: string) -> string {
  model: m
  user: "{{ q }}"
}
chain main() -> string {
  let a = ask("a")
  let b = ask("b")
  return "{{ a }} {{ b }}"
}
)");
  const auto with_lock = [&](const std::string& models) {
    journalled.place.file("chain.lock", "{\"format\": 1, \"models\": {" + models + "}}\n");
    return run(journalled.command({"run", "two.chain"}, server));
  };
  const Ended other = with_lock(R"("openai/m": {"answered": "m-2026-01-01"})");
  check_ended(other, 0, {"warning: `m` answered as `m`, and chain.lock has `m-2026-01-01`"});
  CHECK(other.err.find("warning", other.err.find("warning") + 1) == std::string::npos);
  CHECK(with_lock(R"("openai/m": {"answered": "m"})").err.empty());
  CHECK(with_lock(R"("gemini/m": {"answered": "x"})").err.empty());
  check_ended(with_lock(R"("openai/m": 7)"), 3, {"E0510"});
}

TEST_CASE("a journal of the layout before goes on to be used") {
  const MockOpenAi server;
  Journalled journalled("chain main() -> string {\n  return human.ask(\"why?\")\n}\n");
  std::filesystem::create_directories(journalled.folder());
  {
    std::string error;
    const auto old = store::Database::open(
        store::journal_path(journalled.folder()),
        "CREATE TABLE sources (hash TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE runs (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, state INTEGER NOT NULL, "
        "file "
        "TEXT NOT NULL, folder TEXT NOT NULL, chain TEXT NOT NULL, artifact TEXT NOT NULL, arguments TEXT "
        "NOT "
        "NULL, settings TEXT NOT NULL, sources TEXT NOT NULL, seed INTEGER NOT NULL, started INTEGER NOT "
        "NULL, "
        "ended INTEGER, result TEXT, text TEXT, error TEXT);"
        "CREATE TABLE steps (run INTEGER NOT NULL REFERENCES runs(number) ON DELETE CASCADE, path TEXT NOT "
        "NULL, "
        "kind TEXT NOT NULL, name TEXT NOT NULL, model TEXT NOT NULL, digest TEXT NOT NULL, started INTEGER "
        "NOT "
        "NULL, ended INTEGER, place INTEGER, ok INTEGER, input_tokens INTEGER, output_tokens INTEGER, "
        "cached_tokens INTEGER, reasoning_tokens INTEGER, request TEXT, reply TEXT, details TEXT, PRIMARY "
        "KEY "
        "(run, path)) WITHOUT ROWID",
        2, store::Durability::Normal, error);
    REQUIRE(old);
    REQUIRE(old->run(
        "INSERT INTO runs VALUES (1, 'aaaaaaaaaa', 1, 'f', '/', 'main', '', '{}', '{}', '[]', 0, 5, 6, "
        "'1', '', NULL)"));
    REQUIRE(
        old->run("INSERT INTO steps VALUES (1, 'main/p', 'prompt', 'p', 'm', '', 5, 6, 1, 1, 7, 8, 0, 0, '', "
                 "'x', '{}')"));
  }
  check_ended(run(journalled.command({"run", "many.chain"}, server)), 5, {});
  CHECK(journalled.records()->runs(5).size() == 2);
  CHECK(run(journalled.command({"show", "aaaaaaaaaa"}, server)).out.find("main/p") != std::string::npos);
  CHECK(run(journalled.command({"cost"}, server)).out.find("m") != std::string::npos);
}

TEST_CASE("runs are kept as long as CHAIN_KEEP_RUNS says, and those that wait for good") {
  const MockOpenAi server;
  Journalled journalled(R"(
chain asks() -> string {
  return human.ask("why?")
}
chain main() -> string {
  return "x"
}
)");
  REQUIRE(run(journalled.command({"run", "many.chain:asks"}, server)).code == 5);
  REQUIRE(run(journalled.command({"run", "many.chain:main"}, server)).code == 0);
  const auto records = journalled.records();
  std::string error;
  const auto database = store::Database::open(store::journal_path(journalled.folder()), "",
                                              store::kJournalVersion, store::Durability::Normal, error);
  REQUIRE(database);
  REQUIRE(database->run(
      "UPDATE runs SET started = started - 40 * 86400000000000, ended = ended - 40 * 86400000000000"));
  const auto run_keeping = [&](const char* duration) {
    Command command = journalled.command({"run", "many.chain:main"}, server);
    command.environment.emplace_back("CHAIN_KEEP_RUNS", duration);
    return run(command);
  };
  check_ended(run_keeping("a while"), 0, {"CHAIN_KEEP_RUNS is a duration such as 30d, not `a while`"});
  check_ended(run_keeping("45d"), 0, {});
  CHECK(records->runs(9).size() == 4);
  check_ended(run_keeping("30d"), 0, {});
  const auto left = records->runs(9);
  CHECK(left.size() == 4);
  CHECK(left.back().waits);
}

TEST_CASE("a run that goes on in one process is not taken up by another") {
  Journalled journalled(kFails);
  const MockOpenAi server({"--silent"});
  Child child(journalled.command({"run", "many.chain"}, server));
  while (server.stat("pending") < 1) {}
  check_ended(run(journalled.command({"resume", "last"}, server)), 1, {"another process carries it out"});
  CHECK(run(journalled.command({"runs"}, server)).out.find("running") != std::string::npos);
  child.signal(SIGINT);
  check_ended(child.wait(), 130, {"interrupted"});
  CHECK(run(journalled.command({"runs"}, server)).out.find("stopped") != std::string::npos);
}

TEST_CASE("a journal that cannot be written stops the run and loses nothing") {
  const MockOpenAi server({"--reply", std::string(2000, 'x')});
  Journalled journalled;

  SECTION("a damaged file") {
    std::filesystem::create_directories(journalled.folder());
    write_file(store::journal_path(journalled.folder()), std::string(8192, '?'));
    const Ended ended = run(journalled.command({"run", "many.chain", "-a", kNumbers}, server));
    check_ended(ended, 1, {"the journal cannot be opened", "is damaged: move it away", "`--no-journal`"});
    CHECK(server.stat("requests") == 0);
    check_ended(run(journalled.command({"runs"}, server)), 1, {"is damaged"});
    CHECK(read_file(store::journal_path(journalled.folder())) == std::string(8192, '?'));
  }
  SECTION("a full disk, of which the limit on the size of files is a likeness") {
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
    const rlimit small{.rlim_cur = 200'000, .rlim_max = before.rlim_max};
    REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
    const Ended full = run(journalled.command({"run", "many.chain", "-a", kNumbers}, server));
    REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
    check_ended(full, 1,
                {"the journal cannot be written, so the run stops here; `chain resume` goes on with it"});
    check_integrity(journalled.folder());
    const int64_t asked = server.stat("requests");
    CHECK(asked < kCalls);
    const auto open =
        static_cast<int64_t>(in_flight(*journalled.records(), journalled.records()->runs(1).at(0)));
    check_ended(run(journalled.command({"resume", "last"}, server)), 0, {});
    // Answers that came when nothing could be written any more were lost with it: those of calls that were
    // under way.
    CHECK(server.stat("requests") <= kCalls + open);
  }
}

TEST_CASE("a folder that the user cannot write is named, with the way out") {
  if (geteuid() != 0) WARN("not root: the folder is made read-only instead of another user's");
  Journalled journalled(kFails);
  const MockOpenAi server({"--reply", "fine"});
  std::filesystem::create_directories(journalled.folder());
  std::filesystem::permissions(journalled.folder(), std::filesystem::perms(0500));
  std::filesystem::permissions(journalled.place.path(), std::filesystem::perms(0755));
  Command command = journalled.command({"run", "many.chain"}, server);
  if (geteuid() == 0) {
    // As somebody without rights.
    REQUIRE(chown(journalled.place.path().c_str(), 65534, 65534) == 0);
    command.words.insert(command.words.begin(),
                         {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
  }
  check_ended(run(command), 1, {"the journal cannot be opened", "journal.db", "Permission denied"});
  CHECK(server.stat("requests") == 0);
  command.words.push_back("--no-journal");
  check_ended(run(command), 0, {});
  std::filesystem::permissions(journalled.folder(), std::filesystem::perms(0700));
}
