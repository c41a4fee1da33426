#include "runtime/trace/protobuf.h"

namespace chain::trace {
namespace {

enum WireType : uint32_t { kVarint = 0, kFixed64 = 1, kDelimited = 2, kFixed32 = 5 };

}  // namespace

void ProtoMessage::raw(uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
  bytes_ += static_cast<char>(value);
}

void ProtoMessage::varint(uint32_t field, uint64_t value) {
  raw(uint64_t{field} << 3 | kVarint);
  raw(value);
}

void ProtoMessage::fixed64(uint32_t field, uint64_t value) {
  raw(uint64_t{field} << 3 | kFixed64);
  for (int byte = 0; byte < 8; ++byte, value >>= 8) bytes_ += static_cast<char>(value);
}

void ProtoMessage::bytes(uint32_t field, std::string_view bytes) {
  raw(uint64_t{field} << 3 | kDelimited);
  raw(bytes.size());
  bytes_ += bytes;
}

std::optional<uint64_t> ProtoReader::varint() {
  uint64_t value = 0;
  for (size_t i = 0; i < left_.size() && i < 10; ++i) {
    const auto byte = static_cast<uint8_t>(left_[i]);
    value |= uint64_t{byte & 0x7FU} << (7 * i);
    if (byte < 0x80) {
      left_.remove_prefix(i + 1);
      return value;
    }
  }
  return std::nullopt;
}

std::optional<std::string_view> ProtoReader::take(uint64_t size) {
  if (size > left_.size()) return std::nullopt;
  const std::string_view taken = left_.substr(0, size);
  left_.remove_prefix(size);
  return taken;
}

std::optional<ProtoField> ProtoReader::next() {
  const auto tag = varint();
  if (!tag || *tag >> 3 == 0 || *tag > UINT32_MAX) return std::nullopt;
  ProtoField field{.number = static_cast<uint32_t>(*tag >> 3), .value = 0, .bytes = {}};
  std::optional<std::string_view> bytes;
  switch (*tag & 7) {
    case kVarint: {
      const auto value = varint();
      if (!value) return std::nullopt;
      field.value = *value;
      return field;
    }
    case kDelimited: {
      const auto size = varint();
      if (!size) return std::nullopt;
      bytes = take(*size);
      if (!bytes) return std::nullopt;
      field.bytes = *bytes;
      return field;
    }
    case kFixed64: bytes = take(8); break;
    case kFixed32: bytes = take(4); break;
    default: return std::nullopt;  // groups, which nobody writes any more
  }
  if (!bytes) return std::nullopt;
  for (size_t i = bytes->size(); i-- > 0;) field.value = field.value << 8 | static_cast<uint8_t>((*bytes)[i]);
  return field;
}

}  // namespace chain::trace
