#include "runtime/mcp/declared.h"
#include "runtime/process/environment.h"

#include <charconv>

#include "runtime/program/secret_source.h"
#include "runtime/value/json.h"

namespace chain::mcp {

namespace {

using value::JsonMember;

class Reader {
 public:
  Reader(const program::Resource& resource, std::string& error) : resource_(resource), error_(error) {}

  std::optional<Server> read() {
    server_.name = resource_.name;
    std::string ignored;
    for (const JsonMember& option :
         value::json_members(resource_.options_json, ignored).value_or(std::vector<JsonMember>())) {
      if (option.key == "program") server_.command.insert(server_.command.begin(), text(option.value));
      if (option.key == "arguments") arguments(option.value);
      if (option.key == "url") server_.url = text(option.value);
      if (option.key == "env") environment(option.value);
      if (option.key == "headers") server_.headers = texts(option.value);
      if (option.key == "timeout")
        std::from_chars(option.value.data(), option.value.data() + option.value.size(), server_.timeout);
    }
    return error_.empty() ? std::optional(std::move(server_)) : std::nullopt;
  }

 private:
  void environment(std::string_view json) {
    server_.environment = texts(json);
    for (const auto& [name, value] : server_.environment) {
      if (process::chooses_code(name))
        error_ = "server `" + resource_.name + "` cannot be given `" + name +
                 "`, which decides what code is run: name the program itself";
    }
  }

  /// A string, or a list of strings and secrets.
  std::string text(std::string_view json) {
    if (const auto plain = value::json_string(json)) return *plain;
    std::string result, ignored;
    const auto pieces = value::json_items(json, ignored);
    for (const std::string_view piece : pieces.value_or(std::vector<std::string_view>())) {
      if (const auto plain = value::json_string(piece)) {
        result += *plain;
        continue;
      }
      for (const JsonMember& member : value::json_members(piece, ignored).value_or(std::vector<JsonMember>()))
        result += secret(value::json_string(member.value).value_or(""));
    }
    return result;
  }

  std::string secret(const std::string& name) {
    std::string value = program::secret_value(name);
    if (value.empty() && error_.empty())
      error_ =
          "server `" + resource_.name + "` needs the environment variable " + name + ", which is not set";
    server_.secrets.push_back(value);
    return value;
  }

  void arguments(std::string_view json) {
    std::string ignored;
    for (const std::string_view word :
         value::json_items(json, ignored).value_or(std::vector<std::string_view>()))
      server_.command.push_back(text(word));
  }

  std::vector<std::pair<std::string, std::string>> texts(std::string_view json) {
    std::string ignored;
    std::vector<std::pair<std::string, std::string>> result;
    for (const JsonMember& member : value::json_members(json, ignored).value_or(std::vector<JsonMember>()))
      result.emplace_back(member.key, text(member.value));
    return result;
  }

  const program::Resource& resource_;
  std::string& error_;
  Server server_;
};

}  // namespace

std::optional<Server> declared_server(const program::Resource& resource, std::string& error) {
  error.clear();
  std::optional<Server> server = Reader(resource, error).read();
  if (server && !resource.file.empty()) server->place = resource.file + ':' + resource.name;
  return server;
}

Method method_of(const program::External& external, std::string_view arguments) {
  if (external.provider != "tools/call") return {external.provider, std::string(arguments)};
  std::string name = external.name.substr(external.name.find('.') + 1), ignored;
  for (const JsonMember& option :
       value::json_members(external.options_json, ignored).value_or(std::vector<JsonMember>())) {
    if (option.key == "name") name = value::json_string(option.value).value_or(name);
  }
  std::string params = "{\"name\":";
  value::append_json_string(params, name);
  params += ",\"arguments\":";
  params += arguments;
  return {"tools/call", params + '}'};
}

}  // namespace chain::mcp
