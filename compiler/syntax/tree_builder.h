// Internal to compiler/syntax: from ANTLR's tree of one declaration or tag to ours.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/syntax/ast.h"
#include "compiler/syntax/grammar_parser.h"
#include "compiler/syntax/parse_marked.h"
#include "compiler/syntax/tokens.h"

namespace chain::syntax {

/// A string literal whose contents are to be read once ANTLR's tree is done with. Doing it later instead of
/// on the spot keeps recursion out and lets one parser serve all.
struct PendingString {
  StringExpr* literal;
  size_t nesting;
};

/// Where text comes from and nodes go to.
struct BuildContext {
  std::string_view text;
  FileId file;
  Arena& arena;
  Diagnostics& diagnostics;
  const ParseLimits& limits;
  std::vector<PendingString>& pending;
  Marks* marks = nullptr;
};

class TreeBuilder {
 public:
  using Rules = generated::ChainParser;

  /// `nesting`: how many brackets and templates stand around the text.
  TreeBuilder(BuildContext& context, std::span<const Comment> comments, size_t nesting)
      : context_(context), comments_(comments), nesting_(nesting) {}

  Decl* declaration(Rules::DeclarationContext* tree);
  Expr* expression(Rules::ExpressionContext* tree);
  Name name(const antlr4::Token* token);
  /// `std.review`, both names as one, whatever stands between them.
  Name joined(const Name& first, const Name& second) const {
    const Span span{first.span.file, first.span.begin, second.span.end};
    const size_t size = first.text.size() + 1 + second.text.size();
    if (span.end - span.begin == size) return {context_.text.substr(span.begin, size), span};
    return {context_.arena.copy(std::string(first.text) + '.' + std::string(second.text)), span};
  }

 private:
  // Declarations.
  Decl* import_decl(Rules::ImportDeclContext* tree);
  Decl* const_decl(Rules::ConstDeclContext* tree, std::string_view doc);
  Decl* type_decl(Rules::TypeDeclContext* tree, std::string_view doc);
  Decl* enum_decl(Rules::EnumDeclContext* tree, std::string_view doc);
  Decl* model_decl(Rules::ModelDeclContext* tree, std::string_view doc);
  Decl* template_decl(Rules::TemplateDeclContext* tree, std::string_view doc);
  Decl* fn_decl(Rules::FnDeclContext* tree, std::string_view doc);
  Decl* prompt_decl(Rules::PromptDeclContext* tree, std::string_view doc);
  Decl* chain_decl(Rules::ChainDeclContext* tree, std::string_view doc);
  Decl* test_decl(Rules::TestDeclContext* tree, std::string_view doc);
  EvalClause eval_clause(Rules::EvalClauseContext* tree);
  Decl* eval_decl(Rules::EvalDeclContext* tree, std::string_view doc);
  // build_resources.cpp
  Decl* resource_decl(Rules::ResourceDeclContext* tree, std::string_view doc);
  Decl* tool_decl(Rules::ToolDeclContext* tree, std::string_view doc);
  Decl* agent_decl(Rules::AgentDeclContext* tree, std::string_view doc);
  Decl* route_decl(Rules::RouteDeclContext* tree, std::string_view doc);
  Decl* profile_decl(Rules::ProfileDeclContext* tree, std::string_view doc);
  ProviderCall provider(Rules::ProviderCallContext* tree);
  std::span<const FieldInit> bounds(Rules::WithinContext* tree);
  std::span<const PromptMember> prompt_members(Rules::PromptBodyContext* tree);
  FieldDecl field(Rules::FieldContext* tree);
  EnumCaseDecl enum_case(Rules::EnumCaseContext* tree);
  PromptMember member(Rules::MemberContext* tree);
  std::span<const ParamDecl> parameters(Rules::ParametersContext* tree);
  ParamDecl parameter(Rules::ParameterContext* tree);
  Version version(const antlr4::Token* token);
  struct FallbackAndCondition {
    Expr* fallback = nullptr;
    Expr* where = nullptr;
  };
  FallbackAndCondition fallback_and_condition(const std::vector<Rules::DefaultOrConditionContext*>& clauses);
  std::string_view doc(const antlr4::Token* first);

  // Statements.
  Block* block(Rules::BlockContext* tree);
  Block* statements(const std::vector<Rules::StatementContext*>& trees, Span span);
  Block* block_of(Expr* value);
  Stmt* statement(Rules::StatementContext* tree);
  Stmt* let_statement(Rules::StatementContext* tree, Span span);
  Stmt* repeat_statement(Rules::StatementContext* tree, Span span);
  Stmt* expression_statement(Rules::StatementContext* tree, Span span);

  // Expressions.
  class Climber;
  Expr* lambda(Rules::LambdaContext* tree);
  Expr* operand(Rules::OperandContext* tree);
  Expr* primary(Rules::PrimaryContext* tree);
  Expr* literal(const antlr4::Token* token);
  Expr* string(const antlr4::Token* token);
  Expr* suffix(Expr* base, Rules::SuffixContext* tree);
  Expr* call(Expr* callee, Rules::ArgumentsContext* tree, Span span);
  Expr* versioned(Expr* base, const antlr4::Token* token, Span span);
  Expr* record(Expr* base, Rules::SuffixContext* tree, Span span);
  Expr* map(Rules::MapContext* tree);
  Expr* list(Rules::ListContext* tree);
  Expr* pipe(Expr* value, Expr* filter, Span op_span);
  Expr* if_expression(Rules::IfExpressionContext* tree);
  Expr* match_expression(Rules::MatchExpressionContext* tree);
  Expr* sample_count(Rules::PrefixContext* tree);
  std::span<const MatchArm> arms(Rules::MatchBodyContext* tree);
  Expr* with_options(Expr* call, Rules::SuffixContext* tree, Span span);
  Expr* for_expression(Rules::ForExpressionContext* tree);
  MatchArm arm(Rules::ArmContext* tree);
  Pattern pattern(Rules::PatternContext* tree);
  std::span<const Argument> arguments(const std::vector<Rules::ArgumentContext*>& items,
                                      Expr* first = nullptr);
  Argument argument(Rules::ArgumentContext* tree);

  // Types.
  TypeExpr* type(Rules::TypeContext* tree);
  TypeExpr* type_member(Rules::TypeMemberContext* tree);
  TypeExpr* type_atom(Rules::TypeAtomContext* tree);
  TypeExpr* named_type(Name qualifier, Name name, Rules::TypeContext* element, Span where);
  TypeExpr* with_suffixes(TypeExpr* type, const std::vector<Rules::TypeSuffixContext*>& suffixes);
  void type_pattern(Rules::PatternContext* tree, Pattern& result);
  TypeExpr* make_type(TypeExprKind kind, Span span, const std::vector<TypeExpr*>& members);

  // Shared.
  template <class Node, class... Args>
  Node* make(ExprKind kind, Span where, Args... args) {
    return context_.arena.make<Node>(Expr{kind, where}, args...);
  }
  Expr* error_expr(Span where) { return context_.arena.make<Expr>(Expr{ExprKind::Error, where}); }
  [[nodiscard]] Span span(const antlr4::Token* token) const;
  [[nodiscard]] Span span(const antlr4::ParserRuleContext* tree) const;
  [[nodiscard]] std::string_view text(const antlr4::Token* token) const;
  std::string_view plain_text(const antlr4::Token* token, std::string_view what);
  Diagnostics::Builder error(Span where, std::string message) {
    return context_.diagnostics.report(SyntaxError{.message = std::move(message)}, where);
  }
  void mark_item(const antlr4::ParserRuleContext* item) {
    if (context_.marks) context_.marks->items.push_back(span(item->start).begin);
  }
  void mark_bracket(const antlr4::Token* bracket) {
    if (context_.marks) context_.marks->brackets.push_back(span(bracket).begin);
  }
  /// Reports `next` unless it begins a line or a comma stands before it.
  void separate(const antlr4::ParserRuleContext* previous, const antlr4::ParserRuleContext* next,
                std::string_view what, bool commas);

  /// While it lives, the tree grows `levels` deeper; false if that is too deep, which is reported once.
  class Descent {
   public:
    Descent(TreeBuilder& builder, size_t levels, Span where);
    ~Descent() { builder_.depth_ -= levels_; }
    Descent(const Descent&) = delete;
    Descent& operator=(const Descent&) = delete;
    explicit operator bool() const { return allowed_; }

   private:
    TreeBuilder& builder_;
    size_t levels_;
    bool allowed_;
  };

  BuildContext& context_;
  std::span<const Comment> comments_;
  size_t nesting_;
  /// A `catch` that was read behind an operand and waits for the `try` before it.
  Rules::SuffixContext* catch_ = nullptr;
  size_t depth_ = 0;
  bool too_deep_ = false;
};

}  // namespace chain::syntax
