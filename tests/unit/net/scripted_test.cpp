// Scripts of the provider `scripted`, and the backend that reads them out.
#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

#include "runtime/access/policy.h"
#include "runtime/model/client.h"
#include "runtime/model/script.h"
#include "runtime/program/program.h"
#include "runtime/sched/event_loop.h"

using namespace chain::model;
using chain::EventLoop;
using chain::program::Program;
using chain::program::Role;
namespace fs = std::filesystem;

namespace {

std::string mistake(const std::string& text) {
  std::string error;
  CHECK_FALSE(Script::read("s.jsonl", text, error));
  return error;
}

struct Heard final : Listener {
  std::optional<Completion> answer;
  std::optional<Failure> failure;
  std::string deltas, request;

  void sent(std::string_view text) override { request = text; }
  void delta(std::string_view text) override { deltas += text; }
  void done(Completion completion) override { answer = std::move(completion); }
  void failed(Failure why) override { failure = std::move(why); }
};

/// A program with one scripted model, in a folder of its own.
struct Rehearsal {
  explicit Rehearsal(const std::string& script, const std::string& path = "s.jsonl") {
    std::string name = (fs::temp_directory_path() / "chain-script-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder = fs::canonical(name);
    fs::create_directories(folder / "sub");
    std::ofstream(folder / "s.jsonl") << script;
    policy->folder = folder.string();
    program.files = {(folder / "sub" / "main.chain").string()};
    program.models.push_back({"m", "scripted", path, "{}"});
  }
  ~Rehearsal() { fs::remove_all(folder); }
  Rehearsal(const Rehearsal&) = delete;
  Rehearsal& operator=(const Rehearsal&) = delete;

  Heard ask(std::vector<Message> messages, std::vector<Tool> tools = {},
            const chain::program::Prompt* prompt = nullptr) {
    if (!client) client = make_client(program, loop, {.verbose = true, .access = policy});
    Heard heard;
    Request request;
    request.messages = std::move(messages);
    request.tools = std::move(tools);
    request.stream = true;
    request.program = &program;
    request.prompt = prompt;
    client->start(std::move(request), heard);
    CHECK_FALSE(heard.answer);  // never from within
    loop.run();
    return heard;
  }

  fs::path folder;
  EventLoop loop;
  Program program;
  std::shared_ptr<chain::access::Policy> policy = std::make_shared<chain::access::Policy>();
  std::unique_ptr<Client> client;
};

Message said(Role role, std::string_view text, std::shared_ptr<const Turn> turn = nullptr) {
  return {.role = role, .text = text, .media = {}, .turn = std::move(turn)};
}

}  // namespace

TEST_CASE("the first line of a script that fits answers") {
  std::string error;
  const auto script = Script::read("s.jsonl",
                                   "{\"when\": \"(?i)refund\", \"turn\": 1, \"text\": \"later\"}\r\n"
                                   "{\"when\": \"(?i)refund\", \"text\": \"refund\"}\n"
                                   "\n"
                                   "{\"text\": \"first\"}\n"
                                   "{\"turn\": 3, \"text\": \"fourth\"}\n"
                                   "{\"value\": {\"b\": 1.50}}",
                                   error);
  REQUIRE(script);
  CHECK(script->lines() == 5);
  const auto text = [&](int64_t turn, const char* last) {
    const ScriptLine* line = script->find(turn, last);
    return line ? line->text : "";
  };
  CHECK(text(0, "a Refund, please") == "refund");
  CHECK(text(1, "a Refund, please") == "later");
  CHECK(text(2, "a Refund, please") == "refund");
  CHECK(text(0, "hello") == "first");
  CHECK(text(1, "hello") == "{\"b\":1.5}");  // the second line without `when` and `turn`
  CHECK(script->find(2, "hello") == nullptr);
  CHECK(text(3, "hello") == "fourth");
  CHECK(script->find(0, "hello")->number == 4);
}

TEST_CASE("what is wrong with a script names its line") {
  CHECK(mistake("") == "s.jsonl: there is no line in it; one is {\"text\": \"Yes.\"}");
  CHECK(mistake("\n \n").starts_with("s.jsonl: there is no line"));
  const char* lines[][2] = {
      {"yes", "it is no JSON object"},
      {"[1]", "it is no JSON object"},
      {"{\"text\": \"a\"", "it is no JSON object"},
      {"{\"text\": \"\xff\"}", "it is no JSON object"},
      {"{}", "it says nothing"},
      {"{\"text\": 1}", "`text` is no string; `value` takes any JSON"},
      {"{\"text\": \"a\", \"value\": 1}", "leave one of them out"},
      {"{\"txt\": \"a\"}", "it has no `txt`: a line has `when`, `turn`"},
      {"{\"text\": \"a\", \"when\": \"(\"}", "`when` is no pattern: missing )"},
      {"{\"text\": \"a\", \"when\": 7}", "`when` is no pattern, a string"},
      {"{\"text\": \"a\", \"turn\": -1}", "`turn` is no number from 0"},
      {"{\"text\": \"a\", \"turn\": 0.5}", "`turn` is no number from 0"},
      {"{\"calls\": []}", "`calls` is no list of 1 to 128 calls"},
      {"{\"calls\": {\"name\": \"x\"}}", "`calls` is no list"},
      {"{\"calls\": [{\"name\": \"x\", \"arguments\": \"{}\"}]}", "a call is an object such as"},
      {"{\"calls\": [{\"arguments\": {}}]}", "a call is an object such as"},
      {"{\"calls\": [{\"name\": \"x\", \"args\": {}}]}", "a call is an object such as"},
  };
  for (const auto& [line, said] : lines) {
    INFO(line);
    const std::string error =
        mistake("{\"text\": \"fine\"}\n\n" + std::string(line) + "\n{\"text\": \"fine\"}");
    INFO(error);
    CHECK(error.starts_with("s.jsonl:3: "));
    CHECK(error.find(said) != std::string::npos);
  }
  std::string deep = "{\"value\": " + std::string(200'000, '[');
  CHECK(mistake(deep).starts_with("s.jsonl:1: "));
}

TEST_CASE("a conversation is answered by how far it has come, whoever asks and how often") {
  Rehearsal rehearsal(
      R"({"turn": 0, "text": "let me see", "calls": [{"name": "handbook.search", "arguments": {"query": "x"}}, {"name": "other"}]}
{"when": "14 days", "text": "within 14 days"}
{"text": "done"}
)");
  const std::vector<Tool> tools = {{"handbook_search", "", "", false}};
  for (int i = 0; i < 3; ++i) {
    const Heard first = rehearsal.ask({said(Role::User, "a refund?")}, tools);
    REQUIRE(first.answer);
    CHECK(first.answer->text == "let me see");
    CHECK(first.deltas == "let me see");
    CHECK(first.answer->model == "scripted");
    CHECK(first.answer->finish_reason == "tool_calls");
    CHECK(first.answer->usage.input_tokens + first.answer->usage.output_tokens == 0);
    REQUIRE(first.answer->tool_calls.size() == 2);
    CHECK(first.answer->tool_calls[0] == ToolCall{"script_0_0", "handbook_search", "{\"query\":\"x\"}"});
    CHECK(first.answer->tool_calls[1] == ToolCall{"script_0_1", "other", "{}"});
    const auto called =
        std::make_shared<Turn>(Turn{.calls = first.answer->tool_calls, .state = {}, .results = {}});
    const auto given = std::make_shared<Turn>(Turn{
        .calls = {}, .state = {}, .results = {{"script_0_0", "handbook_search", "paid in 14 days", false}}});
    const Heard second = rehearsal.ask(
        {said(Role::User, "a refund?"), said(Role::Assistant, "", called), said(Role::User, "", given)},
        tools);
    REQUIRE(second.answer);
    CHECK(second.answer->text == "within 14 days");
    CHECK(second.answer->tool_calls.empty());
    CHECK(second.request.find("result of handbook_search: paid in 14 days") != std::string::npos);
  }
}

TEST_CASE("examples are no turns") {
  Rehearsal rehearsal("{\"text\": \"first\"}\n{\"text\": \"second\"}");
  chain::program::Prompt prompt;
  prompt.messages = {
      {Role::System, {}, -1}, {Role::User, {}, 0}, {Role::Assistant, {}, -1}, {Role::User, {}, -1}};
  std::vector<Message> messages = {said(Role::System, "s"), said(Role::User, "e"), said(Role::Assistant, "e"),
                                   said(Role::Assistant, "a"), said(Role::User, "u")};
  CHECK(rehearsal.ask(messages, {}, &prompt).answer->text == "first");
  messages.push_back(said(Role::Assistant, "first"));
  messages.push_back(said(Role::User, "once more"));
  CHECK(rehearsal.ask(messages, {}, &prompt).answer->text == "second");
}

TEST_CASE("what a script does not have is a failure that says so") {
  Rehearsal rehearsal("{\"text\": \"only\"}\n{\"when\": \"tool\", \"calls\": [{\"name\": \"x\"}]}");
  const auto fails = [&](std::vector<Message> messages, std::string_view said) {
    const Heard heard = rehearsal.ask(std::move(messages));
    REQUIRE(heard.failure);
    INFO(heard.failure->message);
    CHECK(heard.failure->kind == chain::abi::ErrorKind::Failed);
    CHECK(heard.failure->message.find(said) != std::string::npos);
  };
  fails({said(Role::User, "a"), said(Role::Assistant, "b"), said(Role::User, "and\nthen?")},
        "model `m`: none of the 2 lines of s.jsonl fits turn 1 (the first is 0), before which was said: and "
        "then?");
  fails({said(Role::User, "a"), said(Role::Assistant, "b"), said(Role::User, "a tool")},
        "s.jsonl:2 calls tools, and nobody gives it any");
}

TEST_CASE("a script is read under the project's folder alone") {
  const auto failure = [](Rehearsal& rehearsal) {
    const Heard heard = rehearsal.ask({said(Role::User, "a")});
    return heard.failure ? heard.failure->message : heard.answer->text;
  };
  {
    Rehearsal rehearsal("{\"text\": \"of the project\"}");
    CHECK(failure(rehearsal) == "of the project");
  }
  {
    Rehearsal rehearsal("{\"text\": \"of the project\"}");
    std::ofstream(rehearsal.folder / "sub" / "s.jsonl") << "{\"text\": \"beside the file\"}";
    CHECK(failure(rehearsal) == "beside the file");
  }
  Rehearsal missing("", "nowhere.jsonl");
  CHECK(failure(missing).find("`nowhere.jsonl`") != std::string::npos);
  Rehearsal outside("", "../s.jsonl");
  CHECK(failure(outside).starts_with("model `m`: "));
  Rehearsal denied("{\"text\": \"a\"}");
  denied.policy->deny.push_back({chain::program::CapabilityKind::Read, (denied.folder / "s.jsonl").string()});
  CHECK(failure(denied).find("`s.jsonl` may not be read: `--deny` forbids it") != std::string::npos);
  Rehearsal broken("{\"text\": 1}");
  CHECK(failure(broken) == "model `m`: s.jsonl:1: `text` is no string; `value` takes any JSON");
}

TEST_CASE("baseline takes no tools and says what does") {
  Rehearsal rehearsal("");
  rehearsal.program.models[0] = {"m", "baseline", "", "{}"};
  const Heard heard = rehearsal.ask({said(Role::User, "a")}, {{"t", "", "", false}});
  REQUIRE(heard.failure);
  CHECK(heard.failure->kind == chain::abi::ErrorKind::InvalidValue);
  CHECK(heard.failure->message.find("`scripted(\"answers.jsonl\")`") != std::string::npos);
}
