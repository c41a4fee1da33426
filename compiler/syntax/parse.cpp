#include "compiler/syntax/parse.h"

#include <fmt/format.h>
#include <unicode/utf8.h>

#include "compiler/syntax/grammar_parser.h"
#include "compiler/syntax/layout.h"
#include "compiler/syntax/parse_marked.h"
#include "compiler/syntax/template.h"
#include "compiler/syntax/tree_builder.h"

namespace chain::syntax {
namespace {

/// What makes a text show otherwise than it reads: marks that turn its direction, and the invisible
/// characters of tags, but for those that spell the flag of a region. Empty if `c` is none.
std::string_view hidden(UChar32 c, UChar32 before) {
  if ((c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069))
    return "a mark that turns the direction of text";
  const auto is_tag = [](UChar32 each) { return each >= 0xE0000 && each <= 0xE007F; };
  constexpr UChar32 kBlackFlag = 0x1F3F4;
  if (is_tag(c) && !is_tag(before) && before != kBlackFlag) return "invisible text";
  return {};
}

/// Refuses what is no source text at all. Gives whether reading may go on.
bool is_text(const SourceFile& source, FileId file, const ParseLimits& limits, Diagnostics& diagnostics) {
  const std::string_view text = source.text();
  if (text.size() > limits.bytes) {
    diagnostics.report(LimitExceeded{.what = fmt::format("the file has {} bytes", text.size()),
                                     .limit = fmt::format("{} bytes", limits.bytes)},
                       {file, 0, 0});
    return false;
  }
  UChar32 before = 0;
  for (size_t at = 0; at < text.size();) {
    const auto begin = static_cast<uint32_t>(at);
    UChar32 c = static_cast<unsigned char>(text[at]);
    if (c < 0x80) {
      ++at;
    } else {
      U8_NEXT(text.data(), at, text.size(), c);
    }
    if (c >= 0x202A) {
      if (const std::string_view what = hidden(c, before); !what.empty())
        diagnostics.report(HiddenText{.what = std::string(what), .escape = fmt::format("\\u{{{:X}}}", c)},
                           {file, begin, static_cast<uint32_t>(at)});
    }
    before = c;
    if (c > 0) continue;
    const std::string message = c == 0 ? "this is a binary file: it holds a zero byte"
                                       : "this is not UTF-8 text; save the file as UTF-8";
    diagnostics.report(NotText{.message = message}, {file, begin, static_cast<uint32_t>(at)});
    return false;
  }
  return true;
}

/// One file's way through lexer, layout, parser and builder; then the same for each tag in its strings.
class Reader : private TagReader {
 public:
  Reader(const SourceFile& source, FileId file, Arena& arena, Diagnostics& diagnostics,
         const ParseLimits& limits, Marks* marks)
      : text_(source.text()),
        file_(file),
        arena_(arena),
        diagnostics_(diagnostics),
        limits_(limits),
        lexer_(source, file, limits, diagnostics),
        parser_(text_, file, diagnostics),
        build_{text_, file, arena, diagnostics, limits, pending_, marks},
        embedded_{text_, file, arena, diagnostics, limits, pending_},
        templates_{text_, file, arena, diagnostics, limits, *this} {}

  LaidOut read(Ast& ast);

 private:
  Decl* declaration(const LaidOut& tokens, const Piece& piece);
  LaidOut tag(uint32_t begin, uint32_t end, size_t nesting);
  Decl* unavailable(const LaidOut& tokens, const Piece& piece);
  void read_strings();
  std::string_view file_doc(const std::vector<Comment>& comments);
  Expr* expression(uint32_t begin, uint32_t end, size_t nesting) override;
  Loop loop(uint32_t begin, uint32_t end, size_t nesting) override;
  Setting setting(uint32_t begin, uint32_t end, size_t nesting) override;
  Expr* error_expr(uint32_t begin, uint32_t end) {
    return arena_.make<Expr>(Expr{ExprKind::Error, {file_, begin, end}});
  }

  std::string_view text_;
  FileId file_;
  Arena& arena_;
  Diagnostics& diagnostics_;
  const ParseLimits& limits_;
  Lexer lexer_;
  GrammarParser parser_;
  std::vector<PendingString> pending_;
  BuildContext build_;
  BuildContext embedded_;  // without marks: the inside of a string is no place for them
  TemplateContext templates_;
};

std::string_view Reader::file_doc(const std::vector<Comment>& comments) {
  std::string result;
  bool any = false;
  for (const Comment& comment : comments) {
    if (comment.kind != CommentKind::FileDoc) continue;
    std::string_view line = text_.substr(comment.begin + 3, comment.end - comment.begin - 3);
    if (line.starts_with(' ')) line.remove_prefix(1);
    if (any) result += '\n';
    result += line.substr(0, line.find_last_not_of(" \t") + 1);
    any = true;
  }
  return arena_.copy(result);
}

LaidOut Reader::read(Ast& ast) {
  LaidOut tokens =
      lay_out(lexer_.read(0, static_cast<uint32_t>(text_.size())), text_, file_, limits_, diagnostics_);
  ast.doc = file_doc(tokens.comments);
  if (!tokens.complete) return tokens;
  std::vector<Decl*> declarations;
  for (const Piece& piece : tokens.pieces) {
    declarations.push_back(piece.unavailable ? unavailable(tokens, piece) : declaration(tokens, piece));
    read_strings();
  }
  ast.declarations = arena_.copy(declarations);
  return tokens;
}

Decl* Reader::declaration(const LaidOut& tokens, const Piece& piece) {
  const auto own = std::span(tokens.tokens).subspan(piece.begin, piece.end - piece.begin);
  return TreeBuilder(build_, tokens.comments, 0).declaration(parser_.declaration(own));
}

Decl* Reader::unavailable(const LaidOut& tokens, const Piece& piece) {
  const auto part = [&](const Token& token) { return text_.substr(token.begin, token.end - token.begin); };
  const Token& word = tokens.tokens[piece.begin];
  const Token& last = tokens.tokens[piece.end - 1];
  auto* result = arena_.make<UnavailableDecl>(Decl{DeclKind::Unavailable, {file_, word.begin, last.end}});
  result->word = part(word);
  if (piece.end - piece.begin > 1) {
    const Token& name = tokens.tokens[piece.begin + 1];
    if (name.type == GrammarParser::Rules::NAME) result->name = {part(name), {file_, name.begin, name.end}};
  }
  return result;
}

/// Strings put further strings in the row, from the tags they hold.
void Reader::read_strings() {
  for (size_t i = 0; i < pending_.size(); ++i) {
    const PendingString next = pending_[i];
    next.literal->content = read_template(templates_, next.literal->span, next.nesting);
  }
  pending_.clear();
}

/// The tokens of a tag's code.
LaidOut Reader::tag(uint32_t begin, uint32_t end, size_t nesting) {
  LaidOut tokens = lay_out_embedded(lexer_.read(begin, end), text_, file_, limits_, nesting, diagnostics_);
  if (tokens.comments.empty()) return tokens;
  const Comment& last = tokens.comments.back();
  const size_t after = text_.find_first_not_of(" \t\r", end);
  const bool ends_line = after != std::string_view::npos && text_[after] == '\n';
  if (last.end < end || last.kind == CommentKind::Block || ends_line) return tokens;
  diagnostics_.report(
      SyntaxError{.message =
                      "`//` takes the rest of the tag as a comment; `/` divides, and `{# #}` comments"},
      {file_, last.begin, last.begin + 2});
  return tokens;
}

Expr* Reader::expression(uint32_t begin, uint32_t end, size_t nesting) {
  const LaidOut tokens = tag(begin, end, nesting);
  if (!tokens.complete) return error_expr(begin, end);
  auto* tree = parser_.embedded(tokens.tokens, end);
  return TreeBuilder(embedded_, tokens.comments, nesting).expression(tree->value);
}

TagReader::Loop Reader::loop(uint32_t begin, uint32_t end, size_t nesting) {
  const LaidOut tokens = tag(begin, end, nesting);
  if (!tokens.complete) return {{}, {}, error_expr(begin, end)};
  auto* tree = parser_.loop_head(tokens.tokens, end);
  TreeBuilder builder(embedded_, tokens.comments, nesting);
  return {builder.name(tree->variable), builder.name(tree->second), builder.expression(tree->xs),
          tree->condition ? builder.expression(tree->condition) : nullptr};
}

TagReader::Setting Reader::setting(uint32_t begin, uint32_t end, size_t nesting) {
  const LaidOut tokens = tag(begin, end, nesting);
  if (!tokens.complete) return {{}, error_expr(begin, end)};
  auto* tree = parser_.set_tag(tokens.tokens, end);
  TreeBuilder builder(embedded_, tokens.comments, nesting);
  return {builder.name(tree->name), builder.expression(tree->value)};
}

}  // namespace

Parsed parse_marked(const SourceMap& sources, FileId file, Diagnostics& diagnostics,
                    const ParseLimits& limits, Marks* marks) {
  Parsed result;
  Ast& ast = result.ast;
  ast.file = file;
  ast.arena = std::make_unique<Arena>();
  const SourceFile& source = sources.file(file);
  if (!is_text(source, file, limits, diagnostics)) return result;
  result.tokens = Reader(source, file, *ast.arena, diagnostics, limits, marks).read(ast);
  return result;
}

Ast parse(const SourceMap& sources, FileId file, Diagnostics& diagnostics, ParseLimits limits) {
  return std::move(parse_marked(sources, file, diagnostics, limits, nullptr).ast);
}

}  // namespace chain::syntax
