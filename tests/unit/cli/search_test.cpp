// Models that search the web, and models that `--model` puts in the place of others.
#include "tests/peers/peer.h"
#include "tests/unit/cli/place.h"

using namespace chain::testing;
using chain::test::MockOpenAi;
using chain::test::Peer;

namespace {

constexpr const char* kProgram = R"chain(
model a = openai("a")
model b = openai("b")
model last = openai("last", fallback: a)
model pool = balance(a, b)

prompt ask@1.0(q: string) -> string {
  model: a
  user: "{{ q }}"
}

chain main(q: string = "hi") -> string {
  return ask(q)
}
)chain";

struct Asked {
  Place place;
  MockOpenAi mock;

  Asked() { place.file("a.chain", kProgram); }
  [[nodiscard]] Ended with(const std::string& model, std::vector<std::string> more = {}) const {
    std::vector<std::string> words{"run", "a.chain", "--model", model};
    words.insert(words.end(), more.begin(), more.end());
    return run(place.command(std::move(words), mock.base_url()));
  }
};

/// A program whose one prompt is asked at the mock of Gemini's, which searches.
std::string searching(const Peer& mock, const std::string& options) {
  return R"(model web = gemini("gemini-2.5-flash", base_url: "http://127.0.0.1:)" +
         std::to_string(mock.port()) + R"(/v1beta")" + options + R"()

prompt look@1.0(question: string) -> string {
  model: web
  user: "{{ question }}"
}

chain main(question: string = "When is high tide?") -> string {
  return look(question)
}

chain cheap(question: string = "When?") -> string within { cost: $5 } {
  return look(question)
}
)";
}

Ended with_key(const Place& place, std::vector<std::string> words) {
  Command command = place.command(std::move(words));
  command.environment.emplace_back("GEMINI_API_KEY", "test");
  return run(std::move(command));
}

}  // namespace

TEST_CASE("a model may be replaced by others of the program") {
  const Asked asked;
  for (const char* model : {"a=balance(b, last)", "a = balance( b , last, weights: [1, 2])",
                            "a=balance(b, last, fallback: b)", "a=openai(\"x\", fallback: b)"}) {
    CAPTURE(model);
    const Ended ended = asked.with(model);
    if (std::string(model).find("last") == std::string::npos) {
      check_ended(ended, 0, {});
      CHECK(ended.out == "echo: hi\n");
    } else {
      check_ended(ended, 2, {"a -> last -> a"});  // which falls back on the one that it stands for
    }
  }
  const Ended ended = asked.with("ask=balance(a, b)");
  check_ended(ended, 2, {"the program has no model `ask`"});
  check_ended(asked.with("last=balance(a, b)"), 0, {});
  check_ended(asked.with("last=balance(a, c)"), 2, {"unknown name `c`"});
  check_ended(asked.with("last=balance(a, pool)"), 2, {"`pool`"});
  check_ended(asked.with("last=balance(a)"), 2, {"needs two models or more"});
}

TEST_CASE("the web is searched where that is allowed, and what was found is shown as what it is") {
  const Peer mock("mock_gemini");
  const Place place;
  place.file("web.chain", searching(mock, ", web_search: true"));
  const std::string host = "host=127.0.0.1:" + std::to_string(mock.port());
  check_ended(with_key(place, {"run", "web.chain", "--allow", host}), 4, {"searches `*`", "web"});
  CHECK(mock.stat("requests") == 0);
  const Ended ended = with_key(place, {"run", "web.chain", "--allow", host, "--allow", "search=*"});
  check_ended(ended, 0, {});
  CHECK(ended.out == "echo: When is high tide?\n");
  const Ended shown = place.chain({"show", "last", "--step", "main/look"});
  CHECK(shown.out.find("untrusted passage, Tides https://example.com/tides") != std::string::npos);
  const Ended plan = place.chain({"plan", "web.chain"});
  CHECK(plan.out.find("search  *") != std::string::npos);
  CHECK(plan.out.find("each with at most 1 search of the web") != std::string::npos);
}

TEST_CASE("under a bound of the cost a search is counted at its price, or nothing is asked") {
  const Peer mock("mock_gemini");
  const Place place;
  place.file("web.chain", searching(mock, ", web_search: true"));
  const std::vector<std::string> allowed{"run",    "web.chain:cheap", "--allow",
                                         "host=*", "--allow",         "search=*"};
  const Ended counted = with_key(place, allowed);
  check_ended(counted, 0, {});
  std::filesystem::create_directories(place.path() / "config");
  place.file("config/prices.json",
             R"({"models": {"gemini/gemini-2.5-flash": {"input": 0.3, "output": 2.5}}})");
  check_ended(with_key(place, allowed), 1, {"has no price for a search of the web (`search`)"});
  place.file("config/prices.json",
             R"({"models": {"gemini/gemini-2.5-flash": {"input": 0.3, "output": 2.5, "search": 10000}}})");
  check_ended(with_key(place, allowed), 1, {"budget"});
  CHECK(mock.stat("requests") == 1);
}

TEST_CASE("no model that searches is put in the place of one that was checked without") {
  const Asked asked;
  const char* refused = "`web_search: true` at `model a` in the file";
  check_ended(asked.with("a=gemini(\"gemini-2.5-flash\", web_search: true)"), 2, {refused});
  CHECK(asked.mock.stat("requests") == 0);
  const Peer mock("mock_gemini");
  const Place place;
  place.file("two.chain", searching(mock, ", web_search: true") + R"(
model plain = openai("m")

prompt tell() -> string {
  model: plain
  user: "hi"
}

chain other() -> string {
  return tell()
}
)");
  const auto with = [&](const char* model) {
    return with_key(place,
                    {"run", "two.chain", "--allow", "host=*", "--allow", "search=*", "--model", model});
  };
  check_ended(with("plain=openai(\"m\", fallback: web)"), 2, {"at `model plain` in the file"});
  check_ended(with("plain=balance(web, web)"), 2, {"is given twice"});
  check_ended(with("web=baseline"), 0, {});
}

TEST_CASE("a profile that searches is checked as it runs, and the way begins in it") {
  const Place place;
  place.file("profile.chain", R"chain(model fast = baseline()

profile web {
  fast = gemini("gemini-2.5-flash", web_search: true)
}

tool send(to: string) -> bool writes = http.post("https://mail.example.com/{{ to }}")

prompt who(q: string) -> string {
  model: fast
  user: "{{ q }}"
}

chain main(q: string) -> bool {
  return send(who(q))
}
)chain");
  check_ended(place.chain({"check", "profile.chain"}), 0, {});
  check_ended(with_key(place, {"run", "profile.chain", "--profile", "web", "-a", "q=x"}), 3,
              {"E0304", "profile.chain:4:10: note: model `fast` searches the web"});
}
