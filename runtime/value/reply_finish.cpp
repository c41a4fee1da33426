// What can be told of a reply only once all of it is there.
#include "runtime/value/characters.h"
#include "runtime/value/reply_scanner.h"
#include "runtime/value/unescape.h"

namespace chain::value {

using Kind = ReplyNode::Kind;

namespace {
constexpr const char* kLanguageName =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-_. \t\r";
}  // namespace

void ReplyScanner::finish() {
  ended_ = true;
  feed({});
  if (state_ == State::Quoted || state_ == State::Block || state_ == State::Bare) {
    ReplyNode& node = tree_.nodes[scalar_];
    if (state_ == State::Bare)
      end_bare();
    else
      node.end = size();
    node.complete = false;
  } else if (state_ == State::Colon || (state_ == State::Value && in_object())) {
    missing_value();
    tree_.nodes[scalar_].complete = false;
  }
  if (fenced_) tree_.fences.back().end = size();
  close_all();
  for (Fence& fence : tree_.fences) {
    // The word behind the opening fence names a language.
    const size_t tag = tree_.text.find_first_not_of(kLanguageName, fence.begin);
    if (tag != std::string::npos && tree_.text[tag] == '\n' && tag < fence.end)
      fence.begin = static_cast<uint32_t>(tag);
    fence.node = add_prose(fence.begin, fence.end);
  }
  tree_.whole = add_prose(0, size());
  find_whole_string();
  const auto count = static_cast<uint32_t>(tree_.nodes.size());
  for (uint32_t node = 0; node < count && !nested_; ++node) embed(node);
}

/// Text that is itself one list or object is scanned as such, in case JSON is wanted there: models escape
/// twice. One level deep.
void ReplyScanner::embed(uint32_t node) {
  const ReplyNode& outer = tree_.nodes[node];
  if (outer.kind != Kind::Quoted) return;
  const std::string_view raw = trimmed(tree_.raw(outer));
  const bool object = raw.starts_with('{') && raw.ends_with('}');
  if (!object && !(raw.starts_with('[') && raw.ends_with(']'))) return;
  std::string inner(raw);
  if (outer.escaped) inner.resize(unescape_to(raw, inner.data()));
  ReplyScanner scanner(max_depth_);
  scanner.nested_ = true;
  scanner.feed(inner);
  scanner.finish();
  steps_ += scanner.steps();
  const ReplyTree& found = scanner.tree();
  if (found.candidates.size() != 1 || found[found.candidates[0].node].end != inner.size()) return;
  const uint32_t text = size();
  const auto first = static_cast<uint32_t>(tree_.nodes.size());
  const auto moved = [first](uint32_t id) { return id == ReplyNode::kNone ? id : id + first; };
  tree_.text += inner;
  for (ReplyNode copy : found.nodes) {
    copy.begin += text;
    copy.end += text;
    copy.key_begin += text;
    copy.key_end += text;
    copy.first = moved(copy.first);
    copy.last = moved(copy.last);
    copy.next = moved(copy.next);
    tree_.nodes.push_back(copy);
  }
  tree_.nodes[node].first = moved(found.candidates[0].node);
}

/// A reply that is one JSON string: what is within it may be the answer.
void ReplyScanner::find_whole_string() {
  const ReplyNode& whole = tree_.nodes[tree_.whole];
  const std::string_view text = tree_.raw(whole);
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return;
  const std::string_view inner = text.substr(1, text.size() - 2);
  for (size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] == '"' || (inner[i] == '\\' && ++i == inner.size())) return;
  }
  const bool escaped = inner.find('\\') != std::string_view::npos;
  const uint32_t id = add_prose(whole.begin + 1, whole.end - 1);
  ReplyNode& node = tree_.nodes[id];
  node.kind = Kind::Quoted;
  node.begin = tree_.nodes[tree_.whole].begin + 1;
  node.end = tree_.nodes[tree_.whole].end - 1;
  node.escaped = escaped;
  tree_.whole_string = id;
}

uint32_t ReplyScanner::add_prose(uint32_t begin, uint32_t end) {
  while (begin < end && is_space(at(begin))) ++begin;
  while (begin < end && is_space(at(end - 1))) --end;
  const uint32_t id = add_node(Kind::Prose);
  tree_.nodes[id].begin = begin;
  tree_.nodes[id].end = end;
  tree_.nodes[id].complete = true;
  return id;
}

}  // namespace chain::value
