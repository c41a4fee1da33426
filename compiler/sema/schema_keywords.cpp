#include "compiler/sema/schema_keywords.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace chain::sema {

namespace {

using value::JsonNode;
using Kind = JsonNode::Kind;

/// How the value of a keyword is written.
enum class Form : uint8_t {
  NoType,  // in no way that a type could say
  Any,
  Text,
  Texts,
  TextOrTexts,
  Number,
  Limit,  // a number, or true as draft 4 has it
  Count,
  Flag,
  Schema,
  Object,
  Schemas,
  Values,
};

struct Keyword {
  std::string_view name;
  Form form;
  uint8_t kinds;  // which it binds
};

constexpr Keyword kKeywords[] = {
    {"$ref", Form::Text, kAnyValue},
    {"type", Form::TextOrTexts, kAnyValue},
    {"enum", Form::Values, kAnyValue},
    {"const", Form::Any, kAnyValue},
    {"oneOf", Form::Schemas, kAnyValue},
    {"anyOf", Form::Schemas, kAnyValue},
    {"allOf", Form::Schemas, kAnyValue},
    {"multipleOf", Form::Number, kNumberValue},
    {"minimum", Form::Number, kNumberValue},
    {"maximum", Form::Number, kNumberValue},
    {"exclusiveMinimum", Form::Limit, kNumberValue},
    {"exclusiveMaximum", Form::Limit, kNumberValue},
    {"minLength", Form::Count, kTextValue},
    {"maxLength", Form::Count, kTextValue},
    {"pattern", Form::Text, kTextValue},
    {"format", Form::Text, 0},  // says what a text means, and binds nothing by itself
    {"contentEncoding", Form::Text, 0},
    {"items", Form::Schema, kListValue},
    {"minItems", Form::Count, kListValue},
    {"maxItems", Form::Count, kListValue},
    {"uniqueItems", Form::Flag, kListValue},
    {"properties", Form::Object, kObjectValue},
    {"required", Form::Texts, kObjectValue},
    {"additionalProperties", Form::Schema, kObjectValue},
    {"minProperties", Form::Count, kObjectValue},
    {"maxProperties", Form::Count, kObjectValue},
    {"title", Form::Text, 0},
    {"description", Form::Text, 0},
    {"$defs", Form::Object, 0},
    {"definitions", Form::Object, 0},
    {"not", Form::NoType, kAnyValue},
    {"if", Form::NoType, kAnyValue},
    {"patternProperties", Form::NoType, kAnyValue},
    {"prefixItems", Form::NoType, kAnyValue},
    {"propertyNames", Form::NoType, kAnyValue},
    {"contains", Form::NoType, kAnyValue},
    {"dependentSchemas", Form::NoType, kAnyValue},
    {"dependentRequired", Form::NoType, kAnyValue},
    {"dependencies", Form::NoType, kAnyValue},
    {"unevaluatedProperties", Form::NoType, kAnyValue},
    {"unevaluatedItems", Form::NoType, kAnyValue},
    {"$dynamicRef", Form::NoType, kAnyValue},
    {"$recursiveRef", Form::NoType, kAnyValue},
};

const Keyword* keyword(std::string_view name) {
  const auto* found = std::ranges::find(kKeywords, name, &Keyword::name);
  return found == std::end(kKeywords) ? nullptr : found;
}

bool all_items(const JsonNode& list, auto&& good) {
  if (list.kind != Kind::List) return false;
  for (const JsonNode* item = list.first; item; item = item->next) {
    if (!good(*item)) return false;
  }
  return true;
}

bool is_text(const JsonNode& node) {
  return node.kind == Kind::String;
}
bool is_flag(const JsonNode& node) {
  return node.kind == Kind::True || node.kind == Kind::False;
}

/// What the value should be; empty if it is.
std::string_view wanted(Form form, const JsonNode& node) {
  const auto unless = [](bool good, std::string_view what) { return good ? std::string_view() : what; };
  switch (form) {
    case Form::NoType:
    case Form::Any: return {};
    case Form::Text: return unless(is_text(node), "a text");
    case Form::Texts: return unless(all_items(node, is_text), "a list of texts");
    case Form::TextOrTexts:
      return unless(is_text(node) || (node.count > 0 && all_items(node, is_text)),
                    "a text or a list of texts");
    case Form::Number: return unless(node.kind == Kind::Number, "a number");
    case Form::Limit: return unless(node.kind == Kind::Number || is_flag(node), "a number");
    case Form::Count: {
      const auto count = node.kind == Kind::Number ? whole_number(node.text) : std::nullopt;
      return unless(count && *count >= 0, "a whole number from 0");
    }
    case Form::Flag: return unless(is_flag(node), "true or false");
    case Form::Schema: return unless(node.kind == Kind::Object || is_flag(node), "a schema");
    case Form::Object: return unless(node.kind == Kind::Object, "an object");
    case Form::Schemas: return unless(node.kind == Kind::List && node.count > 0, "a list of schemas");
    case Form::Values: return unless(node.kind == Kind::List && node.count > 0, "a list of values");
  }
  return {};
}

}  // namespace

uint8_t kinds_of_type(std::string_view name) {
  if (name == "null") return kNullValue;
  if (name == "boolean") return kBoolValue;
  if (name == "integer" || name == "number") return kNumberValue;
  if (name == "string") return kTextValue;
  if (name == "array") return kListValue;
  return name == "object" ? kObjectValue : 0;
}

uint8_t kind_of_value(const JsonNode& value) {
  switch (value.kind) {
    case Kind::Null: return kNullValue;
    case Kind::False:
    case Kind::True: return kBoolValue;
    case Kind::Number: return kNumberValue;
    case Kind::String: return kTextValue;
    case Kind::List: return kListValue;
    case Kind::Object: return kObjectValue;
  }
  return 0;
}

const JsonNode* json_member(const JsonNode& object, std::string_view key) {
  const JsonNode* found = nullptr;
  for (const JsonNode* node = object.kind == Kind::Object ? object.first : nullptr; node; node = node->next) {
    if (node->key == key) found = node;
  }
  return found;
}

std::string_view json_text(const JsonNode& object, std::string_view key) {
  const JsonNode* node = json_member(object, key);
  return node && node->kind == Kind::String ? node->text : std::string_view();
}

std::vector<const JsonNode*> json_members_of(const JsonNode& object) {
  std::vector<const JsonNode*> members;
  std::set<std::string_view> keys;
  for (const JsonNode* node = object.kind == Kind::Object ? object.first : nullptr; node; node = node->next) {
    if (keys.insert(node->key).second) members.push_back(node);
  }
  if (members.size() == object.count) return members;
  for (const JsonNode*& node : members) node = json_member(object, node->key);
  return members;
}

std::string pointer_step(std::string_view key) {
  std::string result = "/";
  for (const char c : key) result += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return result;
}

std::optional<int64_t> whole_number(std::string_view text) {
  int64_t number = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  if (error == std::errc() && end == last) return number;
  if (error == std::errc::result_out_of_range && end == last) return std::nullopt;
  double real = 0;
  const auto [real_end, real_error] = std::from_chars(text.data(), last, real);
  constexpr double kExact = 9007199254740992.0;  // 2^53: whole numbers below have one float each
  if (real_error != std::errc() || real_end != last || std::trunc(real) != real || std::abs(real) >= kExact)
    return std::nullopt;
  return static_cast<int64_t>(real);
}

void check_form(const JsonNode& schema, const std::string& pointer, std::vector<SchemaProblem>& problems) {
  for (const JsonNode* node : json_members_of(schema)) {
    const Keyword* known = keyword(node->key);
    if (!known) continue;
    const std::string name = '`' + std::string(node->key) + '`';
    if (known->form == Form::NoType) {
      problems.push_back({pointer + pointer_step(node->key), name + " has no type here"});
    } else if (const std::string_view what = wanted(known->form, *node); !what.empty()) {
      problems.push_back({pointer + pointer_step(node->key), name + " must be " + std::string(what)});
    }
  }
}

void check_left(const JsonNode& schema, const std::string& pointer, uint8_t kinds,
                const std::set<std::string_view>& said, const std::string& how,
                std::vector<SchemaProblem>& problems) {
  for (const JsonNode* node : json_members_of(schema)) {
    const Keyword* known = keyword(node->key);
    if (!known || known->form == Form::NoType || (known->kinds & kinds) == 0 || said.contains(node->key))
      continue;
    problems.push_back(
        {pointer + pointer_step(node->key), '`' + std::string(node->key) + "` cannot be said " + how});
  }
}

}  // namespace chain::sema
