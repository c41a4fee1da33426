#include "runtime/documents/markdown_inline.h"

#include <algorithm>
#include <unordered_map>

#include "runtime/documents/entities.h"
#include "runtime/value/characters.h"

namespace chain::documents {
namespace {

constexpr size_t kNone = std::string_view::npos;
constexpr int kMostParentheses = 32;  // CommonMark, 6.3: "implementations may impose limits"
constexpr size_t kMostTag = 4096;

bool is_punctuation(char c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

/// Bytes to leave out: from `begin` to `end`.
struct Gap {
  size_t begin, end;
};

/// Finds what of a paragraph is markup, in one pass; then writes the rest.
class Inline {
 public:
  Inline(std::string_view raw, const std::vector<Origin>& origins, TextBuilder& text)
      : raw_(raw), origins_(origins), text_(text) {}

  void write() {
    match_ticks();
    find_markup();
    std::ranges::sort(gaps_, {}, &Gap::begin);
    size_t at = 0;
    for (const Gap& gap : gaps_) {
      if (gap.begin > at) words(at, gap.begin);
      at = std::max(at, gap.end);
    }
    words(at, raw_.size());
  }

 private:
  struct Run {  // of `*`, `_` or `~`
    size_t at, length;
  };
  struct Code {
    size_t begin, end;  // of what stands between the ticks
  };

  /// For each run of backticks, where the next one of the same length is.
  void match_ticks() {
    std::unordered_map<size_t, size_t> behind;
    for (size_t end = raw_.size(); end > 0;) {
      if (raw_[end - 1] != '`') {
        --end;
        continue;
      }
      size_t begin = end;
      while (begin > 0 && raw_[begin - 1] == '`') --begin;
      const auto found = behind.find(end - begin);
      if (found != behind.end()) partner_[begin] = found->second;
      behind[end - begin] = begin;
      end = begin;
    }
  }

  void find_markup() {
    for (size_t at = 0; at < raw_.size();) {
      switch (raw_[at]) {
        case '\\': at = escape(at); break;
        case '`': at = code(at); break;
        case '*':
        case '_':
        case '~': at = emphasis(at); break;
        case '[': brackets_.push_back(at++); break;
        case ']': at = link(at); break;
        case '<': at = tag(at); break;
        default: ++at;
      }
    }
  }

  size_t escape(size_t at) {
    if (at + 1 < raw_.size() && (is_punctuation(raw_[at + 1]) || raw_[at + 1] == '\n')) {
      gaps_.push_back({at, at + 1});
      return at + 2;
    }
    return at + 1;
  }

  size_t code(size_t at) {
    size_t end = at;
    while (end < raw_.size() && raw_[end] == '`') ++end;
    const auto found = partner_.find(at);
    if (found == partner_.end()) return end;
    const size_t length = end - at;
    gaps_.push_back({at, end});
    gaps_.push_back({found->second, found->second + length});
    codes_.push_back({end, found->second});
    return found->second + length;
  }

  /// Takes a run of marks and an earlier one of the same kind for a pair, if they may open and close.
  size_t emphasis(size_t at) {
    const char mark = raw_[at];
    size_t end = at;
    while (end < raw_.size() && raw_[end] == mark) ++end;
    if (mark == '~' && end - at != 2) return end;
    const char before = at > 0 ? raw_[at - 1] : ' ';
    const char behind = end < raw_.size() ? raw_[end] : ' ';
    const bool word_before = !value::is_space(before) && !is_punctuation(before);
    const bool word_behind = !value::is_space(behind) && !is_punctuation(behind);
    bool opens = !value::is_space(behind) && (word_behind || !word_before);
    bool closes = !value::is_space(before) && (word_before || !word_behind);
    if (mark == '_') {
      opens = opens && !word_before;
      closes = closes && !word_behind;
    }
    std::vector<Run>& open = mark == '*' ? stars_ : mark == '_' ? lines_ : waves_;
    size_t left = end - at, place = at;
    while (closes && left > 0 && !open.empty()) {
      Run& last = open.back();
      const size_t both = std::min(last.length, left);
      gaps_.push_back({last.at + last.length - both, last.at + last.length});
      gaps_.push_back({place, place + both});
      place += both;
      left -= both;
      last.length -= both;
      if (last.length == 0) open.pop_back();
    }
    if (opens && left > 0) open.push_back({place, left});
    return end;
  }

  /// `](address "title")`, `][name]`, `[^1]`, or only a bracket.
  size_t link(size_t at) {
    if (brackets_.empty()) return at + 1;
    const size_t begin = brackets_.back();
    brackets_.pop_back();
    size_t end = kNone;
    if (begin + 1 < at && raw_[begin + 1] == '^' && at - begin < 100) {
      gaps_.push_back({begin, at + 1});
      return at + 1;
    }
    if (at + 1 < raw_.size() && raw_[at + 1] == '(') end = address_end(at + 2);
    if (at + 1 < raw_.size() && raw_[at + 1] == '[') end = name_end(at + 2);
    if (end == kNone) return at + 1;
    const bool image = begin > 0 && raw_[begin - 1] == '!';
    gaps_.push_back({image ? begin - 1 : begin, begin + 1});
    gaps_.push_back({at, end});
    return end;
  }
  /// Behind the `)` of an address and its title; `at` is behind the `(`.
  [[nodiscard]] size_t address_end(size_t at) const {
    int depth = 1;
    char quote = '\0';
    for (; at < raw_.size(); ++at) {
      const char c = raw_[at];
      if (c == '\\') {
        ++at;
      } else if (quote != '\0') {
        if (c == quote) quote = '\0';
        if (c == '(') ++depth;  // a title that never ends is not looked through again and again
        if (c == ')' && depth > 1) --depth;
      } else if ((c == '"' || c == '\'') && value::is_space(raw_[at - 1])) {
        quote = c;
      } else if (c == '(') {
        ++depth;
      } else if (c == ')' && --depth == 0) {
        return at + 1;
      } else if (c == '\n' && at + 1 < raw_.size() && raw_[at + 1] == '\n') {
        return kNone;
      }
      if (depth > kMostParentheses) return kNone;
    }
    return kNone;
  }
  [[nodiscard]] size_t name_end(size_t at) const {
    const size_t end = raw_.substr(0, std::min(raw_.size(), at + 1000)).find_first_of("[]", at);
    return end == kNone || raw_[end] == '[' ? kNone : end + 1;
  }

  /// `<https://...>`, which is shown, or HTML, which is not.
  size_t tag(size_t at) {
    const char next = at + 1 < raw_.size() ? raw_[at + 1] : '\0';
    if (!value::is_letter(next) && next != '/' && next != '!' && next != '?') return at + 1;
    const std::string_view window = raw_.substr(0, std::min(raw_.size(), at + kMostTag));
    const size_t end = window.find_first_of("<>", at + 1);
    if (end == kNone || raw_[end] == '<') return at + 1;
    const std::string_view inside = raw_.substr(at + 1, end - at - 1);
    const bool shown =
        inside.find_first_of(" \t\n\"") == kNone && (inside.find(':') != kNone || inside.find('@') != kNone);
    if (shown) {
      gaps_.push_back({at, at + 1});
      gaps_.push_back({end, end + 1});
    } else {
      gaps_.push_back({at, end + 1});
    }
    return end + 1;
  }

  [[nodiscard]] bool in_code(size_t at) {
    while (code_ < codes_.size() && codes_[code_].end <= at) ++code_;
    return code_ < codes_.size() && codes_[code_].begin <= at;
  }

  void words(size_t at, size_t end) {
    while (at < end) {
      const size_t begin = at;
      if (raw_[at] == '&' && !in_code(at)) {
        std::string decoded;
        if (const size_t length = decode_reference(raw_.substr(at, end - at), false, decoded); length > 0) {
          text_.put(decoded, source_offset(origins_, at), length);
          at += length;
          continue;
        }
      }
      // A line of the source at a time: the next one may stand behind marks of a quote.
      ++at;
      while (at < end && raw_[at] != '&' && raw_[at - 1] != '\n') ++at;
      text_.copy(raw_.substr(begin, at - begin), source_offset(origins_, begin));
    }
  }

  std::string_view raw_;
  const std::vector<Origin>& origins_;
  TextBuilder& text_;
  std::unordered_map<size_t, size_t> partner_;
  std::vector<size_t> brackets_;
  std::vector<Run> stars_, lines_, waves_;
  std::vector<Code> codes_;
  size_t code_ = 0;
  std::vector<Gap> gaps_;
};

}  // namespace

void append_inline(std::string_view raw, const std::vector<Origin>& origins, TextBuilder& text) {
  Inline(raw, origins, text).write();
}

}  // namespace chain::documents
