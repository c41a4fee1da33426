// Other people's servers, each of both eras and transports: every tool, resource and prompt.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "tests/peers/peer.h"
#include "tests/unit/mcp/mcp_fixture.h"

namespace chain::test {

namespace {

using Catch::Matchers::Contains;
using mcp::Answer;
using mcp::Era;

const std::string kModules = CHAIN_MCP_MODULES;
const std::string kPeers = kModules + "/..";
// The SDK needs a newer Node than Debian has; npm brings it.
const bool kNode22 = [] {
  const char* path = std::getenv("PATH");
  return setenv("PATH", (kModules + "/.bin:" + (path != nullptr ? path : "/usr/bin:/bin")).c_str(), 1) == 0;
}();
const std::string kSdkServer = std::string(CHAIN_BIN_DIR) + "/mcp_sdk_server";

std::string bin(const std::string& name) {
  return kModules + "/.bin/" + name;
}

std::vector<std::string> names_of(const std::vector<mcp::Tool>& tools) {
  std::vector<std::string> names;
  for (const mcp::Tool& tool : tools) names.push_back(tool.name);
  std::ranges::sort(names);
  return names;
}

/// A folder that goes with the test.
struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "chain_mcp_XXXXXX";
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = std::filesystem::canonical(name);
  }
  ~Folder() { std::filesystem::remove_all(path); }
};

void check_sdk_server(Asking& shop, Era era) {
  const std::vector<mcp::Tool> tools = shop.tools();
  CHECK(names_of(tools) == std::vector<std::string>{"add", "count", "deploy", "fail", "where"});
  CHECK(shop.client->era() == era);
  CHECK_THAT(shop.client->about(), Contains("\"sdk-server\"") && Contains("Ask me anything."));
  const auto add = std::ranges::find_if(tools, [](const mcp::Tool& tool) { return tool.name == "add"; });
  CHECK(add->title == "Sum");
  CHECK(add->description == "Adds two numbers.");
  CHECK_THAT(add->input_schema, Contains("\"required\":[\"a\",\"b\"]"));
  CHECK_THAT(add->output_schema, Contains("\"sum\""));
  CHECK_THAT(add->annotations, Contains("readOnlyHint"));

  CHECK_THAT(shop.call("add", R"({"a": 2,
                                  "b": 40})")
                 .json,
             Contains(R"("structuredContent":{"sum":42})"));
  CHECK_THAT(shop.call("where", R"({"region":"서울 "})").json, Contains("서울  whenever"));
  CHECK_THAT(shop.call("where", R"({"region":"eu","urgent":false})").json, Contains("eu later"));
  const Answer failed = shop.call("fail");
  CHECK(failed.ok);
  CHECK_THAT(failed.json, Contains("\"isError\":true") && Contains("no such order"));

  CHECK_THAT(shop.call("deploy", R"({"to":"prod"})").json, Contains("not deployed"));
  REQUIRE(shop.heard.questions.size() == 1);
  CHECK(shop.heard.questions[0].message == "Deploy to prod?");
  CHECK_THAT(shop.heard.questions[0].schema, Contains("\"sure\""));
  shop.heard.answer_with = [](const mcp::Elicitation&) {
    return R"({"action":"accept","content":{"sure":true}})";
  };
  CHECK_THAT(shop.call("deploy", R"({"to":"prod"})").json, Contains("deployed to prod"));

  CHECK_THAT(shop.call("count", R"({"to":3})").json, Contains("counted to 3"));
  CHECK(shop.heard.progress_messages == std::vector<std::string>{"1/3 step 1", "2/3 step 2", "3/3 step 3"});

  const auto resources = shop.list(&mcp::Client::list_resources);
  REQUIRE(resources.size() == 2);
  CHECK(resources[0].uri == "memo://greeting");
  CHECK(resources[0].mime_type == "text/plain");
  CHECK(resources[1].uri == "memo://notes/{name}");
  CHECK(resources[1].is_template);
  CHECK_THAT(shop.ask("resources/read", R"({"uri":"memo://greeting"})").json, Contains("Hello."));
  CHECK_THAT(shop.ask("resources/read", R"({"uri":"memo://notes/x"})").json, Contains("Note x."));
  const auto prompts = shop.list(&mcp::Client::list_prompts);
  REQUIRE(prompts.size() == 1);
  CHECK(prompts[0].title == "Greet");
  REQUIRE(prompts[0].arguments.size() == 1);
  CHECK(prompts[0].arguments[0].name == "name");
  CHECK(prompts[0].arguments[0].required);
  CHECK_THAT(shop.ask("prompts/get", R"({"name":"greet","arguments":{"name":"Ann"}})").json,
             Contains("Greet Ann."));

  const Answer unknown = shop.ask("tools/call", R"({"name":"nope","arguments":{}})");
  if (!unknown.ok) CHECK_THAT(unknown.error, Contains("mcp `shop`: ") && Contains("nope"));
  if (unknown.ok) CHECK_THAT(unknown.json, Contains("isError"));
  const Answer refused = shop.ask("nope/nope", "{}");
  CHECK_FALSE(refused.ok);
  CHECK(refused.kind == abi::ErrorKind::NotFound);
  CHECK(refused.code == -32601);
  shop.close();
}

/// Arguments for the tools of server-everything that need some, and a word of what each answers.
const std::map<std::string, std::pair<std::string, std::string>> kEverything = {
    {"echo", {R"({"message":"hi"})", "Echo: hi"}},
    {"get-sum", {R"({"a":2,"b":3})", "The sum of 2 and 3 is 5."}},
    {"get-env", {"{}", "PATH"}},
    {"get-annotated-message", {R"({"messageType":"error","includeImage":true})", "\"type\":\"image\""}},
    {"get-resource-links", {R"({"count":2})", "resource_link"}},
    {"get-resource-reference", {R"({"resourceType":"Text","resourceId":1})", "\"type\":\"resource\""}},
    {"get-roots-list", {"{}", "roots"}},
    {"get-structured-content", {R"({"location":"Chicago"})", "\"structuredContent\""}},
    {"get-tiny-image", {"{}", "image/png"}},
    {"toggle-simulated-logging", {"{}", "logging"}},
    {"toggle-subscriber-updates", {"{}", "resource"}},
    {"trigger-elicitation-request", {"{}", "declined"}},
    {"trigger-url-elicitation", {R"({"url":"https://example.com/pay"})", "declined"}},
    {"trigger-long-running-operation", {R"({"duration":0.2,"steps":2})", "Long running operation completed"}},
    {"gzip-file-as-resource",
     {R"({"name":"x.gz","data":"data:text/plain;base64,aGk=","outputType":"resource"})", "application/gzip"}},
};

void check_everything(Asking& shop) {
  const std::vector<mcp::Tool> tools = shop.tools();
  CHECK(shop.client->era() == Era::Sessions);
  CHECK(tools.size() >= kEverything.size());
  for (const auto& [name, call] : kEverything) {
    CAPTURE(name);
    const auto arguments = call.first;
    CHECK(std::ranges::any_of(tools, [&](const mcp::Tool& tool) { return tool.name == name; }));
    const Answer answer = shop.call(name, arguments);
    CAPTURE(answer.error);
    CHECK(answer.ok);
    CHECK_THAT(answer.json, Contains(call.second));
  }
  CHECK(shop.heard.progress_messages.size() >= 2);
  CHECK_FALSE(shop.heard.questions.empty());
  // What asks a model is not offered to a client that has none to lend.
  CHECK_FALSE(std::ranges::any_of(
      tools, [](const mcp::Tool& tool) { return tool.name == "trigger-sampling-request"; }));

  const auto resources = shop.list(&mcp::Client::list_resources);
  CHECK(resources.size() >= 3);
  for (const mcp::Resource& resource : resources) {
    std::string uri = resource.uri;
    if (resource.is_template) uri.replace(uri.find('{'), uri.find('}') - uri.find('{') + 1, "1");
    CAPTURE(uri);
    const Answer answer = shop.ask("resources/read", R"({"uri":")" + uri + "\"}");
    CAPTURE(answer.error);
    CHECK(answer.ok);
    CHECK_THAT(answer.json, Contains("\"contents\""));
  }
  const auto prompts = shop.list(&mcp::Client::list_prompts);
  CHECK(prompts.size() >= 3);
  for (const mcp::Prompt& prompt : prompts) {
    std::string arguments;
    for (const mcp::PromptArgument& argument : prompt.arguments) {
      const std::string value = argument.name == "resourceType" ? "Text"
                                : argument.name == "resourceId" ? "1"
                                                                : "x";
      arguments += (arguments.empty() ? "\"" : ",\"") + argument.name + R"(":")" + value + "\"";
    }
    CAPTURE(prompt.name, arguments);
    const Answer answer =
        shop.ask("prompts/get", R"({"name":")" + prompt.name + R"(","arguments":{)" + arguments + "}}");
    CAPTURE(answer.error);
    CHECK(answer.ok);
    CHECK_THAT(answer.json, Contains("\"messages\""));
  }
  shop.close();
}

/// server-everything at a port of its own.
class EverythingOverHttp {
 public:
  EverythingOverHttp() : port_(unused_port()) {
    setenv("PORT", std::to_string(port_).c_str(), 1);
    const std::string program = kModules + "/@modelcontextprotocol/server-everything/dist/index.js";
    pid_ = fork();
    if (pid_ == 0) {
      if (freopen("/dev/null", "w", stdout) == nullptr || freopen("/dev/null", "w", stderr) == nullptr)
        _exit(126);
      execlp("node", "node", program.c_str(), "streamableHttp", nullptr);
      _exit(127);
    }
  }
  ~EverythingOverHttp() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/mcp"; }

 private:
  uint16_t port_;
  pid_t pid_;
};

}  // namespace

TEST_CASE("a server of the SDK over pipes, of both eras") {
  Asking shop(stdio_server({"node", kSdkServer, kPeers, "stdio"}));
  check_sdk_server(shop, Era::Stateless);
}

TEST_CASE("a server of the SDK over pipes, of the older era") {
  Asking shop(stdio_server({"node", kSdkServer, kPeers, "sessions"}));
  check_sdk_server(shop, Era::Sessions);
}

TEST_CASE("a server of the SDK over HTTP, of both eras") {
  const Peer peer("mcp_sdk_server", {kPeers, "http"});
  Asking shop(http_server("http://127.0.0.1:" + std::to_string(peer.port()) + "/mcp"));
  check_sdk_server(shop, Era::Stateless);
}

TEST_CASE("a server of the SDK over HTTP, of the newer era alone") {
  const Peer peer("mcp_sdk_server", {kPeers, "modern"});
  Asking shop(http_server("http://127.0.0.1:" + std::to_string(peer.port()) + "/mcp"));
  check_sdk_server(shop, Era::Stateless);
}

TEST_CASE("a tool whose headers were not known is called again with them") {
  const Peer peer("mcp_sdk_server", {kPeers, "modern"});
  Asking shop(http_server("http://127.0.0.1:" + std::to_string(peer.port()) + "/mcp"));
  const Answer answer = shop.call("where", R"({"region":"eu"})");  // nothing was listed before
  CAPTURE(answer.error);
  CHECK_THAT(answer.json, Contains("eu whenever"));
}

TEST_CASE("server-everything over pipes") {
  Asking shop(stdio_server({"node", bin("mcp-server-everything"), "stdio"}));
  check_everything(shop);
}

TEST_CASE("server-everything over HTTP") {
  const EverythingOverHttp everything;
  // It listens when it does.
  Answer up;
  for (int i = 0; i < 100 && !up.ok; ++i) {
    Asking shop(http_server(everything.url()));
    up = shop.ask("ping", "{}");
    if (!up.ok) usleep(50'000);
  }
  REQUIRE(up.ok);
  Asking shop(http_server(everything.url()));
  check_everything(shop);
}

TEST_CASE("server-filesystem keeps to the folder that it was given") {
  const Folder folder;
  std::ofstream(folder.path / "a.txt") << "first\nsecond\n";
  Asking shop(stdio_server({"node", bin("mcp-server-filesystem"), folder.path}));
  const std::string base = folder.path.string();
  const std::map<std::string, std::string> calls = {
      {"create_directory", R"({"path":"BASE/sub"})"},
      {"directory_tree", R"({"path":"BASE"})"},
      {"edit_file", R"({"path":"BASE/a.txt","edits":[{"oldText":"second","newText":"third"}]})"},
      {"get_file_info", R"({"path":"BASE/a.txt"})"},
      {"list_allowed_directories", "{}"},
      {"list_directory", R"({"path":"BASE"})"},
      {"list_directory_with_sizes", R"({"path":"BASE"})"},
      {"move_file", R"({"source":"BASE/a.txt","destination":"BASE/b.txt"})"},
      {"read_file", R"({"path":"BASE/b.txt"})"},
      {"read_media_file", R"({"path":"BASE/b.txt"})"},
      {"read_multiple_files", R"({"paths":["BASE/b.txt"]})"},
      {"read_text_file", R"({"path":"BASE/b.txt","head":1})"},
      {"search_files", R"({"path":"BASE","pattern":"*.txt"})"},
      {"write_file", R"({"path":"BASE/c.txt","content":"written"})"}};
  std::vector<std::string> expected;
  for (const auto& [name, arguments] : calls) expected.push_back(name);
  CHECK(names_of(shop.tools()) == expected);
  CHECK(shop.client->era() == Era::Sessions);
  for (auto [name, arguments] : calls) {
    for (size_t at = arguments.find("BASE"); at != std::string::npos; at = arguments.find("BASE"))
      arguments.replace(at, 4, base);
    CAPTURE(name);
    const Answer answer = shop.call(name, arguments);
    CAPTURE(answer.error, answer.json);
    CHECK(answer.ok);
    CHECK_THAT(answer.json, !Contains("\"isError\":true"));
  }
  CHECK(std::filesystem::exists(folder.path / "c.txt"));
  CHECK_THAT(shop.call("read_text_file", R"({"path":"/etc/passwd"})").json,
             Contains("\"isError\":true") && Contains("Access denied"));
  shop.close();
}

TEST_CASE("server-memory remembers") {
  const Folder folder;
  mcp::Server server = stdio_server({"node", bin("mcp-server-memory")});
  server.environment = {{"MEMORY_FILE_PATH", folder.path / "memory.jsonl"}};
  Asking shop(server);
  const std::pair<const char*, const char*> calls[] = {
      {"create_entities", R"({"entities":[{"name":"Ann","entityType":"person","observations":["likes tea"]},
                              {"name":"Bob","entityType":"person","observations":[]}]})"},
      {"create_relations", R"({"relations":[{"from":"Ann","to":"Bob","relationType":"knows"}]})"},
      {"add_observations", R"({"observations":[{"entityName":"Bob","contents":["likes coffee"]}]})"},
      {"read_graph", "{}"},
      {"search_nodes", R"({"query":"tea"})"},
      {"open_nodes", R"({"names":["Bob"]})"},
      {"delete_observations", R"({"deletions":[{"entityName":"Bob","observations":["likes coffee"]}]})"},
      {"delete_relations", R"({"relations":[{"from":"Ann","to":"Bob","relationType":"knows"}]})"},
      {"delete_entities", R"({"entityNames":["Bob"]})"}};
  CHECK(shop.tools().size() == std::size(calls));
  for (const auto& [name, arguments] : calls) {
    CAPTURE(name);
    const Answer answer = shop.call(name, arguments);
    CAPTURE(answer.error, answer.json);
    CHECK(answer.ok);
    CHECK_THAT(answer.json, !Contains("\"isError\":true"));
  }
  CHECK_THAT(shop.call("read_graph").json, Contains("Ann") && !Contains("Bob"));
  shop.close();
}

}  // namespace chain::test
