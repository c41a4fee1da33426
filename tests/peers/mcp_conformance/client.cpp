// The client of the official conformance suite: lists the tools of the server at the URL that it is given,
// calls each of them, and accepts what it is asked. Says yes in the place of a person where a login is
// wanted.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/elicitation.h"
#include "runtime/access/host.h"
#include "runtime/access/policy.h"
#include "runtime/mcp/authorizer.h"
#include "runtime/mcp/client.h"
#include "runtime/sched/event_loop.h"
#include "tests/peers/browser.h"

namespace {

using namespace chain;
using nlohmann::json;
using test::Browser;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

/// Accepts every form with its defaults, and `true` and the first choice where there are none.
class Person final : public mcp::Handler {
  void elicit(std::string_view, const mcp::Elicitation& question,
              std::function<void(std::string)> answer) override {
    std::string error;
    const auto fields = cli::form_fields(question.schema.empty() ? "{}" : question.schema, error);
    std::vector<std::pair<std::string, std::string>> values;
    for (const cli::FormField& field : fields.value_or(std::vector<cli::FormField>())) {
      const char* typed = field.kind == cli::FormField::Kind::Bool ? "yes"
                          : field.choices.empty()                  ? "7"
                                                                   : "1";
      const auto value = cli::field_value(field, field.fallback.empty() ? typed : "", error);
      values.emplace_back(field.name, value.value_or(""));
    }
    answer(cli::accepted(values));
  }
};

/// Something that fits a property of a schema.
json example(const json& property, const json& first_schema, const std::string& name) {
  if (name == "schema") return first_schema;
  const json type = property.is_object() ? property.value("type", json()) : json();
  if (type == "number" || type == "integer") return 7;
  if (type == "boolean") return true;
  if (type == "object") return json::object();
  if (type == "array") return json::array();
  return "text";
}

struct Call {
  std::string name;
  json arguments;
};

class Driver {
 public:
  Driver(EventLoop& loop, mcp::Client& client, const json& context) : loop_(loop), client_(client) {
    for (const json& call : context.value("toolCalls", json::array()))
      calls_.push_back({call.value("name", ""), call.value("arguments", json::object())});
  }

  void begin() {
    client_.list_tools([this](const std::vector<mcp::Tool>& tools, const std::string& error) {
      if (!error.empty()) {
        std::fprintf(stderr, "%s\n", error.c_str());
        failed_ = true;
        return finish();
      }
      if (calls_.empty()) plan(tools);
      next();
    });
  }
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  void plan(const std::vector<mcp::Tool>& tools) {
    const json first = tools.empty() ? json() : json::parse(tools[0].input_schema, nullptr, false);
    for (const mcp::Tool& tool : tools) {
      const json schema = json::parse(tool.input_schema, nullptr, false);
      json arguments = json::object();
      const json properties =
          schema.is_object() ? schema.value("properties", json::object()) : json::object();
      for (const auto& [name, property] : properties.items())
        arguments[name] = example(property, first, name);
      calls_.push_back({tool.name, arguments});
    }
  }

  void next() {
    if (at_ == calls_.size()) return finish();
    const Call& call = calls_[at_++];
    client_.call_tool(call.name, call.arguments.dump(), [this](const mcp::Answer& answer) {
      if (!answer.ok) std::fprintf(stderr, "%s\n", answer.error.c_str());
      next();
    });
  }

  void finish() {
    client_.close([this] { loop_.stop(); });
  }

  EventLoop& loop_;
  mcp::Client& client_;
  std::vector<Call> calls_;
  size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace

int main(int count, char** words) {
  if (count < 2) return 2;
  const std::string scenario = variable("MCP_CONFORMANCE_SCENARIO");
  json context = json::parse(variable("MCP_CONFORMANCE_CONTEXT"), nullptr, false);
  if (!context.is_object()) context = json::object();
  std::string folder = (std::filesystem::temp_directory_path() / "chain-conformance-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return 2;

  EventLoop loop;
  Browser browser(loop);
  Person person;
  auto policy = std::make_shared<access::Policy>();
  mcp::Server server;
  server.name = "conformance";
  server.url = words[count - 1];
  server.timeout = 20'000'000'000;
  policy->allow.push_back({program::CapabilityKind::Host, access::host_of_url(server.url)});
  mcp::AuthorizerOptions login;
  login.access = policy;
  login.folder = folder + "/tokens";
  login.show = [&](const std::string& url) { browser.open(url); };
  login.patience = 10'000'000'000;
  login.client = {context.value("client_id", ""), context.value("client_secret", ""), ""};
  if (scenario == "auth/basic-cimd")
    login.client_document = "https://conformance-test.local/client-metadata.json";
  mcp::Authorizer authorizer(loop, login);
  mcp::Options options;
  options.access = policy;
  options.handler = &person;
  options.authorize = [&](const mcp::Server& asked, const std::string& challenge, auto done) {
    authorizer.authorize(asked, challenge, std::move(done));
  };
  auto client = mcp::make_client(loop, server, std::move(options));
  Driver driver(loop, *client, context);
  driver.begin();
  loop.run();
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return driver.failed() ? 1 : 0;
}
