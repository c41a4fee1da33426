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
    Command command = place.command(std::move(words));
    for (auto& [name, value] : command.environment) {
      if (name == "OPENAI_BASE_URL") value = server.base_url();
    }
    return command;
  }
  [[nodiscard]] std::string folder() const { return (place.path() / "state").string(); }
  [[nodiscard]] std::unique_ptr<store::Records> records() {
    if (access(store::journal_path(folder()).c_str(), F_OK) != 0) return nullptr;
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
  const auto database =
      store::Database::open(store::journal_path(folder), "", 1, store::Durability::Normal, error);
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
