#include "compiler/syntax/grammar_parser.h"

#include "compiler/syntax/expectation.h"

namespace chain::syntax {

using Rules = generated::ChainParser;

/// The tokens of one declaration or tag, then the end.
class GrammarParser::Input : public antlr4::TokenStream {
 public:
  Input(std::string_view text, FileId file) : text_(text), file_(file) {}

  void feed(std::span<const syntax::Token> tokens, uint32_t end) {
    tokens_.clear();
    tokens_.reserve(tokens.size() + 1);
    for (const syntax::Token& token : tokens) {
      tokens_.emplace_back(token, token.type, tokens_.size(),
                           text_.substr(token.begin, token.end - token.begin));
    }
    syntax::Token last;
    last.begin = last.end = end;
    tokens_.emplace_back(last, antlr4::Token::EOF, tokens_.size(), std::string_view());
    at_ = 0;
  }

  [[nodiscard]] const GrammarToken& at(size_t index) const {
    return tokens_[std::min(index, tokens_.size() - 1)];
  }
  [[nodiscard]] const GrammarToken& current() const { return at(at_); }
  [[nodiscard]] Span span(const GrammarToken& token) const {
    return {file_, token.token().begin, token.token().end};
  }

  void consume() override {
    if (at_ + 1 < tokens_.size()) ++at_;
  }
  size_t LA(ssize_t i) override { return LT(i)->getType(); }
  antlr4::Token* LT(ssize_t k) override {
    const auto index = static_cast<ssize_t>(at_) + (k > 0 ? k - 1 : k);
    return &tokens_[static_cast<size_t>(
        std::clamp<ssize_t>(index, 0, static_cast<ssize_t>(tokens_.size()) - 1))];
  }
  [[nodiscard]] antlr4::Token* get(size_t index) const override {
    return const_cast<GrammarToken*>(&at(index));
  }
  ssize_t mark() override { return 0; }
  void release(ssize_t) override {}
  size_t index() override { return at_; }
  void seek(size_t index) override { at_ = index; }
  size_t size() override { return tokens_.size(); }
  [[nodiscard]] std::string getSourceName() const override { return "chain"; }
  [[nodiscard]] antlr4::TokenSource* getTokenSource() const override { return nullptr; }
  std::string getText(const antlr4::misc::Interval&) override { return {}; }
  std::string getText() override { return {}; }
  std::string getText(antlr4::RuleContext*) override { return {}; }
  std::string getText(antlr4::Token*, antlr4::Token*) override { return {}; }

 private:
  std::string_view text_;
  FileId file_;
  std::vector<GrammarToken> tokens_;
  size_t at_ = 0;
};

/// One message for one mistake: the first rule that fails reports, the exception climbs to the item it is in
/// (a statement, a field, ...), and reading goes on at the next item.
class GrammarParser::Strategy : public antlr4::ANTLRErrorStrategy {
 public:
  Strategy(Input& input, Diagnostics& diagnostics) : input_(input), diagnostics_(diagnostics) {}

  void reset(antlr4::Parser*) override {
    recovering_ = false;
    stuck_at_ = SIZE_MAX;
  }
  bool inErrorRecoveryMode(antlr4::Parser*) override { return recovering_; }
  void reportMatch(antlr4::Parser*) override {}

  antlr4::Token* recoverInline(antlr4::Parser* parser) override {
    throw antlr4::InputMismatchException(parser);
  }

  void reportError(antlr4::Parser* parser, const antlr4::RecognitionException&) override { report(parser); }
  void recover(antlr4::Parser* parser, std::exception_ptr e) override;
  void sync(antlr4::Parser* parser) override;

 private:
  void report(antlr4::Parser* parser);
  void skip_to_item(antlr4::Parser* parser, const antlr4::misc::IntervalSet& begins, uint16_t depth);
  static bool holds_items(size_t rule);
  static bool is_item(size_t rule);

  Input& input_;
  Diagnostics& diagnostics_;
  bool recovering_ = false;
  size_t stuck_at_ = SIZE_MAX;  // where the last recovery stopped
};

bool GrammarParser::Strategy::holds_items(size_t rule) {
  return rule == Rules::RuleRecordBody || rule == Rules::RuleEnumBody || rule == Rules::RulePromptBody ||
         rule == Rules::RuleBlock || rule == Rules::RuleMatchBody || rule == Rules::RuleChainDecl ||
         rule == Rules::RuleFnDecl || rule == Rules::RuleRouteDecl || rule == Rules::RuleProfileDecl ||
         rule == Rules::RuleTestDecl || rule == Rules::RuleEvalDecl;
}

bool GrammarParser::Strategy::is_item(size_t rule) {
  return rule == Rules::RuleField || rule == Rules::RuleEnumCase || rule == Rules::RuleMember ||
         rule == Rules::RuleStatement || rule == Rules::RuleArm || rule == Rules::RuleParameter ||
         rule == Rules::RuleRouteArm || rule == Rules::RuleProfileEntry || rule == Rules::RuleEvalClause;
}

void GrammarParser::Strategy::report(antlr4::Parser* parser) {
  if (recovering_) return;
  recovering_ = true;
  const GrammarToken& found = input_.current();
  // What stands here has been reported already.
  if (found.token().invented || found.getType() == Rules::ERROR) return;
  Expectation expectation;
  expectation.rule = parser->getContext()->getRuleIndex();
  expectation.declaration = input_.at(0).getType();
  const antlr4::misc::IntervalSet expected = parser->getExpectedTokens();
  for (const antlr4::misc::Interval& interval : expected.getIntervals()) {
    for (ssize_t type = std::max<ssize_t>(interval.a, 0); type <= interval.b && type < 128; ++type) {
      expectation.tokens.set(static_cast<size_t>(type));
    }
  }
  expectation.found = {found.getType(), found.text(), input_.span(found), found.token().first_on_line};
  if (input_.index() > 0) {
    const GrammarToken& before = input_.at(input_.index() - 1);
    if (before.getType() == Rules::ERROR || before.token().invented) return;
    expectation.before = {before.getType(), before.text(), input_.span(before), before.token().first_on_line};
  }
  report_unexpected(expectation, diagnostics_);
}

/// Skips to something that begins an item, on a line of its own or after a comma, or to what closes the list.
void GrammarParser::Strategy::skip_to_item(antlr4::Parser* parser, const antlr4::misc::IntervalSet& begins,
                                           uint16_t depth) {
  if (stuck_at_ == input_.index() && input_.current().getType() != antlr4::Token::EOF) input_.consume();
  bool first = true;
  while (input_.current().getType() != antlr4::Token::EOF) {
    const GrammarToken& token = input_.current();
    if (token.token().depth < depth) break;
    const bool fresh = token.token().first_on_line || (!first && input_.LA(-1) == Rules::COMMA);
    // A `}` at this depth closes something that was passed over, not the list.
    const bool begins_item = token.getType() != Rules::RBRACE && begins.contains(token.getType());
    if (token.token().depth == depth && fresh && begins_item) break;
    input_.consume();
    first = false;
  }
  stuck_at_ = input_.index();
  recovering_ = false;
  (void)parser;
}

void GrammarParser::Strategy::recover(antlr4::Parser* parser, std::exception_ptr e) {
  antlr4::ParserRuleContext* context = parser->getContext();
  const size_t rule = context->getRuleIndex();
  if (rule == Rules::RuleDeclaration || rule == Rules::RuleEmbedded || rule == Rules::RuleLoopHead ||
      rule == Rules::RuleSetTag) {
    recovering_ = false;
    return;
  }
  if (rule == Rules::RuleSignature) {
    // A head that cannot be read must not hide the mistakes of the body.
    while (input_.LA(1) != Rules::BODY && input_.LA(1) != antlr4::Token::EOF) input_.consume();
    recovering_ = input_.LA(1) == antlr4::Token::EOF;
    return;
  }
  if (!is_item(rule)) std::rethrow_exception(e);
  const uint16_t depth = static_cast<const GrammarToken*>(context->start)->token().depth;
  const antlr4::atn::ATN& atn = parser->getATN();
  if (rule == Rules::RuleParameter) {
    while (input_.LA(1) != antlr4::Token::EOF && input_.current().token().depth >= depth &&
           !(input_.LA(1) == Rules::COMMA && input_.current().token().depth == depth)) {
      input_.consume();
    }
    recovering_ = false;
    return;
  }
  skip_to_item(parser, atn.nextTokens(atn.ruleToStartState[rule]), depth);
}

void GrammarParser::Strategy::sync(antlr4::Parser* parser) {
  const size_t rule = parser->getContext()->getRuleIndex();
  if (!holds_items(rule)) return;
  const antlr4::atn::ATN& atn = parser->getATN();
  const antlr4::misc::IntervalSet& expected = atn.nextTokens(atn.states[parser->getState()]);
  if (!expected.contains(static_cast<size_t>(Rules::RBRACE))) return;
  while (!expected.contains(input_.LA(1)) && input_.LA(1) != antlr4::Token::EOF) {
    const uint16_t depth = input_.current().token().depth;
    report(parser);
    const size_t before = input_.index();
    skip_to_item(parser, expected, depth);
    if (input_.index() == before) return;
  }
}

GrammarParser::GrammarParser(std::string_view text, FileId file, Diagnostics& diagnostics)
    : input_(std::make_unique<Input>(text, file)) {
  input_->feed({}, 0);
  parser_ = std::make_unique<Rules>(input_.get());
  parser_->removeErrorListeners();
  parser_->setErrorHandler(std::make_shared<Strategy>(*input_, diagnostics));
}

GrammarParser::~GrammarParser() = default;

void GrammarParser::feed(std::span<const Token> tokens, uint32_t end) {
  input_->feed(tokens, end);
  parser_->reset();
  input_->seek(0);
}

Rules::DeclarationContext* GrammarParser::declaration(std::span<const Token> tokens) {
  feed(tokens, tokens.empty() ? 0 : tokens.back().end);
  return parser_->declaration();
}

Rules::EmbeddedContext* GrammarParser::embedded(std::span<const Token> tokens, uint32_t end) {
  feed(tokens, end);
  return parser_->embedded();
}

Rules::LoopHeadContext* GrammarParser::loop_head(std::span<const Token> tokens, uint32_t end) {
  feed(tokens, end);
  return parser_->loopHead();
}

Rules::SetTagContext* GrammarParser::set_tag(std::span<const Token> tokens, uint32_t end) {
  feed(tokens, end);
  return parser_->setTag();
}

}  // namespace chain::syntax
