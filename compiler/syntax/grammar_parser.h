// Internal to compiler/syntax: the generated parser, fed with our tokens and with our way of going on after a
// mistake. The one header, with tree_builder.h, that sees ANTLR.
#pragma once

#include <antlr4-runtime.h>

#include <memory>
#include <span>
#include <string_view>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/syntax/tokens.h"
#include "generated/ChainParser.h"

namespace chain::syntax {

/// One of our tokens as ANTLR wants it.
class GrammarToken : public antlr4::Token {
 public:
  GrammarToken(const syntax::Token& token, size_t type, size_t index, std::string_view text)
      : token_(token), type_(type), index_(index), text_(text) {}

  [[nodiscard]] const syntax::Token& token() const { return token_; }
  [[nodiscard]] std::string_view text() const { return text_; }

  [[nodiscard]] std::string getText() const override { return std::string(text_); }
  [[nodiscard]] size_t getType() const override { return type_; }
  [[nodiscard]] size_t getLine() const override { return 0; }
  [[nodiscard]] size_t getCharPositionInLine() const override { return 0; }
  [[nodiscard]] size_t getChannel() const override { return 0; }
  [[nodiscard]] size_t getTokenIndex() const override { return index_; }
  [[nodiscard]] size_t getStartIndex() const override { return token_.begin; }
  [[nodiscard]] size_t getStopIndex() const override { return token_.end - 1; }
  [[nodiscard]] antlr4::TokenSource* getTokenSource() const override { return nullptr; }
  [[nodiscard]] antlr4::CharStream* getInputStream() const override { return nullptr; }
  [[nodiscard]] std::string toString() const override { return getText(); }

 private:
  syntax::Token token_;
  size_t type_;
  size_t index_;
  std::string_view text_;
};

/// Parses runs of tokens. The trees live until the next call. What the parser rejects is reported.
class GrammarParser {
 public:
  using Rules = generated::ChainParser;

  GrammarParser(std::string_view text, FileId file, Diagnostics& diagnostics);
  ~GrammarParser();
  GrammarParser(const GrammarParser&) = delete;
  GrammarParser& operator=(const GrammarParser&) = delete;

  Rules::DeclarationContext* declaration(std::span<const Token> tokens);
  /// `end` is where the tag ends; what is missing is missed there.
  Rules::EmbeddedContext* embedded(std::span<const Token> tokens, uint32_t end);
  Rules::LoopHeadContext* loop_head(std::span<const Token> tokens, uint32_t end);
  Rules::SetTagContext* set_tag(std::span<const Token> tokens, uint32_t end);

 private:
  class Input;
  class Strategy;
  void feed(std::span<const Token> tokens, uint32_t end);

  std::unique_ptr<Input> input_;
  std::unique_ptr<Rules> parser_;
};

}  // namespace chain::syntax
