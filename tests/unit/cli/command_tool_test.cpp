// Tools that are programs of this machine, in runs that are shown, replayed, killed and taken up again.
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "tests/unit/cli/place.h"

using namespace chain::testing;

namespace {

struct Commands {
  Place place;

  explicit Commands(const std::string& program) { place.file("tools.chain", program); }

  [[nodiscard]] Command command(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"run", "tools.chain", "--allow", "command=*", "--allow", "env=TOOL_KEY"});
    Command command = place.command(std::move(more));
    command.environment.emplace_back("TOOL_KEY", "s3cret/key");
    return command;
  }
  [[nodiscard]] Ended run_main(std::vector<std::string> more = {}) const {
    return run(command(std::move(more)));
  }
  [[nodiscard]] std::string text(const char* name) const {
    std::ifstream file(place.path() / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  /// Waits until the program has written a line there.
  [[nodiscard]] std::string line(const char* name) const {
    std::string said;
    for (int i = 0; i < 2000 && !said.ends_with('\n'); ++i) {
      usleep(5'000);
      said = text(name);
    }
    return said;
  }
};

/// Whether no process has this id any more, or only a dead one.
bool gone(const std::string& id) {
  REQUIRE(!id.empty());
  for (int i = 0; i < 1000; ++i) {
    std::ifstream stat("/proc/" + std::to_string(std::stoi(id)) + "/stat");
    const std::string text((std::istreambuf_iterator<char>(stat)), {});
    const size_t name_end = text.rfind(')');
    if (name_end == std::string::npos || text.substr(name_end).starts_with(") Z")) return true;
    usleep(5'000);
  }
  return false;
}

constexpr const char* kWrites = R"chain(
tool note(n: int) -> int writes EXTRA= command("sh", "-c", "cat; echo called >> calls; echo $$ > id; SCRIPT", env: { "N": "{{ n }}" })

chain main() -> string {
  let n = note(7)
  return "got {{ n }}"
}
)chain";

std::string writes(std::string extra, const std::string& script) {
  std::string program = kWrites;
  program.replace(program.find("SCRIPT"), 6, script);
  if (!extra.empty()) extra += ' ';
  return program.replace(program.find("EXTRA"), 5, extra);
}

}  // namespace

TEST_CASE("what a command prints is read as the tool's type, and kept") {
  const Commands commands(R"chain(
type Facts {
  name: string
  sizes: int[]
}

tool words(text: string) -> int reads = command("wc", "-w", stdin: text)
tool facts(name: string) -> Facts reads = command("printf", "\{\"name\": \"%s\", \"sizes\": [1, 2]}\\n", name)
tool key() -> string reads = command("sh", "-c", "echo run >> runs; echo \"key: $KEY\"", env: { "KEY": secret("TOOL_KEY") })
tool quiet() -> int? reads = command("true")
tool maybe(text: string) -> string? reads = command("printf", "%s", text)

chain main() -> string {
  let q = quiet()
  let a = maybe("")
  let b = maybe("null")
  let c = maybe("\"x\"")
  let f = facts("x y")
  let n = words("one two three")
  let k = key()
  return "{{ q ?? 9 }} {{ a ?? "-" }} {{ b ?? "-" }} {{ c ?? "-" }} {{ n }} {{ f.name }} {{ f.sizes[1] }} {{ k }}"
}
)chain");
  const Ended ended = commands.run_main();
  check_ended(ended, 0, {});
  CHECK(ended.out == "9 - - \"x\" 3 x y 2 key: [redacted]\n\n");
  const Ended shown = commands.place.chain({"show", "last", "--step", "main/key"});
  CHECK(shown.out.find("KEY=[redacted]") != std::string::npos);
  CHECK(shown.out.find("s3cret") == std::string::npos);
  CHECK(commands.place.chain({"replay", "last"}).out == ended.out);
  CHECK(commands.text("runs") == "run\n");  // a replay runs nothing
  check_ended(commands.place.chain({"run", "tools.chain"}), 4, {"E0701", "`wc -w`"});
  check_ended(commands.run_main({"--deny", "command=wc"}), 4, {"wc"});
}

TEST_CASE("a command whose output is of another type fails with what is wrong") {
  const auto fails = [](const char* script, std::initializer_list<std::string_view> said) {
    const Commands commands("tool t() -> int reads = command(\"sh\", \"-c\", \"" + std::string(script) +
                            "\")\n\nchain main() -> int {\n  return t()\n}\n");
    check_ended(commands.run_main(), 1, said);
  };
  fails("echo three", {"tool_failed: `t` answered what is no int"});
  fails("true", {"tool_failed: `t` answered what is no int"});
  fails("printf '\\\\377'", {"it is not UTF-8"});
  fails("exit 3", {"tool_failed: tool `t`: it ended with exit code 3", "in main/t"});
}

TEST_CASE("a text that a command prints is held to the conditions of its type") {
  const Commands commands(R"chain(
type Short = string where len(it) <= 3

tool t(text: string) -> Short reads = command("printf", "%s", text)

chain main(text: string) -> string {
  return t(text)
}
)chain");
  CHECK(commands.run_main({"-a", "text=abc"}).out == "abc\n");
  check_ended(commands.run_main({"-a", "text=abcd"}), 1, {"`t` answered what is no", "len(it) <= 3"});
}

TEST_CASE("a command that wants a person's yes waits for it") {
  const Commands commands(writes("approve", "echo 1"));
  check_ended(commands.run_main(), 5, {"call `note` with {\"n\": 7}"});
  CHECK(commands.text("calls").empty());
  CHECK(commands.place.chain({"answer", "last", "yes"}).out == "got 1\n");
  CHECK(commands.text("calls") == "called\n");
}

TEST_CASE("a command that writes and was cut short is not run again unless a person says so") {
  const Commands commands(writes("", "sleep 1000"));
  {
    Child child(commands.command());
    REQUIRE(!commands.line("id").empty());
    child.signal(SIGKILL);
    (void)child.wait();
  }
  CHECK(gone(commands.line("id")));
  check_ended(commands.place.chain({"resume", "last"}), 5,
              {"`note` was called with {\"n\": 7}", "nobody knows"});
  CHECK(commands.text("calls") == "called\n");
  CHECK(commands.place.chain({"answer", "last", "42"}).out == "got 42\n");
  CHECK(commands.text("calls") == "called\n");
}

TEST_CASE("a command that was killed before it said how it went is not run again unless a person says so") {
  const auto check = [](const std::string& program, const char* said) {
    const Commands commands(program);
    check_ended(commands.run_main(), 1, {said, "nobody knows whether it was carried out"});
    check_ended(commands.place.chain({"resume", "last"}), 5, {"`note` was called with {\"n\": 7}", said});
    CHECK(commands.text("calls") == "called\n");
    CHECK(commands.place.chain({"answer", "last", "42"}).out == "got 42\n");
    CHECK(commands.text("calls") == "called\n");
  };
  std::string limited = writes("", "sleep 1000");
  check(limited.insert(limited.find("env:"), "timeout: 200ms, "), "it had not ended after 200ms");
  check(writes("", "kill -9 $$"), "killed by signal 9");
  // One that says itself that it failed has ended.
  const Commands commands(writes("", "exit 3"));
  check_ended(commands.run_main(), 1, {"exit code 3"});
  check_ended(commands.place.chain({"resume", "last"}), 1, {"exit code 3"});
  CHECK(commands.text("calls") == "called\ncalled\n");
}

TEST_CASE("a command that may be repeated is run again") {
  const Commands commands(writes("idempotent", "test $(wc -l < calls) = 2 || sleep 1000; echo 2"));
  {
    Child child(commands.command());
    REQUIRE(!commands.line("id").empty());
    child.signal(SIGKILL);
    (void)child.wait();
  }
  CHECK(gone(commands.line("id")));
  CHECK(commands.place.chain({"resume", "last"}).out == "got 2\n");
  CHECK(commands.text("calls") == "called\ncalled\n");
}

TEST_CASE("whatever ends a run ends the command that it waits for, and what that has started") {
  // By itself, once and twice, and by nobody's leave.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGKILL}) {
    for (const bool stubborn : {false, true}) {
      CAPTURE(signal, stubborn);
      const Commands commands(std::string("tool slow() -> string reads = command(\"sh\", \"-c\", \"") +
                              (stubborn ? "trap '' HUP INT TERM; " : "") +
                              "cat; sleep 1000 & echo $! > child; echo $$ > id; wait\")\n\n"
                              "chain main() -> string {\n  return slow()\n}\n");
      Child child(commands.command());
      const std::string id = commands.line("id");
      child.signal(signal);
      check_ended(child.wait(), 128 + signal, {});
      CHECK(gone(id));
      CHECK(gone(commands.text("child")));
      // What was under way goes on where it was left.
      CHECK(commands.place.chain({"runs"}).out.find("stopped") != std::string::npos);
    }
  }
}

TEST_CASE("the time of a chain ends the command that it waits for, but lets a write end") {
  const Commands commands(R"chain(
tool slow() -> string reads = command("sh", "-c", "echo $$ > id; exec sleep 1000")
tool write() -> string writes = command("sh", "-c", "sleep 0.5; echo done > written")

chain read_(n: int) -> string within { time: 200ms } {
  return slow()
}

chain write_(n: int) -> string within { time: 200ms } {
  return write()
}

chain main() -> string {
  let a = try read_(1) catch { budget => "late", else => "other" }
  let b = try write_(1) catch { budget => "late", else => "other" }
  return "{{ a }} {{ b }}"
}
)chain");
  const Ended ended = commands.run_main();
  check_ended(ended, 0, {});
  CHECK(ended.out == "late late\n");
  CHECK(gone(commands.text("id")));
  CHECK(commands.text("written") == "done\n");
}
