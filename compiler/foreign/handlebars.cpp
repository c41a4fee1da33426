#include "compiler/foreign/handlebars.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace chain::foreign {
namespace {

constexpr size_t kMaxDepth = 64;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// One piece of the text: words up to a tag, or a tag.
struct Token {
  bool is_tag = false;
  std::string_view text;  // of a tag what stands in its braces, without `~`
  std::string_view whole;
  bool trims_before = false;
  bool trims_after = false;
  bool literal = false;  // text that was escaped: no line of it stands alone
  uint32_t line = 0;
};

/// Splits a template into text and tags.
std::vector<Token> tokens_of(std::string_view text, uint32_t line) {
  std::vector<Token> tokens;
  const auto add_text = [&](std::string_view part, bool literal) {
    if (part.empty()) return;
    tokens.push_back({.text = part, .whole = part, .literal = literal, .line = line});
    line += static_cast<uint32_t>(std::count(part.begin(), part.end(), '\n'));
  };
  size_t at = 0;
  while (at < text.size()) {
    const size_t open = text.find("{{", at);
    if (open == std::string_view::npos) break;
    if (open > at && text[open - 1] == '\\') {  // `\{{`: no tag
      add_text(text.substr(at, open - 1 - at), false);
      add_text(text.substr(open, 2), true);
      at = open + 2;
      continue;
    }
    const bool triple = text.substr(open).starts_with("{{{");
    const bool comment = text.substr(open).starts_with("{{!--") || text.substr(open).starts_with("{{~!--");
    const std::string_view closing = comment ? "--" : triple ? "}}}" : "}}";
    size_t end = text.find(closing, open + (comment ? 6 : closing.size()));
    if (comment && end != std::string_view::npos) end = text.find("}}", end);
    if (end == std::string_view::npos) break;
    const size_t after = end + (triple ? 3 : 2);
    add_text(text.substr(at, open - at), false);
    Token tag{.is_tag = true, .whole = text.substr(open, after - open), .line = line};
    std::string_view inside = text.substr(open + (triple ? 3 : 2), end - open - (triple ? 3 : 2));
    tag.trims_before = inside.starts_with('~');
    if (tag.trims_before) inside.remove_prefix(1);
    tag.trims_after = inside.ends_with('~');
    if (tag.trims_after) inside.remove_suffix(1);
    tag.text = trim(inside);
    line += static_cast<uint32_t>(std::count(tag.whole.begin(), tag.whole.end(), '\n'));
    tokens.push_back(tag);
    at = after;
  }
  add_text(text.substr(at), false);
  return tokens;
}

/// Whether a tag shows nothing itself, so that a line which holds nothing else disappears.
bool is_silent(std::string_view tag) {
  return !tag.empty() && (std::string_view("#/^!").find(tag.front()) != std::string_view::npos ||
                          tag == "else" || tag.starts_with("else ") || tag.starts_with("role ") ||
                          tag == "history" || tag.starts_with("section "));
}

/// What stands before a tag on its line is blank (and `line_start` is where), or it begins the text.
bool blank_before(const std::vector<Token>& tokens, size_t i, size_t& keep) {
  if (i == 0) return true;
  const Token& before = tokens[i - 1];
  if (before.is_tag || before.literal) return false;
  const size_t newline = before.text.rfind('\n');
  if (newline == std::string_view::npos && i != 1) return false;
  keep = newline == std::string_view::npos ? 0 : newline + 1;
  return trim(before.text.substr(keep)).empty();
}

bool blank_after(const std::vector<Token>& tokens, size_t i, size_t& skip) {
  if (i + 1 == tokens.size()) return true;
  const Token& after = tokens[i + 1];
  if (after.is_tag || after.literal) return false;
  const size_t newline = after.text.find('\n');
  if (newline == std::string_view::npos && i + 2 != tokens.size()) return false;
  skip = newline == std::string_view::npos ? after.text.size() : newline + 1;
  return trim(after.text.substr(0, skip)).empty();
}

/// Takes away the white space that tags take: `~`, and lines on which a silent tag stands alone.
void trim_around(std::vector<Token>& tokens) {
  struct Cut {
    size_t front = 0;
    size_t back = std::string_view::npos;  // length kept
  };
  std::vector<Cut> cuts(tokens.size());
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (!tokens[i].is_tag) continue;
    size_t keep = 0;
    size_t skip = 0;
    if (is_silent(tokens[i].text) && blank_before(tokens, i, keep) && blank_after(tokens, i, skip)) {
      if (i > 0) cuts[i - 1].back = std::min(cuts[i - 1].back, keep);
      if (i + 1 < tokens.size()) cuts[i + 1].front = std::max(cuts[i + 1].front, skip);
    }
    if (tokens[i].trims_before && i > 0 && !tokens[i - 1].is_tag) {
      std::string_view text = tokens[i - 1].text;
      while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
      cuts[i - 1].back = std::min(cuts[i - 1].back, text.size());
    }
    if (tokens[i].trims_after && i + 1 < tokens.size() && !tokens[i + 1].is_tag) {
      const std::string_view text = tokens[i + 1].text;
      size_t front = 0;
      while (front < text.size() && is_space(text[front])) ++front;
      cuts[i + 1].front = std::max(cuts[i + 1].front, front);
    }
  }
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].is_tag) continue;
    const size_t end = std::min(cuts[i].back, tokens[i].text.size());
    tokens[i].text =
        cuts[i].front >= end ? std::string_view() : tokens[i].text.substr(cuts[i].front, end - cuts[i].front);
  }
}

/// The words of a tag: `media url=photo`, quotes kept.
std::vector<std::string_view> words_of(std::string_view tag) {
  std::vector<std::string_view> words;
  size_t at = 0;
  while (at < tag.size()) {
    if (is_space(tag[at])) {
      ++at;
      continue;
    }
    const size_t begin = at;
    char quote = 0;
    while (at < tag.size() && (quote != 0 || !is_space(tag[at]))) {
      if (quote != 0 ? tag[at] == quote : (tag[at] == '"' || tag[at] == '\''))
        quote = quote != 0 ? 0 : tag[at];
      ++at;
    }
    words.push_back(tag.substr(begin, at - begin));
  }
  return words;
}

Path path_of(std::string_view word) {
  Path path;
  if (word.size() >= 2 && (word.front() == '"' || word.front() == '\'') && word.back() == word.front()) {
    path.is_literal = path.is_text = true;
    path.literal = word.substr(1, word.size() - 2);
    return path;
  }
  if (word == "true" || word == "false" || word == "null" || word == "undefined" ||
      (!word.empty() && word.find_first_not_of("-.0123456789") == std::string_view::npos && word != "." &&
       !word.starts_with(".."))) {
    path.is_literal = true;
    path.literal = word;
    return path;
  }
  if (word.starts_with("@root.")) {
    path.root = true;
    word.remove_prefix(6);
  } else if (word.starts_with('@')) {
    path.data = word.substr(1);
    return path;
  }
  while (word.starts_with("../")) {
    ++path.up;
    word.remove_prefix(3);
  }
  if (word == "..") ++path.up;
  if (word == ".." || word == "." || word == "this") return path;
  if (word.starts_with("this.") || word.starts_with("this/")) word.remove_prefix(5);
  if (word.starts_with("./")) word.remove_prefix(2);
  while (!word.empty()) {
    const size_t end = word.find_first_of("./");
    std::string_view name = word.substr(0, end);
    if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
    path.names.emplace_back(name);
    word = end == std::string_view::npos ? std::string_view() : word.substr(end + 1);
  }
  return path;
}

/// Whether words are one path or literal and nothing that would have to be called.
bool is_path(std::string_view word) {
  return !word.empty() && word.find_first_of("()|=") == std::string_view::npos;
}

class Reader {
 public:
  explicit Reader(std::vector<Remark>& remarks) : remarks_(remarks) { stack_.emplace_back(); }

  std::vector<Node> read(const std::vector<Token>& tokens) {
    for (const Token& token : tokens) {
      if (!token.is_tag) {
        add_text(token);
      } else {
        read_tag(token);
      }
    }
    while (stack_.size() > 1) {
      remarks_.push_back(
          {stack_.back().node.line, fmt::format("`{{{{#{}}}}}` is not closed", stack_.back().word)});
      close();
    }
    return std::move(stack_.front().node.body);
  }

 private:
  struct Open {
    Node node;
    std::string word;
    bool in_else = false;
    bool chained = false;  // made by `{{else if}}`: closes with the block it stands in
  };

  std::vector<Node>& here() {
    Open& top = stack_.back();
    return top.in_else ? top.node.otherwise : top.node.body;
  }

  void add_text(const Token& token) {
    if (token.text.empty()) return;
    std::vector<Node>& nodes = here();
    if (!nodes.empty() && nodes.back().kind == Node::Kind::Text) {
      nodes.back().text += token.text;
    } else {
      nodes.push_back({.kind = Node::Kind::Text, .line = token.line, .text = std::string(token.text)});
    }
  }

  void lose(const Token& token, std::string_view why) {
    remarks_.push_back({token.line, fmt::format("`{}` {}", token.whole, why)});
    here().push_back({.kind = Node::Kind::Lost, .line = token.line, .text = std::string(token.whole)});
  }

  void close() {
    bool more = true;
    while (more && stack_.size() > 1) {
      more = stack_.back().chained;
      Node node = std::move(stack_.back().node);
      stack_.pop_back();
      here().push_back(std::move(node));
    }
  }

  void read_tag(const Token& token) {
    const std::string_view tag = token.text;
    if (tag.empty()) return lose(token, "says nothing");
    switch (tag.front()) {
      case '!': return;
      case '#': return open_block(token, trim(tag.substr(1)), Node::Test::Holds);
      case '^':
        return tag.size() == 1 ? otherwise(token, {})
                               : open_block(token, trim(tag.substr(1)), Node::Test::Fails);
      case '/': return close_block(token, trim(tag.substr(1)));
      case '>':
        return lose(token,
                    "is a partial, another file: import that too, and say `{% include %}` of a `template`");
      case '&': return value(token, words_of(trim(tag.substr(1))));
      default: break;
    }
    const std::vector<std::string_view> words = words_of(tag);
    if (words.front() == "else") return otherwise(token, trim(tag.substr(4)));
    value(token, words);
  }

  void value(const Token& token, const std::vector<std::string_view>& words) {
    Node node{.kind = Node::Kind::Value, .line = token.line};
    if (words.empty()) return lose(token, "says nothing");
    if (words.size() == 1 && words[0] == "history") {
      node.kind = Node::Kind::History;
    } else if (words.size() == 2 && (words[0] == "role" || words[0] == "section")) {
      node.kind = words[0] == "role" ? Node::Kind::Role : Node::Kind::Section;
      node.text = path_of(words[1]).literal;
    } else if (words.size() >= 2 && words[0] == "json" && is_path(words[1])) {
      node.kind = Node::Kind::Json;
      node.path = path_of(words[1]);
      for (const std::string_view word : words) {
        if (word.starts_with("indent=")) node.text = word.substr(7);
      }
    } else if (words[0] == "media" && words.size() >= 2 && words[1].starts_with("url=")) {
      node.kind = Node::Kind::Media;
      node.path = path_of(words[1].substr(4));
    } else if (words.size() == 1 && is_path(words[0])) {
      node.path = path_of(words[0]);
    } else {
      return lose(token, "calls a helper that is not known here");
    }
    here().push_back(std::move(node));
  }

  void open_block(const Token& token, std::string_view head, Node::Test test) {
    if (stack_.size() > kMaxDepth) return lose(token, "stands too deep");
    Open open;
    open.node.line = token.line;
    std::vector<std::string_view> words = words_of(head);
    if (words.empty()) return lose(token, "has no name");
    open.word = words[0];
    read_binding(words, open.node);
    const std::string_view word = words[0];
    if ((word == "if" || word == "unless") && words.size() == 2 && is_path(words[1])) {
      open.node.kind = Node::Kind::If;
      open.node.test =
          (word == "unless") != (test == Node::Test::Fails) ? Node::Test::Fails : Node::Test::Holds;
      open.node.path = path_of(words[1]);
    } else if ((word == "ifEquals" || word == "unlessEquals") && words.size() == 3 && is_path(words[1]) &&
               is_path(words[2])) {
      open.node.kind = Node::Kind::If;
      open.node.test = word == "ifEquals" ? Node::Test::Equal : Node::Test::Unequal;
      open.node.path = path_of(words[1]);
      open.node.other = path_of(words[2]);
    } else if ((word == "each" || word == "with") && words.size() == 2 && is_path(words[1])) {
      open.node.kind = word == "each" ? Node::Kind::Each : Node::Kind::With;
      open.node.path = path_of(words[1]);
    } else if (words.size() == 1 && is_path(word)) {
      open.node.kind = test == Node::Test::Fails ? Node::Kind::If : Node::Kind::Auto;
      open.node.test = test;
      open.node.path = path_of(word);
    } else {
      remarks_.push_back(
          {token.line,
           fmt::format("`{}` calls a helper that is not known here: what it holds is kept as it stands",
                       token.whole)});
      open.node.kind = Node::Kind::Lost;
      open.node.text = token.whole;
    }
    stack_.push_back(std::move(open));
  }

  /// `as |item index|` at the end of a head.
  static void read_binding(std::vector<std::string_view>& words, Node& node) {
    const auto as = std::find(words.begin(), words.end(), "as");
    if (as == words.end() || as + 1 == words.end() || !(as + 1)->starts_with('|')) return;
    std::vector<std::string> names;
    for (auto word = as + 1; word != words.end(); ++word) {
      std::string name(*word);
      std::erase(name, '|');
      if (!name.empty()) names.push_back(std::move(name));
    }
    if (!names.empty()) node.item = names[0];
    if (names.size() > 1) node.index = names[1];
    words.erase(as, words.end());
  }

  void otherwise(const Token& token, std::string_view condition) {
    if (stack_.size() == 1 || stack_.back().in_else) return lose(token, "stands in no block");
    stack_.back().in_else = true;
    if (condition.empty()) return;
    const size_t depth = stack_.size();
    open_block(token, condition, Node::Test::Holds);
    if (stack_.size() > depth) stack_.back().chained = true;
  }

  void close_block(const Token& token, std::string_view word) {
    size_t at = stack_.size() - 1;
    while (at > 0 && stack_[at].chained) --at;
    if (at == 0 || stack_[at].word != word) return lose(token, "closes what is not open");
    close();
  }

  std::vector<Remark>& remarks_;
  std::vector<Open> stack_;
};

}  // namespace

std::vector<Node> read_handlebars(std::string_view text, uint32_t first_line, std::vector<Remark>& remarks) {
  std::vector<Token> tokens = tokens_of(text, first_line);
  trim_around(tokens);
  return Reader(remarks).read(tokens);
}

}  // namespace chain::foreign
