// As opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding has it: ids in hex, 64-bit integers as text,
// enumerations as numbers.
#include "runtime/trace/otlp_json.h"

#include <nlohmann/json.hpp>

#include <charconv>
#include <type_traits>

#include "runtime/value/digest.h"

namespace chain::trace {
namespace {

using nlohmann::json;

std::string hex(std::span<const uint8_t> id) {
  return value::hex({reinterpret_cast<const char*>(id.data()), id.size()});
}

json any_value(const Attribute::Value& given) {
  return std::visit(
      [](const auto& each) -> json {
        using Type = std::decay_t<decltype(each)>;
        if constexpr (std::is_same_v<Type, std::string>) {
          return {{"stringValue", each}};
        } else if constexpr (std::is_same_v<Type, bool>) {
          return {{"boolValue", each}};
        } else if constexpr (std::is_same_v<Type, int64_t>) {
          return {{"intValue", std::to_string(each)}};
        } else if constexpr (std::is_same_v<Type, double>) {
          return {{"doubleValue", each}};
        } else {
          json list = json::array();
          for (const std::string& text : each) list.push_back({{"stringValue", text}});
          return {{"arrayValue", {{"values", std::move(list)}}}};
        }
      },
      given);
}

json list_of(const std::vector<Attribute>& attributes) {
  json list = json::array();
  for (const Attribute& attribute : attributes)
    list.push_back({{"key", attribute.name}, {"value", any_value(attribute.value)}});
  return list;
}

json object_of(const Span& span) {
  json object = {{"traceId", hex(span.trace)},
                 {"spanId", hex(span.id)},
                 {"name", span.name},
                 {"kind", static_cast<int>(span.kind)},
                 {"startTimeUnixNano", std::to_string(span.started)},
                 {"endTimeUnixNano", std::to_string(span.ended)},
                 {"attributes", list_of(span.attributes)}};
  if (span.parent != SpanId{}) object["parentSpanId"] = hex(span.parent);
  if (span.failed) object["status"] = {{"code", 2}, {"message", span.message}};
  return object;
}

/// A 64-bit integer, as text or as a number: both are allowed.
int64_t integer(const json& value) {
  if (value.is_number_integer()) return value.get<int64_t>();
  int64_t number = 0;
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    (void)std::from_chars(text.data(), text.data() + text.size(), number);
  }
  return number;
}

}  // namespace

std::string encode_json(const Sender& sender, std::span<const Span> spans) {
  json list = json::array();
  for (const Span& span : spans) list.push_back(object_of(span));
  json scope_spans = {{"scope", {{"name", "chain"}, {"version", sender.version}}},
                      {"spans", std::move(list)}};
  json resource_spans = {{"resource", {{"attributes", list_of(sender.resource)}}},
                         {"scopeSpans", json::array({std::move(scope_spans)})}};
  const json request = {{"resourceSpans", json::array({std::move(resource_spans)})}};
  return request.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<PartialSuccess> partial_success_json(std::string_view body) {
  const json response = json::parse(body, nullptr, false);
  if (!response.is_object()) return std::nullopt;
  const auto found = response.find("partialSuccess");
  if (found == response.end() || !found->is_object()) return std::nullopt;
  PartialSuccess partial;
  if (const auto rejected = found->find("rejectedSpans"); rejected != found->end())
    partial.rejected = integer(*rejected);
  if (const auto message = found->find("errorMessage"); message != found->end() && message->is_string())
    partial.message = message->get<std::string>();
  return partial;
}

}  // namespace chain::trace
