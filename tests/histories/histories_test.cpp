// Changes to a project that has released its versions, and what `chain lock` says to each.
#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>

#include "tests/histories/repository.h"

namespace {

using chain::testing::Ended;
using chain::testing::Repository;
using chain::testing::support_desk;

struct Edit {
  std::string file, what, by;
};

struct Change {
  std::string title;
  std::vector<Edit> edits;
  /// A line for each version that is not as it was, sorted: "classify@1.0 MINOR", "answer@1.0 MAJOR",
  /// "reply@1.0 unpinned", "+classify@1.1" for what would be released, "~handbook" for data. Empty for
  /// nothing.
  std::string verdict;
};

const std::string kMain = "support.chain";
const std::string kTypes = "types.chain";

const std::string kClassify11 = R"(
prompt classify@1.1(t: types.Ticket) -> types.Urgency {
  model: fast
  user: "How urgent is {{ t.body }}? {{ output.format }}"
}
)";

const std::vector<Change> kChanges = {
    // Prompts.
    {"a comment", {{kMain, "const LIMIT", "// The most.\nconst LIMIT"}}, ""},
    {"layout", {{kMain, "  system: \"You", "\n    system:    \"You"}}, ""},
    {"a word of a prompt", {{kMain, "You triage", "You sort"}}, "classify@1.0 MINOR"},
    {"the description of a prompt", {{kMain, "/// Decide how", "/// Say how"}}, "classify@1.0 MINOR"},
    {"an option of a prompt", {{kMain, "repair: 2", "repair: 3"}}, "answer@1.0 MINOR"},
    {"a message more",
     {{kMain, "  user: \"Answer", "  system: \"Be kind.\"\n  user: \"Answer"}},
     "answer@1.0 MINOR"},
    {"a default", {{kMain, "tone: string = \"plain\"", "tone: string = \"warm\""}}, "answer@1.0 MINOR"},
    {"a parameter with a default",
     {{kMain, "tone: string = \"plain\")", "tone: string = \"plain\", n: int = 1)"},
      {kMain, "in a {{ tone }}", "{{ n }} in a {{ tone }}"}},
     "answer@1.0 MINOR"},
    {"a parameter without a default",
     {{kMain, "tone: string = \"plain\")", "tone: string = \"plain\", n: int)"},
      {kMain, "in a {{ tone }}", "{{ n }} in a {{ tone }}"},
      {kMain, "answer(t)", "answer(t, n: 2)"}},
     "answer@1.0 MAJOR, reply@1.0 MINOR"},
    {"a parameter that is gone",
     {{kMain, ", tone: string = \"plain\")", ")"}, {kMain, " in a {{ tone }} tone", ""}},
     "answer@1.0 MAJOR"},
    {"a parameter of another type",
     {{kMain, "tone: string = \"plain\"", "tone: int = 1"}},
     "answer@1.0 MAJOR"},
    {"a parameter that takes more",
     {{kMain, "tone: string = \"plain\"", "tone: string | int = \"plain\""}},
     "answer@1.0 MINOR"},
    {"a result that may be none",
     {{kMain, "-> types.Reply {", "-> types.Reply? {"}, {kMain, "draft.text", "draft?.text ?? \"\""}},
     "answer@1.0 MAJOR, reply@1.0 MINOR"},
    {"a prompt that has no version", {{kMain, "Polish: {{", "Make shine: {{"}}, "reply@1.0 MINOR"},
    {"a new prompt",
     {{kMain, "tool page",
       "prompt more@1.0() -> string {\n  model: fast\n  user: \"More.\"\n}\n\ntool page"}},
     "+more@1.0"},
    // Models.
    {"another model behind a name",
     {{kMain, "model fast = baseline()", "model fast = openai(\"gpt-5-mini\")"}},
     ""},
    {"the model of a prompt", {{kMain, "  model: smart\n  repair", "  model: fast\n  repair"}}, ""},
    {"a model that is new", {{kMain, "const LIMIT", "model third = baseline()\n\nconst LIMIT"}}, ""},
    {"an option of a call", {{kMain, "answer(t)", "answer(t) with { cache: 1h }"}}, "reply@1.0 MINOR"},
    {"the model of a call", {{kMain, "answer(t)", "answer(t) with { model: fast }"}}, ""},
    // Constants, functions, templates, types.
    {"a constant that a prompt reads", {{kMain, "LIMIT = 5", "LIMIT = 6"}}, "classify@1.0 MINOR"},
    {"a function that a chain calls", {{kMain, "text.upper()", "text.upper() + \"!\""}}, "reply@1.0 MINOR"},
    {"a template that a prompt includes",
     {{kMain, "\"[{{ t.lang }}] ", "\"({{ t.lang }}) "}},
     "classify@1.0 MINOR"},
    {"a type that nobody reaches", {{kTypes, "x: int", "x: string"}}, ""},
    {"the description of a field",
     {{kTypes, "/// What the customer", "/// What a customer"}},
     "answer@1.0 MINOR, classify@1.0 MINOR, reply@1.0 MINOR, triage@1.0 MINOR"},
    {"a field with a default",
     {{kTypes, "lang: string = \"en\"", "lang: string = \"en\"\n  urgent: bool = false"}},
     "answer@1.0 MINOR, classify@1.0 MINOR, reply@1.0 MINOR, triage@1.0 MINOR"},
    {"a field without a default",
     {{kTypes, "lang: string = \"en\"", "lang: string = \"en\"\n  urgent: bool"}},
     "answer@1.0 MAJOR, classify@1.0 MAJOR, reply@1.0 MAJOR, triage@1.0 MAJOR"},
    {"a field that is narrower",
     {{kTypes, "body: string\n", "body: string where len(it) > 0\n"}},
     "answer@1.0 MAJOR, classify@1.0 MAJOR, reply@1.0 MAJOR, triage@1.0 MAJOR"},
    {"a field that is untrusted",
     {{kTypes, "body: string\n", "body: untrusted string\n"}},
     "answer@1.0 MAJOR, classify@1.0 MAJOR, reply@1.0 MAJOR, triage@1.0 MAJOR"},
    {"an output case more",
     {{kTypes, "  high \"an outage\"", "  high \"an outage\"\n  highest"}},
     "classify@1.0 MAJOR, triage@1.0 MAJOR"},
    {"an output field less", {{kTypes, "  score: float?\n", ""}}, "answer@1.0 MAJOR"},
    {"an output field that is always there", {{kTypes, "score: float?", "score: float"}}, "answer@1.0 MINOR"},
    // Tools.
    {"where a tool calls", {{kMain, "example.com/page", "example.com/v2/page"}}, "page@1.0 MINOR"},
    {"a tool that asks a person",
     {{kMain, "-> bool writes =", "-> bool writes approve ="}},
     "page@1.0 MAJOR"},
    {"a tool that takes untrusted text",
     {{kMain, "page@1.0(id: string)", "page@1.0(id: untrusted string)"}},
     "page@1.0 MAJOR"},
    // Callees.
    {"a newer version beside what a released chain calls",
     {{kMain, "tool page", kClassify11 + "\ntool page"}},
     "+classify@1.1"},
    {"a newer version in its place",
     {{kMain, "prompt classify@1.0", "prompt classify@1.1"}},
     "reply@1.0 unpinned, triage@1.0 unpinned"},
    {"a newer version in its place, and of its callers",
     {{kMain, "prompt classify@1.0", "prompt classify@1.1"},
      {kMain, "chain triage@1.0", "chain triage@1.1"},
      {kMain, "chain reply@1.0", "chain reply@1.1"}},
     "+classify@1.1, +reply@1.1, +triage@1.1"},
    {"a call by its version", {{kMain, "return classify(t)", "return classify@1.0(t)"}}, "triage@1.0 MINOR"},
    {"a MINOR that breaks callers",
     {{kMain, "prompt answer@1.0(t: types.Ticket, tone: string = \"plain\")",
       "prompt answer@1.1(t: types.Ticket, tone: string)"},
      {kMain, "answer(t)", "answer(t, tone: \"plain\")"},
      {kMain, "chain reply@1.0", "chain reply@1.1"}},
     "answer@1.1 refused"},
    {"a MAJOR with its callers",
     {{kMain, "prompt answer@1.0(t: types.Ticket, tone: string = \"plain\")",
       "prompt answer@2.0(t: types.Ticket, tone: string)"},
      {kMain, "answer(t)", "answer(t, tone: \"plain\")"},
      {kMain, "chain reply@1.0", "chain reply@1.1"}},
     "+answer@2.0, +reply@1.1"},
    {"a chain that calls one more",
     {{kMain, "return classify(t)\n}", "page(t.lang)\n  return classify(t)\n}"}},
     "triage@1.0 MAJOR"},
    // Documents.
    {"a document", {{"docs/returns.md", "30 days", "60 days"}}, "~handbook"},
    {"how documents are cut",
     {{kMain, "documents(\"docs/**/*.md\")", "documents(\"docs/**/*.md\", search: bm25)"}},
     ""},
};

std::string between(const std::string& text, const std::string& from, const std::string& to) {
  const size_t begin = text.find(from);
  if (begin == std::string::npos) return "";
  const size_t end = text.find(to, begin + from.size());
  return text.substr(begin + from.size(), end - begin - from.size());
}

/// What `chain lock --check` says, as the table has it.
std::string verdict_of(const Ended& ended) {
  std::vector<std::string> verdicts;
  std::istringstream lines(ended.out + ended.err);
  for (std::string line; std::getline(lines, line);) {
    const std::string name = between(line, "`", "`");
    if (line.find("error[E0504]") != std::string::npos)
      verdicts.push_back(name + (line.find("a MAJOR one") != std::string::npos ? " MAJOR" : " MINOR"));
    if (line.find("error[E0505]") != std::string::npos)
      verdicts.push_back(between(line, "could not call `", "`") + " refused");
    if (line.find("error[E0506]") != std::string::npos) verdicts.push_back(name + " unpinned");
    for (const std::string mark : {"+", "~", "-"}) {
      if (line.starts_with("  " + mark + ' ') && line.find(".chain:") != std::string::npos)
        verdicts.push_back(mark + between(line, ".chain:", " "));
    }
  }
  std::sort(verdicts.begin(), verdicts.end());
  verdicts.erase(std::unique(verdicts.begin(), verdicts.end()), verdicts.end());
  std::string all;
  for (const std::string& each : verdicts) all += (all.empty() ? "" : ", ") + each;
  return all;
}

}  // namespace

TEST_CASE("every change of a released project has its verdict") {
  CHECK(kChanges.size() >= 40);
  const Repository repository(support_desk());
  for (const Change& change : kChanges) {
    for (const Edit& edit : change.edits) repository.replace(edit.file, edit.what, edit.by);
    const Ended ended = repository.chain({"lock", "--check"});
    INFO(change.title << "\n" << ended.out << ended.err);
    CHECK(verdict_of(ended) == change.verdict);
    const bool wrong = change.verdict.find("MINOR") != std::string::npos ||
                       change.verdict.find("MAJOR") != std::string::npos ||
                       change.verdict.find("refused") != std::string::npos ||
                       change.verdict.find("unpinned") != std::string::npos;
    CHECK(ended.code == (wrong ? 3 : change.verdict.empty() ? 0 : 1));
    repository.git({"checkout", "-q", "--", "."});
  }
}

TEST_CASE("a change that is refused is shown against what git has") {
  const Repository repository(support_desk());
  repository.replace(kMain, "You triage", "You sort");
  const Ended ended = repository.chain({"check", kMain});
  CHECK(ended.code == 3);
  INFO(ended.err);
  CHECK(ended.err.find("classify@1.0, its own text:") != std::string::npos);
  CHECK(ended.err.find("  -  system: \"You triage, at most") != std::string::npos);
  CHECK(ended.err.find("  +  system: \"You sort, at most") != std::string::npos);
  // A run says the same.
  const Ended run = repository.chain({"run", kMain + ":triage", "-a", "t={\"body\": \"x\"}"});
  CHECK(run.code == 3);
  CHECK(run.err.find("E0504") != std::string::npos);
}

TEST_CASE("a run sees the lock that was written after it was compiled") {
  const Repository repository(support_desk());
  repository.git({"rm", "-q", "--cached", "chain.lock"});
  repository.remove("chain.lock");
  const std::vector<std::string> words = {"run", kMain + ":triage", "-a", "t={\"body\": \"x\"}"};
  CHECK(repository.chain(words).code == 0);
  CHECK(repository.chain({"lock"}).code == 0);
  repository.replace("chain.lock", "[\"support.chain:classify@1.0\"]", "[\"support.chain:classify@0.9\"]");
  CHECK(repository.chain(words).err.find("E0506") != std::string::npos);
}

TEST_CASE("what is released once is released") {
  const Repository repository(support_desk());
  const std::string lock = repository.read("chain.lock");
  CHECK(repository.chain({"lock"}).code == 0);
  CHECK(repository.read("chain.lock") == lock);
  repository.replace(kMain, "prompt classify@1.0", "prompt classify@1.1");
  repository.replace(kMain, "chain triage@1.0", "chain triage@1.1");
  repository.replace(kMain, "chain reply@1.0", "chain reply@1.1");
  CHECK(repository.chain({"lock"}).code == 0);
  // The old ones stay in the lock, and can come back only as they were.
  repository.replace(kMain, "prompt classify@1.1", "prompt classify@1.0");
  repository.replace(kMain, "You triage", "You sort");
  CHECK(verdict_of(repository.chain({"lock", "--check"})).find("classify@1.0 MINOR") != std::string::npos);
}

TEST_CASE("--update says which callers have to move") {
  const Repository repository(support_desk());
  repository.replace(kMain, "tool page", kClassify11 + "\ntool page");
  CHECK(repository.chain({"lock"}).code == 0);
  const Ended asked = repository.chain({"lock", "--update", "classify"});
  CHECK(asked.code == 1);
  CHECK(asked.err.find(
            "`reply@1.0` is released with `classify@1.0`; to call `classify@1.1` it has to be another "
            "version: write `reply@1.1`") != std::string::npos);
  CHECK(asked.err.find("write `triage@1.1`") != std::string::npos);
  repository.replace(kMain, "chain triage@1.0", "chain triage@1.1");
  repository.replace(kMain, "chain reply@1.0", "chain reply@1.1");
  CHECK(repository.chain({"lock", "--update", "classify"}).code == 0);
  const std::string lock = repository.read("chain.lock");
  const size_t entry = lock.find("\"support.chain:triage@1.1\"");
  REQUIRE(entry != std::string::npos);
  CHECK(lock.find("\"callees\": [\"support.chain:classify@1.1\"]", entry) != std::string::npos);
  CHECK(repository.chain({"lock", "--update", "nobody"}).code == 1);
}
