#include <fmt/format.h>
#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include "compiler/syntax/literals.h"
#include "compiler/syntax/string_text.h"
#include "compiler/syntax/tree_builder.h"

namespace chain::syntax {
namespace {

const GrammarToken& grammar_token(const antlr4::Token* token) {
  return static_cast<const GrammarToken&>(*token);
}

/// Two ways to write the same letters are one name: NFC, as Unicode's UAX #31 advises. Empty if it is NFC
/// already.
std::string composed(std::string_view text) {
  const bool ascii = std::all_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x80; });
  if (ascii) return {};
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(status);
  if (U_FAILURE(status)) return {};
  const auto source =
      icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
  if (nfc->isNormalized(source, status) || U_FAILURE(status)) return {};
  std::string result;
  nfc->normalize(source, status).toUTF8String(result);
  return U_SUCCESS(status) ? result : std::string();
}

}  // namespace

// ---- Shared ---------------------------------------------------------------------------------

TreeBuilder::Descent::Descent(TreeBuilder& builder, size_t levels, Span where)
    : builder_(builder), levels_(levels) {
  builder.depth_ += levels;
  // A bracket makes at most a handful of nodes deep; rows of operators come on top of that.
  const size_t limit = builder.context_.limits.nesting * 5;
  allowed_ = builder.depth_ <= limit;
  if (!allowed_ && !builder.too_deep_) {
    builder.too_deep_ = true;
    builder.context_.diagnostics.report(
        LimitExceeded{.what = "this expression has too many parts", .limit = std::to_string(limit)}, where);
  }
}

Span TreeBuilder::span(const antlr4::Token* token) const {
  const Token& ours = grammar_token(token).token();
  return {context_.file, ours.begin, ours.end};
}

Span TreeBuilder::span(const antlr4::ParserRuleContext* tree) const {
  Span result = span(tree->start);
  if (tree->stop && tree->stop != tree->start) {
    const Span last = span(tree->stop);
    if (last.end > result.end) result.end = last.end;
  }
  return result;
}

std::string_view TreeBuilder::text(const antlr4::Token* token) const {
  return grammar_token(token).text();
}

Name TreeBuilder::name(const antlr4::Token* token) {
  if (!token || grammar_token(token).getType() == Rules::ERROR) return {};
  const std::string composed_text = composed(text(token));
  return {composed_text.empty() ? text(token) : context_.arena.copy(composed_text), span(token)};
}

std::string_view TreeBuilder::plain_text(const antlr4::Token* token, std::string_view what) {
  if (!token) return {};
  const Span where = span(token);
  const StringContent content = string_content(context_.text, where.begin, where.end);
  const std::string_view inner = context_.text.substr(content.begin, content.end - content.begin);
  if (!content.raw &&
      (inner.find("{{") != std::string_view::npos || inner.find("{%") != std::string_view::npos)) {
    context_.diagnostics.report(
        BadTag{.message = fmt::format("{} is plain text and holds no template", what)}, where);
  }
  std::string decoded;
  append_text(context_.text, content, content.begin, content.end, !content.raw, context_.file,
              &context_.diagnostics, decoded);
  return context_.arena.copy(decoded);
}

void TreeBuilder::separate(const antlr4::ParserRuleContext* previous, const antlr4::ParserRuleContext* next,
                           std::string_view what, bool commas) {
  mark_item(next);
  if (!previous || previous->exception || next->exception || !previous->stop) return;
  const GrammarToken& first = grammar_token(next->start);
  if (first.token().first_on_line || first.getType() == Rules::ERROR ||
      previous->stop->getType() == Rules::ERROR) {
    return;
  }
  // Something between them, a comma, separates them too.
  if (grammar_token(previous->stop).getTokenIndex() + 1 != first.getTokenIndex()) return;
  error(span(&first),
        fmt::format("begin {} on a line of its own{}", what, commas ? ", or put a comma before it" : ""))
      .fix({context_.file, span(&first).begin, span(&first).begin}, "\n", "begin a new line");
}

/// The `///` lines right before `first`.
std::string_view TreeBuilder::doc(const antlr4::Token* first) {
  const Token& token = grammar_token(first).token();
  std::string result;
  bool any = false;
  for (uint32_t i = token.first_comment; i < token.last_comment; ++i) {
    const Comment& comment = comments_[i];
    if (comment.kind != CommentKind::Doc) continue;
    std::string_view line = context_.text.substr(comment.begin + 3, comment.end - comment.begin - 3);
    if (line.starts_with(' ')) line.remove_prefix(1);
    line = line.substr(0, line.find_last_not_of(" \t") + 1);
    if (any) result += '\n';
    result += line;
    any = true;
  }
  return context_.arena.copy(result);
}

// ---- Declarations ---------------------------------------------------------------------------

Decl* TreeBuilder::declaration(Rules::DeclarationContext* tree) {
  const std::string_view text = doc(tree->start);
  mark_item(tree);
  if (auto* decl = tree->importDecl()) return import_decl(decl);
  if (auto* decl = tree->constDecl()) return const_decl(decl, text);
  if (auto* decl = tree->typeDecl()) return type_decl(decl, text);
  if (auto* decl = tree->enumDecl()) return enum_decl(decl, text);
  if (auto* decl = tree->modelDecl()) return model_decl(decl, text);
  if (auto* decl = tree->resourceDecl()) return resource_decl(decl, text);
  if (auto* decl = tree->templateDecl()) return template_decl(decl, text);
  if (auto* decl = tree->fnDecl()) return fn_decl(decl, text);
  if (auto* decl = tree->promptDecl()) return prompt_decl(decl, text);
  if (auto* decl = tree->chainDecl()) return chain_decl(decl, text);
  if (auto* decl = tree->toolDecl()) return tool_decl(decl, text);
  if (auto* decl = tree->agentDecl()) return agent_decl(decl, text);
  if (auto* decl = tree->routeDecl()) return route_decl(decl, text);
  if (auto* decl = tree->profileDecl()) return profile_decl(decl, text);
  if (auto* decl = tree->evalDecl()) return eval_decl(decl, text);
  if (auto* decl = tree->testDecl()) return test_decl(decl, text);
  return context_.arena.make<Decl>(DeclKind::Error, span(tree));
}

/// `./policies.chain` is the module `policies`, unless it is given another name.
static std::string_view stem(std::string_view path) {
  path = path.substr(path.find_last_of('/') + 1);
  return path.substr(0, path.find('.'));
}

/// Letters beyond ASCII are let pass: what is none of them nobody could write elsewhere.
static bool is_name(std::string_view text) {
  const auto letter = [](unsigned char c) { return std::isalnum(c) || c == '_' || c >= 0x80; };
  return !text.empty() && !std::isdigit(static_cast<unsigned char>(text[0])) &&
         std::all_of(text.begin(), text.end(), letter);
}

Decl* TreeBuilder::import_decl(Rules::ImportDeclContext* tree) {
  auto* decl = context_.arena.make<ImportDecl>(Decl{DeclKind::Import, span(tree)});
  decl->is_file = tree->file != nullptr;
  if (tree->file) {
    decl->path = plain_text(tree->file, "a path");
    decl->path_span = span(tree->file);
    decl->name = {stem(decl->path), decl->path_span};
    if (!tree->alias && !is_name(decl->name.text)) {
      error(decl->path_span, "this file's name cannot be the name of a module; give it one with `as`");
    }
  } else if (!tree->path.empty()) {
    decl->path_span = span(tree->path.front()).to(span(tree->path.back()));
    std::string path;
    for (const antlr4::Token* part : tree->path) {
      if (!path.empty()) path += '.';
      path += text(part);
    }
    decl->path = context_.arena.copy(path);
    decl->name = name(tree->path.back());
  }
  if (tree->alias) decl->name = name(tree->alias);
  return decl;
}

Decl* TreeBuilder::const_decl(Rules::ConstDeclContext* tree, std::string_view doc) {
  TypeExpr* declared = tree->declared ? type(tree->declared) : nullptr;
  return context_.arena.make<ConstDecl>(Decl{DeclKind::Const, span(tree), name(tree->name), doc}, declared,
                                        expression(tree->value));
}

TreeBuilder::FallbackAndCondition TreeBuilder::fallback_and_condition(
    const std::vector<Rules::DefaultOrConditionContext*>& clauses) {
  FallbackAndCondition result;
  for (auto* clause : clauses) {
    Expr*& place = clause->fallback ? result.fallback : result.where;
    if (place)
      error(span(clause), clause->fallback ? "a second default" : "a second `where`; join them with `and`");
    place = expression(clause->fallback ? clause->fallback : clause->condition);
  }
  return result;
}

FieldDecl TreeBuilder::field(Rules::FieldContext* tree) {
  FieldDecl result{};
  result.name = name(tree->name);
  result.alias = plain_text(tree->alias, "an alias");
  result.type = type(tree->declared);
  const FallbackAndCondition clauses = fallback_and_condition(tree->defaultOrCondition());
  result.fallback = clauses.fallback;
  result.where = clauses.where;
  result.doc = doc(tree->start);
  result.span = span(tree);
  return result;
}

Decl* TreeBuilder::type_decl(Rules::TypeDeclContext* tree, std::string_view doc) {
  auto* decl = context_.arena.make<TypeDecl>(Decl{DeclKind::Type, span(tree), name(tree->name), doc});
  if (auto* body = tree->recordBody()) {
    std::vector<FieldDecl> fields;
    Rules::FieldContext* previous = nullptr;
    for (auto* item : body->fields) {
      separate(previous, item, "each field", true);
      if (item->name) fields.push_back(field(item));
      previous = item;
    }
    decl->fields = context_.arena.copy(fields);
  } else {
    decl->alias = type(tree->alias);
    if (tree->condition) decl->where = expression(tree->condition);
  }
  return decl;
}

EnumCaseDecl TreeBuilder::enum_case(Rules::EnumCaseContext* tree) {
  EnumCaseDecl result{name(tree->name), plain_text(tree->alias, "an alias"),
                      plain_text(tree->description, "a description"), span(tree)};
  if (!tree->description) result.description = doc(tree->start);
  return result;
}

Decl* TreeBuilder::enum_decl(Rules::EnumDeclContext* tree, std::string_view doc) {
  std::vector<EnumCaseDecl> cases;
  if (auto* body = tree->enumBody()) {
    Rules::EnumCaseContext* previous = nullptr;
    for (auto* item : body->cases) {
      separate(previous, item, "each case", true);
      if (item->name) cases.push_back(enum_case(item));
      previous = item;
    }
  }
  return context_.arena.make<EnumDecl>(Decl{DeclKind::Enum, span(tree), name(tree->name), doc},
                                       context_.arena.copy(cases));
}

Decl* TreeBuilder::model_decl(Rules::ModelDeclContext* tree, std::string_view doc) {
  auto* list = tree->arguments();
  return context_.arena.make<ModelDecl>(Decl{DeclKind::Model, span(tree), name(tree->name), doc},
                                        name(tree->provider),
                                        list ? arguments(list->items) : std::span<const Argument>());
}

Version TreeBuilder::version(const antlr4::Token* token) {
  if (!token) return {};
  const std::string_view written = text(token);
  const size_t point = written.find('.');
  if (point == std::string_view::npos || written[0] != '@') return {};  // reported by the lexer
  const auto major = int_value(written.substr(1, point - 1));
  const auto minor = int_value(written.substr(point + 1));
  if (!major || !minor || *major > UINT32_MAX || *minor > UINT32_MAX) {
    context_.diagnostics.report(BadNumber{.message = "the numbers of a version must fit in 32 bits"},
                                span(token));
    return {};
  }
  return {static_cast<uint32_t>(*major), static_cast<uint32_t>(*minor), span(token), true};
}

ParamDecl TreeBuilder::parameter(Rules::ParameterContext* tree) {
  mark_item(tree);
  ParamDecl result{};
  result.name = name(tree->name);
  result.type = type(tree->declared);
  const FallbackAndCondition clauses = fallback_and_condition(tree->defaultOrCondition());
  result.fallback = clauses.fallback;
  result.where = clauses.where;
  result.span = span(tree);
  result.doc = doc(tree->start);
  return result;
}

std::span<const ParamDecl> TreeBuilder::parameters(Rules::ParametersContext* tree) {
  std::vector<ParamDecl> items;
  if (tree) {
    for (auto* item : tree->items) {
      if (item->name) items.push_back(parameter(item));
    }
  }
  return context_.arena.copy(items);
}

Decl* TreeBuilder::template_decl(Rules::TemplateDeclContext* tree, std::string_view doc) {
  auto* decl = context_.arena.make<TemplateDecl>(Decl{DeclKind::Template, span(tree), name(tree->name), doc});
  decl->parameters = parameters(tree->parameters());
  if (tree->content) decl->content = &string(tree->content)->as<StringExpr>();
  return decl;
}

PromptMember TreeBuilder::member(Rules::MemberContext* tree) {
  PromptMember result{};
  result.key = name(tree->key);
  result.span = span(tree);
  const std::string_view key = result.key.text;
  result.kind = tree->key->getType() == Rules::EXAMPLE ? PromptMemberKind::Example
                : key == "system"                      ? PromptMemberKind::System
                : key == "user"                        ? PromptMemberKind::User
                : key == "assistant"                   ? PromptMemberKind::Assistant
                                                       : PromptMemberKind::Other;
  result.inputs = arguments(tree->inputs);
  result.value = expression(tree->value);
  return result;
}

Decl* TreeBuilder::prompt_decl(Rules::PromptDeclContext* tree, std::string_view doc) {
  auto* decl = context_.arena.make<PromptDecl>(Decl{DeclKind::Prompt, span(tree), {}, doc});
  if (auto* head = tree->signature()) {
    decl->name = name(head->name);
    decl->version = version(head->version);
    decl->parameters = parameters(head->parameters());
    decl->result = type(head->result);
  }
  decl->members = prompt_members(tree->promptBody());
  return decl;
}

std::span<const PromptMember> TreeBuilder::prompt_members(Rules::PromptBodyContext* tree) {
  std::vector<PromptMember> members;
  Rules::MemberContext* previous = nullptr;
  for (auto* item : tree ? tree->members : std::vector<Rules::MemberContext*>()) {
    separate(previous, item, "each member", false);
    if (item->key) members.push_back(member(item));
    previous = item;
  }
  return context_.arena.copy(members);
}

Decl* TreeBuilder::chain_decl(Rules::ChainDeclContext* tree, std::string_view doc) {
  auto* decl = context_.arena.make<ChainDecl>(Decl{DeclKind::Chain, span(tree), {}, doc});
  if (auto* head = tree->signature()) {
    decl->name = name(head->name);
    decl->version = version(head->version);
    decl->parameters = parameters(head->parameters());
    decl->result = type(head->result);
  }
  decl->within = bounds(tree->within());
  decl->body = statements(tree->statements, span(tree));
  return decl;
}

Decl* TreeBuilder::fn_decl(Rules::FnDeclContext* tree, std::string_view doc) {
  auto* decl = context_.arena.make<FnDecl>(Decl{DeclKind::Fn, span(tree), {}, doc});
  if (auto* head = tree->signature()) {
    decl->name = name(head->name);
    if (head->version) {
      error(span(head->version), "a function has no version: it belongs to what calls it")
          .fix(span(head->version), "", "remove it");
    }
    decl->parameters = parameters(head->parameters());
    decl->result = type(head->result);
  }
  decl->within = bounds(tree->within());
  decl->body = statements(tree->statements, span(tree));
  return decl;
}

Decl* TreeBuilder::test_decl(Rules::TestDeclContext* tree, std::string_view doc) {
  auto* decl = context_.arena.make<TestDecl>(Decl{DeclKind::Test, span(tree), {}, doc});
  if (tree->title) decl->title = plain_text(tree->title, "a test's title");
  if (tree->title) decl->name = {decl->title, span(tree->title)};
  decl->body = statements(tree->statements, span(tree));
  return decl;
}

}  // namespace chain::syntax
