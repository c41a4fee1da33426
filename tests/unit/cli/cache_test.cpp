// `cache:` between processes, and `chain cache`.
#include <sys/stat.h>
#include <catch2/catch.hpp>

#include "tests/peers/peer.h"
#include "tests/unit/cli/place.h"

namespace {

using chain::test::MockOpenAi;
using chain::testing::check_ended;
using chain::testing::Ended;
using chain::testing::Place;

std::string source(const MockOpenAi& mock) {
  return R"(model m = openai("mock", base_url: ")" + mock.base_url() + R"(")

prompt ask@1.0(q: string) -> string {
  model: m
  cache: 24h
  user: "{{ q }}"
}

prompt tell@2.1(q: string) -> string {
  model: m
  cache: 1h
  user: "Tell me: {{ q }}"
}

chain main(q: string = "hi") -> string {
  return ask(q)
}

chain other() -> string {
  return tell("hi")
}
)";
}

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// A program whose models are called where nobody else listens.
struct Cached {
  Place place;
  MockOpenAi mock;
  Cached() { place.file("ask.chain", source(mock)); }

  [[nodiscard]] Ended chain(std::vector<std::string> words) const {
    if (words[0] == "run" || words[0] == "repl")
      words.insert(words.begin() + 1, {"--allow", "host=127.0.0.1:" + std::to_string(mock.port())});
    return place.chain(std::move(words));
  }
};

}  // namespace

TEST_CASE("an answer serves the next process, unless it is told not to") {
  const Cached cached;
  const Ended first = cached.chain({"run", "ask.chain:main", "--verbose"});
  check_ended(first, 0, {"sends\n", "mock answered"});
  CHECK(first.out == "echo: hi\n");
  const Ended second = cached.chain({"run", "ask.chain:main", "--verbose"});
  check_ended(second, 0, {"mock answered, from the cache, ", " old:\necho: hi"});
  CHECK_FALSE(holds(second.err, "sends"));
  CHECK(second.out == "echo: hi\n");
  CHECK(cached.mock.stat("requests") == 1);

  const Ended streamed = cached.chain({"run", "ask.chain:main", "--stream", "--json"});
  CHECK(streamed.out == "{\"delta\":\"echo: hi\"}\n{\"result\":\"echo: hi\"}\n");
  CHECK(cached.mock.stat("requests") == 1);
  check_ended(cached.chain({"run", "ask.chain:main", "--no-cache"}), 0, {});
  CHECK(cached.mock.stat("requests") == 2);
  check_ended(cached.chain({"run", "ask.chain:main", "-a", "q=ho"}), 0, {});
  CHECK(cached.mock.stat("requests") == 3);

  struct stat mode{};
  REQUIRE(stat((cached.place.path() / "cache" / "cache.db").c_str(), &mode) == 0);
  CHECK((mode.st_mode & 0777) == 0600);
}

TEST_CASE("a run without the cache leaves no file") {
  const Cached cached;
  check_ended(cached.chain({"run", "ask.chain:main", "--no-cache"}), 0, {});
  CHECK_FALSE(std::filesystem::exists(cached.place.path() / "cache" / "cache.db"));
  const Ended empty = cached.chain({"cache", "ls"});
  check_ended(empty, 0, {"no answers are kept"});
  CHECK(empty.out.empty());
  CHECK(holds(cached.chain({"cache", "stats"}).out, "answers  0\n"));
  check_ended(cached.chain({"cache", "clear"}), 0, {"0 answers forgotten"});
  CHECK_FALSE(std::filesystem::exists(cached.place.path() / "cache" / "cache.db"));
}

TEST_CASE("what is kept can be listed, counted and forgotten") {
  const Cached cached;
  for (const char* chain : {"ask.chain:main", "ask.chain:main", "ask.chain:other"})
    check_ended(cached.chain({"run", chain}), 0, {});
  const Ended all = cached.chain({"cache", "ls"});
  check_ended(all, 0, {});
  CHECK(std::count(all.out.begin(), all.out.end(), '\n') == 2);
  CHECK(all.out.starts_with("tell@2.1 "));
  CHECK(holds(all.out, "used 1 time "));
  CHECK(holds(all.out, "echo: Tell me: hi\n"));
  const Ended one = cached.chain({"cache", "ls", "--prompt", "ask", "--json"});
  CHECK(one.out.starts_with("{\"key\":\""));
  CHECK(holds(one.out, R"("prompt":"ask@1.0","model":"mock","made":"20)"));
  CHECK(holds(one.out, R"("uses":1,"bytes":8,"begins":"echo: hi"})"));
  CHECK(std::count(one.out.begin(), one.out.end(), '\n') == 1);

  const Ended stats = cached.chain({"cache", "stats"});
  CHECK(holds(stats.out, "answers  2\n"));
  CHECK(holds(stats.out, "of at most 1.0 GiB\n"));
  CHECK(holds(stats.out, "used     1 time, which saved "));
  CHECK(holds(cached.chain({"cache", "stats", "--json"}).out, R"("answers":2,)"));

  check_ended(cached.chain({"cache", "clear", "--older", "7d"}), 0, {"0 answers forgotten"});
  check_ended(cached.chain({"cache", "clear", "--prompt", "tell@2.1"}), 0, {"1 answer forgotten"});
  CHECK(cached.chain({"cache", "clear", "--json"}).out == "{\"forgotten\":1}\n");
  check_ended(cached.chain({"run", "ask.chain:main"}), 0, {});
  CHECK(cached.mock.stat("requests") == 3);
}

TEST_CASE("a wrong word to `chain cache` is explained") {
  const Cached cached;
  check_ended(cached.chain({"cache"}), 2, {"what? `chain cache ls`, `stats` or `clear`"});
  check_ended(cached.chain({"cache", "stat"}), 2, {"unknown action `stat`; did you mean `stats`?"});
  check_ended(cached.chain({"cache", "clear", "--older", "soon"}), 2,
              {"`--older` takes a duration, as in `--older 7d`; found `soon`"});
  check_ended(cached.chain({"cache", "ls", "--older", "7d"}), 2, {"`--older` goes with `clear`"});
  check_ended(cached.chain({"cache", "stats", "--prompt", "ask"}), 2,
              {"`--prompt` goes with `ls` and `clear`"});
  CHECK(holds(cached.chain({"help", "cache"}).out, "ls|stats|clear"));
}

TEST_CASE("a damaged file is set aside, and the run goes on") {
  const Cached cached;
  check_ended(cached.chain({"run", "ask.chain:main"}), 0, {});
  cached.place.file("cache/cache.db", std::string(8192, 'x'));
  const Ended ended = cached.chain({"run", "ask.chain:main"});
  check_ended(ended, 0, {"warning: the cache `", "was damaged: it is now `", "cache.db.damaged`"});
  CHECK(ended.out == "echo: hi\n");
  CHECK(cached.mock.stat("requests") == 2);
  check_ended(cached.chain({"run", "ask.chain:main"}), 0, {});
  CHECK(cached.mock.stat("requests") == 2);
}

TEST_CASE("inputs of `chain repl` use what is kept") {
  const Cached cached;
  check_ended(cached.chain({"run", "ask.chain:main"}), 0, {});
  auto command = cached.place.command(
      {"repl", "ask.chain", "--allow", "host=127.0.0.1:" + std::to_string(cached.mock.port())});
  command.input = "ask(\"hi\")\n";
  const Ended ended = chain::testing::run(std::move(command));
  check_ended(ended, 0, {});
  CHECK(holds(ended.out, "echo: hi"));
  CHECK(cached.mock.stat("requests") == 1);
}

TEST_CASE("the answer to a similar question serves, and is shown as that") {
  const Cached cached;
  std::string text = source(cached.mock);
  text.replace(text.find("cache: 24h"), 10, "cache: similar(0.97)");
  cached.place.file("ask.chain", text);
  check_ended(cached.chain({"run", "ask.chain:main", "-a", "q=Does smoking cause stress?"}), 0, {});
  const Ended similar =
      cached.chain({"run", "ask.chain:main", "--verbose", "-a", "q=does smoking cause stress"});
  check_ended(similar, 0, {"mock answered a question alike by 1.000, from the cache, "});
  CHECK(similar.out == "echo: Does smoking cause stress?\n");
  CHECK(cached.mock.stat("requests") == 1);
  CHECK(holds(cached.chain({"show", "last"}).out, "mock, from the cache, to a question alike by 1.000"));
  CHECK(holds(cached.chain({"show", "last", "--json"}).out, "\"cache\": \"semantic\""));
  CHECK(holds(cached.chain({"trace", "last", "--jsonl", "-"}).out, "\"semantic\""));
  CHECK(
      holds(cached.chain({"cache", "stats"}).out, "used     1 time (1 for similar questions), which saved"));

  for (const char* other :
       {"q=Does stress cause smoking?", "q=Does smoking not cause stress?",
        "q=Does smoking cause stress within 30 days?", "q=Does smoking cause stress within 90 days?"})
    check_ended(cached.chain({"run", "ask.chain:main", "-a", other}), 0, {});
  CHECK(cached.mock.stat("requests") == 5);
}
