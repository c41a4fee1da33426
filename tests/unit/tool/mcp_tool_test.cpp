// What servers offer, called as programs do: the tools that they were compiled with, and no others.
#include "runtime/tool/mcp_tool.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <optional>

#include "runtime/access/policy.h"
#include "runtime/mcp/client.h"
#include "runtime/sched/event_loop.h"
#include "runtime/tool/caller.h"
#include "runtime/value/json_text.h"
#include "runtime/value/pinned_hash.h"

namespace chain {

namespace {

using Catch::Matchers::Contains;
using program::External;
using program::ExternalKind;

const std::string kServer = std::string(CHAIN_BIN_DIR) + "/mcp_tool_server";

struct Listener final : model::Listener {
  EventLoop& loop;
  std::optional<model::Completion> completion;
  std::optional<model::Failure> failure;
  std::string request;

  explicit Listener(EventLoop& used) : loop(used) {}
  void sent(std::string_view text) override { request = text; }
  void done(model::Completion ended) override {
    completion = std::move(ended);
    loop.stop();
  }
  void failed(model::Failure why) override {
    failure = std::move(why);
    loop.stop();
  }
};

/// As `chain mcp pin` writes it into the lock.
std::string pinned(const std::string& description, const std::string& input) {
  const std::string canonical = value::canonical_json(input);
  return value::pinned_hash(
      {.kind = "mcp", .description = description, .input = canonical, .output = {}, .annotations = {}});
}

/// A program with a server `shop`, and calls of what it offers.
struct Shop {
  EventLoop loop;
  program::Program program;
  std::unique_ptr<tool::Caller> caller;
  External external;

  explicit Shop(const std::string& options = R"({"program":"node","arguments":[")" + kServer + "\"]}",
                bool allowed = true) {
    program.resources.push_back(
        {.kind = "mcp", .name = "shop", .provider = "stdio", .options_json = options, .file = "shop.chain"});
    program.secrets = {"SHOP_TEST_KEY"};
    tool::Options how{.verbose = true};
    if (allowed) how.access = std::make_shared<access::Policy>();
    caller = tool::make_caller(program, loop, how);
    external.kind = ExternalKind::Remote;
    external.resource = 0;
    external.result = program.types.string_type;
  }

  Listener call(const std::string& tool, const std::string& arguments, const std::string& hash = {},
                const std::string& provider = "tools/call") {
    external.name = "shop." + tool;
    external.provider = provider;
    external.options_json = R"({"name":")" + tool + "\"}";
    external.schema_hash = hash;
    Listener listener(loop);
    caller->start({.tool = &external, .arguments = {{"arguments", arguments}}, .key = {}}, listener);
    CHECK_FALSE(listener.failure);
    loop.run();
    return listener;
  }
  std::string answer(const std::string& tool, const std::string& arguments = "{}",
                     const std::string& hash = {}, const std::string& provider = "tools/call") {
    const Listener listener = call(tool, arguments, hash, provider);
    if (listener.failure) UNSCOPED_INFO(listener.failure->message);
    REQUIRE(listener.completion);
    return listener.completion->text;
  }
  model::Failure failure(const std::string& tool, const std::string& arguments = "{}",
                         const std::string& hash = {}) {
    const Listener listener = call(tool, arguments, hash);
    REQUIRE(listener.failure);
    return *listener.failure;
  }
};

const std::string kEchoHash =
    pinned("Says it again.", R"({"properties":{"text":{"type":"string"}},"type":"object"})");

}  // namespace

TEST_CASE("a tool that is what it was when it was pinned is called, by one process for all calls") {
  Shop shop;
  CHECK(shop.answer("echo", R"({"text":"hello"})", kEchoHash) == "hello");
  const std::string id = shop.answer("pid");
  CHECK(shop.answer("pid") == id);
  shop.external.result = shop.program.types.int_type;  // anything but text
  CHECK(shop.answer("structured") == R"({"sum":42})");
  CHECK(shop.answer("json_as_text") == R"({"sum":43})");
  const model::Failure failure = shop.failure("echo", R"({"text":"no JSON"})");
  CHECK(failure.message ==
        "tool `shop.echo`: it answered without the structured content that it promises: no JSON");
  shop.external.result = shop.program.types.string_type;
  CHECK(shop.answer("structured") == R"({"sum":42})");
}

TEST_CASE("a tool that its server has changed, or no longer has, is not called") {
  Shop shop;
  const model::Failure changed = shop.failure("echo", R"({"text":"hello"})", pinned("Says it.", "{}"));
  CHECK(changed.kind == abi::ErrorKind::Denied);
  CHECK(
      changed.message ==
      "tool `shop.echo`: the server `shop` describes `echo` in another way than when it was pinned, so it is "
      "not called; `chain mcp pin` shows what changed and takes it over");
  const model::Failure gone = shop.failure("gone", "{}", kEchoHash);
  CHECK(gone.kind == abi::ErrorKind::Denied);
  CHECK_THAT(gone.message, Contains("no longer has a tool `gone`; `chain mcp pin`"));
}

TEST_CASE("a tool that changes while the program runs is looked at anew") {
  Shop shop;
  CHECK(shop.answer("echo", R"({"text":"1"})", kEchoHash) == "1");
  CHECK(shop.answer("change") == "changed");  // and says so
  CHECK(shop.failure("echo", R"({"text":"2"})", kEchoHash).kind == abi::ErrorKind::Denied);
}

TEST_CASE("a server that ended is looked at anew when it is started again") {
  Shop shop;
  CHECK(shop.answer("echo", R"({"text":"1"})", kEchoHash) == "1");
  CHECK_THAT(shop.failure("die").message, Contains("the server ended by itself, with code 7"));
  CHECK(shop.answer("echo", R"({"text":"2"})", kEchoHash) == "2");
}

TEST_CASE("a tool that fails says why; a question that nobody is there to answer ends its call") {
  Shop shop;
  const model::Failure failed = shop.failure("fail");
  CHECK(failed.kind == abi::ErrorKind::ToolFailed);
  CHECK(failed.message == "tool `shop.fail`: no such order");
  const model::Failure asked = shop.failure("ask");
  CHECK(asked.kind == abi::ErrorKind::Denied);
  CHECK(asked.message ==
        "tool `shop.ask`: it asks \"Who are you?\" and waits for the answer, which nobody is there to give; "
        "at a "
        "terminal you are asked");
  CHECK_THAT(shop.failure("unknown").message, Contains("mcp `shop`: it refused `tools/call`"));
}

TEST_CASE("resources and prompts are texts") {
  Shop shop;
  CHECK(shop.answer("read", R"({"uri":"memo://a"})", {}, "resources/read") == "about memo://a");
  CHECK(shop.answer("prompt", R"({"name":"greet","arguments":{"who":"Ann"}})", {}, "prompts/get") ==
        "user: Greet Ann.");
}

TEST_CASE("secrets go to the server and nowhere else") {
  setenv("SHOP_TEST_KEY", "sk-very-secret-7", 1);
  Shop shop(R"({"program":"node","arguments":[")" + kServer +
            R"("],"env":{"KEY":["key ",{"secret":"SHOP_TEST_KEY"}]}})");
  CHECK(shop.answer("key") == "key [redacted]");
  const Listener listener = shop.call("echo", R"({"text":"sk-very-secret-7"})");
  CHECK(listener.request == R"(tools/call {"name":"echo","arguments":{"text":"[redacted]"}})");
  CHECK(listener.completion->text == "[redacted]");
  unsetenv("SHOP_TEST_KEY");
  Shop without(R"({"program":"node","arguments":[")" + kServer +
               R"("],"env":{"KEY":["key ",{"secret":"SHOP_TEST_KEY"}]}})");
  CHECK_THAT(without.failure("key").message, Contains("needs the environment variable SHOP_TEST_KEY"));
}

TEST_CASE("nothing is started for a program that may not call anything") {
  Shop shop(R"({"program":"no-such-program"})", false);
  CHECK(shop.failure("echo").kind == abi::ErrorKind::Denied);
  Shop missing(R"({"program":"no-such-program"})");
  CHECK_THAT(missing.failure("echo").message, Contains("there is no program `no-such-program` in PATH"));
}

TEST_CASE("many calls at once, of which some are cancelled") {
  Shop shop;
  shop.external.name = "shop.echo";
  shop.external.provider = "tools/call";
  shop.external.options_json = R"({"name":"echo"})";
  shop.external.schema_hash = kEchoHash;
  std::vector<std::unique_ptr<Listener>> listeners;
  std::vector<tool::Caller::CallId> ids;
  for (int i = 0; i < 100; ++i) {
    listeners.push_back(std::make_unique<Listener>(shop.loop));
    ids.push_back(
        shop.caller->start({.tool = &shop.external,
                            .arguments = {{"arguments", R"({"text":")" + std::to_string(i) + "\"}"}},
                            .key = {}},
                           *listeners.back()));
  }
  for (size_t i = 0; i < 100; i += 2) shop.caller->cancel(ids[i]);
  for (size_t i = 1; i < 100; i += 2) {
    while (!listeners[i]->completion && !listeners[i]->failure) shop.loop.run();
    REQUIRE(listeners[i]->completion);
    CHECK(listeners[i]->completion->text == std::to_string(i));
  }
  for (size_t i = 0; i < 100; i += 2) CHECK_FALSE((listeners[i]->completion || listeners[i]->failure));
}

TEST_CASE("a server is ended in order with its caller") {
  const std::string note =
      std::filesystem::temp_directory_path() / ("chain_mcp_end_" + std::to_string(getpid()));
  {
    Shop shop(R"({"program":"node","arguments":[")" + kServer + R"("],"env":{"NOTE":")" + note + "\"}}");
    CHECK(shop.answer("echo", R"({"text":"x"})") == "x");
  }
  std::ifstream file(note);
  std::string line;
  std::getline(file, line);
  CHECK(line == "end of input");
  std::filesystem::remove(note);
}

}  // namespace chain
