// `eval NAME over DATASET { ... }`: three chains, one that answers a case, one that scores the answer, and
// one that holds the figures of all cases against what is required.
#include <algorithm>
#include <array>
#include <set>

#include "compiler/sema/body.h"
#include "compiler/sema/context.h"
#include "compiler/sema/eval_judges.h"

namespace chain::sema {

namespace {

using program::ScoreKind;
using program::TypeKind;
using syntax::EvalClause;
using syntax::EvalClauseKind;
using syntax::ExprKind;

/// What the scores of a case may name besides the case itself.
constexpr std::array<std::string_view, 4> kMeasured = {"it", "cost", "latency", "trajectory"};
/// What `require` may name besides the scores.
constexpr std::array<std::string_view, 3> kFigures = {"cost", "latency", "failed"};
/// Of a score, and of what it takes.
constexpr std::array<std::string_view, 10> kSpread = {"mean", "low", "high", "min", "max",
                                                      "p50",  "p90", "p95",  "p99", "sum"};

/// What a score has besides.
std::vector<std::string_view> figures_of(ScoreKind kind) {
  switch (kind) {
    case ScoreKind::Exact: return {"gap", "any", "all", "macro_f1"};
    case ScoreKind::Judge: return {"gap", "any", "all", "agreement"};
    case ScoreKind::Pairwise: return {"gap", "any", "all", "win_rate", "flips"};
    case ScoreKind::Plain: break;
  }
  return {"gap", "any", "all"};
}

class EvalBuilder {
 public:
  EvalBuilder(Context& context, uint32_t unit, const syntax::EvalDecl& declaration)
      : context_(context), types_(context.module.types), unit_(unit), declaration_(declaration) {}

  std::optional<program::Eval> build() {
    eval_.name = declaration_.name.text;
    eval_.doc = declaration_.doc;
    const program::Site site = context_.places.at(declaration_.span);
    eval_.file = site.file;
    eval_.line = site.line;
    eval_.bounds = bounds_of(context_, unit_, declaration_.within, false);
    const program::Bounds only{.cost = eval_.bounds.cost};
    if (!(eval_.bounds == only))
      error(declaration_.within.front().name.span, "an eval as a whole is bounded by `cost` alone");
    if (!dataset()) return std::nullopt;
    take_clauses();
    if (!run_ || !build_run()) return std::nullopt;
    build_scores();
    build_requirements();
    for (const EvalClause* clause : compares_) compare(*clause);
    return std::move(eval_);
  }

 private:
  Diagnostics::Builder error(Span span, std::string message) {
    return context_.diagnostics.report(BadEval{.message = std::move(message)}, span);
  }

  // ---- What it is made of

  bool dataset() {
    const syntax::Name& name = declaration_.dataset;
    if (!name) return false;
    Symbol* symbol = context_.find(unit_, name.text);
    if (!symbol) {
      std::vector<std::string_view> names;
      for (std::string_view each : context_.names(unit_, true)) {
        const Symbol* known = context_.find(unit_, each);
        if (known->kind == SymbolKind::Resource) names.push_back(each);
      }
      context_.diagnostics.report(UnknownName{std::string(name.text), context_.hint(name.text, names)},
                                  name.span);
      return false;
    }
    if (symbol->kind == SymbolKind::Unavailable) return false;
    const bool is_dataset = symbol->kind == SymbolKind::Resource &&
                            symbol->declaration->as<syntax::ResourceDecl>().word == "dataset";
    if (!is_dataset) {
      context_.diagnostics
          .report(WrongKind{.name = std::string(name.text),
                            .kind = std::string(describe(symbol->kind)),
                            .hint = "; an eval goes over a `dataset`"},
                  name.span)
          .note(symbol->span, "it is declared here");
      return false;
    }
    const auto& resource = symbol->declaration->as<syntax::ResourceDecl>();
    if (!resource.type) return false;  // which has been reported
    const std::optional<TypeId> type = resolve_type(context_, symbol->unit, *resource.type);
    if (!type || context_.type(*type).kind != TypeKind::List) return false;
    eval_.dataset = symbol->model;
    eval_.case_type = context_.type(*type).element;
    return true;
  }

  void take_clauses() {
    for (const EvalClause& clause : declaration_.clauses) {
      if (clause.kind == EvalClauseKind::Score) {
        scores_.push_back(&clause);
      } else if (clause.kind == EvalClauseKind::Require) {
        requirements_.push_back(&clause);
      } else if (clause.key.text == "run") {
        if (run_) error(clause.key.span, "an eval has one `run:`").note(run_->key.span, "it stands here");
        if (!run_) run_ = &clause;
      } else if (clause.key.text == "compare") {
        compares_.push_back(&clause);
        if (compares_.size() > 1)
          error(clause.key.span, "an eval has one `compare:`; put all columns into it");
      } else if (clause.key.text == "by") {
        groups_.push_back(&clause);
      } else {
        const std::string hint = context_.hint(clause.key.text, {"run", "compare", "by"});
        context_.diagnostics.report(
            UnknownOption{"eval", std::string(clause.key.text),
                          hint.empty() ? "; it has `run:`, `compare:` and `by:`" : hint},
            clause.key.span);
      }
    }
    if (!run_ && declaration_.name)
      context_.diagnostics.report(MissingMember{"eval `" + eval_.name + '`', "run",
                                                ", what answers a case: `run: c => reply(c.ticket)`"},
                                  declaration_.name.span);
  }

  // ---- The answer

  bool build_run() {
    if (run_->values.empty()) return false;
    const syntax::Expr& expr = *run_->values[0];
    const bool takes_one =
        expr.kind == ExprKind::Lambda && expr.as<syntax::LambdaExpr>().parameters.size() == 1;
    if (!takes_one) {
      if (expr.kind != ExprKind::Error)
        error(expr.span, "`run:` takes a case and gives the answer to it: `c => reply(c.ticket)`");
      return false;
    }
    const auto& function = expr.as<syntax::LambdaExpr>();
    case_ = function.parameters[0];
    if (!case_ || !function.body) return false;
    if (std::ranges::find(kMeasured, case_.text) != kMeasured.end()) {
      error(case_.span, "`" + std::string(case_.text) + "` is what scores know something else by");
      return false;
    }
    BodyChecker body(context_, {.unit = unit_});
    const RegionId region = body.open();
    parameter(body, case_.text, eval_.case_type, case_.span);
    const Value answer = body.inferred(*function.body);
    if (!answer.good()) {
      if (answer.exits()) error(function.body->span, "`run:` gives no answer");
      return false;
    }
    if (answer.type == types_.void_type) {
      context_.diagnostics.report(NoValue{}, function.body->span);
      return false;
    }
    answer_ = answer.type;
    body.emit().add(Op::Return, types_.void_type, function.body->span, {.operands = {answer.node}});
    body.emit().close();
    eval_.run = add_chain(eval_.name, region, answer.type);
    return true;
  }

  void parameter(BodyChecker& body, std::string_view name, TypeId type, Span span) {
    const auto index = static_cast<uint32_t>(fields_.size());
    const NodeId node = body.emit().add(Op::Param, type, span, {.index = index});
    body.emit().module()[node].name = name;
    body.declare(name, {node, type, Value::State::Good}, span);
    program::Field field;
    field.name = name;
    field.type = type;
    fields_.push_back(std::move(field));
  }

  TypeId record(std::string name, std::vector<program::Field> fields) {
    program::Type type;
    type.kind = TypeKind::Record;
    type.name = std::move(name);
    type.fields = std::move(fields);
    const TypeId id = types_.add(std::move(type));
    types_.layout_record(id);
    return id;
  }

  /// A chain of the parameters that have been declared.
  uint32_t add_chain(const std::string& name, RegionId region, TypeId result) {
    graph::Chain chain;
    chain.name = name;
    chain.span = declaration_.name.span;
    chain.parameters = record(name, std::move(fields_));
    fields_.clear();
    chain.result = result;
    chain.body = region;
    context_.module.chains.push_back(std::move(chain));
    return static_cast<uint32_t>(context_.module.chains.size() - 1);
  }

  // ---- The scores

  void build_scores() {
    BodyChecker body(context_, {.unit = unit_});
    const RegionId region = body.open();
    const Span span = declaration_.name.span;
    parameter(body, case_.text, eval_.case_type, case_.span);
    parameter(body, "it", answer_, span);
    parameter(body, "cost", types_.money_type, span);
    parameter(body, "latency", types_.duration_type, span);
    parameter(body, "trajectory", types_.list_of(types_.string_type), span);
    std::set<std::string_view> names;
    bool right = true;
    for (const EvalClause* clause : scores_) {
      const std::string_view name = clause->key.text;
      if (taken(name)) error(clause->key.span, "`" + std::string(name) + "` is measured in any case");
      const bool is_new = names.insert(name).second;
      right = !taken(name) && score(body, *clause) && is_new && right;
    }
    for (size_t i = 0; i < groups_.size(); ++i) right = group(body, *groups_[i], i) && right;
    if (!right) return;
    std::vector<NodeId> nodes;
    std::vector<program::Field> fields;
    for (Given& each : given_) {
      nodes.push_back(each.value.node);
      program::Field field;
      field.name = std::move(each.name);
      field.type = each.value.type;
      fields.push_back(std::move(field));
    }
    const TypeId type = record(eval_.name, std::move(fields));
    const NodeId result = body.emit().add(Op::Record, type, span, {.operands = std::move(nodes)});
    body.emit().add(Op::Return, types_.void_type, span, {.operands = {result}});
    body.emit().close();
    eval_.score = add_chain(eval_.name, region, type);
  }

  static bool taken(std::string_view name) {
    return std::ranges::find(kFigures, name) != kFigures.end() ||
           std::ranges::find(kMeasured, name) != kMeasured.end();
  }

  bool score(BodyChecker& body, const EvalClause& clause) {
    if (clause.values.empty()) return false;
    const syntax::Expr& expr = *clause.values[0];
    const std::string name(clause.key.text);
    program::EvalScore score{.name = name, .type = {}, .kind = kind_of(expr)};
    std::vector<Value> more;
    Value value;
    switch (score.kind) {
      case ScoreKind::Judge:
      case ScoreKind::Pairwise:
        value = judged(context_, unit_, body, expr.as<syntax::CallExpr>(), score.kind, more);
        break;
      case ScoreKind::Exact: value = body.exact(expr.as<syntax::CallExpr>(), more); break;
      default: value = body.value(expr);
    }
    if (!value.good()) return false;
    if (score.kind == ScoreKind::Exact && !has_few_values(more[0].type)) score.kind = ScoreKind::Plain;
    value = body.number(value, expr.span);
    if (!value.good()) return false;
    score.type = value.type;
    given_.push_back({name, value});
    static constexpr std::string_view kMore[][2] = {
        {}, {".got", ".wanted"}, {".votes", ".reasons"}, {".votes", ".reasons"}};
    if (score.kind != ScoreKind::Plain) {
      for (size_t i = 0; i < 2; ++i)
        given_.push_back({name + std::string(kMore[static_cast<size_t>(score.kind)][i]), more[i]});
    }
    body.declare(clause.key.text, value, clause.key.span);
    eval_.scores.push_back(std::move(score));
    return true;
  }

  static ScoreKind kind_of(const syntax::Expr& expr) {
    if (expr.kind != ExprKind::Call) return ScoreKind::Plain;
    const auto& call = expr.as<syntax::CallExpr>();
    if (!call.callee || call.callee->kind != ExprKind::Name) return ScoreKind::Plain;
    const std::string_view name = call.callee->as<syntax::NameExpr>().text;
    const bool two = call.arguments.size() == 2 && !call.arguments[0].name && !call.arguments[1].name;
    return name == "judge"          ? ScoreKind::Judge
           : name == "pairwise"     ? ScoreKind::Pairwise
           : name == "exact" && two ? ScoreKind::Exact
                                    : ScoreKind::Plain;
  }

  /// So few that a table of what was taken for what can be read.
  bool has_few_values(TypeId type) const {
    if (context_.type(type).kind == TypeKind::Optional) type = context_.type(type).element;
    const TypeKind kind = context_.type(type).kind;
    return kind == TypeKind::Enum || kind == TypeKind::Bool || kind == TypeKind::Literal;
  }

  bool group(BodyChecker& body, const EvalClause& clause, size_t place) {
    if (clause.values.empty()) return false;
    const syntax::Expr& expr = *clause.values[0];
    const Value value = body.value(expr);
    if (!value.good()) return false;
    TypeId type = value.type;
    if (context_.type(type).kind == TypeKind::Optional) type = context_.type(type).element;
    const TypeKind kind = types_.base_kind(type);
    if (kind != TypeKind::String && kind != TypeKind::Enum && kind != TypeKind::Bool &&
        kind != TypeKind::Int) {
      context_.diagnostics.report(TypeMismatch{.expected = "a string, an enum, a bool or an int to group by",
                                               .found = context_.text(value.type)},
                                  expr.span);
      return false;
    }
    given_.push_back({"by." + std::to_string(place), value});
    eval_.groups.emplace_back(context_.sources.text(expr.span));
    return true;
  }

  // ---- What is required

  void build_requirements() {
    if (requirements_.empty() || eval_.score == 0) return;
    BodyChecker body(context_, {.unit = unit_, .test = true});
    const RegionId region = body.open();
    const Span span = declaration_.name.span;
    for (const program::EvalScore& score : eval_.scores)
      parameter(body, context_.keep(score.name), spread("Figures", types_.float_type, figures_of(score.kind)),
                span);
    parameter(body, "cost", spread("Cost", types_.money_type, {}), span);
    parameter(body, "latency", spread("Latency", types_.duration_type, {}), span);
    parameter(body, "failed", types_.float_type, span);
    for (const EvalClause* clause : requirements_) {
      for (syntax::Expr* each : clause->values) body.require(*each);
    }
    body.emit().close();
    eval_.require = add_chain(eval_.name, region, types_.void_type);
    context_.module.tests.push_back({"", eval_.require, eval_.file, eval_.line, {}});
  }

  TypeId spread(std::string name, TypeId type, std::vector<std::string_view> names) {
    names.insert(names.begin(), kSpread.begin(), kSpread.end());
    std::vector<program::Field> fields;
    Slots slots;
    for (const std::string_view each : names) {
      slots.by_name.emplace(each, static_cast<uint32_t>(slots.items.size()));
      slots.items.push_back({each, type, {}});
      program::Field field;
      field.name = each;
      field.type = type;
      fields.push_back(std::move(field));
    }
    slots.type = record(std::move(name), std::move(fields));
    const TypeId id = slots.type;
    context_.records.emplace(id.index, std::move(slots));
    return id;
  }

  // ---- The columns

  void compare(const EvalClause& clause) {
    if (clause.values.empty()) return;
    const syntax::Expr& list = *clause.values[0];
    if (list.kind != ExprKind::List || list.as<syntax::ListExpr>().items.size() < 2) {
      if (list.kind != ExprKind::Error)
        error(list.span, "`compare:` lists what takes turns: `[classify@2.0, classify@2.1]`, or models");
      return;
    }
    const auto items = list.as<syntax::ListExpr>().items;
    for (const syntax::Expr* item : items) {
      item->kind == ExprKind::Versioned ? version(item->as<syntax::VersionedExpr>()) : model(*item);
    }
    std::vector<uint32_t> models;
    std::set<std::string> names;
    for (const program::EvalArm& arm : eval_.arms) {
      if (!names.insert(arm.name).second) error(list.span, "`" + arm.name + "` stands in it twice");
      if (arm.kind == program::ArmKind::Model) models.push_back(arm.target);
    }
    if (!models.empty() && models.size() != eval_.arms.size()) {
      error(list.span, "`compare:` lists models, or versions of one thing, not both");
      return;
    }
    for (program::EvalArm& arm : eval_.arms) {
      if (arm.kind == program::ArmKind::Model) arm.instead = models;
    }
  }

  void model(const syntax::Expr& expr) {
    const auto found = model_named(context_, unit_, expr, "compare");
    if (!found) return;
    eval_.arms.push_back(
        {std::string(context_.sources.text(expr.span)), program::ArmKind::Model, *found, {}});
  }

  void version(const syntax::VersionedExpr& expr) {
    if (!expr.name || expr.name->kind != ExprKind::Name) return;
    const syntax::Name name{expr.name->as<syntax::NameExpr>().text, expr.name->span};
    Symbol* symbol = context_.find(unit_, name.text);
    const bool has_versions = symbol && !symbol->versions.empty();
    if (!has_versions) {
      if (!symbol || symbol->kind != SymbolKind::Unavailable)
        error(name.span, "`" + std::string(name.text) + "` has no versions that could be compared");
      return;
    }
    if (compared_ && compared_ != symbol) {
      error(expr.span, "`compare:` lists versions of one thing: `" + std::string(compared_->name) + "`");
      return;
    }
    compared_ = symbol;
    const auto chosen = version_of(context_, *symbol, expr.version);
    if (!chosen) return;
    program::EvalArm arm;
    arm.name = context_.sources.text(expr.span);
    arm.kind = symbol->kind == SymbolKind::Prompt  ? program::ArmKind::Prompt
               : symbol->kind == SymbolKind::Chain ? program::ArmKind::Chain
                                                   : program::ArmKind::External;
    arm.target = *chosen;
    for (const uint32_t other : symbol->versions) {
      if (alike(*symbol, *chosen, other)) arm.instead.push_back(other);
    }
    eval_.arms.push_back(std::move(arm));
    const uint32_t first = eval_.arms.front().target;
    if (alike(*symbol, first, *chosen)) return;
    error(expr.span, "`" + std::string(context_.sources.text(expr.span)) +
                         "` takes or gives another type than `" + eval_.arms.front().name +
                         "`, and cannot stand in for it");
  }

  bool alike(const Symbol& symbol, uint32_t one, uint32_t other) {
    const Signature& a = signature_of(context_, symbol.kind, one);
    const Signature& b = signature_of(context_, symbol.kind, other);
    return a.result == b.result &&
           std::ranges::equal(a.parameters.items, b.parameters.items, [](const Slot& x, const Slot& y) {
             return x.name == y.name && x.type == y.type;
           });
  }

  struct Given {
    std::string name;
    Value value;
  };

  Context& context_;
  program::TypeTable& types_;
  uint32_t unit_;
  const syntax::EvalDecl& declaration_;
  program::Eval eval_;
  const EvalClause* run_ = nullptr;
  std::vector<const EvalClause*> scores_, requirements_, compares_, groups_;
  syntax::Name case_;
  TypeId answer_;
  std::vector<program::Field> fields_;  // of the chain that is made
  std::vector<Given> given_;            // of the record of scores
  const Symbol* compared_ = nullptr;
};

}  // namespace

/// The evals of the file that was named.
void build_evals(Context& context, std::vector<program::Eval>& evals) {
  const auto main = static_cast<uint32_t>(context.modules.units.size() - 1);
  std::set<std::string_view> names;
  for (const syntax::Decl* declaration : context.modules.units[main].ast.declarations) {
    if (declaration->kind != syntax::DeclKind::Eval) continue;
    if (!names.insert(declaration->name.text).second)
      context.diagnostics.report(DuplicateName{.name = std::string(declaration->name.text)},
                                 declaration->name.span);
    if (auto eval = EvalBuilder(context, main, declaration->as<syntax::EvalDecl>()).build())
      evals.push_back(*std::move(eval));
  }
}

}  // namespace chain::sema
