#include "runtime/model/probe_questions.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "runtime/model/endpoint.h"
#include "runtime/model/options.h"

namespace chain::model {

namespace {

using nlohmann::json;

constexpr const char* kAsk = "Call the tool `ping` now.";
constexpr const char* kDoc = "Answers with pong.";
constexpr int kTokens = 1024;  // some models think before they call

json no_parameters() {
  return {{"type", "object"}, {"properties", json::object()}};
}
json user(const char* text) {
  return json::array({{{"role", "user"}, {"content", text}}});
}
json function_tool() {
  const json function = {{"name", "ping"}, {"description", kDoc}, {"parameters", no_parameters()}};
  return json::array({{{"type", "function"}, {"function", function}}});
}

ProbeQuestion chat(const program::Model& model, Does Abilities::* ability) {
  json body = {{"model", model.id}, {"messages", user(kAsk)}};
  body[model.provider == "openai" ? "max_completion_tokens" : "max_tokens"] = kTokens;
  if (ability == &Abilities::several) {
    body["messages"] = user("Answer with the word ok.");
    body["n"] = 2;
  } else {
    body["tools"] = function_tool();
    if (ability == &Abilities::tool_choice)
      body["tool_choice"] = {{"type", "function"}, {"function", {{"name", "ping"}}}};
  }
  return {{"/chat/completions", "chat completions"}, body.dump()};
}

ProbeQuestion responses(const program::Model& model, Does Abilities::* ability) {
  json tool = function_tool()[0]["function"];
  tool["type"] = "function";
  tool["strict"] = false;
  json body = {{"model", model.id},
               {"store", false},
               {"max_output_tokens", kTokens},
               {"input", user(kAsk)},
               {"tools", json::array({tool})}};
  if (ability == &Abilities::tool_choice) body["tool_choice"] = {{"type", "function"}, {"name", "ping"}};
  return {{"/responses", "servers of OpenAI's Responses"}, body.dump()};
}

ProbeQuestion anthropic(const program::Model& model, Does Abilities::* ability) {
  json body = {{"model", model.id}, {"max_tokens", kTokens}, {"messages", user(kAsk)}};
  body["tools"] = json::array({{{"name", "ping"}, {"description", kDoc}, {"input_schema", no_parameters()}}});
  if (ability == &Abilities::tool_choice) body["tool_choice"] = {{"type", "tool"}, {"name", "ping"}};
  return {{"/messages", "messages APIs"}, body.dump()};
}

ProbeQuestion gemini(const program::Model& model, Does Abilities::* ability) {
  const json part = {{"text", kAsk}};
  const json function = {{"name", "ping"}, {"description", kDoc}};
  json body = {{"contents", json::array({{{"role", "user"}, {"parts", json::array({part})}}})},
               {"tools", json::array({{{"functionDeclarations", json::array({function})}}})}};
  if (ability == &Abilities::tool_choice) body["toolConfig"] = {{"functionCallingConfig", {{"mode", "ANY"}}}};
  return {{"/models/" + in_path(model.id) + ":generateContent", "Gemini models"}, body.dump()};
}

ProbeQuestion ollama(const program::Model& model) {
  const json body = {
      {"model", model.id}, {"stream", false}, {"messages", user(kAsk)}, {"tools", function_tool()}};
  return {{"/api/chat", "Ollama's models"}, body.dump()};
}

/// The list at `pointer`; empty if there is none.
json list_at(const json& reply, const char* pointer) {
  const json::json_pointer place(pointer);
  if (!reply.is_object() || !reply.contains(place) || !reply[place].is_array()) return json::array();
  return reply[place];
}

bool any_with(const json& list, const char* member) {
  return std::ranges::any_of(list,
                             [&](const json& each) { return each.is_object() && each.contains(member); });
}

}  // namespace

bool speaks_responses(const program::Model& model) {
  std::string error;
  const std::optional<Options> options = Options::read(model, error);
  return options && options->text("api") == "responses";
}

std::optional<ProbeQuestion> question_about(const program::Model& model, Does Abilities::* ability) {
  const bool several = ability == &Abilities::several;
  if (speaks_responses(model)) return several ? std::nullopt : std::optional(responses(model, ability));
  if (model.provider == "openai" || model.provider == "compatible") return chat(model, ability);
  if (several) return std::nullopt;
  if (model.provider == "anthropic") return anthropic(model, ability);
  if (model.provider == "gemini") return gemini(model, ability);
  if (model.provider == "ollama" && ability == &Abilities::tools) return ollama(model);
  return std::nullopt;
}

bool shows(const program::Model& model, Does Abilities::* ability, std::string_view text) {
  const json reply = json::parse(text, nullptr, false);
  if (ability == &Abilities::several) return list_at(reply, "/choices").size() == 2;
  if (speaks_responses(model)) {
    const json output = list_at(reply, "/output");
    return std::ranges::any_of(output, [](const json& each) {
      return each.is_object() && each.value("type", json()) == json("function_call");
    });
  }
  if (model.provider == "anthropic") {
    const json content = list_at(reply, "/content");
    return std::ranges::any_of(content, [](const json& each) {
      return each.is_object() && each.value("type", json()) == json("tool_use");
    });
  }
  if (model.provider == "gemini")
    return any_with(list_at(reply, "/candidates/0/content/parts"), "functionCall");
  if (model.provider == "ollama") return !list_at(reply, "/message/tool_calls").empty();
  return !list_at(reply, "/choices/0/message/tool_calls").empty();
}

}  // namespace chain::model
