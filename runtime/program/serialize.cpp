#include "runtime/program/serialize.h"

#include <cstring>

#include "runtime/program/fields.h"
#include "runtime/program/well_formed.h"

namespace chain::program {

namespace {

constexpr std::string_view kMagic = "chnP";
constexpr uint32_t kFormat = 10;
constexpr size_t kHeaderSize = 4 + sizeof(kFormat) + sizeof(uint64_t);

/// Against damage, not against forgery: whoever can write the cache can write the code too.
uint64_t checksum(std::string_view bytes) {
  uint64_t sum = bytes.size() + 0x9e3779b97f4a7c15;
  const auto add = [&sum](uint64_t word) {
    sum = (sum ^ word) * 0xff51afd7ed558ccd;
    sum ^= sum >> 32;
  };
  for (; bytes.size() >= sizeof(uint64_t); bytes.remove_prefix(sizeof(uint64_t))) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    add(word);
  }
  for (const char c : bytes) add(static_cast<uint8_t>(c));
  return sum;
}

template <class T>
concept Integer = std::is_integral_v<T>;

class Writer {
 public:
  static constexpr bool kReads = false;

  template <class... T>
  void operator()(const T&... values) {
    (write(values), ...);
  }
  std::string take() { return std::move(out_); }

 private:
  void number(uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_ += static_cast<char>(value | 0x80);
    out_ += static_cast<char>(value);
  }
  /// Signed numbers as in Protocol Buffers' zigzag, so that small negative ones stay short.
  template <Integer T>
  void write(T value) {
    if constexpr (std::is_signed_v<T>) {
      const auto wide = static_cast<int64_t>(value);
      number(static_cast<uint64_t>(wide) << 1 ^ static_cast<uint64_t>(wide >> 63));
    } else {
      number(value);
    }
  }
  template <class T>
    requires std::is_enum_v<T>
  void write(T value) {
    number(static_cast<uint64_t>(value));
  }
  void write(const std::string& text) {
    number(text.size());
    out_ += text;
  }
  void write(const Literal& literal) {
    number(literal.index());
    std::visit([this](const auto& value) { write(value); }, literal);
  }
  template <class T>
  void write(const std::vector<T>& items) {
    number(items.size());
    for (const T& item : items) write(item);
  }
  template <class T>
    requires std::is_class_v<T>
  void write(const T& value) {
    fields(*this, value);
  }

  std::string out_;
};

/// After the first mistake everything reads as empty.
class Reader {
 public:
  static constexpr bool kReads = true;

  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <class... T>
  void operator()(T&... values) {
    (read(values), ...);
  }
  [[nodiscard]] bool done() const { return ok_ && rest_.empty(); }

 private:
  void fail() {
    ok_ = false;
    rest_ = {};
  }

  uint64_t number() {
    uint64_t value = 0;
    for (uint32_t shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) break;
      const auto byte = static_cast<uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      value |= uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return value;
    }
    fail();
    return 0;
  }
  template <Integer T>
  void read(T& value) {
    const uint64_t raw = number();
    if constexpr (std::is_signed_v<T>) {
      const auto wide = static_cast<int64_t>(raw >> 1 ^ (uint64_t{0} - (raw & 1)));
      value = static_cast<T>(wide);
      if (value != wide) fail();
    } else {
      value = static_cast<T>(raw);
      if (value != raw) fail();
    }
  }
  template <class T>
    requires std::is_enum_v<T>
  void read(T& value) {
    const uint64_t raw = number();
    if (raw > static_cast<uint64_t>(last_of(T{}))) return fail();
    value = static_cast<T>(raw);
  }
  void read(std::string& text) {
    const uint64_t size = number();
    if (size > rest_.size()) return fail();
    text = rest_.substr(0, size);
    rest_.remove_prefix(size);
  }
  void read(Literal& literal) {
    switch (number()) {
      case 0: read(literal.emplace<bool>()); break;
      case 1: read(literal.emplace<int64_t>()); break;
      case 2: read(literal.emplace<std::string>()); break;
      default: fail();
    }
  }
  template <class T>
  void read(std::vector<T>& items) {
    // Every item takes a byte at least, so a count that was made up ends with the bytes.
    const uint64_t count = number();
    if (count > rest_.size()) return fail();
    items.clear();
    for (uint64_t i = 0; i < count && ok_; ++i) read(items.emplace_back());
  }
  template <class T>
    requires std::is_class_v<T>
  void read(T& value) {
    fields(*this, value);
  }

  std::string_view rest_;
  bool ok_ = true;
};

template <class T>
void append_bytes(std::string& out, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out.append(bytes, sizeof(T));
}

}  // namespace

std::string serialize(const Program& program) {
  Writer writer;
  fields(writer, program);
  return with_header(writer.take());
}

std::string with_header(std::string_view payload) {
  std::string result(kMagic);
  append_bytes(result, kFormat);
  append_bytes(result, checksum(payload));
  return result.append(payload);
}

bool deserialize(std::string_view bytes, Program& program) {
  if (bytes.size() < kHeaderSize || !bytes.starts_with(kMagic)) return false;
  uint32_t format = 0;
  uint64_t sum = 0;
  std::memcpy(&format, bytes.data() + kMagic.size(), sizeof format);
  std::memcpy(&sum, bytes.data() + kMagic.size() + sizeof format, sizeof sum);
  const std::string_view payload = bytes.substr(kHeaderSize);
  if (format != kFormat || sum != checksum(payload)) return false;
  program = {};
  Reader reader(payload);
  fields(reader, program);
  if (reader.done() && is_well_formed(program)) return true;
  program = {};
  return false;
}

}  // namespace chain::program
