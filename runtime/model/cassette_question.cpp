#include "runtime/model/cassette_question.h"

#include <nlohmann/json.hpp>

#include <utility>

#include "runtime/model/cache_key.h"
#include "runtime/program/versioned.h"
#include "runtime/value/digest.h"

namespace chain::model {

using nlohmann::json;

namespace {

constexpr size_t kKeyDigits = 32;
constexpr size_t kSchemaDigits = 16;

const char* word_of(program::Role role) {
  switch (role) {
    case program::Role::System: return "system";
    case program::Role::User: return "user";
    case program::Role::Assistant: return "assistant";
  }
  return "";
}

std::string dumped(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// What a message shows. A medium that cannot be read has no hash: the call says why.
json media_of(const Message& message, const program::TypeTable& types, const MediaReader& reader) {
  json list = json::array();
  for (const abi::Attachment& each : message.media) {
    const std::string_view source = each.source.view();
    json& medium = list.emplace_back();
    medium["at"] = each.offset;
    medium["type"] = types.to_string(each.type);
    medium["source"] = shown_source(source);
    Failure failure;
    const auto read = reader.read(medium_kind(types, each.type), source, failure);
    if (read && read->url.empty()) medium["sha256"] = value::hex(value::sha256(read->bytes));
  }
  return list;
}

void add_lines(std::vector<std::string>& lines, const std::string& head, const std::string& text) {
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(head + text.substr(begin, end - begin));
    begin = end + 1;
  }
}

std::string word(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return {};
  return found->is_string() ? found->get<std::string>() : dumped(*found);
}

}  // namespace

CassetteQuestions::CassetteQuestions(const program::Program& program,
                                     std::shared_ptr<const access::Policy> policy, Secrets secrets)
    : program_(program),
      media_(std::make_unique<const MediaReader>(std::move(policy))),
      secrets_(std::move(secrets)),
      options_(program.models.size()) {}

const std::string& CassetteQuestions::options_of(uint32_t model) {
  std::string& known = options_.at(model);
  if (!known.empty()) return known;
  json kept = json::object();
  const json options = json::parse(program_.models[model].options_json, nullptr, false);
  if (options.is_object()) {
    for (const auto& [name, value] : options.items()) {
      if (decides_answer(name)) kept[name] = value;
    }
  }
  return known = dumped(kept);
}

CassetteQuestion CassetteQuestions::of(const Request& request) {
  const program::Model& model = program_.models.at(request.model);
  json asked = {{"model", model.id.empty() ? model.provider : model.provider + "/" + model.id},
                {"messages", json::array()}};
  if (json options = json::parse(options_of(request.model)); !options.empty())
    asked["options"] = std::move(options);
  if (request.max_tokens > 0) asked["max_tokens"] = request.max_tokens;
  if (request.prompt) asked["prompt"] = program::versioned(request.prompt->name, request.prompt->version);
  if (!request.schema.empty())
    asked["schema"] = value::hex(value::sha256(request.schema)).substr(0, kSchemaDigits);
  for (const Tool& tool : request.tools) {
    asked["tools"].push_back(
        {{"name", tool.name},
         {"description", tool.description},
         {"parameters", value::hex(value::sha256(tool.parameters)).substr(0, kSchemaDigits)}});
  }
  for (const Message& message : request.messages) {
    json& said = asked["messages"].emplace_back();
    std::string text(message.text);
    secrets_.redact(text);
    said = {{"role", word_of(message.role)}, {"text", std::move(text)}};
    if (!message.media.empty()) said["media"] = media_of(message, program_.types, *media_);
  }
  CassetteQuestion question;
  question.request = dumped(asked);
  question.key = cassette_key(question.request);
  question.prompt = request.prompt ? request.prompt->name : std::string(request.schema_name);
  return question;
}

std::string cassette_key(const std::string& request) {
  return value::hex(value::sha256(request)).substr(0, kKeyDigits);
}

std::vector<std::string> readable_lines(const std::string& request) {
  std::vector<std::string> lines;
  const json asked = json::parse(request, nullptr, false);
  if (!asked.is_object()) return lines;
  for (const char* name : {"model", "prompt", "schema", "max_tokens"}) {
    if (asked.contains(name)) lines.push_back(name + (": " + word(asked, name)));
  }
  if (const auto options = asked.find("options"); options != asked.end() && options->is_object()) {
    for (const auto& [name, value] : options->items())
      lines.push_back("option " + name + ": " + dumped(value));
  }
  const auto messages = asked.find("messages");
  if (messages == asked.end() || !messages->is_array()) return lines;
  for (const json& message : *messages) {
    if (!message.is_object()) continue;
    const std::string head = word(message, "role") + ": ";
    add_lines(lines, head, word(message, "text"));
    if (const auto media = message.find("media"); media != message.end()) {
      for (const json& medium : *media) lines.push_back(head + dumped(medium));
    }
  }
  return lines;
}

}  // namespace chain::model
