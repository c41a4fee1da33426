// Searches of indexes: what is asked, what comes back, and what is written down.
#include <catch2/catch.hpp>

#include <algorithm>
#include <limits>
#include <map>

#include "runtime/retrieve/searches.h"
#include "runtime/sched/journal.h"
#include "runtime/sched/search_query.h"
#include "tests/unit/sched/scripted.h"
#include "tests/unit/sched/session.h"

using namespace chain;
using chain::test::outcome;
using chain::test::ScriptedClient;
using chain::test::Session;
using retrieve::Found;
using retrieve::Mode;
using retrieve::SearchRequest;

namespace {

/// Answers at the loop's next turn with one passage that says what was asked; never if that is "never".
class FakeSearches final : public retrieve::Searches {
 public:
  explicit FakeSearches(EventLoop& loop) : loop_(loop) {}

  CallId search(SearchRequest request, retrieve::SearchEnd end) override {
    requests.push_back(request);
    const CallId id = ++last_;
    open_[id] = std::move(end);
    if (request.query.text == "never") return id;
    loop_.post([this, id, text = request.query.text] { answer(id, text); });
    return id;
  }
  void cancel(CallId call) override {
    if (open_.erase(call) > 0) ++cancelled;
  }

  std::vector<SearchRequest> requests;
  int cancelled = 0;
  std::string prefix = "found ";
  int64_t tokens = 1'000'000;

 private:
  void answer(CallId id, const std::string& text) {
    const auto node = open_.extract(id);
    if (!node) return;
    if (text == "fails") return node.mapped().failed({abi::ErrorKind::Unavailable, "no such index", 1});
    retrieve::SearchResult result;
    if (text != "nothing")
      result.passages.push_back({.id = "a.md#0",
                                 .text = prefix + text,
                                 .source = "a.md:3",
                                 .score = 0.5,
                                 .meta = {{"lang", "en"}, {"title", "A \"title\""}}});
    result.content = "state 7";
    result.usage.input_tokens = tokens;
    node.mapped().done(std::move(result));
  }

  EventLoop& loop_;
  CallId last_ = 0;
  std::map<CallId, retrieve::SearchEnd> open_;
};

/// Who hears of calls.
class Heard final : public sched::Observer {
 public:
  using Observer::failed;
  void called(std::string_view path, const program::External& callee) override {
    lines.push_back("called " + callee.name + " at " + std::string(path));
  }
  void returned(std::string_view, const program::External& callee, const model::Completion& answer) override {
    lines.push_back("returned " + callee.name + " of " + answer.model);
  }
  void failed(std::string_view, const program::External& callee, const sched::RunError& error) override {
    lines.push_back("failed " + callee.name + ": " + error.message);
  }
  std::vector<std::string> lines;
};

/// Keeps what has ended.
class Memory final : public sched::Journal {
 public:
  explicit Memory(EventLoop& loop, std::map<std::string, Recorded> before = {})
      : loop_(loop), before_(std::move(before)) {}
  [[nodiscard]] const Recorded* find(std::string_view path) const override {
    const auto found = before_.find(std::string(path));
    return found == before_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] bool resumes() const override { return !before_.empty(); }
  void begin(const sched::StepBegin& step, Written written) override {
    kinds[std::string(step.path)] = step.kind;
    requests[std::string(step.path)] = step.request;
    digests_[std::string(step.path)] = step.digest;
    loop_.post([written] { written({}); });
  }
  void end(std::string_view path, sched::StepEnd end) override {
    const std::string at(path);
    ended[at] = {.order = ended.size() + 1, .digest = digests_[at], .end = std::move(end)};
  }
  void note(const sched::StepBegin&, std::string_view) override {}
  void finish(const sched::RunResult&, Written written) override {
    loop_.post([written] { written({}); });
  }

  std::map<std::string, std::string> kinds, requests;
  std::map<std::string, Recorded> ended;

 private:
  EventLoop& loop_;
  std::map<std::string, Recorded> before_;
  std::map<std::string, std::string> digests_;
};

sched::RunOptions heard_by(Heard& observer) {
  sched::RunOptions options;
  options.observer = &observer;
  return options;
}

sched::RunOptions kept_in(Memory& journal) {
  sched::RunOptions options;
  options.journal = &journal;
  return options;
}

Session session_of(const std::string& source) {
  return Session(source, [](EventLoop& loop) { return std::make_unique<ScriptedClient>(loop, 8); });
}

constexpr const char* kIndex =
    "index handbook = documents(\"*.md\", embed: openai(\"text-embedding-3-small\"),\n"
    "  rerank: cohere(\"rerank-v3.5\"))\n";

/// Runs `main`, whose body is given, with searches that are made at once.
std::string ran(const std::string& body, std::vector<SearchRequest>* requests = nullptr,
                std::vector<std::string>* heard = nullptr) {
  Session session = session_of(kIndex + ("chain main() -> string {\n" + body + "\n}\n"));
  FakeSearches searches(session.loop());
  session.search_with(searches);
  Heard observer;
  const std::string result = outcome(session.run("main", "{}", heard_by(observer)));
  if (requests) *requests = searches.requests;
  if (heard) *heard = observer.lines;
  return result;
}

}  // namespace

TEST_CASE("a search asks for what its arguments say") {
  std::vector<SearchRequest> requests;
  CHECK(ran(R"(
  let some = handbook.search("refund")
  let more = handbook.search("더 \"보기\"", top: 7, where: { "lang": "ko", "year": "2026" }, mode: "vector",
    rerank: true, mmr: 0.25, neighbours: 2, parent: true)
  let words = handbook.search("x", mode: "bm25")
  let one = some[0]
  return "{{ one.id }}|{{ one.text }}|{{ one.source }}|{{ one.score }}|{{ one.meta["title"] ?? "" }}|{{ len(more) }}{{ len(words) }}")",
            &requests) == R"("a.md#0|found refund|a.md:3|0.5|A \"title\"|11")");
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].resource == 0);
  CHECK(requests[0].query.text == "refund");
  CHECK(requests[0].query.top == 5);
  CHECK_FALSE(requests[0].mode_said);
  CHECK_FALSE(requests[0].rerank);
  CHECK(requests[0].query.where.empty());
  CHECK(requests[0].query.diversity == 0);
  CHECK(requests[0].query.neighbours == 0);
  CHECK_FALSE(requests[0].query.parent);
  CHECK(requests[0].run != nullptr);
  CHECK(requests[1].query.text == "더 \"보기\"");
  CHECK(requests[1].query.top == 7);
  CHECK(requests[1].query.where ==
        std::vector<std::pair<std::string, std::string>>{{"lang", "ko"}, {"year", "2026"}});
  CHECK(requests[1].mode_said);
  CHECK(requests[1].query.mode == Mode::Vectors);
  CHECK(requests[1].rerank);
  CHECK(requests[1].query.diversity == 0.25);
  CHECK(requests[1].query.neighbours == 2);
  CHECK(requests[1].query.parent);
  CHECK(requests[2].query.mode == Mode::Words);
}

TEST_CASE("numbers that no search takes fail where they are only known at run time") {
  CHECK(ran("  let n = len(\"\")\n  let found = handbook.search(\"x\", top: n)\n  return \"{{ len(found) "
            "}}\"") == "invalid_value: `top` of `handbook.search` is from 1 to 1000; found 0");
  CHECK(ran("  let n = len(\"abcdefghijk\")\n  let found = handbook.search(\"x\", neighbours: n)\n  return "
            "\"{{ len(found) }}\"") ==
        "invalid_value: `neighbours` of `handbook.search` is from 0 to 10; found 11");
  CHECK(ran("  let n = float(len(\"ab\"))\n  let found = handbook.search(\"x\", mmr: n)\n  return \"{{ "
            "len(found) }}\"") == "invalid_value: `mmr` of `handbook.search` is from 0 to 1; found 2.0");
}

TEST_CASE("a search that fails can be caught, and observers hear of it") {
  std::vector<std::string> heard;
  CHECK(ran("  let found = try handbook.search(\"fails\") catch { unavailable => [] }\n"
            "  let empty = handbook.search(\"nothing\")\n"
            "  return \"{{ len(found) }}{{ len(empty) }}\"",
            nullptr, &heard) == "\"00\"");
  CHECK(ran("  let found = handbook.search(\"fails\")\n  return \"{{ len(found) }}\"") ==
        "unavailable: no such index");
  std::ranges::sort(heard);
  REQUIRE(heard.size() == 4);
  CHECK(heard[0].starts_with("called handbook.search at main/"));
  CHECK(heard[2] == "failed handbook.search: no such index");
  CHECK(heard[3] == "returned handbook.search of state 7");
}

TEST_CASE("what is searched for in vain is dropped with its race and with its run") {
  Session session = session_of(kIndex + std::string(R"(
chain find(text: string) -> string {
  return handbook.search(text)[0].text
}
chain main() -> string {
  return race [find("never"), find("quick")]
}
chain stuck() -> string {
  return find("never")
}
)"));
  FakeSearches searches(session.loop());
  session.search_with(searches);
  CHECK(outcome(session.run()) == "\"found quick\"");
  CHECK(searches.cancelled == 1);
  std::string stuck;
  const auto run = session.scheduler().start(session.chain("stuck"), "{}", {}, [&](sched::RunResult result) {
    stuck = outcome(result);
    session.loop().stop();
  });
  session.loop().post([&] { session.loop().post([&] { session.scheduler().cancel(run); }); });
  session.loop().run();
  CHECK(stuck == "cancelled: the run was cancelled");
  CHECK(searches.cancelled == 2);
}

TEST_CASE("a search is written down, and a run that is taken up does not make it again") {
  const std::string source = kIndex + std::string(R"(
chain main() -> string {
  let first = handbook.search("one")
  let second = try handbook.search("fails") catch { else => [] }
  return "{{ first[0].text }}{{ len(second) }}"
}
)");
  Session session = session_of(source);
  FakeSearches searches(session.loop());
  session.search_with(searches);
  Memory journal(session.loop());
  CHECK(outcome(session.run("main", "{}", kept_in(journal))) == "\"found one0\"");
  REQUIRE(journal.ended.size() == 2);
  const auto& [path, step] = *journal.ended.begin();
  CHECK(journal.kinds[path] == "search");
  CHECK(journal.requests[path].starts_with(R"({"query": "one", "top": 5, )"));
  CHECK(step.end.completion.text.starts_with(R"([{"id":"a.md#0","text":"found one")"));
  CHECK(step.end.completion.model == "state 7");
  CHECK(step.end.asked == "openai/text-embedding-3-small");
  CHECK(step.end.cost == 20'000'000);  // $0.02 for a million tokens

  Session again = session_of(source);
  FakeSearches others(again.loop());
  others.prefix = "otherwise ";
  again.search_with(others);
  Memory resumed(again.loop(), journal.ended);
  CHECK(outcome(again.run("main", "{}", kept_in(resumed))) == "\"found one0\"");
  CHECK(others.requests.empty());
  CHECK(resumed.ended.empty());

  auto only_first = journal.ended;
  only_first.erase(std::next(only_first.begin()));
  Session half = session_of(source);
  FakeSearches rest(half.loop());
  half.search_with(rest);
  Memory taken_up(half.loop(), only_first);
  CHECK(outcome(half.run("main", "{}", kept_in(taken_up))) == "\"found one0\"");
  CHECK(rest.requests.size() == 1);
}

TEST_CASE("a run does not go on with a journal of another question") {
  const auto source = [](const char* question) {
    return kIndex + ("chain main() -> string {\n  return handbook.search(\"" + std::string(question) +
                     "\")[0].text\n}\n");
  };
  Session session = session_of(source("one"));
  FakeSearches searches(session.loop());
  session.search_with(searches);
  Memory journal(session.loop());
  CHECK(outcome(session.run("main", "{}", kept_in(journal))) == "\"found one\"");
  Session other = session_of(source("two"));
  FakeSearches others(other.loop());
  other.search_with(others);
  Memory resumed(other.loop(), journal.ended);
  const std::string result = outcome(other.run("main", "{}", kept_in(resumed)));
  CHECK(result.find("would be asked something else than the journal says") != std::string::npos);
  CHECK(others.requests.empty());
}

TEST_CASE("what embedding a question takes counts in budgets") {
  const auto bounded = [](const std::string& bounds, const std::string& body, int64_t tokens,
                          std::vector<SearchRequest>* requests = nullptr) {
    Session session = session_of(kIndex + ("index words = documents(\"*.md\", embed: local_hash(64))\n"
                                           "index own = documents(\"*.md\", embed: compatible(\"e\", "
                                           "base_url: \"http://localhost:9/v1\"))\n"
                                           "chain main() -> string within { " +
                                           bounds + " } {\n" + body + "\n}\n"));
    FakeSearches searches(session.loop());
    searches.tokens = tokens;
    session.search_with(searches);
    const std::string result = outcome(session.run());
    if (requests) *requests = searches.requests;
    return result;
  };
  const std::string twice =
      "  let a = handbook.search(\"one\")\n  let b = handbook.search(\"two\")\n  return \"{{ len(a) + len(b) "
      "}}\"";
  // A call reserves what it can take at most, 67 tokens; each takes 5.
  CHECK(bounded("tokens: 150", twice, 5) == "\"2\"");
  CHECK(bounded("tokens: 80", twice, 5) == "\"2\"");  // one waits for the other
  CHECK(bounded("tokens: 80", twice, 50).starts_with("budget: `main` may take 80 tokens and has taken 50"));
  CHECK(bounded("tokens: 60", twice, 5).starts_with("budget: `main` may take 60 tokens"));
  CHECK(bounded("cost: $0.000001", twice, 5).starts_with("budget: `main` may cost $0.000001"));
  CHECK(bounded("cost: $1", twice, 5) == "\"2\"");
  CHECK(bounded("cost: $1", "  let found = own.search(\"x\")\n  return \"{{ len(found) }}\"", 5)
            .starts_with("failed: model `own.embed` has no price"));
  CHECK(bounded("cost: $0.000001", "  let found = words.search(\"x\")\n  return \"{{ len(found) }}\"", 5) ==
        "\"1\"");
  CHECK(bounded("tokens: 10",
                "  let found = handbook.search(\"x\", mode: \"bm25\")\n  return \"{{ len(found) }}\"",
                5) == "\"1\"");
  std::vector<SearchRequest> requests;
  CHECK(bounded("cost: $1",
                "  let found = handbook.search(\"x\", rerank: true)\n  return \"{{ len(found) }}\"", 5,
                &requests)
            .starts_with("budget: `handbook.search` has its passages ranked anew"));
  CHECK(requests.empty());
}

TEST_CASE("passages that are no text fail the search, not the process") {
  Session session = session_of(
      kIndex + std::string("chain main() -> string {\n  return handbook.search(\"x\")[0].text\n}\n"));
  FakeSearches searches(session.loop());
  searches.prefix = "\xFF";
  session.search_with(searches);
  CHECK(outcome(session.run()) ==
        "tool_failed: `handbook.search` answered what is no Passage[]: it is not UTF-8");
}

TEST_CASE("passages as JSON") {
  CHECK(sched::passages_json({}) == "[]");
  std::vector<Found> found(2);
  found[0] = {.id = "a", .text = "x\n\"y\"", .source = "", .score = 0.25, .meta = {{"k", "v"}, {"l", ""}}};
  found[1].score = std::numeric_limits<double>::infinity();
  CHECK(sched::passages_json(found) ==
        R"([{"id":"a","text":"x\n\"y\"","source":"","score":0.25,"meta":{"k":"v","l":""}},)"
        R"({"id":"","text":"","source":"","score":0.0,"meta":{}}])");
}
