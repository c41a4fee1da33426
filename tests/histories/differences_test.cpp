// `chain diff` and `chain log` in repositories that a script makes.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/histories/repository.h"

namespace {

using chain::testing::Ended;
using chain::testing::Repository;
using chain::testing::support_desk;

const std::string kMain = "support.chain";
const std::string kTypes = "types.chain";

/// What `chain diff` prints, which succeeds.
std::string diff(const Repository& repository, std::vector<std::string> words) {
  words.insert(words.begin(), "diff");
  const Ended ended = repository.chain(std::move(words));
  INFO(ended.err);
  CHECK(ended.code == 0);
  return ended.out;
}

}  // namespace

TEST_CASE("nothing has changed") {
  const Repository repository(support_desk());
  CHECK(diff(repository, {"HEAD.."}).empty());
  repository.replace(kMain, "const LIMIT", "// The most.\nconst LIMIT");
  CHECK(diff(repository, {"HEAD.."}).empty());
  CHECK(diff(repository, {"HEAD..", "--markdown"}) ==
        "No prompt, chain, tool, agent, type or model has changed.\n");
}

TEST_CASE("the words of a prompt, and who calls it") {
  const Repository repository(support_desk());
  repository.replace(kMain, "You triage, at most", "You sort and triage, at most");
  CHECK(diff(repository, {"HEAD.."}) ==
        "~ prompt classify@1.0   MINOR: callers see no difference\n"
        "  |   system: \"You {+sort and +}triage, at most {{ LIMIT }}. {{ output.format }}\"\n"
        "affected:\n"
        "  chain reply@1.0: calls `classify@1.0`, which is not as it was\n"
        "  chain triage@1.0: calls `classify@1.0`, which is not as it was\n");
  CHECK(diff(repository, {"HEAD:" + kMain}) == diff(repository, {"HEAD:" + kMain, kMain}));
}

TEST_CASE("two versions side by side") {
  const Repository repository(support_desk());
  repository.replace(
      kMain, "tool page",
      "prompt answer@2.0(t: types.Ticket, tone: string) -> types.Reply {\n  model: smart\n  repair: 2\n"
      "  user: \"Answer {{ t.body }} in a {{ tone }} tone. {{ output.format }}\"\n}\n\ntool page");
  const std::string text = diff(repository, {kMain + ":answer@1.0", "answer@2.0"});
  CHECK(text.starts_with(
      "~ prompt answer@1.0 -> answer@2.0   MAJOR\n    parameter `tone` has no default any more\n"));
  CHECK(text.find("string[- = \"plain\"-]") != std::string::npos);
  const Ended none = repository.chain({"diff", kMain + ":answer@1.0", "answer@3.0"});
  CHECK(none.code == 2);
  CHECK(none.err.find("has no `answer@3.0`") != std::string::npos);
}

TEST_CASE("types, models, tools and indexes") {
  const Repository repository(support_desk());
  repository.replace(kTypes, "score: float?", "score: float\n  why: string");
  repository.replace(kTypes, "  high \"an outage\"", "  high \"an outage\"\n  highest");
  repository.replace(kMain, "model fast = baseline()", "model fast = openai(\"gpt-5-mini\", temperature: 0)");
  repository.replace(kMain, "bool writes =", "bool writes approve =");
  repository.replace(kMain, "documents(\"docs/**/*.md\")", "documents(\"docs/**/*.md\", search: bm25)");
  const std::string text = diff(repository, {"HEAD.."});
  INFO(text);
  CHECK(text.find("~ type Reply\n    field `score` is narrower: it was `float?` and is `float`\n    field "
                  "`why` is new: "
                  "`string`\n") != std::string::npos);
  CHECK(text.find("~ enum Urgency\n    case `highest` is new\n") != std::string::npos);
  CHECK(text.find("~ tool page@1.0   MAJOR\n    a person is asked now\n") != std::string::npos);
  CHECK(text.find("~ model fast\n") != std::string::npos);
  CHECK(text.find("~ index handbook\n") != std::string::npos);
  const auto json = nlohmann::json::parse(diff(repository, {"HEAD..", "--json"}));
  CHECK(json.at("changes").size() >= 5);
  const std::string page = diff(repository, {"HEAD..", "--markdown"});
  CHECK(page.find("### tool page@1.0, MAJOR") != std::string::npos);
  CHECK(page.find("```diff\n") != std::string::npos);
}

TEST_CASE("what is new and what is gone") {
  const Repository repository(support_desk());
  repository.replace(kMain, "prompt polish(text", "prompt shine(text");
  repository.replace(kMain, "return polish(", "return shine(");
  repository.replace(kMain, "chain reply@1.0", "chain reply@1.1");
  const std::string text = diff(repository, {"HEAD.."});
  INFO(text);
  CHECK(text.find("+ prompt shine\n") != std::string::npos);
  CHECK(text.find("- prompt polish\n") != std::string::npos);
  CHECK(text.find("~ chain reply@1.0 -> reply@1.1   MINOR: callers see no difference\n") !=
        std::string::npos);
}

TEST_CASE("the history of a prompt") {
  const Repository repository(support_desk());
  repository.replace(kMain, "prompt classify@1.0", "prompt classify@1.1");
  repository.replace(kMain, "You triage", "You sort");
  repository.commit("say sort");
  repository.write("docs/more.md", "# More\n");
  repository.commit("documents alone");
  repository.replace(kMain, "repair: 2", "repair: 3");
  repository.commit("another prompt");
  const Ended ended = repository.chain({"log", kMain + ":classify"});
  INFO(ended.out << ended.err);
  CHECK(ended.code == 0);
  CHECK(
      ended.out.find("2026-01-01 A  say sort\n~ prompt classify@1.0 -> classify@1.1   MINOR: callers see no "
                     "difference\n") != std::string::npos);
  CHECK(ended.out.find("{+sort+}") != std::string::npos);
  CHECK(ended.out.find("2026-01-01 A  begin\n+ prompt classify@1.0\n") != std::string::npos);
  CHECK(ended.out.find("another prompt") == std::string::npos);
  CHECK(ended.out.find("documents alone") == std::string::npos);
  CHECK(repository.chain({"log", kMain + ":nobody"}).code == 2);
}

TEST_CASE("a revision that is none, a folder without programs, a file that is wrong") {
  const Repository repository(support_desk());
  CHECK(repository.chain({"diff", "nowhere.."}).code == 3);
  CHECK(repository.chain({"diff", "docs", "docs"}).code == 3);
  repository.replace(kMain, "return classify(t)", "return classify(u)");
  const Ended wrong = repository.chain({"diff", "HEAD.."});
  CHECK(wrong.code == 3);
  CHECK(wrong.err.find("E0101") != std::string::npos);
}
