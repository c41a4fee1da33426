// Tools that are programs: what they are given, how they end, and that nothing of them is left.
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "runtime/access/policy.h"
#include "runtime/program/program.h"
#include "runtime/sched/event_loop.h"
#include "runtime/tool/caller.h"

using chain::EventLoop;
using chain::abi::ErrorKind;
using chain::program::CapabilityKind;
using chain::program::Effect;
using chain::program::External;
using chain::program::Program;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

struct Heard final : chain::model::Listener {
  std::optional<std::string> answer;
  std::optional<chain::model::Failure> failure;
  std::string request;
  std::function<void()> on_end = [] {};

  void sent(std::string_view text) override { request = text; }
  void done(chain::model::Completion completion) override {
    answer = completion.text;
    on_end();
  }
  void failed(chain::model::Failure why) override {
    failure = std::move(why);
    on_end();
  }
};

/// A folder of its own, and tools that run in it.
class Bench {
 public:
  Bench() {
    std::string name = (fs::temp_directory_path() / "chain-command-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder = fs::canonical(name);
    policy->folder = folder.string();
  }
  ~Bench() { fs::remove_all(folder); }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  chain::tool::Caller& caller() {
    if (!caller_) caller_ = chain::tool::make_caller(program, loop, {.verbose = true, .access = policy});
    return *caller_;
  }
  void drop_caller() { caller_.reset(); }

  chain::tool::Caller::CallId start(Heard& heard, const std::vector<std::string>& words,
                                    const json& more = {}) {
    chain::tool::Request request{.tool = &tool, .arguments = {}, .key = "key-1"};
    for (size_t i = 0; i < words.size(); ++i)
      request.arguments.push_back({i == 0 ? "program" : "arguments", json(words[i]).dump()});
    for (const auto& [name, value] : more.items()) request.arguments.push_back({name, value.dump()});
    return caller().start(std::move(request), heard);
  }
  Heard call(const std::vector<std::string>& words, const json& more = {}) {
    Heard heard;
    start(heard, words, more);
    CHECK_FALSE(heard.answer);  // never from within
    CHECK_FALSE(heard.failure);
    loop.run();
    return heard;
  }
  Heard shell(const std::string& script, const json& more = {}) { return call({"sh", "-c", script}, more); }

  void script(const std::string& name, const std::string& text, bool executable = true) const {
    std::ofstream(folder / name) << text;
    if (executable) fs::permissions(folder / name, fs::perms::owner_all);
  }

  fs::path folder;
  EventLoop loop;
  Program program;
  External tool{.name = "t", .effect = Effect::Reads, .provider = "command", .options_json = "{}"};
  std::shared_ptr<chain::access::Policy> policy = std::make_shared<chain::access::Policy>();

 private:
  std::unique_ptr<chain::tool::Caller> caller_;
};

void fails(const Heard& heard, ErrorKind kind, std::string_view words) {
  REQUIRE(heard.failure);
  INFO(heard.failure->message);
  CHECK(heard.failure->kind == kind);
  CHECK(heard.failure->message.starts_with("tool `t`: "));
  CHECK(heard.failure->message.find(words) != std::string::npos);
}

/// Whether no process has this id any more, or only a dead one that nobody has asked about.
bool gone(pid_t id) {
  for (int i = 0; i < 1000; ++i) {
    std::ifstream stat("/proc/" + std::to_string(id) + "/stat");
    const std::string text((std::istreambuf_iterator<char>(stat)), {});
    const size_t name_end = text.rfind(')');
    if (name_end == std::string::npos || text.substr(name_end).starts_with(") Z")) return true;
    usleep(5'000);
  }
  return false;
}

}  // namespace

TEST_CASE("arguments reach a program as they are: there is no shell") {
  Bench bench;
  const Heard heard = bench.call({"printf", "%s|", "a b", "$HOME", "*", "'\"`x`", "", "한글"});
  CHECK(heard.answer == "a b|$HOME|*|'\"`x`||한글|");
  CHECK(heard.request == "printf '%s|' 'a b' '$HOME' '*' ''\\''\"`x`' '' 한글\n");
}

TEST_CASE("a program reads what it is given, or nothing") {
  Bench bench;
  CHECK(bench.call({"cat"}, {{"stdin", "hé\nho"}}).answer == "hé\nho");
  CHECK(bench.call({"cat"}).answer == "");
  const std::string much(size_t{8} << 20, 'x');
  CHECK(bench.call({"cat"}, {{"stdin", much}}).answer == much);
  // One that does not read it, and one that stops reading.
  CHECK(bench.call({"echo", "fine"}, {{"stdin", much}}).answer == "fine\n");
  CHECK(bench.shell("head -c 3; exec <&-; echo fine", {{"stdin", much}}).answer == "xxxfine\n");
}

TEST_CASE("a program knows little of the environment, and what it is told") {
  setenv("CHAIN_TEST_OWN_SECRET", "hidden", 1);
  Bench bench;
  const std::string said = *bench.call({"env"}, {{"env", {{"A", "1 = 2"}, {"HOME", "/elsewhere"}}}}).answer;
  unsetenv("CHAIN_TEST_OWN_SECRET");
  CHECK(said.find("hidden") == std::string::npos);
  for (const char* line : {"A=1 = 2\n", "HOME=/elsewhere\n", "PATH="})
    CHECK(said.find(line) != std::string::npos);
  CHECK(said.find("IDEMPOTENCY_KEY") == std::string::npos);
  bench.tool.effect = Effect::Writes;
  CHECK(bench.shell("echo $IDEMPOTENCY_KEY").answer == "key-1\n");
  CHECK(bench.shell("echo $IDEMPOTENCY_KEY", {{"env", {{"IDEMPOTENCY_KEY", "mine"}}}}).answer == "mine\n");
}

TEST_CASE("secrets are in nothing that is shown, kept or answered") {
  setenv("CHAIN_TEST_KEY", "s3cr3t/t0ken", 1);
  Bench bench;
  bench.program.secrets = {"CHAIN_TEST_KEY"};
  const json env = {{"env", {{"TOKEN", "s3cr3t/t0ken"}}}};
  const Heard answered = bench.shell("echo it is $TOKEN", env);
  CHECK(answered.answer == "it is [redacted]\n");
  CHECK(answered.request.find("TOKEN=[redacted]") != std::string::npos);
  const Heard failed = bench.shell("echo no luck with $TOKEN >&2; exit 1", env);
  unsetenv("CHAIN_TEST_KEY");
  fails(failed, ErrorKind::ToolFailed, "no luck with [redacted]");
}

TEST_CASE("a program runs in the project's folder, or in one under it") {
  Bench bench;
  fs::create_directories(bench.folder / "sub");
  fs::create_directory_symlink("/", bench.folder / "out");
  bench.script("here.sh", "#!/bin/sh\npwd\n");
  CHECK(bench.call({"pwd"}).answer == bench.folder.string() + "\n");
  CHECK(bench.call({"pwd"}, {{"folder", "sub"}}).answer == (bench.folder / "sub").string() + "\n");
  // A path of a program begins at the project, wherever it runs.
  CHECK(bench.call({"./here.sh"}, {{"folder", "sub"}}).answer == (bench.folder / "sub").string() + "\n");
  fails(bench.call({"pwd"}, {{"folder", "nowhere"}}), ErrorKind::ToolFailed,
        "the folder `nowhere`: No such file");
  for (const char* path : {"..", "/", "out", "sub/../..", "out/tmp"}) {
    INFO(path);
    fails(bench.call({"pwd"}, {{"folder", path}}), ErrorKind::Denied, "outside of the project's folder");
  }
  bench.policy->allow.push_back({CapabilityKind::Read, "/usr"});
  bench.drop_caller();
  CHECK(bench.call({"pwd"}, {{"folder", "/usr"}}).answer == "/usr\n");
}

TEST_CASE("what is denied is not run") {
  Bench bench;
  bench.policy->deny.push_back({CapabilityKind::Command, "sh"});
  const Heard heard = bench.shell("echo > made");
  fails(heard, ErrorKind::Denied, "`sh -c 'echo > made'` is a command that it may not run");
  CHECK_FALSE(fs::exists(bench.folder / "made"));
}

TEST_CASE("what cannot be started says why") {
  Bench bench;
  bench.script("plain.txt", "text", false);
  bench.script("lost.sh", "#!/no/such/shell\n");
  bench.script("odd", "neither\n");
  fails(bench.call({"no-such-program-at-all"}), ErrorKind::ToolFailed,
        "no program `no-such-program-at-all` in PATH");
  fails(bench.call({"./nowhere"}), ErrorKind::ToolFailed, "there is no program");
  fails(bench.call({"./plain.txt"}), ErrorKind::ToolFailed, "may not be run");
  fails(bench.call({"./lost.sh"}), ErrorKind::ToolFailed, "what its first line names is not there");
  fails(bench.call({"./odd"}), ErrorKind::ToolFailed, "is no program for this machine");
  fails(bench.call({""}), ErrorKind::InvalidValue, "names no program");
  fails(bench.call({"echo", std::string("a\0b", 3)}), ErrorKind::InvalidValue,
        "argument 1 of its command holds a NUL");
  fails(bench.call({"echo"}, {{"env", {{"A=B", "x"}}}}), ErrorKind::InvalidValue, "`A=B` is no name");
  fails(bench.call({"echo"}, {{"env", {{"A", std::string("\0", 1)}}}}), ErrorKind::InvalidValue, "NUL");
  fails(bench.call({"echo", std::string(4 << 20, 'x')}), ErrorKind::ToolFailed,
        "more arguments and environment");
}

TEST_CASE("a program that fails says how, and what it said last") {
  Bench bench;
  fails(bench.shell("echo out; printf 'oh \\033[31mno\\n' >&2; exit 3"), ErrorKind::ToolFailed,
        "it ended with exit code 3: oh \xEF\xBF\xBD[31mno");
  fails(bench.shell("exit 255"), ErrorKind::ToolFailed, "exit code 255");
  fails(bench.shell("kill -TERM $$"), ErrorKind::ToolFailed, "it was killed by signal 15 (SIGTERM)");
  const Heard much = bench.shell("yes lines of noise | head -c 1000000 >&2; echo the last >&2; exit 1");
  fails(much, ErrorKind::ToolFailed, "...");
  CHECK(much.failure->message.ends_with("the last"));
  CHECK(much.failure->message.size() < 1300);
}

TEST_CASE("a program that writes without end is killed") {
  Bench bench;
  fails(bench.shell("echo $$ > id; exec yes"), ErrorKind::ToolFailed, "more than 16 MiB");
  pid_t id = 0;
  std::ifstream(bench.folder / "id") >> id;
  CHECK(gone(id));
}

TEST_CASE("a program that does not end is killed with all that it started") {
  Bench bench;
  bench.tool.options_json = R"({"timeout": 300000000})";
  const Heard heard =
      bench.shell("sleep 1000 & echo $! > child; echo $$ > id; trap '' TERM; echo waiting >&2; wait");
  fails(heard, ErrorKind::Timeout,
        "it had not ended after 300ms, and was killed; `timeout:` gives it more time: waiting");
  pid_t id = 0, child = 0;
  std::ifstream(bench.folder / "id") >> id;
  std::ifstream(bench.folder / "child") >> child;
  REQUIRE((id > 0 && child > 0));
  CHECK(gone(id));
  CHECK(gone(child));
}

TEST_CASE("what a program leaves behind goes with it, and does not keep its answer waiting") {
  Bench bench;
  const Heard heard = bench.shell("sleep 1000 & echo $!");
  REQUIRE(heard.answer);
  CHECK(gone(std::stoi(*heard.answer)));
}

TEST_CASE("a cancelled call is heard of no more, and nothing of it runs") {
  Bench bench;
  Heard heard, waker;
  const auto id =
      bench.start(heard, {"sh", "-c", "sleep 1000 & echo $! > child; mkfifo ready; echo > ready; wait"});
  bench.start(waker, {"sh", "-c", "until cat ready 2> /dev/null; do :; done"});
  waker.on_end = [&] { bench.caller().cancel(id); };
  bench.loop.run();
  CHECK(waker.answer == "\n");
  CHECK_FALSE(heard.answer);
  CHECK_FALSE(heard.failure);
  pid_t child = 0;
  std::ifstream(bench.folder / "child") >> child;
  REQUIRE(child > 0);
  CHECK(gone(child));
  bench.caller().cancel(id);       // again
  bench.caller().cancel(id + 64);  // nobody's
}

TEST_CASE("nothing runs once its caller is gone") {
  Bench bench;
  Heard heard, waker;
  bench.start(heard, {"sh", "-c", "echo $$ > id; mkfifo ready; echo > ready; sleep 1000"});
  bench.start(waker, {"sh", "-c", "until cat ready 2> /dev/null; do :; done"});
  waker.on_end = [&] { bench.loop.stop(); };
  bench.loop.run();
  bench.drop_caller();
  pid_t id = 0;
  std::ifstream(bench.folder / "id") >> id;
  REQUIRE(id > 0);
  CHECK(gone(id));
  CHECK_FALSE(heard.failure);
}

TEST_CASE("many calls run, but not all at once, and leave no descriptor behind") {
  Bench bench;
  const auto descriptors = [] { return std::distance(fs::directory_iterator("/proc/self/fd"), {}); };
  CHECK(bench.shell("true").answer == "");
  const auto before = descriptors();
  constexpr size_t kCalls = 150;
  std::vector<Heard> heard(kCalls);
  std::array<ptrdiff_t, kCalls> open{};
  for (size_t i = 0; i < kCalls; ++i) {
    heard[i].on_end = [&, i] { open[i] = descriptors() - before; };
    bench.start(heard[i], {"echo", std::to_string(i)});
  }
  bench.loop.run();
  for (size_t i = 0; i < kCalls; ++i) {
    CHECK(heard[i].answer == std::to_string(i) + "\n");
    CHECK(open[i] <= 32 * 4);
  }
  CHECK(descriptors() == before);
}
