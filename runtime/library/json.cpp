// Values of type `json`, which is kept as text, and bytes.
#include <charconv>

#include "runtime/library/call.h"
#include "runtime/value/base64.h"
#include "runtime/value/json.h"
#include "runtime/value/json_text.h"
#include "runtime/value/map.h"
#include "runtime/value/utf8.h"

namespace chain::library {

namespace {

using value::JsonNode;
using Kind = JsonNode::Kind;

/// The argument as a tree. It is JSON, because it is kept as such.
class Parsed {
 public:
  explicit Parsed(std::string_view text) {
    std::string message;
    root_ = value::parse_json(text, arena_, {}, message);
  }
  [[nodiscard]] const JsonNode* operator->() const { return root_ ? root_ : &null_; }

 private:
  value::Arena arena_;
  const JsonNode* root_ = nullptr;
  JsonNode null_;
};

/// The text of `node` in the run's arena; null data if there is no room.
Text kept(Call& call, const JsonNode& node) {
  std::string text;
  value::append_json(text, node);
  return call.context().arena.copy(text);
}

Status give_node(Call& call, const JsonNode* node) {
  if (!node) return call.give_none();
  const Text text = kept(call, *node);
  return text.data ? call.give_some(text) : call.fail_too_large();
}

template <class T>
Status give_number(Call& call) {
  const Parsed json(call.text(0));
  T number{};
  const std::string_view text = json->kind == Kind::Number ? json->text : std::string_view();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool read = !text.empty() && error == std::errc() && end == text.data() + text.size();
  return read ? call.give_some(number) : call.give_none();
}

}  // namespace

LIBRARY(chain_lib_to_json) {
  std::string json;
  const bool whole =
      value::write_json(call.types(), call.type(0), call.argument(0), json, {.models_view = true});
  constexpr value::JsonLimits limits;
  if (json.size() > limits.bytes) return call.fail_too_large();
  if (!whole || value::json_depth(json) > limits.depth)
    return call.fail("the value is nested too deeply: a `json` has at most " + std::to_string(limits.depth) +
                     " levels");
  return call.give_text(json);
}

LIBRARY(chain_lib_parse_json) {
  const auto json = value::kept_json(call.text(0));
  if (!json) return call.give_none();
  const Text text = call.context().arena.copy(*json);
  return text.data ? call.give_some(text) : call.fail_too_large();
}

LIBRARY(chain_lib_json_member) {
  const Parsed json(call.text(0));
  const JsonNode* found = nullptr;
  for (const JsonNode* node = json->kind == Kind::Object ? json->first : nullptr; node; node = node->next) {
    if (node->key == call.text(1)) found = node;
  }
  return give_node(call, found);
}

LIBRARY(chain_lib_json_element) {
  const Parsed json(call.text(0));
  auto index = call.get<int64_t>(1);
  if (json->kind != Kind::List) return call.give_none();
  if (index < 0) index += static_cast<int64_t>(json->count);
  if (index < 0) return call.give_none();
  const JsonNode* node = json->first;
  while (node && index-- > 0) node = node->next;
  return give_node(call, node);
}

LIBRARY(chain_lib_json_string) {
  const Parsed json(call.text(0));
  if (json->kind != Kind::String) return call.give_none();
  const Text text = call.context().arena.copy(json->text);
  return text.data || json->text.empty() ? call.give_some(text) : call.fail_too_large();
}

LIBRARY(chain_lib_json_int) {
  return give_number<int64_t>(call);
}

LIBRARY(chain_lib_json_float) {
  return give_number<double>(call);
}

LIBRARY(chain_lib_json_bool) {
  const Parsed json(call.text(0));
  if (json->kind != Kind::True && json->kind != Kind::False) return call.give_none();
  return call.give_some(static_cast<uint8_t>(json->kind == Kind::True));
}

LIBRARY(chain_lib_json_list) {
  const Parsed json(call.text(0));
  if (json->kind != Kind::List) return call.give_none();
  std::byte* data = call.allocate(json->count, sizeof(Text));
  if (!data) return abi::kFailed;
  std::byte* place = data;
  for (const JsonNode* node = json->first; node; node = node->next, place += sizeof(Text)) {
    const Text text = kept(call, *node);
    if (!text.data) return call.fail_too_large();
    value::store(place, text);
  }
  return call.give_some(List{data, json->count});
}

LIBRARY(chain_lib_json_map) {
  const Parsed json(call.text(0));
  if (json->kind != Kind::Object) return call.give_none();
  constexpr uint32_t stride = value::kMapValueOffset + sizeof(Text);
  std::byte* entries = call.allocate(json->count, stride);
  if (!entries) return abi::kFailed;
  std::byte* entry = entries;
  for (const JsonNode* node = json->first; node; node = node->next, entry += stride) {
    const Text text = kept(call, *node);
    if (!text.data) return call.fail_too_large();
    value::store(entry, call.context().arena.copy(node->key));
    value::store(entry + value::kMapValueOffset, text);
  }
  const Map* map = value::build_map(call.context().arena, entries, json->count, stride);
  return map ? call.give_some(map) : call.fail_too_large();
}

LIBRARY(chain_lib_bytes) {
  return call.give_part(call.text(0));
}

LIBRARY(chain_lib_len_bytes) {
  return call.give(static_cast<int64_t>(call.text(0).size()));
}

LIBRARY(chain_lib_base64) {
  std::string text;
  value::append_base64(text, call.text(0));
  return call.give_text(text);
}

LIBRARY(chain_lib_from_base64) {
  const auto bytes = value::parse_base64(call.text(0));
  if (!bytes) return call.give_none();
  const Text text = call.context().arena.copy(*bytes);
  return text.data || bytes->empty() ? call.give_some(text) : call.fail_too_large();
}

LIBRARY(chain_lib_bytes_text) {
  const bool text = value::find_invalid_utf8(call.text(0)) == std::string_view::npos;
  return text ? call.give_some(Text(call.text(0))) : call.give_none();
}

}  // namespace chain::library
