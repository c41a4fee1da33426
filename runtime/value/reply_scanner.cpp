#include "runtime/value/reply_scanner.h"

#include <cstring>

#include "runtime/value/characters.h"

namespace chain::value {

using Kind = ReplyNode::Kind;

void ReplyScanner::reset() {
  tree_.text.clear();
  tree_.nodes.clear();
  tree_.candidates.clear();
  tree_.fences.clear();
  tree_.whole = tree_.whole_string = ReplyNode::kNone;
  stack_.clear();
  at_ = nesting_ = lists_ = objects_ = key_begin_ = key_end_ = 0;
  key_escaped_ = after_comma_ = fenced_ = ended_ = false;
  state_ = State::Prose;
  gap_ = Gap::None;
  mends_ = {};
  steps_ = 0;
}

void ReplyScanner::feed(std::string_view piece) {
  tree_.text += piece;
  while (at_ < size()) {
    const uint32_t before = at_;
    const bool going_on = step();
    steps_ += at_ - before + 1;
    if (!going_on) break;
  }
}

bool ReplyScanner::step() {
  switch (state_) {
    case State::Prose: return prose();
    case State::Key: return key();
    case State::QuotedKey: return quoted_key();
    case State::BareKey: return bare_key();
    case State::Colon: return colon();
    case State::Value: return value();
    case State::Quoted: return quoted();
    case State::Block: return block();
    case State::Bare: return bare();
    case State::AfterValue: return after_value();
  }
  return false;
}

bool ReplyScanner::at_fence() const {
  return std::string_view(tree_.text).substr(at_, 3) == "```";
}

/// Whether the next piece may make a fence of what is here.
bool ReplyScanner::may_be_fence() const {
  return !ended_ && at(at_) == '`' &&
         std::string_view("```").starts_with(std::string_view(tree_.text).substr(at_, 3)) && !at_fence();
}

bool ReplyScanner::prose() {
  while (at_ < size() && at(at_) != '{' && at(at_) != '[' && at(at_) != '`') ++at_;
  if (at_ == size()) return false;
  if (at(at_) != '`') {
    mends_ = {};
    open_container();
    return true;
  }
  if (may_be_fence()) return false;
  if (!at_fence()) {
    ++at_;
    return true;
  }
  if (fenced_) {
    tree_.fences.back().end = at_;
    at_ += 3;
  } else {
    at_ += 3;
    tree_.fences.push_back({at_, at_});
  }
  fenced_ = !fenced_;
  return true;
}

/// Spaces and comments. False if the text ends within them.
bool ReplyScanner::skip_gap() {
  while (at_ < size()) {
    const char c = at(at_);
    if (gap_ == Gap::Line) {
      if (c == '\n') gap_ = Gap::None;
      ++at_;
    } else if (gap_ == Gap::Block) {
      if (c != '*') {
        ++at_;
        continue;
      }
      if (at_ + 1 == size() && !ended_) return false;
      const bool closed = at_ + 1 < size() && at(at_ + 1) == '/';
      if (closed) gap_ = Gap::None;
      at_ += closed ? 2 : 1;
    } else if (is_space(c)) {
      ++at_;
    } else if (c == '/' || c == '#') {
      const Verdict comment = comment_follows(at_);
      if (comment == Verdict::Wait) return false;
      if (comment == Verdict::No) return true;
      mend(Mend::Comment);
      gap_ = at(at_ + 1) == '*' ? Gap::Block : Gap::Line;
      at_ += 2;
    } else {
      return true;
    }
  }
  return false;
}

uint32_t ReplyScanner::add_node(Kind kind) {
  const auto id = static_cast<uint32_t>(tree_.nodes.size());
  ReplyNode node;
  node.kind = kind;
  node.begin = node.end = at_;
  if (!stack_.empty()) {
    ReplyNode& parent = tree_.nodes[stack_.back()];
    if (parent.kind == Kind::Object) {
      node.key_begin = key_begin_;
      node.key_end = key_end_;
      node.key_escaped = key_escaped_;
    }
    (parent.last == ReplyNode::kNone ? parent.first : tree_.nodes[parent.last].next) = id;
    parent.last = id;
    ++parent.count;
  }
  tree_.nodes.push_back(node);
  return id;
}

/// At an opening bracket.
void ReplyScanner::open_container() {
  const bool object = at(at_) == '{';
  const uint32_t id = add_node(object ? Kind::Object : Kind::List);
  if (stack_.empty()) tree_.candidates.push_back({id, fenced_, {}});
  stack_.push_back(id);
  ++(object ? objects_ : lists_);
  ++at_;
  next_item();
  after_comma_ = false;
}

void ReplyScanner::next_item() {
  key_begin_ = key_end_ = at_;
  key_escaped_ = false;
  state_ = in_object() ? State::Key : State::Value;
}

void ReplyScanner::close_top(bool complete) {
  ReplyNode& node = tree_.nodes[stack_.back()];
  node.complete = complete;
  node.end = at_;
  --(node.kind == Kind::Object ? objects_ : lists_);
  stack_.pop_back();
  if (!complete) mend(Mend::Unclosed);
  if (stack_.empty()) {
    tree_.candidates.back().mends = mends_;
    state_ = State::Prose;
  } else {
    state_ = State::AfterValue;
  }
}

void ReplyScanner::close_all() {
  while (!stack_.empty()) close_top(false);
}

/// At a closing bracket, between items. One that closes nothing is skipped.
bool ReplyScanner::closer(char c) {
  const Kind kind = c == '}' ? Kind::Object : Kind::List;
  const bool exists = (kind == Kind::Object ? objects_ : lists_) > 0;
  if (after_comma_) mend(Mend::TrailingComma);
  if (!exists) {
    mend(Mend::WrongBracket);
    ++at_;
    return true;
  }
  while (tree_.nodes[stack_.back()].kind != kind) {
    mend(Mend::WrongBracket);
    close_top(false);
  }
  ++at_;
  close_top(true);
  return true;
}

bool ReplyScanner::key() {
  if (!skip_gap()) return false;
  const char c = at(at_);
  if (c == '}' || c == ']') return closer(c);
  if (may_be_fence()) return false;
  if (at_fence()) {
    close_all();
    return true;
  }
  if (c == ',') {
    ++at_;
    return true;
  }
  if (c == '{' || c == '[') {  // a member without a key
    key_begin_ = key_end_ = at_;
    state_ = State::Value;
    return true;
  }
  after_comma_ = false;
  if (is_quote(c)) {
    if (c != '"') mend(Mend::OtherQuotes);
    quote_ = c;
    key_begin_ = ++at_;
    key_escaped_ = false;
    state_ = State::QuotedKey;
    return true;
  }
  mend(Mend::BareKey);
  key_begin_ = at_;
  key_escaped_ = false;
  state_ = State::BareKey;
  return true;
}

bool ReplyScanner::quoted_key() {
  while (at_ < size()) {
    const char c = at(at_);
    if (c == '\\') {
      if (at_ + 1 == size() && !ended_) return false;
      key_escaped_ = true;
      at_ = std::min(at_ + 2, size());
    } else if (c == quote_) {
      const Verdict ends = quote_ends_key(at_ + 1);
      if (ends == Verdict::Wait) return false;
      if (ends == Verdict::Yes) {
        key_end_ = at_++;
        state_ = State::Colon;
        return true;
      }
      mend(Mend::InnerQuote);
      ++at_;
    } else {
      ++at_;
    }
  }
  return false;
}

bool ReplyScanner::bare_key() {
  while (at_ < size()) {
    const char c = at(at_);
    if (c == ':' || c == '}' || c == ']' || c == ',' || c == '{' || c == '[') break;
    if (c == '\n') {  // a key stands on one line: what was before is chatter
      ++at_;
      state_ = State::Key;
      return true;
    }
    ++at_;
  }
  if (at_ == size()) return false;
  key_end_ = at_;
  while (key_end_ > key_begin_ && is_space(at(key_end_ - 1))) --key_end_;
  if (at(at_) == ':' || at(at_) == '{' || at(at_) == '[') {
    at_ += at(at_) == ':' ? 1 : 0;
    state_ = State::Value;
  } else {
    state_ = State::Key;  // a word without a value is no member
  }
  return true;
}

bool ReplyScanner::colon() {
  if (!skip_gap()) return false;
  if (at(at_) == ':') {
    ++at_;
    state_ = State::Value;
  } else {
    mend(Mend::MissingValue);
    state_ = State::AfterValue;
  }
  return true;
}

void ReplyScanner::missing_value() {
  mend(Mend::MissingValue);
  scalar_ = add_node(Kind::Bare);
  tree_.nodes[scalar_].complete = true;
  state_ = State::AfterValue;
}

bool ReplyScanner::value() {
  if (!skip_gap()) return false;
  const char c = at(at_);
  if (!in_object()) {
    if (c == ']' || c == '}') return closer(c);
    if (c == ',') {
      ++at_;
      return true;
    }
  } else if (c == ',' || c == '}' || (c == ']' && lists_ > 0)) {
    missing_value();
    return true;
  }
  after_comma_ = false;
  if (c == '{' || c == '[') {
    if (stack_.size() < max_depth_) {
      open_container();
      return true;
    }
    mend(Mend::TooDeep);
  } else if (is_quote(c)) {
    open_quote();
    return true;
  }
  open_scalar(Kind::Bare, 0);
  nesting_ = 0;
  state_ = State::Bare;
  return true;
}

void ReplyScanner::open_scalar(Kind kind, uint32_t skip) {
  at_ += skip;
  scalar_ = add_node(kind);
}

/// At a quote. Whether it is the first of three shows in `quoted`.
void ReplyScanner::open_quote() {
  quote_ = at(at_);
  if (quote_ != '"') mend(Mend::OtherQuotes);
  open_scalar(Kind::Quoted, 1);
  state_ = State::Quoted;
}

/// At a second quote right behind the first: a third makes them open a block, else they are empty text.
ReplyScanner::Verdict ReplyScanner::third_quote() {
  if (at_ + 1 == size()) return ended_ ? Verdict::No : Verdict::Wait;
  if (at(at_ + 1) != quote_) return Verdict::No;
  mend(Mend::OtherQuotes);
  at_ += 2;
  ReplyNode& node = tree_.nodes[scalar_];
  node.kind = Kind::Block;
  node.begin = node.end = at_;
  state_ = State::Block;
  return Verdict::Yes;
}

void ReplyScanner::end_scalar(uint32_t end, State next) {
  tree_.nodes[scalar_].end = end;
  tree_.nodes[scalar_].complete = true;
  state_ = next;
}

bool ReplyScanner::quoted() {
  ReplyNode& node = tree_.nodes[scalar_];
  while (at_ < size()) {
    const char c = at(at_);
    if (c == quote_) {
      const Verdict third = at_ == node.begin ? third_quote() : Verdict::No;
      if (third == Verdict::Wait) break;
      if (third == Verdict::Yes) return true;
      const Verdict ends = quote_ends_value(at_ + 1);
      if (ends == Verdict::Wait) break;
      if (ends == Verdict::Yes) {
        end_scalar(at_, State::AfterValue);
        ++at_;
        return true;
      }
      mend(Mend::InnerQuote);
    } else if (c == '\\') {
      if (at_ + 1 == size() && !ended_) break;
      node.escaped = true;
      if (at_ + 1 < size()) ++at_;
    } else if (c == '\n') {
      mend(Mend::LineBreak);
    }
    ++at_;
  }
  node.end = at_;
  return false;
}

bool ReplyScanner::block() {
  ReplyNode& node = tree_.nodes[scalar_];
  while (at_ < size()) {
    if (at(at_) != quote_) {
      ++at_;
      continue;
    }
    uint32_t run = 1;
    while (run < 4 && at_ + run < size() && at(at_ + run) == quote_) ++run;
    if (run < 4 && at_ + run == size() && !ended_) break;
    if (run == 3) {
      end_scalar(at_, State::AfterValue);
      at_ += 3;
      return true;
    }
    ++at_;  // the last three of a longer run are the end
  }
  node.end = at_;
  return false;
}

/// Ends the bare value at `at_`, without the spaces before it.
void ReplyScanner::end_bare() {
  ReplyNode& node = tree_.nodes[scalar_];
  uint32_t end = at_;
  while (end > node.begin && is_space(at(end - 1))) --end;
  end_scalar(end, State::AfterValue);
}

/// Whether the list that is open is but a bracket in prose: an empty line follows its words.
bool ReplyScanner::is_chatter() const {
  return stack_.size() == 1 && !in_object() && !fenced_ && at_ + 1 < size() && at(at_ + 1) == '\n';
}

bool ReplyScanner::bare() {
  const bool object = in_object();
  while (at_ < size()) {
    const char c = at(at_);
    if (c == ',' && nesting_ == 0) {
      if (object) {
        const Verdict ends = key_follows(at_ + 1, false);
        if (ends == Verdict::Wait) break;
        if (ends == Verdict::No) {
          ++at_;
          continue;
        }
      }
      end_bare();
      return true;
    }
    if (c == '(' || c == '{' || c == '[') {
      ++nesting_;
    } else if (c == ')' || c == '}' || c == ']') {
      const bool closes = c == '}' ? objects_ > 0 : c == ']' && lists_ > 0;
      if (nesting_ == 0 && closes) {
        end_bare();
        return true;
      }
      if (nesting_ > 0) --nesting_;
    } else if (c == '\n') {
      const Verdict ends = line_ends_bare(at_ + 1);
      if (ends == Verdict::Wait) break;
      if (ends == Verdict::Yes) {
        end_bare();
        if (is_chatter()) close_all();
        return true;
      }
    } else if (c == '/' && is_space(at(at_ - 1))) {
      const Verdict comment = comment_follows(at_);
      if (comment == Verdict::Wait) break;
      if (comment == Verdict::Yes) {
        end_bare();
        return true;
      }
    }
    ++at_;
  }
  tree_.nodes[scalar_].end = at_;
  return false;
}

bool ReplyScanner::after_value() {
  if (!skip_gap()) return false;
  const char c = at(at_);
  if (c == ',') {
    ++at_;
    next_item();
    after_comma_ = true;
    return true;
  }
  after_comma_ = false;
  if (c == '}' || c == ']') return closer(c);
  if (may_be_fence()) return false;
  if (at_fence()) {
    close_all();
    return true;
  }
  mend(Mend::MissingComma);
  next_item();
  return true;
}

}  // namespace chain::value
