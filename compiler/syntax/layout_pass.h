// Internal to compiler/syntax: the state of the layout pass.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/syntax/layout.h"

namespace chain::syntax {

/// May a token of this type be the last of an operand? Then `(`, `[` and `-` after it continue it.
[[nodiscard]] bool ends_operand(uint16_t type);

/// An open bracket.
struct Frame {
  uint16_t type = 0;  // its label
  char opener = 0;
  Span span;
  int heads = 0;            // `if`, `for`, ... directly in it whose block has not come yet
  size_t type_nesting = 0;  // of `map<` around it
};

class Layout {
 public:
  Layout(Tokens raw, std::string_view text, FileId file, const ParseLimits& limits, size_t outer,
         bool embedded, Diagnostics& diagnostics)
      : raw_(std::move(raw)),
        text_(text),
        file_(file),
        limits_(limits),
        outer_(outer),
        embedded_(embedded),
        diagnostics_(diagnostics) {
    Frame file_level;
    frames_.push_back(file_level);
    result_.complete = raw_.complete;
    result_.tokens.reserve(raw_.tokens.size() + 8);
  }

  LaidOut run();

 private:
  // Looking around. `at` counts from the token in hand.
  [[nodiscard]] const Token* raw(size_t at) const {
    return next_ + at < raw_.tokens.size() ? &raw_.tokens[next_ + at] : nullptr;
  }
  [[nodiscard]] bool follows(size_t at, uint16_t type) const {
    const Token* token = raw(at);
    return token && token->type == type;
  }
  [[nodiscard]] bool follows_on_line(size_t at, uint16_t type) const {
    return follows(at, type) && !raw(at)->first_on_line;
  }
  [[nodiscard]] bool opens(size_t at, char bracket) const;
  [[nodiscard]] std::string_view text(const Token& token) const {
    return text_.substr(token.begin, token.end - token.begin);
  }
  [[nodiscard]] Span span(const Token& token) const { return {file_, token.begin, token.end}; }
  [[nodiscard]] uint16_t last() const { return fresh_ ? 0 : result_.tokens.back().type; }
  [[nodiscard]] bool after_operand() const { return ends_operand(last()); }
  [[nodiscard]] bool at_file_level() const { return frames_.size() == 1; }
  [[nodiscard]] Frame& frame() { return frames_.back(); }

  Diagnostics::Builder error(Span where, std::string message) {
    return diagnostics_.report(SyntaxError{.message = std::move(message)}, where);
  }

  // Declarations.
  [[nodiscard]] bool begins_declaration(const Token& token) const;
  [[nodiscard]] bool begins_declaration_for_sure(const Token& token) const;
  void begin_declaration(Token token);
  void end_declaration();
  void skip_declaration();
  void outside_declarations(const Token& token);

  // Tokens.
  void step(Token token);
  void emit(Token token, uint16_t type);
  void word(Token token);
  void reserved(Token token, uint16_t type);
  void else_if(Token token);
  void for_two_names();
  [[nodiscard]] bool in_statements() const;
  [[nodiscard]] bool begins_while(const Token& token) const;
  void while_loop(Token token);
  [[nodiscard]] size_t colon_of_choice() const;
  void question(Token token);
  [[nodiscard]] uint16_t clause_word(const Token& token);
  [[nodiscard]] uint16_t misspelt_statement(const Token& token);
  [[nodiscard]] bool operand_follows() const;
  [[nodiscard]] bool begins_value() const;
  [[nodiscard]] bool opens_parameters() const;
  void foreign(Token token);
  void jinja_test(Token token);
  void count_types(const Token& token, uint16_t type);
  void count_functions(const Token& token);

  // Brackets.
  void open(Token token);
  [[nodiscard]] uint16_t brace(const Token& token);
  void close(Token token);
  void close_forgotten(size_t down_to, uint32_t where);
  void too_deep(const Token& token);

  Tokens raw_;
  std::string_view text_;
  FileId file_;
  const ParseLimits& limits_;
  size_t outer_;
  bool embedded_;
  Diagnostics& diagnostics_;

  LaidOut result_;
  std::vector<Frame> frames_;
  size_t next_ = 0;           // index of the token in hand
  bool fresh_ = true;         // no token of this declaration yet
  uint16_t declaration_ = 0;  // its word; 0 outside of any
  bool has_body_ = false;
  bool aliases_ = false;         // `=` has come: `type A = ...`
  bool given_ = false;           // a `given` waits for its `returns`
  bool sample_ = false;          // a `sample` waits for its `of`
  size_t type_nesting_ = 0;      // of `map<`
  size_t function_nesting_ = 0;  // of `x => x => ...`
};

}  // namespace chain::syntax
