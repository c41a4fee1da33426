// The real program: what runs remember, and `chain memory`.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "runtime/store/database.h"
#include "tests/unit/cli/place.h"

using namespace chain::testing;

namespace {

constexpr const char* kNotes = R"chain(
memory notes = local(scope: user)
memory talk = local()

chain keep(text: string) -> string {
  notes.remember(text)
  talk.remember(text)
  return "kept"
}

chain look(question: string, top: int = 5) -> string[] {
  return notes.recall(question, top: top)
}

chain said(question: string) -> string[] {
  return talk.recall(question)
}
)chain";

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("runs remember and recall, each user and session for itself") {
  const Place place;
  place.file("notes.chain", kNotes);
  check_ended(place.chain({"run", "notes.chain:keep", "-a", "text=Ada likes green tea", "--user", "ada",
                           "--session", "one"}),
              0, {});
  CHECK(holds(place.chain({"run", "notes.chain:look", "-a", "question=which tea", "--user", "ada"}).out,
              "green tea"));
  CHECK(place.chain({"run", "notes.chain:look", "-a", "question=which tea", "--user", "bob"}).out == "[]\n");
  CHECK(place.chain({"run", "notes.chain:look", "-a", "question=which tea"}).out == "[]\n");
  CHECK(place.chain({"run", "notes.chain:said", "-a", "question=tea", "--user", "ada"}).out == "[]\n");
  CHECK(holds(
      place.chain({"run", "notes.chain:said", "-a", "question=tea", "--user", "ada", "--session", "one"}).out,
      "green tea"));
  check_ended(place.chain({"run", "notes.chain:look", "-a", "question=x", "-a", "top=0"}), 1,
              {"`top` of `notes.recall` is from 1 to 1000; found 0"});
  check_ended(place.chain({"run", "notes.chain:look", "-a", "question=x", "--user", "a\x01b"}), 2,
              {"--user"});
  check_ended(
      place.chain({"run", "notes.chain:keep", "-a", "text=" + std::string(60'000, 'x'), "--no-journal"}), 0,
      {});
  // The journal tells it all, and replays it without doing it again.
  CHECK(holds(place.chain({"runs"}).out, "keep"));
}

TEST_CASE("a run that is taken up again keeps nothing twice") {
  const Place place;
  place.file("notes.chain", R"chain(
memory notes = local(scope: user)
chain main() -> string[] {
  notes.remember("tea is ready")
  let name = human.ask("Who?")
  return notes.recall("tea {{ name }}")
}
)chain");
  check_ended(place.chain({"run", "notes.chain"}), 5, {"Who?"});
  const Ended done = place.chain({"answer", "last", "ann"});
  check_ended(done, 0, {});
  CHECK(done.out == "[\n  \"tea is ready\"\n]\n");
  const Ended listed = place.chain({"memory", "list", "notes.chain"});
  CHECK(holds(listed.out, "untrusted, chain main: tea is ready"));
  CHECK(std::count(listed.out.begin(), listed.out.end(), '\n') == 1);
}

TEST_CASE("entries are listed, searched, forgotten, exported and imported") {
  const Place place;
  place.file("notes.chain", kNotes);
  check_ended(place.chain({"memory", "list", "notes.chain:notes"}), 0, {"memory `notes` keeps nothing yet"});
  CHECK_FALSE(std::filesystem::exists(place.path() / "state" / "memories"));
  for (const char* text : {"text=green tea", "text=the dog", "text=black tea"})
    check_ended(place.chain({"run", "notes.chain:keep", "-a", text, "--user", "ada"}), 0, {});
  check_ended(place.chain({"run", "notes.chain:keep", "-a", "text=bob's tea", "--user", "bob"}), 0, {});

  CHECK(holds(place.chain({"memory", "list", "notes.chain:notes"}).out, "bob's tea"));
  CHECK_FALSE(holds(place.chain({"memory", "list", "notes.chain:notes", "--user", "ada"}).out, "bob"));
  const Ended found =
      place.chain({"memory", "search", "notes.chain:notes", "teas", "--top", "1", "--user", "ada"});
  check_ended(found, 0, {});
  CHECK(holds(found.out, "tea"));
  CHECK(std::count(found.out.begin(), found.out.end(), '\n') == 1);

  const Ended lines = place.chain({"memory", "export", "notes.chain:notes"});
  CHECK(std::count(lines.out.begin(), lines.out.end(), '\n') == 4);
  place.file("lines.jsonl", lines.out);
  CHECK(place.chain({"memory", "import", "notes.chain:notes", "lines.jsonl"}).out == "0 of 4 lines new\n");
  CHECK(place.chain({"memory", "forget", "notes.chain:notes", "--user", "ada"}).out == "forgot 3 entries\n");
  CHECK(place.chain({"memory", "forget", "notes.chain:notes", "--id", "4"}).out == "forgot 1 entry\n");
  CHECK(place.chain({"memory", "import", "notes.chain:notes", "lines.jsonl"}).out == "4 of 4 lines new\n");
  CHECK(place.chain({"memory", "forget", "notes.chain:notes", "--older", "1000d"}).out ==
        "forgot 0 entries\n");
  const Ended again = place.chain({"memory", "export", "notes.chain:notes"});
  CHECK(holds(again.out, R"("user":"ada")"));
  CHECK(place.chain({"memory", "forget", "notes.chain:notes", "--all"}).out == "forgot 4 entries\n");
}

namespace {

/// The files of all memories.
std::vector<std::filesystem::path> files_of(const Place& place) {
  std::vector<std::filesystem::path> files;
  for (const auto& each : std::filesystem::recursive_directory_iterator(place.path() / "state/memories")) {
    if (each.path().extension() == ".db") files.push_back(each.path());
  }
  return files;
}

}  // namespace

TEST_CASE(
    "what sums up older entries is listed with them, as JSON too, and is no entry to export or import") {
  const Place place;
  place.file("notes.chain",
             "model m = baseline()\nmemory notes = local(scope: user, window: 2, summary: m)\n\n"
             "chain main(text: string) -> string {\n  notes.remember(text)\n  return \"kept\"\n}\n");
  check_ended(place.chain({"run", "notes.chain", "-a", "text=green tea", "--user", "ada"}), 0, {});
  const auto files = files_of(place);
  REQUIRE(files.size() == 1);
  {
    std::string error;
    const auto file =
        chain::store::Database::open(files[0].string(), "", 1, chain::store::Durability::Normal, error);
    REQUIRE(file);
    REQUIRE(
        file->run("INSERT INTO summaries VALUES ('ada', '', 1, 1, 1700000000000000000, 'Ada likes tea', 1)"));
  }
  CHECK(holds(place.chain({"memory", "list", "notes.chain"}).out,
              "summary of ada, up to 1, untrusted:\nAda likes tea"));
  const Ended lines = place.chain({"memory", "list", "notes.chain", "--json"});
  check_ended(lines, 0, {});
  for (const char* part :
       {R"("kind":"summary")", R"("text":"Ada likes tea")", R"("upto":1)", R"("untrusted":true)",
        R"("time":"2023-11-14T22:13:20Z")", R"("text":"green tea")"})
    CHECK(holds(lines.out, part));
  CHECK(std::count(lines.out.begin(), lines.out.end(), '\n') == 2);
  CHECK_FALSE(holds(place.chain({"memory", "list", "notes.chain", "--json", "--user", "bob"}).out, "likes"));
  CHECK_FALSE(holds(place.chain({"memory", "export", "notes.chain"}).out, "likes"));
  place.file("lines.jsonl", lines.out);
  check_ended(place.chain({"memory", "import", "notes.chain", "lines.jsonl"}), 1,
              {"lines.jsonl:1: it is a summary", "`chain memory export`", "nothing is imported"});
}

TEST_CASE("what is kept is listed, searched and exported where nothing can be written") {
  const Place place;
  place.file("notes.chain", kNotes);
  check_ended(place.chain({"run", "notes.chain:keep", "-a", "text=green tea"}), 0, {});
  const auto as_reader = [&](std::vector<std::string> words) {
    Command command = place.command(std::move(words));
    if (geteuid() == 0)  // who may write everywhere
      command.words.insert(command.words.begin(),
                           {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
    return run(command);
  };
  const std::filesystem::path state = place.path() / "state";
  REQUIRE(chmod(place.path().c_str(), 0755) == 0);
  for (const auto& each : std::filesystem::recursive_directory_iterator(state))
    REQUIRE(chmod(each.path().c_str(), each.is_directory() ? 0555 : 0444) == 0);
  REQUIRE(chmod(state.c_str(), 0555) == 0);
  CHECK(holds(as_reader({"memory", "list", "notes.chain:notes"}).out, "green tea"));
  CHECK(holds(as_reader({"memory", "search", "notes.chain:notes", "tea"}).out, "green tea"));
  CHECK(holds(as_reader({"memory", "export", "notes.chain:notes"}).out, "green tea"));
  check_ended(as_reader({"memory", "forget", "notes.chain:notes", "--all"}), 1, {"cannot be written"});
  for (const auto& each : std::filesystem::recursive_directory_iterator(state))
    (void)chmod(each.path().c_str(), each.is_directory() ? 0755 : 0644);
  (void)chmod(state.c_str(), 0755);
}

TEST_CASE("what is wrong about lines or the command line is said, and nothing happens") {
  const Place place;
  place.file("notes.chain", kNotes);
  place.file("none.chain", "chain main() -> int { return 1 }\n");
  check_ended(place.chain({"memory"}), 2, {"what? `chain memory list FILE:MEMORY`"});
  check_ended(place.chain({"memory", "lst", "notes.chain"}), 2, {"did you mean `list`?"});
  check_ended(place.chain({"memory", "list"}), 2, {"which file?"});
  check_ended(place.chain({"memory", "list", "notes.chain"}), 2,
              {"which memory? `notes.chain:notes`, `notes.chain:talk`"});
  check_ended(place.chain({"memory", "list", "notes.chain:note"}), 2, {"did you mean `notes`?"});
  check_ended(place.chain({"memory", "list", "none.chain"}), 2, {"declares no memory"});
  check_ended(place.chain({"memory", "forget", "notes.chain:notes"}), 2, {"forget what?"});
  check_ended(place.chain({"memory", "forget", "notes.chain:notes", "--all", "--id", "1"}), 2,
              {"--all forgets everything"});
  check_ended(place.chain({"memory", "forget", "notes.chain:notes", "--older", "soon"}), 2,
              {"takes a duration"});
  check_ended(place.chain({"memory", "search", "notes.chain:notes"}), 2, {"what to look for?"});
  check_ended(place.chain({"memory", "list", "notes.chain:notes", "--id", "1"}), 2, {"go with `forget`"});
  const auto fails = [&](std::vector<std::string> words, const char* said) {
    words.insert(words.begin(), {"memory", "search", "notes.chain:notes", "tea"});
    check_ended(place.chain(words), 2, {said, "`chain help memory` shows"});
  };
  fails({"--top", "abc"}, "error: `--top` takes a whole number from 1 to 1000; found `abc`");
  fails({"--top", "0"}, "`--top` takes a whole number from 1 to 1000; found `0`");
  fails({"--top", "-3"}, "`--top` takes a whole number from 1 to 1000; found `-3`");
  fails({"--top"}, "`--top` needs a value: a whole number from 1 to 1000");
  fails({"--top", "1", "--top", "2"}, "`--top` is given more than once");
  fails({"--id", "one"}, "`--id` takes a whole number; found `one`");
  fails({"--user"}, "`--user` needs a value: USER");
  fails({"--json=perhaps"}, "`--json` takes no value");
  check_ended(place.chain({"index", "search", "notes.chain", "x", "--mmr", "2"}), 2,
              {"`--mmr` takes a number from 0 to 1; found `2`"});
  check_ended(place.chain({"index", "search", "notes.chain", "x", "--neighbours", "x"}), 2,
              {"`--neighbours` takes a whole number from 0 to 10; found `x`"});
  check_ended(place.chain({"mcp", "call", "--url"}), 2, {"`--url` needs a value: URL"});
  check_ended(place.chain({"tools", "a.chain", "--search"}), 2, {"`--search` needs a value: TEXT"});
  check_ended(place.chain({"chat", "--new", "--list"}), 2, {"`--new` and `--list` do not go together"});
  check_ended(place.chain({"show"}), 2, {"RUN is missing: "});
  check_ended(place.chain({"memory", "import", "notes.chain:notes", "missing.jsonl"}), 2, {"missing.jsonl"});
  const std::pair<const char*, const char*> wrong[] = {
      {"{\"text\":\"good\"}\nnonsense\n", "lines.jsonl:2: it is no JSON object"},
      {"{\"text\":1}\n", "`text` must be a string"},
      {"{\"user\":\"a\"}\n", "it has no `text`"},
      {"{\"text\":\"a\",\"role\":\"robot\"}\n", "`role` is system, user or assistant"},
      {"{\"text\":\"a\",\"time\":\"yesterday\"}\n", "`time` must be a time"},
      {"{\"text\":\"\xff\"}\n", "it is not UTF-8"},
  };
  for (const auto& [lines, said] : wrong) {
    place.file("lines.jsonl", lines);
    check_ended(place.chain({"memory", "import", "notes.chain:notes", "lines.jsonl"}), 1,
                {said, "nothing is imported"});
  }
  CHECK(place.chain({"memory", "list", "notes.chain:notes"}).out.empty());
  // A line of one's own needs its text alone, and is kept once.
  place.file("lines.jsonl", "{\"text\":\"tea\"}\n\n{\"text\":\"tea\"}\n");
  CHECK(place.chain({"memory", "import", "notes.chain:notes", "lines.jsonl"}).out == "1 of 2 lines new\n");
  CHECK(holds(place.chain({"memory", "list", "notes.chain:notes"}).out, "local  user, untrusted: tea"));
}
