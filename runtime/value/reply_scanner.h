// Finds JSON, however broken, in a reply that arrives piece by piece. Internal to runtime/value.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "runtime/value/reply_tree.h"

namespace chain::value {

/// A pushdown automaton over the reply. It reads each byte once, but for looking ahead at most `kLookahead`
/// bytes where a quote, a comma or a line break may or may not end a value; so its work is linear in the
/// reply, however it is cut into pieces.
class ReplyScanner {
 public:
  explicit ReplyScanner(uint32_t max_depth) : max_depth_(max_depth) {}

  void reset();
  /// Takes the next piece and scans as far as can be decided.
  void feed(std::string_view piece);
  /// Nothing more will come: decides what was open and closes it.
  void finish();

  [[nodiscard]] const ReplyTree& tree() const { return tree_; }
  /// Nodes on the way from the open candidate down to what is being read; empty in prose.
  [[nodiscard]] const std::vector<uint32_t>& open_path() const { return stack_; }
  /// Whether `node` is text or a word whose end has not been seen.
  [[nodiscard]] bool is_open_scalar(uint32_t node) const {
    return node == scalar_ && (state_ == State::Quoted || state_ == State::Block || state_ == State::Bare);
  }
  /// Whether the open word is followed by a comma or a line break, and only what comes next will tell if it
  /// ends there.
  [[nodiscard]] bool awaits_separator() const {
    return state_ == State::Bare && at_ < size() && (at(at_) == ',' || at(at_) == '\n');
  }
  /// Bytes looked at so far, those looked at again counted again: what tests of linearity compare.
  [[nodiscard]] uint64_t steps() const { return steps_; }

  static constexpr uint32_t kLookahead = 192;

 private:
  enum class State : uint8_t {
    Prose,
    Key,
    QuotedKey,
    BareKey,
    Colon,
    Value,
    Quoted,
    Block,
    Bare,
    AfterValue
  };
  enum class Gap : uint8_t { None, Line, Block };  // the comment that is open
  enum class Verdict : uint8_t { No, Yes, Wait };

  bool step();
  bool prose();
  bool key();
  bool quoted_key();
  bool bare_key();
  bool colon();
  bool value();
  bool quoted();
  bool block();
  bool bare();
  bool after_value();

  bool skip_gap();
  bool in_object() const { return tree_.nodes[stack_.back()].kind == ReplyNode::Kind::Object; }
  bool at_fence() const;
  bool may_be_fence() const;

  uint32_t add_node(ReplyNode::Kind kind);
  uint32_t add_prose(uint32_t begin, uint32_t end);
  void open_container();
  void open_scalar(ReplyNode::Kind kind, uint32_t skip);
  void end_scalar(uint32_t end, State next);
  void close_top(bool complete);
  bool closer(char c);
  void close_all();
  void next_item();
  void missing_value();
  void open_quote();
  Verdict third_quote();
  bool is_chatter() const;
  void find_whole_string();
  void embed(uint32_t node);
  void end_bare();

  // What follows decides. All start at `from`, look at most `kLookahead` bytes on, and wait if that is not
  // there yet.
  Verdict quote_ends_value(uint32_t from);
  Verdict quote_ends_member(uint32_t place, bool new_line);
  Verdict quote_ends_element(uint32_t place, bool new_line);
  Verdict quote_ends_key(uint32_t from);
  Verdict line_ends_bare(uint32_t from);
  Verdict key_follows(uint32_t from, bool new_line);
  Verdict quoted_key_follows(uint32_t place);
  Verdict bare_key_follows(uint32_t place, bool new_line);
  Verdict element_follows(uint32_t from);
  Verdict brace_ends_member(uint32_t from);
  Verdict colon_follows(uint32_t from);
  Verdict comment_follows(uint32_t place) const;
  uint32_t skip_space(uint32_t from, bool& new_line);
  /// The text ends here: for good, or for now.
  Verdict at_end() const { return ended_ ? Verdict::Yes : Verdict::Wait; }

  uint32_t size() const { return static_cast<uint32_t>(tree_.text.size()); }
  char at(uint32_t place) const { return tree_.text[place]; }
  void mend(Mend what) { mends_.add(what); }

  ReplyTree tree_;
  std::vector<uint32_t> stack_;
  uint32_t max_depth_;
  uint32_t at_ = 0;
  uint32_t scalar_ = 0;               // the node that is being read
  uint32_t nesting_ = 0;              // Bare: brackets that are open within it
  uint32_t lists_ = 0, objects_ = 0;  // on the stack
  uint32_t key_begin_ = 0, key_end_ = 0;
  bool key_escaped_ = false;
  bool after_comma_ = false;
  bool fenced_ = false;
  bool ended_ = false;
  bool nested_ = false;  // scans text out of another reply
  State state_ = State::Prose;
  Gap gap_ = Gap::None;
  char quote_ = '"';
  Mends mends_;
  uint64_t steps_ = 0;
};

}  // namespace chain::value
