#include "runtime/value/json.h"
#include "runtime/value/json_tree.h"

namespace chain::value {

namespace {

constexpr std::string_view kSpace = " \t\r\n";

/// Where the value that begins at `at` ends, in text that is known to be JSON.
size_t end_of_value(std::string_view json, size_t at) {
  size_t depth = 0;
  for (; at < json.size(); ++at) {
    const char c = json[at];
    if (c == '"') {
      for (++at; json[at] != '"'; ++at) {
        if (json[at] == '\\') ++at;
      }
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return at;  // of the object around it
      --depth;
    } else if (c == ',' && depth == 0) {
      return at;
    }
  }
  return at;
}

}  // namespace

std::optional<std::vector<JsonMember>> json_members(std::string_view json, std::string& message,
                                                    JsonLimits limits) {
  Arena arena;
  const JsonNode* root = parse_json(json, arena, limits, message);
  if (!root) return std::nullopt;
  if (root->kind != JsonNode::Kind::Object) {
    message = "expected an object";
    return std::nullopt;
  }
  std::vector<JsonMember> members;
  size_t at = json.find('{') + 1;
  for (const JsonNode* member = root->first; member; member = member->next) {
    const size_t key = json.find('"', at);
    size_t colon = key + 1;
    while (json[colon] != '"') colon += json[colon] == '\\' ? 2 : 1;
    const size_t begin = json.find_first_not_of(kSpace, json.find(':', colon) + 1);
    const size_t end = end_of_value(json, begin);
    const std::string_view value = json.substr(begin, end - begin);
    members.push_back({std::string(member->key), value.substr(0, value.find_last_not_of(kSpace) + 1)});
    at = end + 1;
  }
  return members;
}

std::optional<std::vector<std::string_view>> json_items(std::string_view json, std::string& message,
                                                        JsonLimits limits) {
  Arena arena;
  const JsonNode* root = parse_json(json, arena, limits, message);
  if (!root) return std::nullopt;
  if (root->kind != JsonNode::Kind::List) {
    message = "expected a list";
    return std::nullopt;
  }
  std::vector<std::string_view> items;
  size_t at = json.find('[') + 1;
  for (uint64_t i = 0; i < root->count; ++i) {
    const size_t begin = json.find_first_not_of(kSpace, at);
    const size_t end = end_of_value(json, begin);
    const std::string_view value = json.substr(begin, end - begin);
    items.push_back(value.substr(0, value.find_last_not_of(kSpace) + 1));
    at = end + 1;
  }
  return items;
}

std::optional<std::string> json_string(std::string_view json) {
  Arena arena;
  std::string message;
  const JsonNode* root = parse_json(json, arena, {}, message);
  if (!root || root->kind != JsonNode::Kind::String) return std::nullopt;
  return std::string(root->text);
}

bool is_json(std::string_view text, JsonLimits limits) {
  Arena arena;
  std::string message;
  return parse_json(text, arena, limits, message) != nullptr;
}

}  // namespace chain::value
