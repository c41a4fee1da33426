// The syntax tree of one file. Nodes live in the `Arena` of their `Ast` and point at each other;
// text is a view into the source or the arena. A tree made from a wrong file has `Error` nodes where
// nothing sensible stood.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "compiler/source/arena.h"
#include "compiler/source/source.h"

// One node a line, which no formatter would leave so.
// clang-format off

namespace chain::syntax {

/// A name where it stands. Empty if it is missing.
struct Name {
  std::string_view text;
  Span span;
  explicit operator bool() const { return !text.empty(); }
};

struct Expr;
struct Block;
struct Template;

// ---- Types ----------------------------------------------------------------------------------

enum class TypeExprKind : uint8_t {
  Named,      // name, or qualifier.name; `map` without an argument too
  Optional,   // T?          members[0]
  List,       // T[]         members[0]
  Map,        // map<T>      members[0]
  Literal,    // "en" | 1 | true   literal (an Expr of kind Int, Bool or String without holes)
  Union,      // A | B       members
  Untrusted,  // untrusted T members[0]
  Error,
};

struct TypeExpr {
  TypeExprKind kind = TypeExprKind::Error;
  Span span;
  Name qualifier;  // the module in `review.Verdict`
  Name name;
  std::span<TypeExpr* const> members;
  Expr* literal = nullptr;
};

// ---- Expressions ----------------------------------------------------------------------------

enum class ExprKind : uint8_t {
  Name, Int, Float, Bool, None, Duration, Money, String,
  List, Map, Record, Member, Index, Versioned, Call, Unary, Binary, Lambda, If, Match, For, Try, Race, Sample, With, Error,
};

struct Expr {
  ExprKind kind;
  Span span;

  template <class T>
  [[nodiscard]] const T& as() const { return static_cast<const T&>(*this); }
  template <class T>
  [[nodiscard]] T& as() { return static_cast<T&>(*this); }
};

struct NameExpr : Expr { std::string_view text; };
struct IntExpr : Expr { int64_t value; };
struct FloatExpr : Expr { double value; };         // `90%` is the float 0.9
struct BoolExpr : Expr { bool value; };
struct DurationExpr : Expr { int64_t nanoseconds; };
struct MoneyExpr : Expr { int64_t nano_dollars; };  // 1e-9 US dollars
/// Any string: raw ones and plain ones are a template of at most one piece of text.
struct StringExpr : Expr { Template* content; bool raw; bool block; };
struct ListExpr : Expr { std::span<Expr* const> items; };

struct MapEntry { Expr* key; Expr* value; };       // the key is a String; null for `...value`
struct MapExpr : Expr { std::span<const MapEntry> entries; };

struct FieldInit { Name name; Expr* value; };      // `name: value`
/// `Ticket { ...t, body: x }`; `spread` is null without `...`, and stands before the fields.
struct RecordExpr : Expr { Name qualifier; Name type; Expr* spread; std::span<const FieldInit> fields; };

struct MemberExpr : Expr { Expr* object; Name member; bool optional; };   // `a.b`, `a?.b`
struct IndexExpr : Expr { Expr* object; Expr* index; };

/// `@2.10`; both parts are numbers. `span` covers the token. Not present either if it is no version, which has
/// been reported.
struct Version { uint32_t major = 0; uint32_t minor = 0; Span span; bool present = false; };
/// `f@1.0` and `a.f@1.0`, where one version is called: `name` is a Name or a Member.
struct VersionedExpr : Expr { Expr* name; Version version; };

struct Argument { Name name; Expr* value; };       // `name` is empty for a positional one
/// `f(x)`, `x.f()` (the callee is a Member), `f@1.0(x)` (a Versioned), and the filter `x | f(y)` (`piped`; x is
/// arguments[0]).
struct CallExpr : Expr { Expr* callee; std::span<const Argument> arguments; bool piped; };

enum class UnaryOp : uint8_t { Negate, Not };
struct UnaryExpr : Expr { UnaryOp op; Expr* operand; };

enum class BinaryOp : uint8_t {
  Multiply, Divide, Modulo, Add, Subtract, Coalesce,
  Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual, In, NotIn, And, Or,
};
struct BinaryExpr : Expr { BinaryOp op; Expr* left; Expr* right; Span op_span; };

/// `x => e`, `(a, b) => { ... }`; the body of `=> e` is a block of one expression.
struct LambdaExpr : Expr { std::span<const Name> parameters; Block* body; };

/// `if c { } else if d { } else { }`; `otherwise` is null without an else. An `else if` is a block
/// whose only statement is the inner `if`.
struct IfExpr : Expr { Expr* condition; Block* then; Block* otherwise; };

enum class PatternKind : uint8_t { Case, Literal, None, Else, Bind, Error };
/// `high` (Case), `"ko"` / `3` / `true` (Literal), `none`, `else`, `Refund r`, `shop.Refund r`, `int[] xs` and
/// `else e` (Bind: `name` is the type, `type` one that is more than a name; neither for else. `binding` is the
/// new name).
struct Pattern {
  PatternKind kind; Span span; Name qualifier; Name name; Name binding; Expr* literal; TypeExpr* type;
  /// `else`, with a name or without.
  bool takes_all() const {
    return kind == PatternKind::Else || (kind == PatternKind::Bind && !name && !type);
  }
};
/// `high | low => value`. The body of `=> expr` is a block of one expression.
struct MatchArm { Span span; std::span<const Pattern> patterns; Block* body; };
struct MatchExpr : Expr { Expr* subject; std::span<const MatchArm> arms; };

/// `for x in xs where c parallel 8 { }`; `where` and `parallel` may be null.
struct ForExpr : Expr { Name variable; Expr* list; Expr* where; Expr* parallel; Block* body; };

/// `try f(x) catch { timeout => ..., else e => ... }`; without `catch` (not `caught`) it gives `T?`.
struct TryExpr : Expr { Expr* value; std::span<const MatchArm> arms; bool caught; };
/// `race [a(x), b(x)]`
struct RaceExpr : Expr { std::span<Expr* const> arms; };
/// `sample 5 of f(x)`; the count is an Int or a Name.
struct SampleExpr : Expr { Expr* count; Expr* value; };
/// `f(x) with { temperature: 0.2 }`
struct WithExpr : Expr { Expr* call; std::span<const FieldInit> options; };

// ---- Templates ------------------------------------------------------------------------------

enum class TemplateNodeKind : uint8_t { Text, Output, If, For, Include, Set, Error };

struct TemplateNode {
  TemplateNodeKind kind;
  Span span;
  template <class T>
  [[nodiscard]] const T& as() const { return static_cast<const T&>(*this); }
};

/// Text as it will appear: escapes done, block strings dedented, whitespace control applied.
struct TemplateText : TemplateNode { std::string_view text; };
struct TemplateOutput : TemplateNode { Expr* value; };
struct TemplateBranch { Expr* condition; std::span<TemplateNode* const> body; };  // else: null
struct TemplateIf : TemplateNode { std::span<const TemplateBranch> branches; };
/// `{% for x in xs where c %}`, `{% for key, value in map %}`; `second` is empty and `where` null without. The
/// nodes of `{% else %}` stand in for an empty list.
struct TemplateFor : TemplateNode {
  Name variable; Name second; Expr* list; Expr* where;
  std::span<TemplateNode* const> body; std::span<TemplateNode* const> otherwise;
};
struct TemplateInclude : TemplateNode { Expr* call; };           // `{% include card(x) %}`: a Call, a Name or Member that lacks its arguments, or Error
struct TemplateSet : TemplateNode { Name name; Expr* value; };   // `{% set x = 1 %}`

struct Template { Span span; std::span<TemplateNode* const> nodes; };

// ---- Statements -----------------------------------------------------------------------------

enum class StmtKind : uint8_t { Let, Assign, Expr, Return, Break, Repeat, Given, Expect, Error };

struct Stmt {
  StmtKind kind;
  Span span;
  template <class T>
  [[nodiscard]] const T& as() const { return static_cast<const T&>(*this); }
};

struct LetStmt : Stmt { Name name; TypeExpr* type; Expr* value; bool assignable; };  // `let`, or `var`
struct AssignStmt : Stmt { Name name; Expr* value; };         // `name = value`
/// `repeat up to N { } else { }`; `otherwise` is null without an else.
struct RepeatStmt : Stmt { Expr* bound; Block* body; Block* otherwise; };
struct ExprStmt : Stmt { Expr* value; };
struct ReturnStmt : Stmt { Expr* value; };                    // null for a bare `return`
/// `given f@1.0 returns V`, `given handbook.search returns V` (`member`), `given f from cassette("f.jsonl")`
/// (`taped`, and `value` is the call).
struct GivenStmt : Stmt { Name name; Name member; Version version; Expr* value; bool taped; };
struct ExpectStmt : Stmt { Expr* condition; };

struct Block { Span span; std::span<Stmt* const> statements; };

// ---- Declarations ---------------------------------------------------------------------------

enum class DeclKind : uint8_t {
  Import, Const, Type, Enum, Model, Resource, Template, Fn, Prompt, Chain, Tool, Agent, Route, Profile, Test, Unavailable, Error, Eval,
};

struct Decl {
  DeclKind kind;
  Span span;
  Name name;
  std::string_view doc;   // `///` lines before it, joined by '\n', without the slashes
  template <class T>
  [[nodiscard]] const T& as() const { return static_cast<const T&>(*this); }
};

/// `import std.review` (path "std.review") or `import "./p.chain" as policies`. `name` is the name in
/// this module: the alias, or the last word of the path.
struct ImportDecl : Decl { std::string_view path; Span path_span; bool is_file; };
struct ConstDecl : Decl { TypeExpr* type; Expr* value; };

struct FieldDecl { Name name; std::string_view alias; TypeExpr* type; Expr* fallback; Expr* where; std::string_view doc; Span span; };
/// A record (`alias` is null) or `type Lang = "en" | "ko" where ...`.
struct TypeDecl : Decl { std::span<const FieldDecl> fields; TypeExpr* alias; Expr* where; };

struct EnumCaseDecl { Name name; std::string_view alias; std::string_view description; Span span; };
struct EnumDecl : Decl { std::span<const EnumCaseDecl> cases; };

/// `model fast = openai("gpt-5-mini", temperature: 0)`.
struct ModelDecl : Decl { Name provider; std::span<const Argument> arguments; };

struct ParamDecl { Name name; TypeExpr* type; Expr* fallback; Expr* where; Span span; std::string_view doc; };

/// `template card(p: Passage) = """..."""`; `content` is null if it is missing.
struct TemplateDecl : Decl { std::span<const ParamDecl> parameters; StringExpr* content; };

/// `fn name(params) -> T { }`; `within` as of a chain.
struct FnDecl : Decl { std::span<const ParamDecl> parameters; TypeExpr* result; std::span<const FieldInit> within; Block* body; };

enum class PromptMemberKind : uint8_t { System, User, Assistant, Example, Other };
/// `user: "..."` has `value` (a String); `example: (a, b) -> v` has `inputs` and `value`; `model:`,
/// `repair:` and the rest are Other with `value`.
struct PromptMember { PromptMemberKind kind; Name key; Expr* value; std::span<const Argument> inputs; Span span; };

struct PromptDecl : Decl { Version version; std::span<const ParamDecl> parameters; TypeExpr* result; std::span<const PromptMember> members; };
/// `within`: the bounds of `within { cost: $0.05 }`.
struct ChainDecl : Decl { Version version; std::span<const ParamDecl> parameters; TypeExpr* result; std::span<const FieldInit> within; Block* body; };

/// `http.get("...", timeout: 3s)`; `name` is the whole word, "http.get".
struct ProviderCall { Name name; std::span<const Argument> arguments; };
/// `index handbook = documents("docs/**")`; `word` is "index". `type` is null unless it is said.
struct ResourceDecl : Decl { std::string_view word; TypeExpr* type; ProviderCall provider; };
/// `words` are those between the result and `=`: `writes approve`.
struct ToolDecl : Decl { Version version; std::span<const ParamDecl> parameters; TypeExpr* result; std::span<const Name> words; ProviderCall provider; };
struct AgentDecl : Decl { Version version; std::span<const ParamDecl> parameters; TypeExpr* result; std::span<const FieldInit> within; std::span<const PromptMember> members; };

/// `@2.0: 90%`.
struct RouteArm { Version version; Expr* share; Span span; };
/// `route classify { ... } by key`.
struct RouteDecl : Decl { std::span<const RouteArm> arms; Expr* key; };
/// `fast = ollama("qwen3")`.
struct ProfileEntry { Name name; ProviderCall provider; Span span; };
struct ProfileDecl : Decl { std::span<const ProfileEntry> entries; };
/// `test "title" { }`; the title is `title`.
struct TestDecl : Decl { std::string_view title; Block* body; };
/// `run: c => e` (Run), `score name = e`, `require a, b` (`values`), `compare: [...]` and `by: e` (Member, with
/// their key); all but Require have one value.
enum class EvalClauseKind : uint8_t { Member, Score, Require };
struct EvalClause { EvalClauseKind kind; Name key; std::span<Expr* const> values; Span span; };
/// `eval triage over golden within { cost: $2 } { }`.
struct EvalDecl : Decl { Name dataset; std::span<const FieldInit> within; std::span<const EvalClause> clauses; };
/// A declaration of the language that this version of the compiler cannot run.
struct UnavailableDecl : Decl { std::string_view word; };

/// One file's tree, and the memory that holds it.
struct Ast {
  FileId file;
  std::string_view doc;   // `//!` lines
  std::span<Decl* const> declarations;
  std::unique_ptr<Arena> arena;
};

}  // namespace chain::syntax
