#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "compiler/syntax/literals.h"
#include "compiler/syntax/tree_builder.h"

namespace chain::syntax {
namespace {

using Rules = generated::ChainParser;

/// How tightly operators hold, loosest first.
enum Precedence { kAny, kOr, kAnd, kNot, kComparison, kCoalesce, kAdd, kMultiply, kPipe, kUnary };

struct Operator {
  Precedence precedence;
  BinaryOp op;  // of no meaning for `|`
};

Operator operator_of(size_t type) {
  switch (type) {
    case Rules::OR: return {kOr, BinaryOp::Or};
    case Rules::AND: return {kAnd, BinaryOp::And};
    case Rules::EQUAL: return {kComparison, BinaryOp::Equal};
    case Rules::NOT_EQUAL: return {kComparison, BinaryOp::NotEqual};
    case Rules::LESS: return {kComparison, BinaryOp::Less};
    case Rules::LESS_EQUAL: return {kComparison, BinaryOp::LessEqual};
    case Rules::GREATER: return {kComparison, BinaryOp::Greater};
    case Rules::GREATER_EQUAL: return {kComparison, BinaryOp::GreaterEqual};
    case Rules::IN: return {kComparison, BinaryOp::In};
    case Rules::NOT_IN: return {kComparison, BinaryOp::NotIn};
    case Rules::COALESCE: return {kCoalesce, BinaryOp::Coalesce};
    case Rules::PLUS: return {kAdd, BinaryOp::Add};
    case Rules::MINUS: return {kAdd, BinaryOp::Subtract};
    case Rules::STAR: return {kMultiply, BinaryOp::Multiply};
    case Rules::SLASH: return {kMultiply, BinaryOp::Divide};
    case Rules::MOD: return {kMultiply, BinaryOp::Modulo};
    default: return {kPipe, BinaryOp::Or};
  }
}

Precedence tighter(Precedence precedence) {
  return static_cast<Precedence>(precedence + 1);
}

}  // namespace

/// Precedence climbing over the grammar's flat row: operand, operator, operand, ...
class TreeBuilder::Climber {
 public:
  Climber(TreeBuilder& builder, Rules::ExpressionContext* row)
      : builder_(builder), operands_(row->operand()), operators_(row->binary()) {
    for (auto* operand : operands_) levels_ += operand->prefix().size();
    levels_ += operators_.size();
  }

  /// By how much the tree can be deeper than its operands.
  [[nodiscard]] size_t levels() const { return levels_; }
  Expr* climb(Precedence least);

 private:
  Expr* prefixed(Precedence least);
  Expr* apply(Rules::PrefixContext* prefix, Precedence least);

  TreeBuilder& builder_;
  std::vector<Rules::OperandContext*> operands_;
  std::vector<Rules::BinaryContext*> operators_;
  size_t levels_ = 0;
  size_t at_ = 0;                                // the operand to come, and the operator before it plus one
  std::vector<Rules::PrefixContext*> prefixes_;  // of that operand
  size_t prefix_ = 0;
  bool looked_ = false;  // are `prefixes_` those of operand `at_`?
};

Expr* TreeBuilder::Climber::climb(Precedence least) {
  Expr* left = prefixed(least);
  bool compared = false;
  while (at_ <= operators_.size() && at_ > 0 && at_ - 1 < operators_.size() && at_ < operands_.size()) {
    const antlr4::Token* token = operators_[at_ - 1]->start;
    const auto [precedence, op] = operator_of(token->getType());
    if (precedence < least) break;
    const Span op_span = builder_.span(token);
    const bool right_first = precedence == kCoalesce;  // `a ?? b ?? c` tries b, then c
    Expr* right = climb(right_first ? precedence : tighter(precedence));
    if (precedence == kPipe) {
      left = builder_.pipe(left, right, op_span);
      continue;
    }
    if (precedence == kComparison && compared) {
      builder_.error(op_span, "comparisons do not chain; join two of them with `and`");
    }
    compared = precedence == kComparison;
    left = builder_.make<BinaryExpr>(ExprKind::Binary, left->span.to(right->span), op, left, right, op_span);
  }
  return left;
}

Expr* TreeBuilder::Climber::prefixed(Precedence least) {
  if (!looked_) {
    prefixes_ = operands_[at_]->prefix();
    prefix_ = 0;
    looked_ = true;
  }
  if (prefix_ < prefixes_.size()) return apply(prefixes_[prefix_++], least);
  looked_ = false;
  const bool tries = std::ranges::any_of(
      prefixes_, [](Rules::PrefixContext* prefix) { return prefix->start->getType() == Rules::TRY; });
  Expr* result = builder_.operand(operands_[at_++]);
  if (builder_.catch_ && !tries) {
    builder_.error(builder_.span(builder_.catch_->start),
                   "`catch` stands behind a `try`: `try f(x) catch { ... }`");
    builder_.catch_ = nullptr;
  }
  return result;
}

Expr* TreeBuilder::Climber::apply(Rules::PrefixContext* prefix, Precedence least) {
  const Span where = builder_.span(prefix);
  switch (prefix->start->getType()) {
    case Rules::NOT: {
      if (least > kNot) builder_.error(where, "put `not` and what it belongs to in parentheses here");
      Expr* value = climb(least > kNot ? least : kNot);
      return builder_.make<UnaryExpr>(ExprKind::Unary, where.to(value->span), UnaryOp::Not, value);
    }
    case Rules::NEGATE: {
      // The least integer has no positive counterpart: it is read with its sign.
      auto* next = operands_[at_];
      const bool direct = prefix_ == prefixes_.size() && next->primary() && next->suffix().empty();
      if (direct && next->primary()->INT() && !int_value(builder_.text(next->primary()->start))) {
        if (const auto value = int_value(builder_.text(next->primary()->start), true)) {
          looked_ = false;
          ++at_;
          return builder_.make<IntExpr>(ExprKind::Int, where.to(builder_.span(next)), *value);
        }
      }
      Expr* value = prefixed(kUnary);
      return builder_.make<UnaryExpr>(ExprKind::Unary, where.to(value->span), UnaryOp::Negate, value);
    }
    case Rules::TRY: {
      Expr* value = prefixed(kUnary);
      Rules::SuffixContext* caught = std::exchange(builder_.catch_, nullptr);
      const Span whole = where.to(caught ? builder_.span(caught) : value->span);
      const auto arms = caught ? builder_.arms(caught->matchBody()) : std::span<const MatchArm>();
      if (caught && arms.empty() && !builder_.context_.diagnostics.has_errors()) {
        builder_.error(builder_.span(caught),
                       "this `catch` catches nothing; write `timeout => ...` or `else => ...`");
      }
      return builder_.make<TryExpr>(ExprKind::Try, whole, value, arms, caught != nullptr);
    }
    case Rules::RACE: {
      Expr* list = prefixed(kUnary);
      if (list->kind != ExprKind::List) {
        if (list->kind != ExprKind::Error)
          builder_.error(list->span, "a race is written `race [f(x), g(x)]`");
        return builder_.error_expr(where.to(list->span));
      }
      return builder_.make<RaceExpr>(ExprKind::Race, where.to(list->span), list->as<ListExpr>().items);
    }
    default: {
      Expr* count = builder_.sample_count(prefix);
      Expr* value = prefixed(kUnary);
      return builder_.make<SampleExpr>(ExprKind::Sample, where.to(value->span), count, value);
    }
  }
}

Expr* TreeBuilder::sample_count(Rules::PrefixContext* tree) {
  if (tree->INT()) return literal(tree->INT()->getSymbol());
  if (!tree->NAME()) return error_expr(span(tree));
  const Name word = name(tree->NAME()->getSymbol());
  return make<NameExpr>(ExprKind::Name, word.span, word.text);
}

Expr* TreeBuilder::expression(Rules::ExpressionContext* tree) {
  if (!tree) return error_expr({context_.file});
  if (auto* function = tree->lambda()) return lambda(function);
  Climber climber(*this, tree);
  const Descent descent(*this, climber.levels() + 1, span(tree));
  if (!descent || tree->operand().empty()) return error_expr(span(tree));
  return climber.climb(kAny);
}

Expr* TreeBuilder::lambda(Rules::LambdaContext* tree) {
  const Descent descent(*this, 2, span(tree));
  if (!descent || (!tree->body && !tree->value)) return error_expr(span(tree));
  std::vector<Name> parameters;
  if (tree->single) parameters.push_back(name(tree->single));
  for (const antlr4::Token* each : tree->names) parameters.push_back(name(each));
  const std::span<const Name> names = context_.arena.copy(parameters);
  Block* body = tree->body ? block(tree->body) : block_of(expression(tree->value));
  return make<LambdaExpr>(ExprKind::Lambda, span(tree), names, body);
}

// ---- Operands -------------------------------------------------------------------------------

Expr* TreeBuilder::operand(Rules::OperandContext* tree) {
  const auto suffixes = tree->suffix();
  const Descent descent(*this, suffixes.size(), span(tree));
  if (!descent || !tree->primary()) return error_expr(span(tree));
  Expr* result = primary(tree->primary());
  for (auto* item : suffixes) result = suffix(result, item);
  return result;
}

Expr* TreeBuilder::primary(Rules::PrimaryContext* tree) {
  switch (tree->start->getType()) {
    case Rules::NAME: {
      const Name word = name(tree->start);
      return make<NameExpr>(ExprKind::Name, word.span, word.text);
    }
    case Rules::PAREN: return expression(tree->inner);
    case Rules::LIST: return list(tree->list());
    case Rules::MAP: return map(tree->map());
    case Rules::IF: return if_expression(tree->ifExpression());
    case Rules::MATCH: return match_expression(tree->matchExpression());
    case Rules::FOR: return for_expression(tree->forExpression());
    default: return literal(tree->start);
  }
}

Expr* TreeBuilder::literal(const antlr4::Token* token) {
  const Span where = span(token);
  const std::string_view written = text(token);
  const auto number = [&]<class Node>(ExprKind kind, auto value, std::string_view problem) -> Expr* {
    if (value) return make<Node>(kind, where, *value);
    context_.diagnostics.report(BadNumber{.message = std::string(problem)}, where);
    return error_expr(where);
  };
  switch (token->getType()) {
    case Rules::INT:
      return number.operator()<IntExpr>(ExprKind::Int, int_value(written),
                                        "this number does not fit in 64 bits");
    case Rules::FLOAT:
    case Rules::PERCENT:
      return number.operator()<FloatExpr>(ExprKind::Float, float_value(written),
                                          "this number is too large for a float");
    case Rules::DURATION:
      return number.operator()<DurationExpr>(ExprKind::Duration, duration_value(written),
                                             "this duration is longer than 292 years");
    case Rules::MONEY:
      return number.operator()<MoneyExpr>(ExprKind::Money, money_value(written),
                                          "an amount has at most nine decimals and is below $9,223,372,036");
    case Rules::STRING: return string(token);
    case Rules::TRUE: return make<BoolExpr>(ExprKind::Bool, where, true);
    case Rules::FALSE: return make<BoolExpr>(ExprKind::Bool, where, false);
    case Rules::NONE: return make<Expr>(ExprKind::None, where);
    default: return error_expr(where);
  }
}

Expr* TreeBuilder::string(const antlr4::Token* token) {
  const std::string_view written = text(token);
  const bool raw = written[0] == 'r';
  const bool block = written.substr(raw ? 1 : 0).starts_with("\"\"\"");
  auto* result = make<StringExpr>(ExprKind::String, span(token), static_cast<Template*>(nullptr), raw, block);
  context_.pending.push_back({result, nesting_ + static_cast<const GrammarToken*>(token)->token().depth});
  return result;
}

Expr* TreeBuilder::list(Rules::ListContext* tree) {
  std::vector<Expr*> items;
  for (auto* item : tree->items) items.push_back(expression(item));
  return make<ListExpr>(ExprKind::List, span(tree), std::span<Expr* const>(context_.arena.copy(items)));
}

Expr* TreeBuilder::map(Rules::MapContext* tree) {
  std::vector<MapEntry> entries;
  for (auto* item : tree->entries) {
    Expr* value = expression(item->value);
    if (!item->key) {
      entries.push_back({nullptr, value});
    } else if (item->key->getType() == Rules::STRING) {
      entries.push_back({string(item->key), value});
    } else {
      error(span(item->key),
            fmt::format("a map's keys are strings; a record has its type's name before `{{`"))
          .fix(span(item->key), fmt::format("\"{}\"", text(item->key)), "put the key in quotes");
    }
  }
  return make<MapExpr>(ExprKind::Map, span(tree), std::span<const MapEntry>(context_.arena.copy(entries)));
}

Argument TreeBuilder::argument(Rules::ArgumentContext* tree) {
  return {name(tree->name), expression(tree->value)};
}

std::span<const Argument> TreeBuilder::arguments(const std::vector<Rules::ArgumentContext*>& items,
                                                 Expr* first) {
  std::vector<Argument> result;
  if (first) result.push_back({{}, first});
  for (auto* item : items) result.push_back(argument(item));
  return context_.arena.copy(result);
}

Expr* TreeBuilder::suffix(Expr* base, Rules::SuffixContext* tree) {
  const Span where = base->span.to(span(tree));
  switch (tree->start->getType()) {
    case Rules::CALL:
      return make<CallExpr>(ExprKind::Call, where, base, arguments(tree->arguments()->items), false);
    case Rules::INDEX: return make<IndexExpr>(ExprKind::Index, where, base, expression(tree->index));
    case Rules::DOT:
    case Rules::QUESTION_DOT: {
      const bool optional = tree->start->getType() == Rules::QUESTION_DOT;
      return make<MemberExpr>(ExprKind::Member, where, base, name(tree->selected), optional);
    }
    case Rules::RECORD: return record(base, tree, where);
    case Rules::VERSION: return versioned(base, tree->start, where);
    case Rules::WITH: return with_options(base, tree, where);
    default: catch_ = tree; return base;
  }
}

Expr* TreeBuilder::with_options(Expr* call, Rules::SuffixContext* tree, Span where) {
  std::vector<FieldInit> options;
  if (auto* written = tree->map()) {
    for (auto* item : written->entries) {
      Expr* value = expression(item->value);
      if (item->key && item->key->getType() == Rules::KEY) {
        options.push_back({name(item->key), value});
      } else {
        error(span(item), "an option is written `name: value`");
      }
    }
  }
  return make<WithExpr>(ExprKind::With, where, call,
                        std::span<const FieldInit>(context_.arena.copy(options)));
}

Expr* TreeBuilder::versioned(Expr* base, const antlr4::Token* token, Span where) {
  const Version chosen = version(token);
  if (base->kind != ExprKind::Name && base->kind != ExprKind::Member) {
    if (base->kind != ExprKind::Error)
      error(span(token), "a version stands behind the name of a prompt or chain, like `reply@1.0(...)`");
    return base;
  }
  return chosen.present ? make<VersionedExpr>(ExprKind::Versioned, where, base, chosen) : base;
}

Expr* TreeBuilder::record(Expr* base, Rules::SuffixContext* tree, Span where) {
  Name qualifier;
  Name type;
  const auto is_name = [](const Expr* e) { return e->kind == ExprKind::Name; };
  const auto is_path = [&](const Expr* e) {
    return e->kind == ExprKind::Member && is_name(e->as<MemberExpr>().object);
  };
  if (is_name(base)) {
    type = {base->as<NameExpr>().text, base->span};
  } else if (base->kind == ExprKind::Member && is_name(base->as<MemberExpr>().object)) {
    const Expr* object = base->as<MemberExpr>().object;
    qualifier = {object->as<NameExpr>().text, object->span};
    type = base->as<MemberExpr>().member;
  } else if (base->kind == ExprKind::Member && is_path(base->as<MemberExpr>().object)) {
    const auto& module = base->as<MemberExpr>().object->as<MemberExpr>();  // `std.review`
    qualifier = joined({module.object->as<NameExpr>().text, module.object->span}, module.member);
    type = base->as<MemberExpr>().member;
  } else if (base->kind != ExprKind::Error) {
    error(base->span, "a record begins with the name of its type, like `Ticket { id: 1 }`");
  }
  Expr* spread = nullptr;
  std::vector<FieldInit> fields;
  for (auto* item : tree->entries) {
    Expr* value = expression(item->value);
    if (!item->key) {
      if (spread || !fields.empty())
        error(span(item), "`...` stands once in a record, before the fields that it does not give");
      spread = value;
    } else if (item->key->getType() == Rules::KEY) {
      fields.push_back({name(item->key), value});
    } else {
      const std::string_view quoted = text(item->key);
      error(span(item->key), "the fields of a record are written without quotes")
          .fix(span(item->key), std::string(quoted.substr(1, quoted.size() - 2)), "remove the quotes");
    }
  }
  return make<RecordExpr>(ExprKind::Record, where, qualifier, type, spread,
                          std::span<const FieldInit>(context_.arena.copy(fields)));
}

/// `x | f(y)` is the call `f(x, y)`.
Expr* TreeBuilder::pipe(Expr* value, Expr* filter, Span op_span) {
  const Span where = value->span.to(filter->span);
  if (filter->kind == ExprKind::Name || filter->kind == ExprKind::Member ||
      filter->kind == ExprKind::Versioned) {
    const std::vector<Argument> only = {{{}, value}};
    return make<CallExpr>(ExprKind::Call, where, filter, std::span<const Argument>(context_.arena.copy(only)),
                          true);
  }
  if (filter->kind == ExprKind::Call && !filter->as<CallExpr>().piped) {
    const auto& written = filter->as<CallExpr>();
    std::vector<Argument> all = {{{}, value}};
    all.insert(all.end(), written.arguments.begin(), written.arguments.end());
    return make<CallExpr>(ExprKind::Call, where, written.callee,
                          std::span<const Argument>(context_.arena.copy(all)), true);
  }
  if (filter->kind != ExprKind::Error) {
    error(op_span,
          "after `|` stands the name of a function, with or without further arguments; "
          "the other choice is written `or`");
  }
  return error_expr(where);
}

// ---- if, match, for -------------------------------------------------------------------------

Block* TreeBuilder::block_of(Expr* value) {
  Stmt* only = context_.arena.make<ExprStmt>(Stmt{StmtKind::Expr, value->span}, value);
  return context_.arena.make<Block>(value->span,
                                    std::span<Stmt* const>(context_.arena.copy(std::vector{only})));
}

Expr* TreeBuilder::if_expression(Rules::IfExpressionContext* tree) {
  const auto& branches = tree->otherwise;
  const Descent descent(*this, 2 * branches.size() + 1, span(tree));
  if (!descent) return error_expr(span(tree));
  Block* otherwise = nullptr;
  for (auto branch = branches.rbegin(); branch != branches.rend(); ++branch) {
    Block* body = block((*branch)->body);
    if ((*branch)->condition) {
      const Span where = span((*branch)->IF()->getSymbol()).to(otherwise ? otherwise->span : body->span);
      otherwise =
          block_of(make<IfExpr>(ExprKind::If, where, expression((*branch)->condition), body, otherwise));
    } else {
      if (branch != branches.rbegin())
        error(span(*branch), "`else` without a condition is the last branch of an `if`");
      otherwise = body;
    }
  }
  return make<IfExpr>(ExprKind::If, span(tree), expression(tree->condition), block(tree->then), otherwise);
}

/// `int[] xs`, `map<int> prices`, `(A | B)[] all`: a type that is more than a name, and a name for its value.
void TreeBuilder::type_pattern(Rules::PatternContext* tree, Pattern& result) {
  const auto suffixes = tree->typeSuffix();
  const Descent descent(*this, 1 + suffixes.size(), result.span);
  result.kind = PatternKind::Error;
  if (!descent || tree->exception) return;
  if (tree->element) {
    mark_bracket(tree->LESS()->getSymbol());
    mark_bracket(tree->GREATER()->getSymbol());
  }
  Span where = result.span;
  if (tree->first) {
    const Span last = tree->element ? span(tree->GREATER()->getSymbol()) : result.name.span;
    where = span(tree->first).to(last);
  }
  TypeExpr* atom =
      tree->inner ? type(tree->inner) : named_type(result.qualifier, result.name, tree->element, where);
  result.type = with_suffixes(atom, suffixes);
  result.name = result.qualifier = {};
  result.binding = name(tree->binding);
  if (result.binding) {
    result.kind = PatternKind::Bind;
  } else {
    error(result.span, "a type needs a name for its value, as in `int[] numbers`");
  }
}

Pattern TreeBuilder::pattern(Rules::PatternContext* tree) {
  Pattern result{PatternKind::Literal, span(tree), {}, {}, {}, nullptr, nullptr};
  switch (tree->start->getType()) {
    case Rules::PAREN: type_pattern(tree, result); return result;
    case Rules::NAME:
      result.kind = tree->binding ? PatternKind::Bind : PatternKind::Case;
      result.name = name(tree->third ? tree->third : tree->second ? tree->second : tree->first);
      if (tree->second)
        result.qualifier = tree->third ? joined(name(tree->first), name(tree->second)) : name(tree->first);
      result.binding = name(tree->binding);
      if (tree->element || !tree->typeSuffix().empty()) type_pattern(tree, result);
      return result;
    case Rules::ELSE_PATTERN:
      result.kind = tree->binding ? PatternKind::Bind : PatternKind::Else;
      result.binding = name(tree->binding);
      return result;
    case Rules::NONE: result.kind = PatternKind::None; return result;
    case Rules::NEGATE: {
      const auto value = tree->INT() ? int_value(text(tree->INT()->getSymbol()), true) : std::nullopt;
      if (!value)
        context_.diagnostics.report(BadNumber{.message = "this number does not fit in 64 bits"}, result.span);
      result.literal = make<IntExpr>(ExprKind::Int, result.span, value.value_or(0));
      return result;
    }
    default: result.literal = literal(tree->start); return result;
  }
}

MatchArm TreeBuilder::arm(Rules::ArmContext* tree) {
  std::vector<Pattern> patterns;
  for (auto* item : tree->patterns) patterns.push_back(pattern(item));
  Block* body = tree->body ? block(tree->body) : block_of(expression(tree->value));
  return {span(tree), context_.arena.copy(patterns), body};
}

std::span<const MatchArm> TreeBuilder::arms(Rules::MatchBodyContext* tree) {
  std::vector<MatchArm> arms;
  Rules::ArmContext* previous = nullptr;
  if (!tree) return {};
  for (auto* item : tree->arms) {
    separate(previous, item, "each arm", true);
    if (!item->exception) arms.push_back(arm(item));
    previous = item;
  }
  return context_.arena.copy(arms);
}

Expr* TreeBuilder::match_expression(Rules::MatchExpressionContext* tree) {
  const std::span<const MatchArm> arms = this->arms(tree->matchBody());
  return make<MatchExpr>(ExprKind::Match, span(tree), expression(tree->subject), arms);
}

Expr* TreeBuilder::for_expression(Rules::ForExpressionContext* tree) {
  Expr* xs = expression(tree->xs);
  Expr* where = tree->condition ? expression(tree->condition) : nullptr;
  Expr* cap = tree->cap ? expression(tree->cap) : nullptr;
  return make<ForExpr>(ExprKind::For, span(tree), name(tree->variable), xs, where, cap, block(tree->body));
}

}  // namespace chain::syntax
