#include "runtime/mcp/client.h"

#include <algorithm>
#include <utility>

#include "runtime/mcp/connection.h"
#include "runtime/model/json_reader.h"

namespace chain::mcp {

namespace {

Tool tool_of(std::string_view json) {
  const std::string_view annotations = member_of(json, "annotations");
  const std::string_view output = member_of(json, "outputSchema");
  const std::string_view input = member_of(json, "inputSchema");
  Tool tool{.name = text_of(json, "name"),
            .title = text_of(json, "title"),
            .description = text_of(json, "description"),
            .input_schema = input.starts_with('{') ? std::string(input) : R"({"type":"object"})",
            .output_schema = output.starts_with('{') ? std::string(output) : std::string(),
            .annotations = annotations.starts_with('{') ? std::string(annotations) : std::string()};
  if (tool.title.empty()) tool.title = text_of(annotations, "title");
  return tool;
}

Resource resource_of(std::string_view json, bool is_template) {
  return {.uri = text_of(json, is_template ? "uriTemplate" : "uri"),
          .name = text_of(json, "name"),
          .title = text_of(json, "title"),
          .description = text_of(json, "description"),
          .mime_type = text_of(json, "mimeType"),
          .is_template = is_template};
}

Prompt prompt_of(std::string_view json) {
  Prompt prompt{.name = text_of(json, "name"),
                .title = text_of(json, "title"),
                .description = text_of(json, "description"),
                .arguments = {}};
  model::JsonReader reader(member_of(json, "arguments"));
  reader.array([&] {
    std::string_view each;
    if (!reader.raw(each)) return false;
    prompt.arguments.push_back({.name = text_of(each, "name"),
                                .description = text_of(each, "description"),
                                .required = member_of(each, "required") == "true"});
    return true;
  });
  return prompt;
}

class ServerClient final : public Client {
 public:
  ServerClient(EventLoop& loop, Server server, Options options)
      : connection_(std::make_shared<Connection>(loop, std::move(server), std::move(options))) {}
  ~ServerClient() override { connection_->shut(); }

  CallId request(std::string method, std::string params_json, Done done) override {
    return connection_->request(std::move(method), std::move(params_json), std::move(done));
  }
  void cancel(CallId call) override { connection_->cancel(call); }
  void list_tools(std::function<void(std::vector<Tool>, std::string)> done) override;
  void list_resources(std::function<void(std::vector<Resource>, std::string)> done) override;
  void list_prompts(std::function<void(std::vector<Prompt>, std::string)> done) override;
  [[nodiscard]] Era era() const override { return connection_->era(); }
  [[nodiscard]] std::string about() const override { return connection_->about(); }
  void close(std::function<void()> done) override { connection_->close(std::move(done)); }

 private:
  std::shared_ptr<Connection> connection_;
};

void ServerClient::list_tools(std::function<void(std::vector<Tool>, std::string)> done) {
  list_pages(connection_, "tools/list", "tools",
             [done = std::move(done), weak = std::weak_ptr(connection_)](
                 const std::vector<std::string>& elements, std::string error) {
               std::vector<Tool> tools;
               const auto connection = weak.lock();
               for (const std::string& element : elements) {
                 Tool tool = tool_of(element);
                 const auto has_name = [&](const Tool& other) { return other.name == tool.name; };
                 if (tool.name.empty() || std::ranges::any_of(tools, has_name)) continue;
                 auto headers = param_headers(tool.input_schema);
                 // Whoever sends headers must not know a tool whose headers are not allowed.
                 if (!headers && connection && connection->over_http()) continue;
                 if (connection && headers) connection->learn(tool.name, *std::move(headers));
                 tools.push_back(std::move(tool));
               }
               done(std::move(tools), std::move(error));
             });
}

void ServerClient::list_resources(std::function<void(std::vector<Resource>, std::string)> done) {
  list_pages(connection_, "resources/list", "resources",
             [done = std::move(done), weak = std::weak_ptr(connection_)](
                 const std::vector<std::string>& elements, std::string error) {
               std::vector<Resource> resources;
               for (const std::string& element : elements) resources.push_back(resource_of(element, false));
               const auto connection = weak.lock();
               if (!error.empty() || !connection) return done({}, std::move(error));
               list_pages(connection, "resources/templates/list", "resourceTemplates",
                          [done, resources = std::move(resources)](const std::vector<std::string>& templates,
                                                                   std::string problem) mutable {
                            for (const std::string& element : templates)
                              resources.push_back(resource_of(element, true));
                            done(std::move(resources), std::move(problem));
                          });
             });
}

void ServerClient::list_prompts(std::function<void(std::vector<Prompt>, std::string)> done) {
  list_pages(connection_, "prompts/list", "prompts",
             [done = std::move(done)](const std::vector<std::string>& elements, std::string error) {
               std::vector<Prompt> prompts;
               for (const std::string& element : elements) prompts.push_back(prompt_of(element));
               done(std::move(prompts), std::move(error));
             });
}

}  // namespace

Client::CallId Client::call_tool(std::string_view name, std::string_view arguments_json, Done done) {
  const std::string arguments(arguments_json.empty() ? std::string_view("{}") : arguments_json);
  return request("tools/call", with_members({}, {{"name", quoted(name)}, {"arguments", arguments}}),
                 std::move(done));
}

std::unique_ptr<Client> make_client(EventLoop& loop, Server server, Options options) {
  return std::make_unique<ServerClient>(loop, std::move(server), std::move(options));
}

}  // namespace chain::mcp
