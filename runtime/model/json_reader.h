// Reads JSON (RFC 8259) front to back without building anything: what is not asked for is skipped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace chain::model {

/// Every function reads one value (or a part of one) and returns false once the text is malformed; the reader
/// then stays failed. Nesting is limited to 128. A value of another kind than asked for is skipped.
///
///   reader.object([&](std::string_view key) { return key == "id" ? reader.string(id) : reader.skip(); });
class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  /// `member` must read the value. The key is valid until then.
  template <typename Member>
  bool object(Member&& member) {
    if (peek() != '{') return skip();
    if (!enter()) return false;
    for (bool first = true; !close('}', first); first = false) {
      std::string_view key;
      if (failed_ || !read_key(key) || !member(key) || failed_) return fail();
    }
    return !failed_;
  }

  /// `element` must read the value.
  template <typename Element>
  bool array(Element&& element) {
    if (peek() != '[') return skip();
    if (!enter()) return false;
    for (bool first = true; !close(']', first); first = false) {
      if (failed_ || !element() || failed_) return fail();
    }
    return !failed_;
  }

  /// Replaces `out`; empties it if the value is no string. What is not UTF-8 becomes U+FFFD.
  bool string(std::string& out);
  /// A number, cut to an integer; 0 if the value is none or far out of range.
  bool integer(int64_t& out);
  bool skip();
  /// Any value, as its text stands there. It lasts as long as what is read.
  bool raw(std::string_view& out);
  /// Whether the value is `null`; does not read it.
  bool at_null() { return peek() == 'n'; }
  /// The first character of the value: `{`, `[`, `"`, a digit, ...; 0 at the end.
  char peek();
  /// The text is over, but for white space.
  bool end() { return peek() == 0 && !failed_; }
  [[nodiscard]] size_t offset() const { return at_; }

 private:
  bool fail() {
    failed_ = true;
    return false;
  }
  bool enter();
  /// Reads the closing bracket, or the comma between members; true at the end or when failed.
  bool close(char bracket, bool first);
  bool read_key(std::string_view& key);
  /// The characters between the quotes; `escaped` if there is a backslash.
  bool raw_string(std::string_view& raw, bool& escaped);
  bool number(std::string_view& digits);
  bool literal();
  bool scalar();

  std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
  bool failed_ = false;
  std::string key_;  // of a key with escapes
};

}  // namespace chain::model
