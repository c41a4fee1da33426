#include <cctype>
#include <set>

#include "compiler/syntax/tokens.h"
#include "tests/unit/mutation/mutate.h"

namespace chain::mutation {

std::string text_of(const Pieces& pieces) {
  std::string text;
  for (const Piece& piece : pieces) text += piece.gap + piece.text;
  return text;
}

namespace {

Pieces cut(const std::string& path, const std::string& text) {
  SourceMap sources;
  Diagnostics diagnostics;
  const FileId id = sources.add(path, text);
  const SourceFile& source = sources.file(id);
  const std::string_view all = source.text();
  const auto size = static_cast<uint32_t>(all.size());
  const syntax::Tokens read = syntax::Lexer(source, id, {}, diagnostics).read(0, size);
  Pieces pieces;
  uint32_t end = 0;
  for (const syntax::Token& token : read.tokens) {
    if (token.invented || token.begin < end) continue;
    Piece piece;
    piece.gap = all.substr(end, token.begin - end);
    piece.text = all.substr(token.begin, token.end - token.begin);
    end = token.end;
    const char first = piece.text.empty() ? '\0' : piece.text[0];
    const auto byte = static_cast<unsigned char>(first);
    const bool bracket =
        piece.text.size() == 1 && std::string_view("()[]{}").find(first) != std::string::npos;
    piece.bracket = bracket ? first : '\0';
    piece.is_string = piece.text.find('"') != std::string::npos;
    piece.is_number = std::isdigit(byte) || first == '$';
    piece.is_name = !piece.is_string && (std::isalpha(byte) || first == '_' || byte >= 0x80);
    pieces.push_back(std::move(piece));
  }
  pieces.push_back({.gap = std::string(all.substr(end)), .text = ""});
  return pieces;
}

}  // namespace

Corpus corpus_of(const std::map<std::string, std::string>& texts) {
  Corpus corpus;
  std::set<std::string> vocabulary;
  for (const auto& [path, text] : texts) {
    corpus.files.push_back({path, text, cut(path, text)});
    if (path.find("errors") == std::string::npos) corpus.right.push_back(corpus.files.back());
    for (const Piece& piece : corpus.files.back().pieces) vocabulary.insert(piece.text);
  }
  corpus.vocabulary.assign(vocabulary.begin(), vocabulary.end());
  return corpus;
}

}  // namespace chain::mutation
