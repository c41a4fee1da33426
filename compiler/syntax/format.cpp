#include "compiler/syntax/format.h"

#include <antlr4-runtime.h>
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "compiler/syntax/parse_marked.h"
#include "compiler/syntax/pretty.h"
#include "compiler/syntax/string_text.h"
#include "generated/ChainLexer.h"

namespace chain::syntax {
namespace {

using Lex = generated::ChainLexer;

constexpr int kWidth = 100;

/// Line ends as LF. A carriage return that ends no line is text.
void drop_carriage_returns(std::string& text) {
  size_t kept = 0;
  for (const char c : text) {
    while (c == '\n' && kept > 0 && text[kept - 1] == '\r') --kept;
    text[kept++] = c;
  }
  text.resize(kept);
}

bool closes(uint16_t type) {
  return type == Lex::RPAREN || type == Lex::RBRACKET || type == Lex::RBRACE;
}
bool opens(uint16_t type) {
  return type == Lex::CALL || type == Lex::PAREN || type == Lex::PARAMETERS || type == Lex::INDEX ||
         type == Lex::LIST || type == Lex::BODY || type == Lex::BLOCK || type == Lex::RECORD ||
         type == Lex::MAP;
}

/// Operators after which a long line may go on below. `mod` is none: its right side stands on its line.
/// Comparisons are none: they are short, and `and` and `or` are around.
bool may_break_after(uint16_t type) {
  return type == Lex::PIPE || type == Lex::STAR || type == Lex::SLASH || type == Lex::PLUS ||
         type == Lex::MINUS || type == Lex::COALESCE || type == Lex::AND || type == Lex::OR;
}

bool tight_before(uint16_t type) {
  switch (type) {
    case Lex::COMMA:
    case Lex::COLON:
    case Lex::DOT:
    case Lex::QUESTION_DOT:
    case Lex::CALL:
    case Lex::INDEX:
    case Lex::QUESTION:
    case Lex::VERSION: return true;
    default: return closes(type);
  }
}

bool tight_after(uint16_t type) {
  switch (type) {
    case Lex::DOT:
    case Lex::QUESTION_DOT:
    case Lex::NEGATE:
    case Lex::SPREAD: return true;
    default: return false;
  }
}

/// Walks the tokens of a file, one bracket at a time, and writes them to a document.
class Formatter {
 public:
  Formatter(std::string_view text, const LaidOut& source, const Marks& marks)
      : text_(text),
        tokens_(source.tokens),
        comments_(source.comments),
        items_(marks.items.begin(), marks.items.end()),
        brackets_(marks.brackets.begin(), marks.brackets.end()) {}

  std::string run(const std::vector<Piece>& pieces);

 private:
  [[nodiscard]] bool more() const { return next_ < tokens_.size(); }
  [[nodiscard]] const Token& token() const { return tokens_[next_]; }
  [[nodiscard]] std::string_view text(uint32_t begin, uint32_t end) const {
    return text_.substr(begin, end - begin);
  }
  [[nodiscard]] bool begins_item(const Token& token) const { return items_.contains(token.begin); }
  [[nodiscard]] bool is_type_bracket(const Token& token) const { return brackets_.contains(token.begin); }
  [[nodiscard]] size_t closer_of(size_t opener) const;
  [[nodiscard]] bool comments_before(uint32_t offset) const {
    return comment_ < comments_.size() && comments_[comment_].begin < offset;
  }
  [[nodiscard]] int blank_lines(uint32_t from, uint32_t to) const;
  [[nodiscard]] bool on_one_line(size_t opener, size_t closer) const;
  [[nodiscard]] bool has_comments(size_t opener, size_t closer) const;

  void own_lines(uint32_t offset, bool fresh);
  void inline_comments(const Token& before);
  void comments_before_else(const Token& token);
  void trailing_comments(const Token& before);
  [[nodiscard]] bool own_line_comment(const Token& before) const;
  std::string next_comment(bool documents);
  std::string comment_text(const Comment& comment, bool documents) const;
  void space_before(const Token& token);
  void plain(const Token& token);
  void block_string(const Token& token);
  [[nodiscard]] bool is_short_block(size_t opener, size_t closer) const;
  void if_chain(size_t end);
  void sequence(size_t end);
  void bracket();
  void delimited(size_t opener, size_t closer);
  [[nodiscard]] bool ends_with_function(size_t opener, size_t closer) const;
  void block(size_t opener, size_t closer);
  void items(size_t closer);
  void one_line_block(size_t opener, size_t closer);

  std::string_view text_;
  const std::vector<Token>& tokens_;
  const std::vector<Comment>& comments_;
  std::unordered_set<uint32_t> items_;
  std::unordered_set<uint32_t> brackets_;
  Document out_;
  std::unordered_map<size_t, bool> branches_;  // by opener: is this block of an `if` to be short?
  size_t next_ = 0;
  size_t comment_ = 0;      // the next one to write
  uint32_t last_end_ = 0;   // in the source, of the token or comment written last
  uint16_t last_type_ = 0;  // 0: nothing on this line needs a space after it
  bool last_tight_ = false;
  bool comment_waits_ = false;  // one in the midst of this item, which the next new line ends
};

size_t Formatter::closer_of(size_t opener) const {
  const uint16_t depth = tokens_[opener].depth;
  size_t at = opener + 1;
  while (at < tokens_.size() && !(closes(tokens_[at].type) && tokens_[at].depth == depth)) ++at;
  return at;
}

/// 1 if an empty line stands between the two offsets.
int Formatter::blank_lines(uint32_t from, uint32_t to) const {
  const std::string_view between = text(from, to);
  return std::count(between.begin(), between.end(), '\n') > 1 ? 1 : 0;
}

bool Formatter::on_one_line(size_t opener, size_t closer) const {
  return text(tokens_[opener].begin, tokens_[closer].end).find('\n') == std::string_view::npos;
}

bool Formatter::has_comments(size_t opener, size_t closer) const {
  const auto inside = [&](const Comment& comment) {
    return comment.begin > tokens_[opener].begin && comment.begin < tokens_[closer].begin;
  };
  return std::any_of(comments_.begin() + static_cast<ptrdiff_t>(comment_), comments_.end(), inside);
}

std::string Formatter::comment_text(const Comment& comment, bool documents) const {
  std::string result(text(comment.begin, comment.end));
  drop_carriage_returns(result);
  result.erase(result.find_last_not_of(" \t") + 1);
  // Where a `///` documents nothing it must not come to stand before something that it then would.
  const bool reads_as_doc = result.starts_with("///") && !result.starts_with("////");
  if (reads_as_doc && !(documents && comment.kind == CommentKind::Doc)) {
    // Nor may it come to speak of the file.
    result.replace(0, 3, result.starts_with("///!") ? "// " : "//");
  }
  return result;
}

/// Before an item or a closing bracket: comments on lines of their own, and those at the end of the line
/// before. Leaves a new line begun. `fresh`: nothing stands before in this block.
void Formatter::own_lines(uint32_t offset, bool fresh) {
  const bool documents = more() && token().begin == offset && begins_item(token());
  while (comments_before(offset)) {
    const Comment& comment = comments_[comment_++];
    const bool trails = last_end_ > 0 &&
                        text(last_end_, comment.begin).find('\n') == std::string_view::npos &&
                        comment.kind != CommentKind::Block;
    if (trails) {
      out_.comment(comment_text(comment, documents));
    } else {
      out_.hard_line(fresh ? 0 : blank_lines(last_end_, comment.begin));
      out_.text(comment_text(comment, documents));
      fresh = false;
    }
    last_end_ = comment.end;
  }
}

/// Comments in the midst of an item.
void Formatter::inline_comments(const Token& before) {
  const bool documents = begins_item(before);
  while (comments_before(before.begin)) {
    const Comment& comment = comments_[comment_++];
    last_end_ = comment.end;
    if (comment.kind == CommentKind::Block) {
      if (last_type_ != 0) out_.text(" ");
      out_.text(comment_text(comment, false));
      last_type_ = Lex::BLOCK_COMMENT;
      last_tight_ = false;
    } else {
      out_.comment(comment_text(comment, documents));
      comment_waits_ = true;
    }
  }
}

std::string Formatter::next_comment(bool documents) {
  const Comment& comment = comments_[comment_++];
  last_end_ = comment.end;
  return comment_text(comment, documents);
}

/// Does a comment on a line of its own come before `before`?
bool Formatter::own_line_comment(const Token& before) const {
  return comments_before(before.begin) && comments_[comment_].kind != CommentKind::Block &&
         text(last_end_, comments_[comment_].begin).find('\n') != std::string_view::npos;
}

/// Comments before `before` that stand at the end of the line written last.
void Formatter::trailing_comments(const Token& before) {
  while (comments_before(before.begin) && comments_[comment_].kind != CommentKind::Block &&
         text(last_end_, comments_[comment_].begin).find('\n') == std::string_view::npos) {
    out_.comment(next_comment(begins_item(before)));
  }
}

void Formatter::space_before(const Token& token) {
  const bool tight = is_type_bracket(token) || tight_before(token.type);
  const bool after_comment = last_type_ == Lex::BLOCK_COMMENT;
  const bool hugs = token.type == Lex::COMMA || closes(token.type);
  if (last_type_ == 0 || last_tight_ || (tight && (hugs || !after_comment))) return;
  if (may_break_after(last_type_)) {
    out_.fill();
  } else {
    out_.text(" ");
  }
}

void Formatter::block_string(const Token& token) {
  const StringContent content = string_content(text_, token.begin, token.end);
  std::string written(text(token.begin, token.end));
  drop_carriage_returns(written);
  const size_t last_line = written.rfind('\n');
  const bool closes_alone =
      last_line != std::string::npos && written.find_first_not_of(" \t", last_line + 1) == written.size() - 3;
  // A block within a tag of this block has an indentation of its own, which moving lines could spoil.
  const bool nested = written.find("\"\"\"", content.raw ? 4 : 3) != written.size() - 3;
  const int width = columns(std::string_view(written).substr(0, written.find('\n')));
  if (!closes_alone || nested) {
    out_.lines([written](int) { return written; }, width);
    return;
  }
  const std::string indent(content.indent);
  out_.lines(
      [written, indent](int level) {
        const std::string margin(static_cast<size_t>(level) + 2, ' ');
        size_t end = written.find('\n');
        std::string result = written.substr(0, end);
        // Behind text on the line that opens the block, spaces are text as well.
        if (result.find_first_not_of(" \t", result.find('"') + 3) == std::string::npos)
          result.erase(result.find_last_not_of(" \t") + 1);
        while (end != std::string::npos) {
          const size_t begin = end + 1;
          end = written.find('\n', begin);
          std::string_view line =
              std::string_view(written).substr(begin, end == std::string::npos ? end : end - begin);
          for (size_t i = 0; i < indent.size() && !line.empty() && line[0] == indent[i]; ++i)
            line.remove_prefix(1);
          result += '\n';
          if (!line.empty()) result.append(margin).append(line);
        }
        return result;
      },
      width);
}

/// What is said of a branch stands between it and its `else`, which then begins a line.
void Formatter::comments_before_else(const Token& token) {
  if (token.type != Lex::ELSE || !comments_before(token.begin)) return;
  for (size_t at = comment_; at < comments_.size() && comments_[at].begin < token.begin; ++at) {
    if (comments_[at].kind == CommentKind::Block) return;
  }
  own_lines(token.begin, /*fresh=*/false);
  out_.hard_line();
  last_type_ = 0;
}

void Formatter::plain(const Token& token) {
  comments_before_else(token);
  inline_comments(token);
  space_before(token);
  const std::string_view written = text(token.begin, token.end);
  if (token.type == Lex::NOT_IN) {
    out_.text("not in");
  } else if (token.type == Lex::STRING && written.find('\n') != std::string_view::npos) {
    block_string(token);
  } else {
    out_.text(std::string(written));
  }
  last_end_ = std::max(last_end_, token.end);
  last_type_ = token.type;
  last_tight_ = tight_after(token.type) || (is_type_bracket(token) && token.type == Lex::LESS);
  ++next_;
}

bool Formatter::is_short_block(size_t opener, size_t closer) const {
  return tokens_[opener].type == Lex::BLOCK && on_one_line(opener, closer) && !has_comments(opener, closer);
}

/// An `if` with its `else` branches: all of them on one line, or all of them in blocks of several.
void Formatter::if_chain(size_t end) {
  const uint16_t depth = token().depth;
  std::vector<size_t> openers;
  bool all_short = true;
  size_t after = next_;
  const auto find = [&](size_t from, uint16_t type) {
    while (from < end && !(tokens_[from].type == type && tokens_[from].depth == depth)) ++from;
    return from;
  };
  do {
    // The head may hold a `match` or another block of its own; the branch's block is the last one before
    // `else`, which is not told apart here: such a head is rare, and its block is then laid out like the
    // branches.
    const size_t opener = find(after, Lex::BLOCK);
    if (opener == end) break;
    const size_t closer = closer_of(opener);
    openers.push_back(opener);
    all_short = all_short && is_short_block(opener, closer);
    after = closer + 1;
  } while (after < end && (tokens_[after].type == Lex::ELSE || tokens_[after].type == Lex::BLOCK));
  for (const size_t opener : openers) branches_[opener] = all_short;
  out_.begin_group(true);
  plain(token());
  sequence(after);
  out_.end_group();
}

/// The tokens up to `end`, with the brackets in them.
void Formatter::sequence(size_t end) {
  while (next_ < end) {
    if (token().type == Lex::IF && !(next_ > 0 && tokens_[next_ - 1].type == Lex::ELSE)) {
      if_chain(end);
    } else if (opens(token().type)) {
      inline_comments(token());
      const bool waits = comment_waits_;
      bracket();
      comment_waits_ = waits;
    } else {
      plain(token());
    }
  }
}

void Formatter::bracket() {
  const size_t opener = next_;
  const size_t closer = closer_of(opener);
  const uint16_t type = tokens_[opener].type;
  if (type == Lex::BODY || type == Lex::BLOCK) {
    const auto known = branches_.find(opener);
    const bool said = comment_waits_;  // of the head, whose line it ends
    const bool is_short = known != branches_.end() ? known->second : !said && is_short_block(opener, closer);
    plain(tokens_[opener]);
    last_type_ = 0;
    if (closer == opener + 1 && !comments_before(tokens_[closer].begin)) {
      plain(tokens_[closer]);
    } else if (is_short && known != branches_.end()) {
      one_line_block(opener, closer);
    } else if (is_short) {
      out_.begin_group(true);
      one_line_block(opener, closer);
      out_.end_group();
    } else {
      block(opener, closer);
    }
    return;
  }
  plain(tokens_[opener]);
  last_type_ = 0;
  if (ends_with_function(opener, closer)) {
    sequence(closer);
    last_type_ = 0;
    plain(tokens_[closer]);
  } else {
    delimited(opener, closer);
  }
}

/// `xs.map(x => {` and lines of its own: the parentheses do not add to what the block indents.
bool Formatter::ends_with_function(size_t opener, size_t closer) const {
  if (tokens_[opener].type != Lex::CALL || tokens_[closer - 1].type != Lex::RBRACE) return false;
  if (has_comments(closer - 1, closer)) return false;
  const uint16_t depth = tokens_[opener].depth + 1;
  for (size_t at = opener + 1; at < closer; ++at) {
    if (tokens_[at].type != Lex::BLOCK || tokens_[at].depth != depth) continue;
    return tokens_[at - 1].type == Lex::FAT_ARROW && closer_of(at) == closer - 1 &&
           !has_comments(opener, at - 1);
  }
  return false;
}

/// A list of things with commas between, or a single one: on one line, or each on its own.
void Formatter::delimited(size_t opener, size_t closer) {
  const uint16_t type = tokens_[opener].type;
  const bool spaced = type == Lex::RECORD || type == Lex::MAP;
  const bool empty = closer == opener + 1 && !comments_before(tokens_[closer].begin);
  if (empty) return plain(tokens_[closer]);
  out_.begin_group();
  out_.indent();
  trailing_comments(token());
  out_.line(spaced ? " " : "");
  const uint16_t depth = tokens_[opener].depth + 1;
  while (next_ < closer) {
    size_t end = next_;
    while (end < closer && !(tokens_[end].type == Lex::COMMA && tokens_[end].depth == depth)) ++end;
    while (own_line_comment(token())) {
      out_.text(next_comment(begins_item(token())));
      out_.hard_line();
    }
    sequence(end);
    if (next_ < closer) {
      plain(tokens_[next_]);
      trailing_comments(token());
      out_.line(" ");
      last_type_ = 0;
    }
  }
  const bool takes_comma =
      type != Lex::PAREN && type != Lex::PARAMETERS && type != Lex::INDEX && closer > opener + 1;
  if (takes_comma) out_.if_broken(",");
  trailing_comments(tokens_[closer]);
  while (own_line_comment(tokens_[closer])) {
    out_.hard_line();
    out_.text(next_comment(false));
  }
  inline_comments(tokens_[closer]);
  out_.dedent();
  last_type_ = 0;
  out_.line(spaced ? " " : "");
  plain(tokens_[closer]);
  out_.end_group();
}

/// `{ statement }` or `{ a => 1, b => 2 }`, as it was written, if the group around it still fits.
void Formatter::one_line_block(size_t opener, size_t closer) {
  size_t count = 0;
  for (size_t i = opener + 1; i < closer; ++i) {
    if (tokens_[i].depth == tokens_[opener].depth + 1 && begins_item(tokens_[i])) ++count;
  }
  out_.indent();
  out_.line(" ");
  for (size_t item = 0; next_ < closer; ++item) {
    size_t end = next_ + 1;
    while (end < closer && !(tokens_[end].depth == tokens_[opener].depth + 1 && begins_item(tokens_[end])))
      ++end;
    const bool comma = tokens_[end - 1].type == Lex::COMMA;
    sequence(comma ? end - 1 : end);
    if (comma) ++next_;
    last_type_ = 0;
    if (item + 1 < count) {
      out_.if_flat(",");
      out_.line(" ");
    }
  }
  out_.dedent();
  out_.line(" ");
  plain(tokens_[closer]);
}

/// One item a line.
void Formatter::items(size_t closer) {
  bool fresh = true;
  while (next_ < closer) {
    size_t end = next_ + 1;
    const uint16_t depth = token().depth;
    while (end < closer && !(tokens_[end].depth == depth && begins_item(tokens_[end]))) ++end;
    const uint32_t begin = token().begin;
    const bool first = fresh && !comments_before(begin);
    own_lines(begin, fresh);
    out_.hard_line(first ? 0 : blank_lines(last_end_, begin));
    last_type_ = 0;
    comment_waits_ = false;
    const bool comma = tokens_[end - 1].type == Lex::COMMA;
    sequence(comma ? end - 1 : end);
    if (comma) {
      inline_comments(tokens_[next_]);
      last_end_ = tokens_[next_].end;
      ++next_;
    }
    last_type_ = 0;
    fresh = false;
  }
}

void Formatter::block(size_t opener, size_t closer) {
  out_.indent();
  items(closer);
  own_lines(tokens_[closer].begin, closer == opener + 1);
  out_.dedent();
  out_.hard_line();
  last_type_ = 0;
  plain(tokens_[closer]);
}

std::string Formatter::run(const std::vector<Piece>& pieces) {
  bool body_before = false;
  bool fresh = true;
  for (const Piece& piece : pieces) {
    const Token& first = tokens_[piece.begin];
    bool body = false;
    for (uint32_t i = piece.begin; i < piece.end; ++i) {
      // Lines between tokens say nothing: the layout may break there.
      const bool block_of_text = first.type == Lex::TEMPLATE &&
                                 text(tokens_[i].begin, tokens_[i].end).find('\n') != std::string::npos;
      body = body || tokens_[i].type == Lex::BODY || block_of_text;
    }
    // A declaration with a body is set off by an empty line; its comments go with it.
    const uint32_t begin = comments_before(first.begin) ? comments_[comment_].begin : first.begin;
    const bool trails =
        !fresh && comments_before(first.begin) && text(last_end_, begin).find('\n') == std::string_view::npos;
    if (trails) {
      out_.comment(comment_text(comments_[comment_], false));
      last_end_ = comments_[comment_++].end;
    }
    const bool apart = !fresh && (body || body_before);
    if (apart && comments_before(first.begin)) {
      if (blank_lines(last_end_, comments_[comment_].begin) == 0) out_.hard_line(1);
    }
    const bool comments = comments_before(first.begin);
    own_lines(first.begin, fresh);
    const int blank = blank_lines(last_end_, first.begin);
    out_.hard_line(fresh && !comments ? 0 : (apart && !comments) ? 1 : blank);
    last_type_ = 0;
    comment_waits_ = false;
    sequence(piece.end);
    body_before = body;
    fresh = false;
  }
  own_lines(static_cast<uint32_t>(text_.size()), fresh);
  return out_.print(kWidth);
}

}  // namespace

std::optional<std::string> format(const SourceMap& sources, FileId file, Diagnostics& diagnostics) {
  const size_t before = diagnostics.error_count();
  Marks marks;
  const Parsed parsed = parse_marked(sources, file, diagnostics, {}, &marks);
  if (diagnostics.error_count() > before) return std::nullopt;
  std::string text = Formatter(sources.file(file).text(), parsed.tokens, marks).run(parsed.tokens.pieces);
  // Brackets that nest deeply, each on a line of its own, are mostly blanks.
  constexpr size_t kMost = ParseLimits{}.bytes;
  if (text.size() > kMost) {
    diagnostics.report(LimitExceeded{.what = fmt::format("laid out, the file has {} bytes", text.size()),
                                     .limit = fmt::format("{} bytes", kMost)},
                       {file, 0, 0});
    return std::nullopt;
  }
  return text;
}

}  // namespace chain::syntax
