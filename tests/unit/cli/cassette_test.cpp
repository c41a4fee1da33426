// `--record` and `--replay`: runs that are written down as questions and answers, and come out the same
// without a model.
#include <sys/stat.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <sstream>

#include "tests/peers/peer.h"
#include "tests/unit/cli/place.h"

using namespace chain::testing;
using chain::test::MockOpenAi;

namespace {

/// Side by side, in branches, again after a bad answer, and where failures are caught.
constexpr const char* kProgram = R"chain(
model m = openai("m", temperature: 0.5, retry: 1)

type Mood { word: string, score: int where it >= 0 and it <= 10 }

prompt ask@1.0(q: string) -> string {
  model: m
  cache: 1h
  user: "{{ q }}"
}

prompt close@1.0(text: string) -> string {
  model: m
  user: "{{ text }}"
}

prompt rate@1.2(q: string) -> Mood {
  model: m
  repair: 1
  user: "rate {{ q }}"
}

chain main@2.0(words: string[] = ["left", "right"]) -> string {
  let wide = for word in words parallel 4 { ask("same") + ask(word) }
  let votes = sample 3 of ask("vote")
  let mood = try rate("it") catch { invalid_output e => Mood { word: e.kind, score: 0 }, else => Mood { word: "none", score: 1 } }
  return close("{{ join(wide, " ") }} {{ join(votes, " ") }} {{ mood.word }}")
}

chain one(q: string) -> string { ask(q) }
chain soft(q: string) -> string { try ask(q) catch { else => "caught" } }
chain bounded(q: string) -> string within { tokens: 200 } { ask(q) }
)chain";

struct Taped {
  Place place;

  Taped() { place.file("taped.chain", kProgram); }

  [[nodiscard]] Command command(std::vector<std::string> words, const std::string& url) const {
    Command command = place.command(std::move(words), url);
    for (auto& [name, value] : command.environment) {
      if (name == "OPENAI_API_KEY") value = "sk-not-for-cassettes";
    }
    return command;
  }
  [[nodiscard]] Ended record(const MockOpenAi& mock, std::vector<std::string> more) const {
    more.insert(more.begin(), "run");
    more.insert(more.end(), {"--record", "tape.jsonl"});
    return run(command(std::move(more), mock.base_url()));
  }
  /// Where nobody listens, and without a key.
  [[nodiscard]] Ended replay(std::vector<std::string> more) const {
    more.insert(more.begin(), "run");
    more.insert(more.end(), {"--replay", "tape.jsonl"});
    Command command = this->command(std::move(more), "http://127.0.0.1:1/v1");
    command.environment.emplace_back("OPENAI_API_KEY", std::nullopt);
    return run(std::move(command));
  }
  [[nodiscard]] std::string tape() const { return read_file((place.path() / "tape.jsonl").string()); }
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a run that was recorded comes out the same without a model") {
  const Taped taped;
  std::string answer, tape;
  {
    const MockOpenAi mock;
    const Ended recorded = taped.record(mock, {"taped.chain:main"});
    check_ended(recorded, 0, {});
    answer = recorded.out;
    tape = taped.tape();
    CHECK(mock.stat("requests") == 1 + 2 + 3 + 2 + 1);  // samples each, whatever `cache` says
    // Nothing has changed, so nothing changes.
    check_ended(taped.record(mock, {"taped.chain:main"}), 0, {});
    CHECK(taped.tape() == tape);
    CHECK(mock.stat("requests") == 18);
  }
  for (int i = 0; i < 2; ++i) {
    const Ended replayed = taped.replay({"taped.chain:main"});
    check_ended(replayed, 0, {});
    CHECK(replayed.out == answer);
  }
  CHECK(taped.tape() == tape);
  CHECK_FALSE(std::filesystem::exists(taped.place.path() / "cache" / "cache.db"));

  const std::vector<std::string> lines = lines_of(tape);
  CHECK(lines.size() == 1 + 9);
  CHECK(lines[0] == R"({"cassette":1})");
  CHECK(std::is_sorted(lines.begin() + 1, lines.end(), [](const std::string& a, const std::string& b) {
    const auto key = [](const std::string& line) { return line.substr(line.find("\"key\":"), 40); };
    return key(a) < key(b);
  }));
  CHECK_FALSE(holds(tape, "sk-not-for-cassettes"));
  CHECK_FALSE(holds(tape, "127.0.0.1"));
  CHECK(holds(
      tape,
      R"("request":{"messages":[{"role":"user","text":"vote"}],"model":"openai/m","options":{"temperature":0.5},"prompt":"ask@1.0"},"step":"main/sample[2]/ask")"));
}

TEST_CASE("a stream is replayed in its pieces") {
  const Taped taped;
  const std::vector<std::string> words = {"taped.chain:one", "-a", "q=a longer answer", "--stream", "--json"};
  std::string streamed;
  {
    const MockOpenAi mock({"--chunk", "4"});
    const Ended recorded = taped.record(mock, words);
    check_ended(recorded, 0, {});
    streamed = recorded.out;
    CHECK(std::ranges::count(streamed, '\n') > 4);
    // The same text in other pieces is the same answer.
    const std::string tape = taped.tape();
    const MockOpenAi other({"--chunk", "7"});
    check_ended(taped.record(other, words), 0, {});
    CHECK(taped.tape() == tape);
  }
  CHECK(taped.replay(words).out == streamed);
  CHECK(taped.replay({"taped.chain:one", "-a", "q=a longer answer"}).out == "echo: a longer answer\n");
}

TEST_CASE("what was not recorded fails, with the nearest call and the way out") {
  const Taped taped;
  {
    const MockOpenAi mock;
    for (const char* q : {"q=the site is down since noon", "q=where is my parcel"})
      check_ended(taped.record(mock, {"taped.chain:one", "-a", q}), 0, {});
  }
  const Ended missed = taped.replay({"taped.chain:one", "-a", "q=the shop is\x1b[2J down since noon"});
  check_ended(missed, 1,
              {"not_found: model `m`: the cassette holds no answer to this call",
               "`tape.jsonl` holds no answer to one/ask, a call of `ask@1.0`", "the nearest call, in line ",
               "  - user: the site is down since noon\n", "  + user: the shop is",
               "`--record tape.jsonl` in place of `--replay tape.jsonl`"});
  CHECK_FALSE(holds(missed.err, "\x1b"));
  CHECK_FALSE(holds(missed.err, "parcel"));
  CHECK(missed.out.empty());
  check_ended(taped.replay({"taped.chain:one", "-a", "q=where is my parcel", "--model", "m=openai(\"n\")"}),
              1, {"  - model: openai/m\n  + model: openai/n\n", "  - option temperature: 0.5\n"});
  SECTION("even where the program would go on without it") {
    const Ended caught = taped.replay({"taped.chain:soft", "-a", "q=new"});
    check_ended(caught, 1, {"`tape.jsonl` holds no answer to soft/try/ask"});
    CHECK(caught.out.empty());
  }
  SECTION("and recording adds it to what is there") {
    const std::string before = taped.tape();
    const MockOpenAi mock;
    check_ended(taped.record(mock, {"taped.chain:soft", "-a", "q=new"}), 0, {});
    CHECK(taped.replay({"taped.chain:soft", "-a", "q=new"}).out == "echo: new\n");
    CHECK(taped.replay({"taped.chain:one", "-a", "q=where is my parcel"}).out ==
          "echo: where is my parcel\n");
    for (const std::string& line : lines_of(before)) CHECK(holds(taped.tape(), line + "\n"));
  }
}

TEST_CASE("failures are replayed, and so is what a retry led to") {
  const Taped taped;
  {
    const MockOpenAi mock({"--error", "400", "--error-code", "content_filter"});
    check_ended(taped.record(mock, {"taped.chain:one", "-a", "q=bad"}), 1, {"refused: model `m`"});
  }
  check_ended(taped.replay({"taped.chain:one", "-a", "q=bad"}), 1,
              {"refused: model `m`: the server answered 400"});
  CHECK(taped.replay({"taped.chain:soft", "-a", "q=bad"}).out == "caught\n");
  CHECK(holds(taped.tape(), R"("failure":{"kind":"refused","message":"model `m`: )"));
  {
    const MockOpenAi mock({"--error", "503:1", "--retry-after", "0"});
    check_ended(taped.record(mock, {"taped.chain:one", "-a", "q=flaky"}), 0, {});
  }
  CHECK(taped.replay({"taped.chain:one", "-a", "q=flaky"}).out == "echo: flaky\n");
}

TEST_CASE("budgets count what was recorded") {
  const Taped taped;
  {
    const MockOpenAi mock;
    check_ended(taped.record(mock, {"taped.chain:one", "-a", "q=hi"}), 0, {});
  }
  std::string tape = taped.tape();
  const size_t usage = tape.find("\"usage\":");
  REQUIRE(usage != std::string::npos);
  CHECK(holds(tape.substr(usage), "\"output\":"));
}

TEST_CASE("rows are told apart, in whatever order they come") {
  const Taped taped;
  std::string rows;
  for (int i = 0; i < 12; ++i) rows += "{\"q\": \"row " + std::to_string(i % 4) + "\"}\n";
  taped.place.file("rows.jsonl", rows);
  const auto each = [](const std::string& out) {
    return std::vector<std::string>{"taped.chain:one", "--each", "rows.jsonl", "--out", out, "--no-journal"};
  };
  {
    const MockOpenAi mock;
    check_ended(taped.record(mock, each("first.jsonl")), 0, {"12 answered"});
  }
  CHECK(lines_of(taped.tape()).size() == 13);
  CHECK(holds(taped.tape(), "\"row\":12,"));
  check_ended(taped.replay(each("again.jsonl")), 0, {"12 answered"});
  taped.place.file("rows.jsonl", rows + "{\"q\": \"another\"}\n");
  check_ended(taped.replay(each("more.jsonl")), 1,
              {"12 answered, 1 failed", "`tape.jsonl` holds no answer to row 13, one/ask"});
}

TEST_CASE("a run that is resumed goes on with its cassette") {
  const Taped taped;
  {
    const MockOpenAi mock;
    check_ended(taped.record(mock, {"taped.chain:one", "-a", "q=hi"}), 0, {});
  }
  const Ended missed = taped.replay({"taped.chain:one", "-a", "q=ho"});
  check_ended(missed, 1, {"holds no answer"});
  check_ended(run(taped.command({"resume", "last"}, "http://127.0.0.1:1/v1")), 1,
              {"`tape.jsonl` holds no answer"});
  {
    const MockOpenAi mock;
    check_ended(taped.record(mock, {"taped.chain:one", "-a", "q=ho", "--no-journal"}), 0, {});
  }
  const Ended resumed = run(taped.command({"resume", "last"}, "http://127.0.0.1:1/v1"));
  check_ended(resumed, 0, {});
  CHECK(resumed.out == "echo: ho\n");
}

TEST_CASE("a cassette that cannot be used is named, with its line, before anything is asked") {
  const Taped taped;
  const MockOpenAi mock;
  check_ended(taped.record(mock, {"taped.chain:one", "-a", "q=hi"}), 0, {});
  const std::string good = taped.tape();
  const int64_t asked = mock.stat("requests");
  const auto with = [&](const std::string& tape) {
    taped.place.file("tape.jsonl", tape);
    const Ended recorded = taped.record(mock, {"taped.chain:one", "-a", "q=hi"});
    CHECK(recorded.code == 1);
    CHECK(taped.tape() == tape);
    return taped.replay({"taped.chain:one", "-a", "q=hi"});
  };
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string tape = good;
    const size_t at = tape.find(from);
    REQUIRE(at != std::string::npos);
    return tape.replace(at, from.size(), to);
  };
  check_ended(with("hello\n"), 1,
              {"tape.jsonl:1: this is no cassette: its first line is not {\"cassette\":1}"});
  check_ended(with(good + "{\"key\""), 1, {"tape.jsonl:3: it is no JSON object"});
  check_ended(with(good + "\n" + lines_of(good)[1] + "\n"), 1,
              {"tape.jsonl:4: it is the same call as line 2"});
  check_ended(with(changed("\"text\":\"hi\"", "\"text\":\"ho\"")), 1,
              {"tape.jsonl:2: `request` was changed"});
  check_ended(with(changed("\"answer\"", "\"reply\"")), 1,
              {"tape.jsonl:2: it needs either an `answer` or a `failure`"});
  check_ended(with(changed("\"usage\":{", "\"usage\":{\"cached\":-1,")), 1,
              {"tape.jsonl:2: `cached` is no count"});
  check_ended(with(changed("\"request\":{", "\"request\":{\"x\":" + std::string(100'000, '[') +
                                                std::string(100'000, ']') + ",")),
              1, {"tape.jsonl:2: it is no JSON object"});
  CHECK(mock.stat("requests") == asked);
  // What a model said may be mended by hand.
  taped.place.file("tape.jsonl", changed("\"text\":\"echo: hi\"", "\"text\":\"by hand\""));
  CHECK(taped.replay({"taped.chain:one", "-a", "q=hi"}).out == "by hand\n");

  std::filesystem::remove(taped.place.path() / "tape.jsonl");
  check_ended(taped.replay({"taped.chain:one", "-a", "q=hi"}), 1,
              {"cannot read `tape.jsonl`: No such file or directory; `--record` makes it"});
  std::filesystem::create_directory(taped.place.path() / "tape.jsonl");
  check_ended(taped.record(mock, {"taped.chain:one", "-a", "q=hi"}), 1,
              {"the cassette `tape.jsonl` is a folder, not a file"});
  check_ended(taped.place.chain({"run", "taped.chain:one", "-a", "q=hi", "--record", "nowhere/tape.jsonl"}),
              1, {"the cassette `nowhere/tape.jsonl` cannot be written: No such file or directory"});
  check_ended(taped.place.chain({"run", "taped.chain:one", "-a", "q=hi", "--record", "a", "--replay", "b"}),
              2, {"`--record` and `--replay` do not go together"});
}

TEST_CASE("a cassette is replaced as a whole, where it is, with its mode") {
  const Taped taped;
  const MockOpenAi mock;
  taped.place.file("real.jsonl", "{\"cassette\":1}\n");
  REQUIRE(chmod((taped.place.path() / "real.jsonl").c_str(), 0640) == 0);
  std::filesystem::create_symlink("real.jsonl", taped.place.path() / "tape.jsonl");
  check_ended(taped.record(mock, {"taped.chain:one", "-a", "q=hi"}), 0, {});
  CHECK(std::filesystem::is_symlink(taped.place.path() / "tape.jsonl"));
  struct stat info{};
  REQUIRE(stat((taped.place.path() / "real.jsonl").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0640);
  CHECK(lines_of(taped.tape()).size() == 2);
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(taped.place.path()))
    files += entry.path().string().find("jsonl") != std::string::npos;
  CHECK(files == 2);
}

TEST_CASE("a run that another process goes on with leaves no hole in its cassette") {
  const Place place;
  const MockOpenAi first, second({"--error", "503:1", "--reply", "fine"});
  place.file("two.chain", R"(
model m = openai("m", retry: 0)
model n = openai("n", retry: 0, base_url: ")" +
                              second.base_url() + R"(")

prompt ask@1.0(q: string) -> string {
  model: m
  user: "{{ q }}"
}

chain main() -> string {
  let first = ask("one")
  return ask("two, {{ first }}") with { model: n }
}
)");
  const auto chain = [&](std::vector<std::string> words) {
    return run(place.command(std::move(words), first.base_url()));
  };
  check_ended(chain({"run", "two.chain", "--allow", "host=*", "--record", "tape.jsonl"}), 1, {"503"});
  // As if the process had been killed before it could write.
  std::filesystem::remove(place.path() / "tape.jsonl");
  check_ended(chain({"resume", "last"}), 0, {});
  CHECK(first.stat("requests") == 1);
  CHECK(second.stat("requests") == 2);
  const Ended replayed = chain({"run", "two.chain", "--replay", "tape.jsonl"});
  check_ended(replayed, 0, {});
  CHECK(replayed.out == "fine\n");
  CHECK(first.stat("requests") == 1);
}

TEST_CASE("a cassette's first line may be laid out in any way, and its version counts") {
  const Taped taped;
  const MockOpenAi mock;
  check_ended(taped.record(mock, {"taped.chain:one", "-a", "q=x"}), 0, {});
  std::string tape = taped.tape();
  const std::string rest = tape.substr(tape.find('\n'));
  for (const char* head : {R"({ "cassette": 1 })", "{\"cassette\" :1}\r", R"({"by":"hand","cassette":1})"}) {
    CAPTURE(head);
    taped.place.file("tape.jsonl", head + rest);
    check_ended(taped.replay({"taped.chain:one", "-a", "q=x"}), 0, {});
  }
  for (const char* head : {R"({"cassette":2})", R"({"cassette":"1"})", "[1]", "cassette 1", ""}) {
    CAPTURE(head);
    taped.place.file("tape.jsonl", head + rest);
    check_ended(taped.replay({"taped.chain:one", "-a", "q=x"}), 1, {"this is no cassette"});
  }
}
