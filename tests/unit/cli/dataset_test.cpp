// The real program: datasets checked, shown and made of runs.
#include <nlohmann/json.hpp>

#include "tests/unit/cli/place.h"

using namespace chain::testing;
using nlohmann::json;

namespace {

constexpr const char* kSource = R"chain(
type Case {
  id: int
  question: string
  answer: "yes" | "no"
  urgent: bool = false
}

dataset golden: Case[] = jsonl("golden.jsonl")
dataset sheet: Case[] = csv("cases.csv")

chain reply(question: string) -> string {
  return "no to {{ question }}"
}
)chain";

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a dataset is checked, and each wrong line is named") {
  const Place place;
  place.file("a.chain", kSource);
  place.file("golden.jsonl", "{\"id\": 1, \"question\": \"Is it?\", \"answer\": \"yes\"}\n");
  place.file("cases.csv", "id,question,answer\n1,Is it?,yes\n");
  check_ended(place.chain({"allow", "a.chain", "--yes"}), 0, {});
  const Ended good = place.chain({"dataset", "check", "a.chain:golden"});
  check_ended(good, 0, {});
  CHECK(good.out.starts_with("a.chain:golden: 1 value\nsha256 "));

  place.file("golden.jsonl",
             "{\"id\": 1, \"question\": \"Is it?\", \"answer\": \"yes\", \"urgnt\": true}\n"
             "\n{\"id\": 2, \"question\": \"Is it?\", \"answer\": \"maybe\"}\nnothing\n");
  const Ended wrong = place.chain({"dataset", "check", "a.chain:golden"});
  check_ended(
      wrong, 1,
      {"golden.jsonl:1: warning: the type has no `urgnt`", "golden.jsonl:3: `answer`: ", "golden.jsonl:4: "});
  CHECK(wrong.out.starts_with("a.chain:golden: 1 value, 2 wrong\n"));
  const Ended as_json = place.chain({"dataset", "check", "a.chain:golden", "--json", "-n", "2"});
  const json found = json::parse(as_json.out);
  CHECK(found["values"] == 1);
  CHECK(found["wrong"] == 2);
  REQUIRE(found["problems"].size() == 2);
  CHECK(found["problems"][0]["unknown"] == "`urgnt`");
  CHECK(found["problems"][1]["line"] == 3);
  CHECK(found["hash"].get<std::string>().size() == 64);
}

TEST_CASE("the values of a dataset are shown as its type says") {
  const Place place;
  place.file("a.chain", kSource);
  place.file("cases.csv", "id;question;answer;urgent\n1;Is it?;yes;TRUE\n2;Or not?;no;\n");
  check_ended(place.chain({"allow", "a.chain", "--yes"}), 0, {});
  const Ended shown = place.chain({"dataset", "show", "a.chain:sheet", "-n", "1"});
  check_ended(shown, 0, {});
  CHECK(json::parse(shown.out) ==
        json{{"id", 1}, {"question", "Is it?"}, {"answer", "yes"}, {"urgent", true}});
  CHECK(holds(place.chain({"dataset", "show", "a.chain:sheet"}).out, "Or not?"));
}

TEST_CASE("runs become cases") {
  const Place place;
  place.file("a.chain", kSource);
  for (const char* question : {"question=a", "question=b", "question=a"})
    check_ended(place.chain({"run", "a.chain:reply", "-a", question}), 0, {});
  const Ended made = place.chain({"dataset", "from-runs", "--where", "chain=reply", "--answer", "expected"});
  check_ended(made, 0, {"2 cases, 1 more run like one of them"});
  const json first = json::parse(made.out.substr(0, made.out.find('\n')));
  CHECK(first["question"] == "a");
  CHECK(first["expected"] == "no to a");
  CHECK(first.contains("run"));
  CHECK(place.chain({"dataset", "from-runs", "--where", "chain=other"}).out.empty());
  check_ended(place.chain({"dataset", "from-runs", "--answer", "question"}), 2,
              {"has an argument `question`"});
  check_ended(place.chain({"dataset", "from-runs", "--where", "chian=x"}), 2, {"knows no `chian`"});
  check_ended(place.chain({"dataset", "from-runs", "--where", "x"}), 2, {"NAME=VALUE"});
}

TEST_CASE("a command line that asks for no dataset") {
  const Place place;
  place.file("a.chain", kSource);
  check_ended(place.chain({"dataset"}), 2, {"`from-runs`"});
  check_ended(place.chain({"dataset", "chek"}), 2, {"unknown action `chek`"});
  check_ended(place.chain({"dataset", "check"}), 2, {"which file?"});
  check_ended(place.chain({"dataset", "check", "a.chain"}), 2,
              {"which dataset? `a.chain:golden`, `a.chain:sheet`"});
  check_ended(place.chain({"dataset", "check", "a.chain:gold"}), 2, {"has no dataset `gold`"});
  check_ended(place.chain({"dataset", "check", "a.chain:golden", "--where", "x=y"}), 2,
              {"goes with `from-runs`"});
  check_ended(place.chain({"dataset", "check", "a.chain:golden", "--allow", "read=*"}), 1,
              {"`golden.jsonl` cannot be read: No such file or directory"});
}
