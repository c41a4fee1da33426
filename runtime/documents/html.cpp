// HTML's words, by a tokenizer of its own (HTML, 13.2.5) and a stack of bounded depth. See
// docs/decisions/documents.md for why no parser builds a tree here.
#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "runtime/documents/entities.h"
#include "runtime/documents/flow.h"
#include "runtime/value/characters.h"

namespace chain::documents {
namespace {

using value::is_letter;
using value::is_space;

enum class Role : uint8_t {
  Inline,
  Block,
  Heading,  // h1 to h6
  Item,     // ended by the next of its kind: p, li, dt, dd
  Row,
  Cell,
  Pre,
  Break,   // br, hr: void
  Void,    // img, input, ...: void
  Hidden,  // never shown
  Raw,     // what stands in it is no markup, and not shown
  Title,
};

struct Element {
  std::string_view name;
  Role role;
};
constexpr Element kElements[] = {
    {"address", Role::Block},    {"area", Role::Void},      {"article", Role::Block},
    {"aside", Role::Block},      {"base", Role::Void},      {"blockquote", Role::Block},
    {"body", Role::Block},       {"br", Role::Break},       {"caption", Role::Block},
    {"center", Role::Block},     {"col", Role::Void},       {"colgroup", Role::Inline},
    {"dd", Role::Item},          {"details", Role::Block},  {"dialog", Role::Block},
    {"dir", Role::Block},        {"div", Role::Block},      {"dl", Role::Block},
    {"dt", Role::Item},          {"embed", Role::Void},     {"fieldset", Role::Block},
    {"figcaption", Role::Block}, {"figure", Role::Block},   {"footer", Role::Block},
    {"form", Role::Block},       {"h1", Role::Heading},     {"h2", Role::Heading},
    {"h3", Role::Heading},       {"h4", Role::Heading},     {"h5", Role::Heading},
    {"h6", Role::Heading},       {"header", Role::Block},   {"hgroup", Role::Block},
    {"hr", Role::Break},         {"iframe", Role::Raw},     {"img", Role::Void},
    {"input", Role::Void},       {"legend", Role::Block},   {"li", Role::Item},
    {"link", Role::Void},        {"listing", Role::Pre},    {"main", Role::Block},
    {"math", Role::Hidden},      {"menu", Role::Block},     {"meta", Role::Void},
    {"nav", Role::Block},        {"noembed", Role::Raw},    {"noframes", Role::Raw},
    {"noscript", Role::Raw},     {"ol", Role::Block},       {"option", Role::Item},
    {"p", Role::Item},           {"param", Role::Void},     {"plaintext", Role::Pre},
    {"pre", Role::Pre},          {"script", Role::Raw},     {"search", Role::Block},
    {"section", Role::Block},    {"select", Role::Block},   {"source", Role::Void},
    {"style", Role::Raw},        {"summary", Role::Block},  {"svg", Role::Hidden},
    {"table", Role::Block},      {"tbody", Role::Inline},   {"td", Role::Cell},
    {"template", Role::Hidden},  {"textarea", Role::Block}, {"tfoot", Role::Inline},
    {"th", Role::Cell},          {"thead", Role::Inline},   {"title", Role::Title},
    {"tr", Role::Row},           {"track", Role::Void},     {"ul", Role::Block},
    {"wbr", Role::Void},         {"xmp", Role::Pre},
};

Role role_of(std::string_view name) {
  const auto found = std::ranges::lower_bound(kElements, name, {}, &Element::name);
  return found != std::end(kElements) && found->name == name ? found->role : Role::Inline;
}

struct Tag {
  std::string name;  // lower case
  Role role = Role::Inline;
  bool closes = false;
  bool hidden = false;  // by an attribute
  size_t end = 0;       // behind its `>`
};

constexpr size_t kMostName = 40;
/// As browsers have it; what is nested deeper stands beside it.
constexpr size_t kMostDepth = 512;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool same_letters(std::string_view text, std::string_view lower_case) {
  return text.size() == lower_case.size() &&
         std::ranges::equal(text, lower_case, [](char a, char b) { return lower(a) == b; });
}

/// Whether a style says that its element is not shown.
bool style_hides(std::string_view style) {
  std::string plain;
  for (const char c : style.substr(0, 2000)) {
    if (!is_space(c)) plain += lower(c);
  }
  return plain.find("display:none") != std::string::npos ||
         plain.find("visibility:hidden") != std::string::npos;
}

bool attribute_hides(std::string_view name, std::string_view text) {
  if (same_letters(name, "hidden")) return !same_letters(text, "until-found");
  if (same_letters(name, "aria-hidden")) return same_letters(text, "true");
  return same_letters(name, "style") && style_hides(text);
}

/// Reads tags; `at` is at a `<`.
class TagReader {
 public:
  explicit TagReader(std::string_view html) : html_(html) {}

  /// False if what stands there is text.
  [[nodiscard]] bool read(size_t at, Tag& tag) {
    at_ = at + 1;
    tag.closes = peek() == '/';
    if (tag.closes) ++at_;
    if (!is_letter(peek())) return false;
    tag.name.clear();
    while (at_ < html_.size() && !is_space(peek()) && peek() != '/' && peek() != '>') {
      if (tag.name.size() < kMostName) tag.name += lower(peek());
      ++at_;
    }
    tag.role = role_of(tag.name);
    tag.hidden = false;
    while (attribute(tag)) {}
    tag.end = at_;
    return true;
  }

 private:
  [[nodiscard]] char peek() const { return at_ < html_.size() ? html_[at_] : '\0'; }
  /// False at the end of the tag, which is passed.
  bool attribute(Tag& tag) {
    while (at_ < html_.size() && (is_space(peek()) || peek() == '/')) ++at_;
    if (at_ >= html_.size()) return false;
    if (peek() == '>') return ++at_, false;
    const size_t begin = at_++;
    while (at_ < html_.size() && !is_space(peek()) && peek() != '/' && peek() != '>' && peek() != '=') ++at_;
    const std::string_view name = html_.substr(begin, at_ - begin);
    while (at_ < html_.size() && is_space(peek())) ++at_;
    const std::string_view text = peek() == '=' ? attribute_text() : std::string_view();
    tag.hidden = tag.hidden || attribute_hides(name, text);
    return true;
  }
  std::string_view attribute_text() {
    ++at_;
    while (at_ < html_.size() && is_space(peek())) ++at_;
    const char quote = peek();
    if (quote == '"' || quote == '\'') {
      const size_t begin = at_ + 1;
      const size_t end = std::min(html_.find(quote, begin), html_.size());
      at_ = std::min(end + 1, html_.size());
      return html_.substr(begin, end - begin);
    }
    const size_t begin = at_;
    while (at_ < html_.size() && !is_space(peek()) && peek() != '>') ++at_;
    return html_.substr(begin, at_ - begin);
  }

  std::string_view html_;
  size_t at_ = 0;
};

/// Writes text as it is shown: runs of spaces as one, none at the ends of lines; but all of them in `pre`.
class Writer {
 public:
  FlowBuilder& flow() { return flow_; }

  void block(BlockKind kind) {
    flow_.begin(kind);
    space_ = Space::None;
  }
  /// A line break or the gap between two cells, before the next word. Of several the strongest counts.
  void gap(std::string_view what) {
    if (!flow_.open() || flow_.empty()) return;
    const bool weaker = space_ == Space::Gap && (gap_ == "\n" || what == " ");
    if (!weaker) gap_ = what;
    space_ = Space::Gap;
  }
  void word(std::string_view bytes, uint64_t at) {
    before_word();
    flow_.text().copy(bytes, at);
  }
  void character(std::string_view bytes, uint64_t at, uint64_t length) {
    before_word();
    flow_.text().put(bytes, at, length);
  }
  void space() {
    if (space_ == Space::None && flow_.open() && !flow_.empty()) space_ = Space::One;
  }

 private:
  enum class Space : uint8_t { None, One, Gap };

  void before_word() {
    if (!flow_.open()) flow_.begin(BlockKind::Paragraph);
    if (space_ == Space::One) flow_.text().add(" ");
    if (space_ == Space::Gap) flow_.text().add(gap_);
    space_ = Space::None;
  }

  FlowBuilder flow_;
  Space space_ = Space::None;
  std::string_view gap_;
};

class Reader {
 public:
  explicit Reader(std::string_view html) : html_(html), tags_(html) {}

  Flow read() {
    while (at_ < html_.size()) {
      if (html_[at_] == '<' && markup()) continue;
      text();
    }
    Flow flow = writer_.flow().take();
    if (!title_.empty()) flow.title = title_;
    return flow;
  }

 private:
  struct Open {
    std::string name;
    Role role;
    bool hides;
  };

  /// Passes a tag, comment or declaration; false if the `<` is text.
  bool markup() {
    const std::string_view rest = html_.substr(at_);
    if (rest.starts_with("<!--")) return pass("-->", 4);
    if (rest.starts_with("<![CDATA[")) return pass("]]>", 9);
    if (rest.starts_with("<!") || rest.starts_with("<?")) return pass(">", 2);
    Tag tag;
    if (!tags_.read(at_, tag)) {
      if (rest.starts_with("</") && rest.size() > 2) return pass(">", 2);
      return false;
    }
    at_ = tag.end;
    tag.closes ? close(tag) : open(tag);
    return true;
  }
  bool pass(std::string_view end, size_t from) {
    const size_t found = html_.find(end, at_ + from);
    at_ = found == std::string_view::npos ? html_.size() : found + end.size();
    return true;
  }

  void open(const Tag& tag) {
    if (tag.role == Role::Raw || tag.role == Role::Title) return raw(tag);
    if (tag.role == Role::Void) return;
    if (tag.role == Role::Break) {
      if (hidden_ == 0) tag.name == "br" ? writer_.gap("\n") : writer_.flow().end();
      return;
    }
    end_implied(tag);
    const bool hides = tag.hidden || tag.role == Role::Hidden;
    if (tag.name == "table") rows_ = false;
    if (tag.role == Role::Pre && html_.substr(at_, 1) == "\n") ++at_;
    // Within what is hidden every element counts, so that its end is found.
    if (tag.role != Role::Inline || hides || hidden_ > 0) push({tag.name, tag.role, hides});
    if (hidden_ == 0) show_start(tag.role);
  }
  void show_start(Role role) {
    switch (role) {
      case Role::Heading: return writer_.block(BlockKind::Heading);
      case Role::Pre: return writer_.block(BlockKind::Lines);
      case Role::Row: return in_table_row();
      case Role::Cell: return writer_.gap(" | ");
      case Role::Item:
      case Role::Block:
        return in(Role::Cell) || in(Role::Heading) ? writer_.gap(" ") : writer_.block(BlockKind::Paragraph);
      default: return;
    }
  }
  /// Rows are the lines of one block, so that a table stays whole if it fits.
  void in_table_row() {
    if (rows_ && writer_.flow().open()) {
      writer_.gap("\n");
    } else {
      writer_.block(BlockKind::Lines);
    }
    rows_ = true;
  }

  /// The end of a `p` before a block, of an `li` before the next, ...
  void end_implied(const Tag& tag) {
    if (tag.role == Role::Inline) return;
    if (!open_.empty() && open_.back().name == "p") pop();
    const auto last_is = [&](Role role) { return !open_.empty() && open_.back().role == role; };
    if (tag.role == Role::Item && tag.name != "p" && last_is(Role::Item)) pop();
    if ((tag.role == Role::Cell || tag.role == Role::Row) && last_is(Role::Cell)) pop();
    if (tag.role == Role::Row && last_is(Role::Row)) pop();
  }

  void close(const Tag& tag) {
    if (tag.role == Role::Void || tag.role == Role::Break) return;
    const auto found =
        std::find_if(open_.rbegin(), open_.rend(), [&](const Open& each) { return each.name == tag.name; });
    if (found == open_.rend()) return;
    const size_t left = static_cast<size_t>(open_.rend() - found) - 1;
    while (open_.size() > left) pop();
  }

  void push(Open element) {
    if (open_.size() >= kMostDepth) return;
    if (element.hides) ++hidden_;
    ++roles_[static_cast<size_t>(element.role)];
    open_.push_back(std::move(element));
  }
  void pop() {
    const Open element = std::move(open_.back());
    open_.pop_back();
    --roles_[static_cast<size_t>(element.role)];
    const bool shown = hidden_ == 0;
    if (element.hides) --hidden_;
    if (shown) show_end(element);
  }
  void show_end(const Open& element) {
    switch (element.role) {
      case Role::Heading: return writer_.flow().end_heading(static_cast<uint32_t>(element.name[1] - '0'));
      case Role::Row:
      case Role::Cell:
      case Role::Inline:
      case Role::Hidden: return;
      default:
        if (element.name == "table") rows_ = false;
        if (in(Role::Cell) || in(Role::Heading)) return writer_.gap(" ");
        return writer_.flow().end();
    }
  }
  [[nodiscard]] bool in(Role role) const { return roles_[static_cast<size_t>(role)] > 0; }

  /// Up to the end tag of `tag` nothing is markup.
  void raw(const Tag& tag) {
    const size_t begin = at_;
    size_t end = begin;
    while (true) {
      end = html_.find("</", end);
      if (end == std::string_view::npos) {
        end = at_ = html_.size();
        break;
      }
      if (same_letters(html_.substr(end + 2, tag.name.size()), tag.name)) {
        Tag closing;
        at_ = tags_.read(end, closing) ? closing.end : html_.size();
        if (closing.name == tag.name) break;
      }
      end += 2;
    }
    if (tag.role == Role::Title && title_.empty() && hidden_ == 0)
      read_title(html_.substr(begin, std::min(end - begin, size_t{4096})));
  }
  void read_title(std::string_view text) {
    for (size_t at = 0; at < text.size();) {
      std::string decoded;
      const size_t length = text[at] == '&' ? decode_reference(text.substr(at), true, decoded) : 0;
      if (length == 0) decoded = is_space(text[at]) ? ' ' : text[at];
      if (decoded != " " || (!title_.empty() && !title_.ends_with(' '))) title_ += decoded;
      at += std::max<size_t>(length, 1);
    }
    while (title_.ends_with(' ')) title_.pop_back();
  }

  /// Up to the next `<`, which may be text itself.
  void text() {
    const size_t end = std::min(html_.find('<', at_ + 1), html_.size());
    if (hidden_ > 0) {
      at_ = end;
      return;
    }
    const bool keep = in(Role::Pre);
    while (at_ < end) {
      const char c = html_[at_];
      std::string decoded;
      const size_t length = c == '&' ? decode_reference(html_.substr(at_, end - at_), true, decoded) : 0;
      if (length > 0) {
        decoded == "\xC2\xA0" ? writer_.space() : writer_.character(decoded, at_, length);
        at_ += length;
      } else if (is_space(c) && !keep) {
        writer_.space();
        ++at_;
      } else {
        const size_t begin = at_++;
        while (at_ < end && html_[at_] != '&' && (keep || !is_space(html_[at_]))) ++at_;
        const std::string_view bytes = html_.substr(begin, at_ - begin);
        writer_.word(bytes, begin);
      }
    }
  }

  std::string_view html_;
  TagReader tags_;
  Writer writer_;
  size_t at_ = 0;
  std::vector<Open> open_;
  std::array<uint32_t, 12> roles_{};  // how many of each are open
  uint32_t hidden_ = 0;               // open elements that hide what is in them
  bool rows_ = false;                 // the open block is of a table's rows
  std::string title_;
};

}  // namespace

Flow flow_of_html(std::string_view html) {
  return Reader(html).read();
}

}  // namespace chain::documents
