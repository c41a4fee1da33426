// What a run is given by files: arguments (`-a name=@path`), and variables (`.env`, `--env-file`).
#include <sys/stat.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include "runtime/model/env_text.h"
#include "tests/peers/peer.h"
#include "tests/unit/cli/place.h"

using namespace chain::testing;
using chain::model::read_env_text;
using chain::model::Variables;
using chain::test::MockOpenAi;

namespace {

constexpr const char* kArguments = R"chain(
type Ticket { id: string, size: int }
enum Urgency { low, high }

chain main(text: string = "", note: string?, ticket: Ticket?, urgency: Urgency = low, wait: duration = 1s, data: bytes?) -> string {
  "{{ text }}|{{ note ?? "-" }}|{{ ticket?.id ?? "-" }}|{{ urgency }}|{{ wait }}|{{ to_json(data) }}"
}

model m = openai("m", retry: 0)
prompt look(photo: image, paper: file?) -> string {
  model: m
  user: "See {{ photo }}"
}
chain see(photo: image) -> string { look(photo) }
chain said(q: string) -> string { "said {{ q }}" }
)chain";

const std::string kPng("\x89PNG\r\n\x1A\n\0\0\0\rIHDR", 16);

struct Given {
  Place place;
  Given() { place.file("given.chain", kArguments); }
  [[nodiscard]] Ended main(std::vector<std::string> more, const std::string& input = "") const {
    std::vector<std::string> words = {"run", "given.chain:main", "--no-journal"};
    for (std::string& each : more) words.insert(words.end(), {"-a", std::move(each)});
    Command command = place.command(words);
    command.input = input;
    return run(std::move(command));
  }
};

constexpr const char* kAsks = R"chain(
model m = openai("m", retry: 0, api_key: secret("SHOP_KEY"))
prompt ask(q: string) -> string {
  model: m
  user: "{{ q }}"
}
chain main(q: string = "hi") -> string { ask(q) }
)chain";

struct Project {
  Place place;
  MockOpenAi mock{std::vector<std::string>{"--key", "key-of-the-shop"}};

  Project() {
    place.file("chain.lock", "{}\n");
    std::filesystem::create_directory(place.path() / "sub");
    place.file("sub/ask.chain", kAsks);
  }
  [[nodiscard]] Ended ask(std::vector<std::string> more = {}, std::optional<std::string> url = {},
                          std::optional<std::string> key = {},
                          const std::string& file = "sub/ask.chain") const {
    more.insert(more.begin(), {"run", file, "--no-journal", "--allow", "env=SHOP_KEY"});
    Command command = place.command(more);
    command.environment.emplace_back("OPENAI_BASE_URL", url ? url : mock.base_url());
    command.environment.emplace_back("SHOP_KEY", key);
    return run(std::move(command));
  }
};

std::string problem_of(std::string_view text) {
  std::string error;
  CHECK_FALSE(read_env_text(text, "f", error));
  return error;
}

}  // namespace

TEST_CASE("an argument is taken from a file as its type has it") {
  const Given given;
  given.place.file("text.txt", "@two lines\nof text\n");
  given.place.file("ticket.json", "\xEF\xBB\xBF {\"id\": \"t1\", \"size\": 3}\n");
  given.place.file("word.txt", "high\n");
  given.place.file("wait.txt", "20s\r\n");
  given.place.file("data.bin", std::string("\0\xFF\x10", 3));
  const Ended all = given.main({"text=@text.txt", "ticket=@ticket.json", "urgency=@word.txt",
                                "wait=@wait.txt", "data=@data.bin", "note=@@plain"});
  check_ended(all, 0, {});
  CHECK(all.out == "@two lines\nof text\n|@plain|t1|high|20s|\"AP8Q\"\n");
  CHECK(given.main({"note=@-"}, "from a pipe").out == "|from a pipe|-|low|1s|null\n");
  CHECK(given.main({"text=a@b"}).out == "a@b|-|-|low|1s|null\n");
  // Whatever the folder: it is the user who says so.
  CHECK(given.main({"text=@" + (given.place.path() / "word.txt").string()}).out ==
        "high\n|-|-|low|1s|null\n");
}

TEST_CASE("a file that is no argument is named with what is wrong") {
  const Given given;
  given.place.file("bad.txt", "ab\xFFz");
  given.place.file("ticket.json", "{\"id\": 1}");
  REQUIRE(mkfifo((given.place.path() / "pipe").c_str(), 0600) == 0);
  check_ended(given.main({"text=@nowhere.txt"}), 2,
              {"argument `text`: cannot read `nowhere.txt`: No such file or directory"});
  check_ended(given.main({"text=@bad.txt"}), 2, {"argument `text`: `bad.txt` is not UTF-8 at byte 2"});
  check_ended(given.main({"text=@."}), 2, {"argument `text`: cannot read `.`: it is a folder"});
  for (const char* path : {"pipe", "/dev/zero"})
    check_ended(given.main({std::string("text=@") + path}), 2,
                {"it is a device or a pipe; `@-` reads standard input"});
  check_ended(given.main({"text=@"}), 2, {"`@` needs the path of a file behind it; `@@` stands for a text"});
  check_ended(given.main({"ticket=@ticket.json"}), 2, {"argument `ticket.id`: expected text, found 1"});
  check_ended(given.main({"text=@-", "note=@-"}, "x"), 2, {"argument `note`: standard input is read once"});
  check_ended(given.main({"txt=@bad.txt"}), 2, {"unknown argument `txt`; did you mean `text`?"});
}

TEST_CASE("a medium is taken from a file by what it holds") {
  const Given given;
  const MockOpenAi mock;
  given.place.file("photo.dat", kPng);
  given.place.file("note.png", "just text");
  given.place.file("empty.png", "");
  const auto see = [&](const std::string& path) {
    Command command = given.place.command({"run", "given.chain:see", "-a", "photo=@" + path});
    command.environment.emplace_back("OPENAI_BASE_URL", mock.base_url());
    return run(std::move(command));
  };
  check_ended(see("photo.dat"), 0, {});
  CHECK(mock.get("/last").find("data:image/png;base64,iVBORw0KGgoAAAANSUhEUg==") != std::string::npos);
  check_ended(see("note.png"), 2,
              {"argument `photo`: `note.png` is ", "and the argument is of type image: that is PNG"});
  check_ended(see("empty.png"), 2, {"argument `photo`: `empty.png` is empty"});
}

TEST_CASE("a file counts for every row, and its text is a part of what was answered") {
  const Given given;
  given.place.file("rows.jsonl", "{}\n{}\n");
  given.place.file("q.txt", "one");
  const std::vector<std::string> words = {"run",   "given.chain:said", "--each", "rows.jsonl",
                                          "--out", "out.jsonl",        "-a",     "q=@q.txt"};
  check_ended(given.place.chain(words), 0, {"2 answered"});
  CHECK(read_file((given.place.path() / "out.jsonl").string()).find("said one") != std::string::npos);
  check_ended(given.place.chain(words), 0, {"2 were answered before"});
  given.place.file("q.txt", "two");
  check_ended(given.place.chain(words), 1, {"row 1 of `rows.jsonl` is not what `out.jsonl` answers"});
}

TEST_CASE("a file of variables is read as it says") {
  std::string error;
  const auto values = read_env_text(
      "\xEF\xBB\xBF# keys\n"
      "A=plain # comment\r\n"
      "  export  B = two words  \n"
      "C='as it $(stands) ${X} # \\n'\n"
      "D=\"a \\\"q\\\"\\n\\$x # in\" # out\n"
      "E=\n"
      "F='two\nlines'\n"
      "\n"
      "G=a#b'c\n"
      "export_H=$5\n"
      "I=\"last\"",
      "f", error);
  INFO(error);
  REQUIRE(values);
  const Variables::Values wanted = {{"A", "plain"},
                                    {"B", "two words"},
                                    {"C", "as it $(stands) ${X} # \\n"},
                                    {"D", "a \"q\"\n$x # in"},
                                    {"E", ""},
                                    {"F", "two\nlines"},
                                    {"G", "a#b'c"},
                                    {"export_H", "$5"},
                                    {"I", "last"}};
  CHECK(*values == wanted);
}

TEST_CASE("what is wrong with a file of variables is told by line and column, without a value") {
  CHECK(problem_of("A=1\n=s3cret\n") ==
        "f:2:1: a line begins with the name of a variable: letters, digits and `_`");
  CHECK(problem_of("A s3cret") == "f:1:3: `=` is missing");
  CHECK(problem_of("A=1\nB=x${A}s3cret") ==
        "f:2:4: `${` is not expanded; write the value out, or in single quotes if it is meant as it stands");
  CHECK(problem_of("B=\"$(s3cret)\"").starts_with("f:1:4: `$(` is not expanded"));
  CHECK(problem_of("A=\n  A='s3cret'") == "f:2:3: `A` is set in line 1 already");
  CHECK(problem_of("A='s3cret") == "f:1:3: this ' is not closed");
  CHECK(problem_of("A='s3'cret") == "f:1:7: something stands behind the closing quote");
  CHECK(problem_of("A=\"\\q\"").starts_with("f:1:4: a backslash stands before"));
  CHECK(problem_of("A=\xFF") == "f:1:3: this is not UTF-8");
  CHECK(problem_of(std::string_view("A=\0", 3)) == "f:1:3: a variable holds no zero byte");
}

TEST_CASE("a project's .env gives keys to its programs, behind the environment and named files") {
  const Project project;
  check_ended(project.ask(), 1, {"no key for", "SHOP_KEY"});
  project.place.file(".env", "SHOP_KEY=key-of-the-shop\n");
  CHECK(project.ask().out == "echo: hi\n");
  check_ended(project.ask({}, {}, "another-key-here"), 1, {"the server answered 401"});
  project.place.file("other.env", "SHOP_KEY=one-more-wrong-key\n");
  check_ended(project.ask({"--env-file", "other.env"}), 1, {"the server answered 401"});
  project.place.file("right.env", "export SHOP_KEY='key-of-the-shop'\n");
  CHECK(project.ask({"--env-file", "other.env", "--env-file", "right.env"}).out == "echo: hi\n");
  // Only in the project's own folder.
  project.place.file("sub/chain.lock", "{}\n");
  check_ended(project.ask(), 1, {"no key for"});
}

TEST_CASE("no .env but the project's own is read") {
  const Project project;
  Place outside;
  outside.file("keys.env", "SHOP_KEY=key-of-the-shop\n");
  std::filesystem::create_symlink(outside.path() / "keys.env", project.place.path() / ".env");
  check_ended(project.ask(), 2,
              {"`" + std::filesystem::canonical(project.place.path()).string() +
               "/.env` leads out of the project's folder; `--env-file` takes files of anywhere"});
  std::filesystem::remove(project.place.path() / ".env");
  std::filesystem::create_symlink("sub/keys.env", project.place.path() / ".env");
  project.place.file("sub/keys.env", "SHOP_KEY=key-of-the-shop\n");
  CHECK(project.ask().out == "echo: hi\n");
  project.place.file("sub/keys.env", "SHOP KEY=key-of-the-shop\n");
  const Ended wrong = project.ask();
  check_ended(wrong, 2, {"/.env:1:6: `=` is missing"});
  CHECK(wrong.err.find("key-of-the-shop") == std::string::npos);
  if (geteuid() == 0) {
    project.place.file("sub/keys.env", "SHOP_KEY=key-of-the-shop\n");
    REQUIRE(chown((project.place.path() / "sub/keys.env").c_str(), 12345, 12345) == 0);
    check_ended(project.ask(), 1, {"is somebody else's and is not read", "no key for"});
  }
}

TEST_CASE("a project's .env cannot send the user's key elsewhere") {
  const Project project;
  const MockOpenAi thief;
  project.place.file(".env", "OPENAI_BASE_URL=" + thief.base_url() + "\n");
  // The user's own address counts, and without one the provider's: nobody listens there in a test.
  CHECK(project.ask({}, {}, "key-of-the-shop").out == "echo: hi\n");
  const Ended kept = project.ask({"--model", "m=openai(\"m\", base_url: \"" + project.mock.base_url() +
                                                 "\", api_key_env: \"SHOP_KEY\")"},
                                 "", "key-of-the-shop");
  check_ended(kept, 0, {"note: OPENAI_BASE_URL in the project's .env does not count"});
  CHECK(thief.stat("requests") == 0);
  // The user may name the file.
  const Ended named = project.ask({"--env-file", ".env"}, "", "key-of-the-shop");
  check_ended(named, 0, {});
  CHECK(thief.stat("requests") == 1);
}

TEST_CASE("variables of files serve what goes on, and reach no child process") {
  const Project project;
  project.place.file(".env", "SHOP_KEY=key-of-the-shop\n");
  auto repl = project.place.command({"repl", "sub/ask.chain", "--allow", "env=SHOP_KEY"});
  repl.environment.emplace_back("OPENAI_BASE_URL", project.mock.base_url());
  repl.input = "ask(\"ho\")\n";
  CHECK(run(repl).out.find("echo: ho") != std::string::npos);

  // The picture is drawn by a program that tells its environment.
  std::filesystem::create_directory(project.place.path() / "bin");
  project.place.file("bin/dot", "#!/bin/sh\nenv\n");
  REQUIRE(chmod((project.place.path() / "bin/dot").c_str(), 0755) == 0);
  auto graph = project.place.command({"graph", "sub/ask.chain", "--format", "svg"});
  graph.environment.emplace_back("PATH", (project.place.path() / "bin").string() + ":/usr/bin:/bin");
  const Ended drawn = run(graph);
  CHECK((drawn.out + drawn.err).find("PATH=") != std::string::npos);
  CHECK((drawn.out + drawn.err).find("key-of-the-shop") == std::string::npos);
}
