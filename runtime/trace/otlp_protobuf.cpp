#include "runtime/trace/otlp_protobuf.h"

#include <bit>
#include <type_traits>

#include "runtime/trace/protobuf.h"

namespace chain::trace {
namespace {

// The numbers of opentelemetry/proto/{common,resource,trace,collector/trace}/v1/*.proto.

std::string_view bytes_of(std::span<const uint8_t> id) {
  return {reinterpret_cast<const char*>(id.data()), id.size()};
}

ProtoMessage text_value(std::string_view text) {
  ProtoMessage value;
  value.bytes(1, text);
  return value;
}

ProtoMessage any_value(const Attribute::Value& given) {
  return std::visit(
      [](const auto& each) {
        using Type = std::decay_t<decltype(each)>;
        ProtoMessage value;
        if constexpr (std::is_same_v<Type, std::string>) {
          value = text_value(each);
        } else if constexpr (std::is_same_v<Type, bool>) {
          value.varint(2, each ? 1 : 0);
        } else if constexpr (std::is_same_v<Type, int64_t>) {
          value.varint(3, static_cast<uint64_t>(each));
        } else if constexpr (std::is_same_v<Type, double>) {
          value.fixed64(4, std::bit_cast<uint64_t>(each));
        } else {
          ProtoMessage list;
          for (const std::string& text : each) list.message(1, text_value(text));
          value.message(5, list);
        }
        return value;
      },
      given);
}

void append(ProtoMessage& out, uint32_t field, const std::vector<Attribute>& attributes) {
  for (const Attribute& attribute : attributes) {
    ProtoMessage pair;
    pair.bytes(1, attribute.name);
    pair.message(2, any_value(attribute.value));
    out.message(field, pair);
  }
}

ProtoMessage message_of(const Span& span) {
  ProtoMessage message;
  message.bytes(1, bytes_of(span.trace));
  message.bytes(2, bytes_of(span.id));
  if (span.parent != SpanId{}) message.bytes(4, bytes_of(span.parent));
  message.bytes(5, span.name);
  message.varint(6, static_cast<uint64_t>(span.kind));
  message.fixed64(7, static_cast<uint64_t>(span.started));
  message.fixed64(8, static_cast<uint64_t>(span.ended));
  append(message, 9, span.attributes);
  if (span.failed) {
    ProtoMessage status;
    status.bytes(2, span.message);
    status.varint(3, 2);  // STATUS_CODE_ERROR
    message.message(15, status);
  }
  return message;
}

}  // namespace

std::string encode_protobuf(const Sender& sender, std::span<const Span> spans) {
  ProtoMessage resource, scope, scope_spans, resource_spans, request;
  append(resource, 1, sender.resource);
  scope.bytes(1, "chain");
  scope.bytes(2, sender.version);
  scope_spans.message(1, scope);
  for (const Span& span : spans) scope_spans.message(2, message_of(span));
  resource_spans.message(1, resource);
  resource_spans.message(2, scope_spans);
  request.message(1, resource_spans);
  return request.take();
}

std::optional<PartialSuccess> partial_success_protobuf(std::string_view body) {
  ProtoReader response(body);
  while (const auto field = response.next()) {
    if (field->number != 1) continue;
    PartialSuccess partial;
    ProtoReader inner(field->bytes);
    while (const auto each = inner.next()) {
      if (each->number == 1) partial.rejected = static_cast<int64_t>(each->value);
      if (each->number == 2) partial.message = each->bytes;
    }
    return partial;
  }
  return std::nullopt;
}

}  // namespace chain::trace
