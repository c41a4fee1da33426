// A model's reply as a tree of what looks like JSON in it, before types are laid over it. Internal to
// runtime/value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chain::value {

/// Everything is an offset into the reply, because the reply grows while it is scanned.
struct ReplyNode {
  enum class Kind : uint8_t {
    Bare,    // unquoted: a number, a word, text; nothing at all where a value is missing
    Quoted,  // within quotes of one character
    Block,   // within triple quotes
    List,
    Object,
    Prose,  // text that is not within JSON: the reply itself, or a fenced block
  };
  static constexpr uint32_t kNone = UINT32_MAX;

  Kind kind = Kind::Bare;
  bool complete = false;  // its end has been seen
  bool escaped = false;   // Quoted: holds backslashes
  bool key_escaped = false;
  uint32_t begin = 0, end = 0;          // what is between the quotes; for List and Object brackets included
  uint32_t key_begin = 0, key_end = 0;  // empty in a list, and for a member without key
  uint32_t first = kNone, last = kNone, next = kNone;  // first: of Quoted text that is JSON itself, its root
  uint32_t count = 0;

  [[nodiscard]] bool is_container() const { return kind == Kind::List || kind == Kind::Object; }
};

/// What a scanner mended. The order is that of `describe_mends`.
enum class Mend : uint8_t {
  Comment,
  TrailingComma,
  MissingComma,
  BareKey,
  BareText,
  OtherQuotes,
  InnerQuote,
  LineBreak,
  Unclosed,
  WrongBracket,
  MissingValue,
  TooDeep,
  Prose,
  Fence,
};

/// A set of `Mend`s.
class Mends {
 public:
  void add(Mend mend) { bits_ |= 1U << static_cast<uint8_t>(mend); }
  [[nodiscard]] bool has(Mend mend) const { return (bits_ >> static_cast<uint8_t>(mend) & 1U) != 0; }
  [[nodiscard]] bool any() const { return bits_ != 0; }
  /// One short phrase for each: "a trailing comma".
  [[nodiscard]] std::vector<std::string> phrases() const;

 private:
  uint32_t bits_ = 0;
};

/// A list or object that stands in the reply by itself.
struct Candidate {
  uint32_t node = 0;
  bool fenced = false;
  Mends mends;
};

/// A fenced block, without its fences and the word behind the first.
struct Fence {
  uint32_t begin = 0, end = 0;
  uint32_t node = ReplyNode::kNone;  // Prose, once the reply is finished
};

struct ReplyTree {
  std::string text;
  std::vector<ReplyNode> nodes;
  std::vector<Candidate> candidates;
  std::vector<Fence> fences;
  uint32_t whole = ReplyNode::kNone;         // Prose: all of the reply, once it is finished
  uint32_t whole_string = ReplyNode::kNone;  // Quoted: the inside of a reply that is one JSON string

  [[nodiscard]] const ReplyNode& operator[](uint32_t node) const { return nodes[node]; }
  [[nodiscard]] std::string_view raw(const ReplyNode& node) const { return slice(node.begin, node.end); }
  [[nodiscard]] std::string_view slice(uint32_t begin, uint32_t end) const {
    return std::string_view(text).substr(begin, end - begin);
  }
};

}  // namespace chain::value
