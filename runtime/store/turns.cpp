#include "runtime/store/turns.h"

#include <nlohmann/json.hpp>

#include <string>

namespace chain::store {
namespace {

using nlohmann::json;

std::string word(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// The objects of the list `name`.
std::vector<json> objects(const json& turn, const char* name) {
  std::vector<json> found;
  const auto list = turn.find(name);
  if (list == turn.end() || !list->is_array()) return found;
  for (const json& each : *list) {
    if (each.is_object()) found.push_back(each);
  }
  return found;
}

}  // namespace

std::string turn_text(const model::Completion& completion) {
  json turn;
  for (const model::ToolCall& call : completion.tool_calls)
    turn["tool_calls"].push_back({{"id", call.id}, {"name", call.name}, {"arguments", call.arguments}});
  if (!completion.state.api.empty())
    turn["state"] = {{"api", completion.state.api}, {"json", completion.state.json}};
  for (const model::Source& source : completion.sources)
    turn["sources"].push_back({{"title", source.title}, {"url", source.url}, {"quote", source.quote}});
  for (const std::string& what : completion.dropped) turn["dropped"].push_back(what);
  return turn.is_null() ? std::string() : turn.dump(-1, ' ', false, json::error_handler_t::replace);
}

void read_turn(std::string_view text, model::Completion& completion) {
  if (text.empty()) return;
  const json turn = json::parse(text, nullptr, false);
  if (!turn.is_object()) return;
  for (const json& call : objects(turn, "tool_calls"))
    completion.tool_calls.push_back({word(call, "id"), word(call, "name"), word(call, "arguments")});
  if (const auto state = turn.find("state"); state != turn.end() && state->is_object())
    completion.state = {word(*state, "api"), word(*state, "json")};
  for (const json& source : objects(turn, "sources"))
    completion.sources.push_back({word(source, "title"), word(source, "url"), word(source, "quote")});
  const auto dropped = turn.find("dropped");
  if (dropped == turn.end() || !dropped->is_array()) return;
  for (const json& what : *dropped) {
    if (what.is_string()) completion.dropped.push_back(what.get<std::string>());
  }
}

}  // namespace chain::store
