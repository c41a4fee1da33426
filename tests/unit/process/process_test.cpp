#include "runtime/process/process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "runtime/sched/event_loop.h"

using chain::EventLoop;
using chain::process::Ended;
using chain::process::Process;
using chain::process::Settings;

namespace {

constexpr int64_t kMillisecond = 1'000'000;
constexpr int64_t kSecond = 1000 * kMillisecond;

/// Collects what a program says, and does what a test wants meanwhile.
struct Heard final : chain::process::Listener {
  std::string output;
  std::string errors;
  int drains = 0;
  std::optional<Ended> end;
  std::function<void(std::string_view)> on_output = [](std::string_view) {};
  std::function<void()> on_end = [] {};

  void wrote(std::string_view bytes) override {
    CHECK_FALSE(end);
    output += bytes;
    on_output(bytes);
  }
  void wrote_error(std::string_view bytes) override { errors += bytes; }
  void drained() override { ++drains; }
  void ended(Ended how) override {
    CHECK_FALSE(end);
    end = how;
    on_end();
  }
};

Settings shell(const std::string& script, std::vector<std::string> environment = {}) {
  return {.arguments = {"sh", "-c", script}, .environment = std::move(environment), .folder = {}};
}

std::unique_ptr<Process> start(EventLoop& loop, Settings settings, Heard& heard) {
  std::string error;
  auto process = chain::process::start(loop, std::move(settings), heard, error);
  CHECK(error.empty());
  REQUIRE(process);
  return process;
}

std::string failure(Settings settings) {
  EventLoop loop;
  Heard heard;
  std::string error;
  CHECK_FALSE(chain::process::start(loop, std::move(settings), heard, error));
  return error;
}

/// Whether no process has this id any more. What another reaps may take a moment to go.
bool gone(pid_t id) {
  for (int i = 0; i < 500; ++i) {
    if (kill(id, 0) != 0 && errno == ESRCH) return true;
    // An orphan that nobody reaps in a container is as dead as one can be.
    const std::string path = "/proc/" + std::to_string(id) + "/stat";
    char text[512] = {};
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return true;
    const ssize_t size = read(fd, text, sizeof text - 1);
    close(fd);
    const std::string_view stat(text, size > 0 ? static_cast<size_t>(size) : 0);
    const size_t state = stat.rfind(')');
    if (state != std::string_view::npos && stat.substr(state).starts_with(") Z")) return true;
    usleep(10'000);
  }
  return false;
}

size_t open_files() {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

}  // namespace

TEST_CASE("a program takes input, gives output and errors, and ends with a code") {
  EventLoop loop;
  Heard heard;
  const auto process = start(loop, shell("read line; echo \"got $line\"; echo oops >&2; exit 3"), heard);
  CHECK(process->id() > 0);
  CHECK(getpgid(process->id()) == process->id());
  process->write("hello\n");
  CHECK(process->pending() == 6);
  CHECK(heard.output.empty());
  loop.run();
  CHECK(heard.output == "got hello\n");
  CHECK(heard.errors == "oops\n");
  CHECK(heard.drains == 1);
  REQUIRE(heard.end);
  CHECK(heard.end->code == 3);
  CHECK(heard.end->signal == 0);
  CHECK_FALSE(heard.end->asked);
  CHECK(process->pending() == 0);
  CHECK(waitpid(process->id(), nullptr, WNOHANG) == -1);  // reaped
}

TEST_CASE("a megabyte goes in and comes back, and the end of the input is told after it") {
  EventLoop loop;
  Heard heard;
  const auto process = start(loop, {.arguments = {"/bin/cat"}, .environment = {}, .folder = {}}, heard);
  std::string sent(size_t{1} << 20, 'x');
  for (size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>('a' + i % 26);
  process->write(sent.substr(0, 100));
  process->write(sent.substr(100));
  process->close_input();
  process->write("too late");
  loop.run();
  CHECK(heard.output == sent);
  REQUIRE(heard.end);
  CHECK(heard.end->code == 0);
}

TEST_CASE("who does not read makes the program wait, and loses nothing") {
  EventLoop loop;
  Heard heard;
  const auto process = start(loop, shell("head -c 3000000 /dev/zero"), heard);
  int pieces = 0;
  heard.on_output = [&](std::string_view bytes) {
    CHECK(bytes.size() <= 65536);
    if (++pieces % 10 != 0) return;
    process->pause();
    loop.after(kMillisecond, [&] { process->resume(); });
  };
  loop.run();
  CHECK(heard.output.size() == 3000000);
  CHECK(heard.end);
}

TEST_CASE("output that stands in the pipe when the program has ended is not lost while nobody reads") {
  EventLoop loop;
  Heard heard;
  const auto process = start(loop, shell("echo last words"), heard);
  process->pause();
  loop.after(50 * kMillisecond, [&] {
    CHECK_FALSE(heard.end);
    process->resume();
  });
  loop.run();
  CHECK(heard.output == "last words\n");
  CHECK(heard.end);
}

TEST_CASE("only so many bytes of standard error are handed on, and the program does not wait for the rest") {
  EventLoop loop;
  Heard heard;
  Settings settings = shell("head -c 500000 /dev/zero >&2; echo done");
  settings.most_errors = 1000;
  const auto process = start(loop, settings, heard);
  loop.run();
  CHECK(heard.errors.size() == 1000);
  CHECK(heard.output == "done\n");
}

TEST_CASE("a program that closes its input early does not end this one") {
  EventLoop loop;
  Heard heard;
  const auto process = start(loop, shell("exec 0<&-; echo closed; sleep 0.05; exit 0"), heard);
  heard.on_output = [&](std::string_view) { process->write(std::string(1 << 20, 'x')); };
  loop.run();
  REQUIRE(heard.end);
  CHECK(heard.end->code == 0);
  CHECK(process->pending() == 0);
}

TEST_CASE("asked to end, a program that minds its input goes by itself") {
  EventLoop loop;
  Heard heard;
  const auto process = start(loop, {.arguments = {"cat"}, .environment = {}, .folder = {}}, heard);
  process->end(60 * kSecond);
  loop.run();
  REQUIRE(heard.end);
  CHECK(heard.end->code == 0);
  CHECK(heard.end->asked);
}

TEST_CASE("SIGTERM comes after the grace, SIGKILL after as long again, for the whole group") {
  struct Case {
    const char* script;
    int signal;
    int code;
  };
  const Case cases[] = {{"echo $$; sleep 1000", SIGTERM, -1},
                        {"trap 'exit 7' TERM; echo $$; while :; do sleep 0.01; done", 0, 7},
                        {"trap '' TERM; echo $$; sleep 1000; sleep 1000", SIGKILL, -1}};
  for (const Case& each : cases) {
    CAPTURE(each.script);
    EventLoop loop;
    Heard heard;
    const auto process = start(loop, shell(each.script), heard);
    heard.on_output = [&](std::string_view) { process->end(50 * kMillisecond); };
    loop.run();
    REQUIRE(heard.end);
    CHECK(heard.end->signal == each.signal);
    CHECK(heard.end->code == each.code);
    CHECK(heard.end->asked);
    CHECK(gone(process->id()));
  }
}

TEST_CASE("a grace of 0 kills at once; a stopped program goes too") {
  for (const bool stopped : {false, true}) {
    EventLoop loop;
    Heard heard;
    const auto process = start(loop, shell("echo $$; sleep 1000"), heard);
    heard.on_output = [&](std::string_view) {
      if (stopped) kill(process->id(), SIGSTOP);
      process->end(stopped ? 300 * kMillisecond : 0);
    };
    loop.run();
    REQUIRE(heard.end);
    CHECK(heard.end->signal == (stopped ? SIGTERM : SIGKILL));
  }
}

TEST_CASE("what a program started ends with it, though it holds its output open") {
  EventLoop loop;
  Heard heard;
  const auto process = start(loop, shell("sleep 1000 & echo $!; exit 0"), heard);
  loop.run();
  REQUIRE(heard.end);
  CHECK(heard.end->code == 0);
  CHECK(gone(std::stoi(heard.output)));
}

TEST_CASE("what a process has started dies with it, however it ends") {
  for (const int signal : {SIGKILL, SIGTERM}) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    const pid_t parent = fork();
    REQUIRE(parent >= 0);
    if (parent == 0) {  // no more than it must: nothing of the test runner's
      std::signal(SIGTERM, SIG_DFL);
      EventLoop loop;
      Heard heard;
      std::string error;
      const auto process =
          chain::process::start(loop, shell("trap '' TERM; sleep 1000 & echo $$ $!; wait"), heard, error);
      heard.on_output = [&](std::string_view bytes) {
        if (write(ends[1], bytes.data(), bytes.size()) < 0) _exit(1);
        kill(getpid(), signal);
      };
      loop.run();
      _exit(1);
    }
    close(ends[1]);
    std::string said;
    char buffer[64];
    for (ssize_t count = 0; (count = read(ends[0], buffer, sizeof buffer)) > 0;)
      said.append(buffer, static_cast<size_t>(count));
    close(ends[0]);
    int status = 0;
    REQUIRE(waitpid(parent, &status, 0) == parent);
    CHECK(WIFSIGNALED(status));
    const size_t space = said.find(' ');
    REQUIRE(space != std::string::npos);
    CHECK(gone(std::stoi(said.substr(0, space))));
    CHECK(gone(std::stoi(said.substr(space + 1))));
  }
}

TEST_CASE("one that left the group and writes for ever holds nobody up") {
  EventLoop loop;
  Heard heard;
  const auto process = start(loop, shell("setsid sh -c 'echo $$; exec yes' & sleep 0.05"), heard);
  loop.run();
  CHECK(heard.end);
  const pid_t left = std::stoi(heard.output.substr(0, heard.output.find('\n')));
  CHECK(gone(left));  // nobody reads its pipe
}

TEST_CASE("nothing is heard and nothing is left when a process is destroyed, also by its listener") {
  const size_t files = open_files();
  pid_t child = 0;
  {
    EventLoop loop;
    Heard heard;
    auto process = start(loop, shell("trap '' TERM; sleep 1000 & echo $!; wait"), heard);
    const pid_t id = process->id();
    heard.on_output = [&](std::string_view bytes) {
      child = std::stoi(std::string(bytes));
      process.reset();
    };
    loop.run();
    CHECK_FALSE(heard.end);
    CHECK(waitpid(id, nullptr, WNOHANG) == -1);
    CHECK(errno == ECHILD);
    CHECK(gone(child));
  }
  {
    EventLoop loop;
    Heard heard;
    auto process = start(loop, shell("exit 0"), heard);
    heard.on_end = [&] { process.reset(); };
    loop.run();
    CHECK(heard.end);
  }
  {
    const auto never_run = [] {
      EventLoop loop;
      Heard heard;
      return start(loop, shell("sleep 1000"), heard)->id();
    }();
    CHECK(gone(never_run));
  }
  CHECK(open_files() == files);
}

TEST_CASE("environment, folder and descriptors are what is said, and nothing else") {
  setenv("CHAIN_TEST_SECRET", "visible", 1);
  const int leaked = open("/dev/null", O_RDONLY);  // without close-on-exec
  REQUIRE(leaked > 2);
  std::signal(SIGUSR1, SIG_IGN);
  EventLoop loop;
  Heard heard;
  Settings settings = shell(
      "echo \"$A|$CHAIN_TEST_SECRET\"; pwd; ls -x /proc/$$/fd; sed -n 's/SigIgn:.*\\(........\\)$/\\1/p' "
      "/proc/$$/status",
      {"A=b c", "PATH=/usr/bin:/bin"});
  settings.folder = "/usr";
  const auto process = start(loop, settings, heard);
  loop.run();
  std::signal(SIGUSR1, SIG_DFL);
  close(leaked);
  // The C library ignores its own 32 on behalf of every program that it starts.
  CHECK(heard.output == "b c|\n/usr\n0  1  2\n80000000\n");
}

TEST_CASE("what cannot be started says which program and what to do") {
  CHECK(failure({}) == "no program is named");
  CHECK(failure({.arguments = {"no-such-program"}, .environment = {}, .folder = {}}) ==
        "there is no program `no-such-program` in PATH; install it, or write its whole path");
  CHECK(failure({.arguments = {"/no/such/program"}, .environment = {}, .folder = {}}) ==
        "there is no program `/no/such/program`, or what its first line names is not there");
  CHECK(failure({.arguments = {"/etc/passwd"}, .environment = {}, .folder = {}}) ==
        "`/etc/passwd` may not be run: it is not executable, or not for this user");
  CHECK(failure({.arguments = {"passwd"}, .environment = {"PATH=:relative:/etc"}, .folder = {}}) ==
        "`/etc/passwd` may not be run: it is not executable");
  CHECK(failure({.arguments = {"cat"}, .environment = {}, .folder = "/no/such"}) ==
        "`cat` is to run in the folder `/no/such`, which is not there");
  CHECK(failure({.arguments = {"cat", std::string("a\0b", 3)}, .environment = {}, .folder = {}}) ==
        "what `cat` is given holds a NUL byte, which no program can be given; leave it out");
  CHECK(failure({.arguments = {"cat", std::string(10'000'000, 'x')}, .environment = {}, .folder = {}}) ==
        "`cat` is given more arguments and environment than the system takes");
}

TEST_CASE("a hundred programs at once are a hundred ends") {
  const size_t files = open_files();
  {
    EventLoop loop;
    std::vector<Heard> heard(100);
    std::vector<std::unique_ptr<Process>> processes;
    for (size_t i = 0; i < heard.size(); ++i)
      processes.push_back(start(loop, shell("cat; exit " + std::to_string(i)), heard[i]));
    for (const auto& process : processes) {
      process->write("x");
      process->close_input();
    }
    loop.run();
    for (size_t i = 0; i < heard.size(); ++i) {
      CHECK(heard[i].output == "x");
      REQUIRE(heard[i].end);
      CHECK(heard[i].end->code == static_cast<int>(i));
    }
  }
  CHECK(open_files() == files);
}
