// The values of JSON, and where each of them stands.
#include <optional>

#include "runtime/documents/records.h"
#include "runtime/value/characters.h"
#include "runtime/value/json.h"
#include "runtime/value/utf8.h"

namespace chain::documents {
namespace {

constexpr size_t kMostFields = 200'000;

/// Walks JSON that is known to be right.
class Reader {
 public:
  Reader(std::string_view json, uint64_t base) : json_(json), base_(base) {}

  /// Nothing if there are too many.
  std::optional<std::vector<Field>> read() {
    value({});
    if (too_many_) return std::nullopt;
    return std::move(fields_);
  }

 private:
  void spaces() {
    while (at_ < json_.size() && value::is_space(json_[at_])) ++at_;
  }
  /// Passes `c`, if it is next.
  bool pass(char c) {
    spaces();
    if (at_ >= json_.size() || json_[at_] != c) return false;
    ++at_;
    return true;
  }

  void value(const std::string& name) {
    spaces();
    if (at_ >= json_.size()) return;
    if (json_[at_] == '{') return object(name);
    if (json_[at_] == '[') return list(name);
    TextBuilder text;
    scalar(text);
    add(name, text);
  }
  void object(const std::string& name) {
    ++at_;
    while (!pass('}')) {
      pass(',');
      spaces();
      TextBuilder key;
      string(key);
      pass(':');
      value(name.empty() ? key.take_text() : name + '.' + key.take_text());
    }
  }
  /// Scalars are joined to one value; objects and lists give values of their own.
  void list(const std::string& name) {
    ++at_;
    TextBuilder joined;
    while (!pass(']')) {
      pass(',');
      spaces();
      if (json_[at_] == '{' || json_[at_] == '[') {
        value(name);
        continue;
      }
      if (joined.size() > 0) joined.add(", ");
      scalar(joined);
    }
    if (joined.size() > 0) add(name, joined);
  }
  void scalar(TextBuilder& text) {
    if (json_[at_] == '"') return string(text);
    const size_t begin = at_;
    while (at_ < json_.size() && !value::is_space(json_[at_]) &&
           std::string_view(",]}").find(json_[at_]) == std::string_view::npos)
      ++at_;
    const std::string_view word = json_.substr(begin, at_ - begin);
    if (word != "null") text.copy(word, base_ + begin);
  }
  void string(TextBuilder& text) {
    ++at_;
    while (at_ < json_.size() && json_[at_] != '"') {
      const size_t begin = at_;
      while (at_ < json_.size() && json_[at_] != '"' && json_[at_] != '\\') ++at_;
      if (at_ > begin) text.copy(json_.substr(begin, at_ - begin), base_ + begin);
      if (at_ < json_.size() && json_[at_] == '\\') escape(text);
    }
    if (text.size() == 0) text.put("", base_ + at_, 0);
    ++at_;
  }
  void escape(TextBuilder& text) {
    constexpr std::string_view kLetters = "bfnrt", kMeanings = "\b\f\n\r\t";
    const size_t begin = at_;
    const char letter = json_[begin + 1];
    at_ += 2;
    if (letter != 'u') {
      const size_t known = kLetters.find(letter);
      const char meant = known == std::string_view::npos ? letter : kMeanings[known];
      return text.put({&meant, 1}, base_ + begin, 2);
    }
    uint32_t c = hex4();
    if (c >= 0xD800 && c < 0xDC00 && json_.substr(at_).starts_with("\\u")) {
      const size_t second = at_;
      at_ += 2;
      const uint32_t low = hex4();
      if (low >= 0xDC00 && low < 0xE000) {
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
      } else {
        at_ = second;
      }
    }
    char bytes[4];
    const uint32_t size = value::encode_utf8(c == 0 ? ' ' : c, bytes);
    text.put({bytes, size}, base_ + begin, at_ - begin);
  }
  uint32_t hex4() {
    uint32_t number = 0;
    for (int i = 0; i < 4 && at_ < json_.size(); ++i, ++at_) {
      const char c = json_[at_];
      number = number * 16 + static_cast<uint32_t>(value::is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return number;
  }

  void add(const std::string& name, TextBuilder& text) {
    too_many_ = too_many_ || fields_.size() >= kMostFields;
    if (too_many_) return;
    Field field{.name = name, .text = text.text(), .origins = text.take_origins()};
    // An origin at 0 says as much as none; but here none means that nobody knows.
    if (field.origins.empty()) field.origins.push_back({0, 0});
    fields_.push_back(std::move(field));
  }

  std::string_view json_;
  uint64_t base_;
  size_t at_ = 0;
  bool too_many_ = false;
  std::vector<Field> fields_;
};

}  // namespace

std::optional<std::vector<Field>> fields_of_json(std::string_view json, uint64_t base, std::string& error) {
  // Which says why it is none.
  const value::JsonLimits limits{.depth = 128, .bytes = json.size()};
  if (!value::is_json(json, limits)) {
    std::string message;
    (void)value::json_members(json, message, limits);
    error = message.empty() ? "it is no JSON" : message;
    return std::nullopt;
  }
  auto fields = Reader(json, base).read();
  if (!fields) error = "it has more than " + std::to_string(kMostFields) + " values with a name; split it";
  return fields;
}

}  // namespace chain::documents
