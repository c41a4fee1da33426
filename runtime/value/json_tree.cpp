#include "runtime/value/json_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "runtime/value/utf8.h"

namespace chain::value {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

class TreeParser {
 public:
  TreeParser(std::string_view text, Arena& arena, const JsonLimits& limits, std::string& message)
      : text_(text), arena_(arena), limits_(limits), message_(message) {}

  const JsonNode* parse() {
    if (text_.size() > limits_.bytes) {
      message_ = fmt::format("the JSON has {} bytes, more than the limit of {}", text_.size(), limits_.bytes);
      return nullptr;
    }
    if (const size_t bad = find_invalid_utf8(text_); bad != std::string_view::npos) {
      at_ = bad;
      return fail(fmt::format("the byte 0x{:02x} is not UTF-8", static_cast<uint8_t>(text_[bad])));
    }
    const JsonNode* node = value(0);
    if (!node) return nullptr;
    skip_space();
    if (at_ < text_.size()) return fail("expected the end of the JSON");
    return node;
  }

 private:
  JsonNode* fail(std::string_view what) {
    if (!message_.empty()) return nullptr;
    const std::string_view before = text_.substr(0, at_);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const size_t start = before.rfind('\n') + 1;  // npos + 1 is 0
    message_ = fmt::format("{} at line {}, column {}", what, line, at_ - start + 1);
    return nullptr;
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skip_space() {
    while (at_ < text_.size() && std::strchr(" \t\r\n", text_[at_]) && text_[at_] != '\0') ++at_;
  }

  JsonNode* make(JsonNode::Kind kind) {
    void* place = arena_.allocate(sizeof(JsonNode));
    if (!place) return fail("the JSON is too large");
    auto* node = new (place) JsonNode;
    node->kind = kind;
    node->id = count_++;
    return node;
  }

  JsonNode* value(uint32_t depth) {
    if (depth > limits_.depth) return fail(fmt::format("nested deeper than {} levels", limits_.depth));
    skip_space();
    if (at_ == text_.size()) return fail("expected a value, found the end of the JSON");
    const char c = peek();
    if (c == '{') return items(JsonNode::Kind::Object, '}', depth);
    if (c == '[') return items(JsonNode::Kind::List, ']', depth);
    if (c == '"') return string();
    if (c == '-' || (c >= '0' && c <= '9')) return number();
    if (take("true")) return make(JsonNode::Kind::True);
    if (take("false")) return make(JsonNode::Kind::False);
    if (take("null")) return make(JsonNode::Kind::Null);
    return fail("expected a value");
  }

  bool take(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  JsonNode* items(JsonNode::Kind kind, char close, uint32_t depth) {
    JsonNode* parent = make(kind);
    if (!parent) return nullptr;
    ++at_;
    skip_space();
    if (peek() == close) {
      ++at_;
      return parent;
    }
    JsonNode** link = &parent->first;
    while (true) {
      std::string_view key;
      if (kind == JsonNode::Kind::Object && !member_key(key)) return nullptr;
      JsonNode* item = value(depth + 1);
      if (!item) return nullptr;
      item->key = key;
      *link = item;
      link = &item->next;
      ++parent->count;
      skip_space();
      if (peek() == close) break;
      if (peek() != ',') return fail(fmt::format("expected `,` or `{}`", close));
      ++at_;
    }
    ++at_;
    return parent;
  }

  bool member_key(std::string_view& key) {
    skip_space();
    if (peek() != '"') return fail("expected a key in double quotes") != nullptr;
    const JsonNode* text = string();
    if (!text) return false;
    key = text->text;
    skip_space();
    if (peek() != ':') return fail("expected `:`") != nullptr;
    ++at_;
    return true;
  }

  JsonNode* number() {
    const size_t start = at_;
    const auto digits = [&] {
      const size_t first = at_;
      while (peek() >= '0' && peek() <= '9') ++at_;
      return at_ - first;
    };
    if (peek() == '-') ++at_;
    const bool zero = peek() == '0';
    const size_t whole = digits();
    if (whole == 0 || (zero && whole > 1)) return fail("malformed number");
    if (peek() == '.' && (++at_, digits() == 0)) return fail("malformed number");
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (digits() == 0) return fail("malformed number");
    }
    JsonNode* node = make(JsonNode::Kind::Number);
    if (node) node->text = text_.substr(start, at_ - start);
    return node;
  }

  JsonNode* string() {
    const size_t start = ++at_;
    bool escaped = false;
    while (peek() != '"') {
      if (at_ == text_.size()) return fail("a string without its closing quote");
      if (static_cast<uint8_t>(peek()) < 0x20) return fail("a control character in a string");
      if (peek() == '\\') {
        escaped = true;
        ++at_;
        if (at_ == text_.size()) continue;
      }
      ++at_;
    }
    const std::string_view raw = text_.substr(start, at_ - start);
    JsonNode* node = make(JsonNode::Kind::String);
    if (!node) return nullptr;
    node->text = raw;
    if (escaped && !unescape(raw, start, node->text)) return nullptr;
    at_ = start + raw.size() + 1;
    return node;
  }

  /// Escapes only ever shrink the text.
  bool unescape(std::string_view raw, size_t start, std::string_view& result) {
    auto* to = static_cast<char*>(arena_.allocate(raw.size()));
    if (!to) return fail("the JSON is too large") != nullptr;
    size_t size = 0;
    for (size_t i = 0; i < raw.size();) {
      if (raw[i] != '\\') {
        to[size++] = raw[i++];
        continue;
      }
      at_ = start + i;
      if (raw[i + 1] == 'u') {
        uint32_t code_point = 0;
        if (!unicode_escape(raw, i, code_point)) return fail("malformed \\u escape") != nullptr;
        size += encode_utf8(code_point, to + size);
        continue;
      }
      constexpr std::string_view kFrom = "\"\\/bfnrt";
      constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
      const size_t known = kFrom.find(raw[i + 1]);
      if (known == std::string_view::npos) return fail("unknown escape") != nullptr;
      to[size++] = kTo[known];
      i += 2;
    }
    result = {to, size};
    return true;
  }

  /// At `\uXXXX`, perhaps the first half of a surrogate pair; a lone half becomes U+FFFD.
  static bool unicode_escape(std::string_view raw, size_t& i, uint32_t& code_point) {
    const auto unit = [&](size_t from, uint32_t& result) {
      if (from + 6 > raw.size() || raw[from] != '\\' || raw[from + 1] != 'u') return false;
      result = 0;
      for (size_t k = from + 2; k < from + 6; ++k) {
        const int digit = hex_digit(raw[k]);
        if (digit < 0) return false;
        result = result * 16 + static_cast<uint32_t>(digit);
      }
      return true;
    };
    if (!unit(i, code_point)) return false;
    i += 6;
    uint32_t low = 0;
    if (code_point >= 0xd800 && code_point < 0xdc00 && unit(i, low) && low >= 0xdc00 && low < 0xe000) {
      code_point = 0x10000 + ((code_point - 0xd800) << 10) + (low - 0xdc00);
      i += 6;
    }
    return true;
  }

  std::string_view text_;
  Arena& arena_;
  const JsonLimits& limits_;
  std::string& message_;
  size_t at_ = 0;
  uint32_t count_ = 0;
};

}  // namespace

const JsonNode* parse_json(std::string_view json, Arena& arena, const JsonLimits& limits,
                           std::string& message) {
  return TreeParser(json, arena, limits, message).parse();
}

}  // namespace chain::value
