#include "compiler/syntax/dump.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/syntax/operators.h"

namespace chain::syntax {
namespace {

class Dumper {
 public:
  std::string out;
  bool models = true;  // whether `model:` is shown

  void decl(const Decl& decl);
  void expr(const Expr* expr);

 private:
  void word(std::string_view text) {
    space();
    out += text;
  }
  void quoted(std::string_view text);
  void space() {
    if (!out.empty() && out.back() != '(' && out.back() != '\n') out += ' ';
  }
  void open(std::string_view head) {
    space();
    out += '(';
    out += head;
  }
  void close() { out += ')'; }
  template <class F>
  void node(std::string_view head, F inside) {
    open(head);
    inside();
    close();
  }

  void doc(std::string_view text) {
    if (!text.empty()) node("doc", [&] { quoted(text); });
  }
  void type(const TypeExpr* type);
  void clause(std::string_view head, const Expr* value) {
    if (value) node(head, [&] { expr(value); });
  }
  void block(const Block* block);
  void stmt(const Stmt& stmt);
  void string(const StringExpr& string);
  void nodes(std::span<TemplateNode* const> nodes);
  void template_node(const TemplateNode& node);
  void arguments(std::span<const Argument> arguments);
  static std::string written(const Pattern& pattern);
  void pattern(const Pattern& pattern);
  void arms(std::span<const MatchArm> arms);
  void calling(const Expr& expr);
  void compound(const Expr& expr);
  void control(const Expr& expr);
  static std::string written(const Version& version) {
    return version.present ? fmt::format("@{}.{}", version.major, version.minor) : "";
  }
  void version(const Version& version) {
    if (version.present) word(written(version));
  }
  void parameters(std::span<const ParamDecl> parameters);
  void member(const PromptMember& member);
  void eval_clause(const EvalClause& clause);
  void type_decl(const TypeDecl& decl);
  void bounds(std::span<const FieldInit> bounds) {
    if (bounds.empty()) return;
    node("within", [&] {
      for (const FieldInit& bound : bounds) {
        word(fmt::format("{}:", bound.name.text));
        expr(bound.value);
      }
    });
  }
  void provider(const ProviderCall& call) {
    node(call.name.text, [&] { arguments(call.arguments); });
  }
};

void Dumper::quoted(std::string_view text) {
  space();
  out += '"';
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else {
      out += c;
    }
  }
  out += '"';
}

void Dumper::type(const TypeExpr* type) {
  if (!type) return word("?");
  static constexpr std::string_view kHeads[] = {"named",   "optional", "list",     "map",
                                                "literal", "union",    "untrusted"};
  switch (type->kind) {
    case TypeExprKind::Named:
      return word(type->qualifier ? fmt::format("{}.{}", type->qualifier.text, type->name.text)
                                  : std::string(type->name.text));
    case TypeExprKind::Literal: return expr(type->literal);
    case TypeExprKind::Error: return word("<error>");
    default:
      node(kHeads[static_cast<size_t>(type->kind)], [&] {
        for (const TypeExpr* member : type->members) this->type(member);
      });
  }
}

void Dumper::nodes(std::span<TemplateNode* const> nodes) {
  for (const TemplateNode* node : nodes) template_node(*node);
}

void Dumper::template_node(const TemplateNode& item) {
  switch (item.kind) {
    case TemplateNodeKind::Text: return quoted(item.as<TemplateText>().text);
    case TemplateNodeKind::Output: return node("out", [&] { expr(item.as<TemplateOutput>().value); });
    case TemplateNodeKind::If:
      return node("if", [&] {
        for (const TemplateBranch& branch : item.as<TemplateIf>().branches) {
          node(branch.condition ? "when" : "else", [&] {
            if (branch.condition) expr(branch.condition);
            nodes(branch.body);
          });
        }
      });
    case TemplateNodeKind::For:
      return node("for", [&] {
        const auto& loop = item.as<TemplateFor>();
        word(loop.variable.text);
        if (loop.second) word(loop.second.text);
        expr(loop.list);
        clause("where", loop.where);
        nodes(loop.body);
        if (!loop.otherwise.empty()) node("else", [&] { nodes(loop.otherwise); });
      });
    case TemplateNodeKind::Include: return node("include", [&] { expr(item.as<TemplateInclude>().call); });
    case TemplateNodeKind::Set:
      return node("set", [&] {
        word(item.as<TemplateSet>().name.text);
        expr(item.as<TemplateSet>().value);
      });
    case TemplateNodeKind::Error: return word("<error>");
  }
}

void Dumper::string(const StringExpr& string) {
  if (!string.content) return word("<unread>");
  const auto content = string.content->nodes;
  if (content.empty()) return quoted("");
  if (content.size() == 1 && content[0]->kind == TemplateNodeKind::Text) return template_node(*content[0]);
  node("template", [&] { nodes(content); });
}

void Dumper::arguments(std::span<const Argument> arguments) {
  for (const Argument& argument : arguments) {
    if (argument.name) word(fmt::format("{}:", argument.name.text));
    expr(argument.value);
  }
}

/// The type or case of a pattern, with its module.
std::string Dumper::written(const Pattern& pattern) {
  const std::string name(pattern.name.text);
  return pattern.qualifier ? std::string(pattern.qualifier.text) + '.' + name : name;
}

void Dumper::pattern(const Pattern& pattern) {
  switch (pattern.kind) {
    case PatternKind::Case: return word(written(pattern));
    case PatternKind::Literal: return expr(pattern.literal);
    case PatternKind::None: return word("none");
    case PatternKind::Else: return word("else");
    case PatternKind::Bind:
      return node("bind", [&] {
        if (pattern.type)
          type(pattern.type);
        else
          word(pattern.name ? written(pattern) : "else");
        word(pattern.binding.text);
      });
    case PatternKind::Error: return word("<error>");
  }
}

void Dumper::arms(std::span<const MatchArm> arms) {
  for (const MatchArm& arm : arms) {
    node("=>", [&] {
      for (const Pattern& item : arm.patterns) pattern(item);
      block(arm.body);
    });
  }
}

/// What changes how calls are made: `try`, `race`, `sample`, `with`.
void Dumper::calling(const Expr& e) {
  switch (e.kind) {
    case ExprKind::Try:
      return node(e.as<TryExpr>().caught ? "try-catch" : "try", [&] {
        expr(e.as<TryExpr>().value);
        arms(e.as<TryExpr>().arms);
      });
    case ExprKind::Race:
      return node("race", [&] {
        for (const Expr* arm : e.as<RaceExpr>().arms) expr(arm);
      });
    case ExprKind::Sample:
      return node("sample", [&] {
        expr(e.as<SampleExpr>().count);
        expr(e.as<SampleExpr>().value);
      });
    default:
      if (std::ranges::all_of(e.as<WithExpr>().options,
                              [&](const FieldInit& each) { return !models && each.name.text == "model"; }))
        return expr(e.as<WithExpr>().call);
      return node("with", [&] {
        expr(e.as<WithExpr>().call);
        for (const FieldInit& option : e.as<WithExpr>().options) {
          if (!models && option.name.text == "model") continue;
          word(fmt::format("{}:", option.name.text));
          expr(option.value);
        }
      });
  }
}

void Dumper::control(const Expr& e) {
  if (e.kind >= ExprKind::Try && e.kind <= ExprKind::With) return calling(e);
  if (e.kind == ExprKind::If) {
    const auto& branch = e.as<IfExpr>();
    return node("if", [&] {
      expr(branch.condition);
      block(branch.then);
      if (branch.otherwise) block(branch.otherwise);
    });
  }
  if (e.kind == ExprKind::For) {
    const auto& loop = e.as<ForExpr>();
    return node("for", [&] {
      word(loop.variable.text);
      expr(loop.list);
      clause("where", loop.where);
      clause("parallel", loop.parallel);
      block(loop.body);
    });
  }
  node("match", [&] {
    expr(e.as<MatchExpr>().subject);
    arms(e.as<MatchExpr>().arms);
  });
}

void Dumper::compound(const Expr& e) {
  switch (e.kind) {
    case ExprKind::List:
      return node("list", [&] {
        for (const Expr* item : e.as<ListExpr>().items) expr(item);
      });
    case ExprKind::Map:
      return node("map", [&] {
        for (const MapEntry& entry : e.as<MapExpr>().entries) {
          entry.key ? expr(entry.key) : word("...");
          expr(entry.value);
        }
      });
    case ExprKind::Record:
      return node("record", [&] {
        const auto& record = e.as<RecordExpr>();
        word(record.qualifier ? fmt::format("{}.{}", record.qualifier.text, record.type.text)
                              : std::string(record.type.text));
        if (record.spread) {
          word("...");
          expr(record.spread);
        }
        for (const FieldInit& field : record.fields) {
          word(fmt::format("{}:", field.name.text));
          expr(field.value);
        }
      });
    case ExprKind::Member:
      return node(e.as<MemberExpr>().optional ? "?." : ".", [&] {
        expr(e.as<MemberExpr>().object);
        word(e.as<MemberExpr>().member.text);
      });
    case ExprKind::Index:
      return node("index", [&] {
        expr(e.as<IndexExpr>().object);
        expr(e.as<IndexExpr>().index);
      });
    case ExprKind::Versioned:
      return node(written(e.as<VersionedExpr>().version), [&] { expr(e.as<VersionedExpr>().name); });
    case ExprKind::Call:
      return node(e.as<CallExpr>().piped ? "pipe" : "call", [&] {
        expr(e.as<CallExpr>().callee);
        arguments(e.as<CallExpr>().arguments);
      });
    case ExprKind::Unary:
      return node(e.as<UnaryExpr>().op == UnaryOp::Not ? "not" : "-",
                  [&] { expr(e.as<UnaryExpr>().operand); });
    case ExprKind::Lambda:
      return node("lambda", [&] {
        for (const Name& parameter : e.as<LambdaExpr>().parameters) word(parameter.text);
        block(e.as<LambdaExpr>().body);
      });
    case ExprKind::Binary: {
      // One word, so that a node is one list.
      const BinaryOp op = e.as<BinaryExpr>().op;
      return node(op == BinaryOp::NotIn ? "not-in" : spelling(op), [&] {
        expr(e.as<BinaryExpr>().left);
        expr(e.as<BinaryExpr>().right);
      });
    }
    default: return control(e);
  }
}

void Dumper::expr(const Expr* e) {
  if (!e) return word("<missing>");
  switch (e->kind) {
    case ExprKind::Name: return word(e->as<NameExpr>().text);
    case ExprKind::Int: return word(std::to_string(e->as<IntExpr>().value));
    case ExprKind::Float: return word(fmt::format("{}f", e->as<FloatExpr>().value));
    case ExprKind::Bool: return word(e->as<BoolExpr>().value ? "true" : "false");
    case ExprKind::None: return word("none");
    case ExprKind::Duration: return word(fmt::format("{}ns", e->as<DurationExpr>().nanoseconds));
    case ExprKind::Money: return word(fmt::format("${}n", e->as<MoneyExpr>().nano_dollars));
    case ExprKind::String: return string(e->as<StringExpr>());
    case ExprKind::Error: return word("<error>");
    default: compound(*e);
  }
}

void Dumper::block(const Block* block) {
  node("do", [&] {
    for (const Stmt* item : block->statements) stmt(*item);
  });
}

void Dumper::stmt(const Stmt& s) {
  switch (s.kind) {
    case StmtKind::Let:
      return node(s.as<LetStmt>().assignable ? "var" : "let", [&] {
        word(s.as<LetStmt>().name.text);
        if (s.as<LetStmt>().type) node(":", [&] { type(s.as<LetStmt>().type); });
        expr(s.as<LetStmt>().value);
      });
    case StmtKind::Assign:
      return node("=", [&] {
        word(s.as<AssignStmt>().name.text);
        expr(s.as<AssignStmt>().value);
      });
    case StmtKind::Expr: return expr(s.as<ExprStmt>().value);
    case StmtKind::Break: return word("break");
    case StmtKind::Repeat:
      return node("repeat", [&] {
        expr(s.as<RepeatStmt>().bound);
        block(s.as<RepeatStmt>().body);
        if (s.as<RepeatStmt>().otherwise) block(s.as<RepeatStmt>().otherwise);
      });
    case StmtKind::Return:
      return node("return", [&] {
        if (s.as<ReturnStmt>().value) expr(s.as<ReturnStmt>().value);
      });
    case StmtKind::Given:
      return node("given", [&] {
        const auto& given = s.as<GivenStmt>();
        word(fmt::format("{}{}{}{}", given.name.text, given.member ? "." : "", given.member.text,
                         written(given.version)));
        if (given.taped) word("from");
        expr(s.as<GivenStmt>().value);
      });
    case StmtKind::Expect: return node("expect", [&] { expr(s.as<ExpectStmt>().condition); });
    case StmtKind::Error: return word("<error>");
  }
}

void Dumper::eval_clause(const EvalClause& clause) {
  static constexpr std::string_view kHeads[] = {"", "score", "require"};
  const bool member = clause.kind == EvalClauseKind::Member;
  node(member ? clause.key.text : kHeads[static_cast<size_t>(clause.kind)], [&] {
    if (clause.kind == EvalClauseKind::Score) word(clause.key.text);
    for (const Expr* value : clause.values) expr(value);
  });
}

void Dumper::parameters(std::span<const ParamDecl> parameters) {
  for (const ParamDecl& item : parameters) {
    node("param", [&] {
      word(item.name.text);
      type(item.type);
      clause("=", item.fallback);
      clause("where", item.where);
      doc(item.doc);
    });
  }
}

void Dumper::member(const PromptMember& member) {
  if (!models && member.key.text == "model") return;
  node(member.key.text, [&] {
    if (member.kind == PromptMemberKind::Example) node("in", [&] { arguments(member.inputs); });
    expr(member.value);
  });
}

void Dumper::type_decl(const TypeDecl& decl) {
  if (decl.alias) {
    type(decl.alias);
    return clause("where", decl.where);
  }
  for (const FieldDecl& field : decl.fields) {
    node("field", [&] {
      word(field.name.text);
      if (!field.alias.empty()) node("as", [&] { quoted(field.alias); });
      type(field.type);
      clause("=", field.fallback);
      clause("where", field.where);
      doc(field.doc);
    });
  }
}

void Dumper::decl(const Decl& d) {
  static constexpr std::string_view kHeads[] = {
      "import", "const", "type",  "enum",  "model",   "resource", "template",    "fn",    "prompt",
      "chain",  "tool",  "agent", "route", "profile", "test",     "unavailable", "error", "eval"};
  open(kHeads[static_cast<size_t>(d.kind)]);
  if (d.kind != DeclKind::Test) word(d.name.text);
  switch (d.kind) {
    case DeclKind::Import: quoted(d.as<ImportDecl>().path); break;
    case DeclKind::Const:
      if (d.as<ConstDecl>().type) node(":", [&] { type(d.as<ConstDecl>().type); });
      expr(d.as<ConstDecl>().value);
      break;
    case DeclKind::Type: type_decl(d.as<TypeDecl>()); break;
    case DeclKind::Enum:
      for (const EnumCaseDecl& item : d.as<EnumDecl>().cases) {
        node(item.name.text, [&] {
          if (!item.alias.empty()) node("as", [&] { quoted(item.alias); });
          if (!item.description.empty()) quoted(item.description);
        });
      }
      break;
    case DeclKind::Model:
      word(d.as<ModelDecl>().provider.text);
      arguments(d.as<ModelDecl>().arguments);
      break;
    case DeclKind::Template:
      parameters(d.as<TemplateDecl>().parameters);
      expr(d.as<TemplateDecl>().content);
      break;
    case DeclKind::Fn:
      parameters(d.as<FnDecl>().parameters);
      node("->", [&] { type(d.as<FnDecl>().result); });
      bounds(d.as<FnDecl>().within);
      block(d.as<FnDecl>().body);
      break;
    case DeclKind::Prompt:
      version(d.as<PromptDecl>().version);
      parameters(d.as<PromptDecl>().parameters);
      node("->", [&] { type(d.as<PromptDecl>().result); });
      for (const PromptMember& item : d.as<PromptDecl>().members) member(item);
      break;
    case DeclKind::Chain:
      version(d.as<ChainDecl>().version);
      parameters(d.as<ChainDecl>().parameters);
      node("->", [&] { type(d.as<ChainDecl>().result); });
      bounds(d.as<ChainDecl>().within);
      block(d.as<ChainDecl>().body);
      break;
    case DeclKind::Resource:
      word(d.as<ResourceDecl>().word);
      if (d.as<ResourceDecl>().type) node(":", [&] { type(d.as<ResourceDecl>().type); });
      provider(d.as<ResourceDecl>().provider);
      break;
    case DeclKind::Tool:
      version(d.as<ToolDecl>().version);
      parameters(d.as<ToolDecl>().parameters);
      node("->", [&] { type(d.as<ToolDecl>().result); });
      for (const Name& item : d.as<ToolDecl>().words) word(item.text);
      provider(d.as<ToolDecl>().provider);
      break;
    case DeclKind::Agent:
      version(d.as<AgentDecl>().version);
      parameters(d.as<AgentDecl>().parameters);
      node("->", [&] { type(d.as<AgentDecl>().result); });
      bounds(d.as<AgentDecl>().within);
      for (const PromptMember& item : d.as<AgentDecl>().members) member(item);
      break;
    case DeclKind::Route:
      for (const RouteArm& arm : d.as<RouteDecl>().arms) {
        node("arm", [&] {
          version(arm.version);
          expr(arm.share);
        });
      }
      expr(d.as<RouteDecl>().key);
      break;
    case DeclKind::Profile:
      for (const ProfileEntry& entry : d.as<ProfileDecl>().entries) {
        node("=", [&] {
          word(entry.name.text);
          provider(entry.provider);
        });
      }
      break;
    case DeclKind::Test:
      quoted(d.as<TestDecl>().title);
      block(d.as<TestDecl>().body);
      break;
    case DeclKind::Eval:
      node("over", [&] { word(d.as<EvalDecl>().dataset.text); });
      bounds(d.as<EvalDecl>().within);
      for (const EvalClause& clause : d.as<EvalDecl>().clauses) eval_clause(clause);
      break;
    case DeclKind::Unavailable: word(d.as<UnavailableDecl>().word); break;
    case DeclKind::Error: break;
  }
  doc(d.doc);
  close();
}

}  // namespace

std::string dump(const Ast& ast) {
  Dumper dumper;
  if (!ast.doc.empty()) dumper.out += fmt::format("//! {}\n", ast.doc);
  for (const Decl* decl : ast.declarations) {
    dumper.decl(*decl);
    dumper.out += '\n';
  }
  return dumper.out;
}

std::string dump(const Decl& decl) {
  Dumper dumper;
  dumper.decl(decl);
  return std::move(dumper.out);
}

std::string dump_without_models(const Decl& decl) {
  Dumper dumper;
  dumper.models = false;
  dumper.decl(decl);
  return std::move(dumper.out);
}

std::string dump(const Expr& expr) {
  Dumper dumper;
  dumper.expr(&expr);
  return dumper.out;
}

}  // namespace chain::syntax
