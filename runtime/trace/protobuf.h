// Writing and reading the wire format of protocol buffers (protobuf.dev/programming-guides/encoding), as far
// as OTLP needs it. Internal to runtime/trace.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace chain::trace {

/// A message under construction. Fields are written even where they hold their default.
class ProtoMessage {
 public:
  void varint(uint32_t field, uint64_t value);
  void fixed64(uint32_t field, uint64_t value);
  void bytes(uint32_t field, std::string_view bytes);
  void message(uint32_t field, const ProtoMessage& message) { bytes(field, message.bytes_); }
  [[nodiscard]] const std::string& text() const { return bytes_; }
  [[nodiscard]] std::string take() { return std::move(bytes_); }

 private:
  void raw(uint64_t value);
  std::string bytes_;
};

struct ProtoField {
  uint32_t number = 0;
  uint64_t value = 0;      // of a varint or a fixed one
  std::string_view bytes;  // of a length-delimited one
};

/// Reads a message's fields in order.
class ProtoReader {
 public:
  explicit ProtoReader(std::string_view bytes) : left_(bytes) {}
  /// Nothing at the end, and where the bytes are no message.
  [[nodiscard]] std::optional<ProtoField> next();

 private:
  [[nodiscard]] std::optional<uint64_t> varint();
  [[nodiscard]] std::optional<std::string_view> take(uint64_t size);
  std::string_view left_;
};

}  // namespace chain::trace
