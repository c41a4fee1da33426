#include "compiler/sema/eval_judges.h"

namespace chain::sema {

namespace {

using program::ScoreKind;
using program::TypeKind;

class Judging {
 public:
  Judging(Context& context, uint32_t unit, BodyChecker& body, const syntax::CallExpr& call, ScoreKind kind)
      : context_(context), types_(context.module.types), unit_(unit), body_(body), call_(call), kind_(kind) {}

  Value build(std::vector<Value>& more) {
    const size_t texts = kind_ == ScoreKind::Judge ? 2 : 3;
    const Signature* prompt = standard_prompt(kind_ == ScoreKind::Judge ? "verdict" : "compare");
    bool right = prompt != nullptr;
    for (const syntax::Argument& argument : call_.arguments) right = take(argument, texts) && right;
    if (!right) return {};
    if (operands_.size() != texts) {
      report(call_.span,
             kind_ == ScoreKind::Judge
                 ? "`judge` takes a rubric and a text: `judge(\"polite\", it.text, model: smart)`"
                 : "`pairwise` takes a rubric and two texts: `pairwise(\"clear\", it.text, c.best)`");
      return {};
    }
    if (models_.empty()) models_.push_back(UINT32_MAX);
    for (const uint32_t model : models_) {
      ask(*prompt, operands_, model, false);
      if (kind_ == ScoreKind::Pairwise) ask(*prompt, {operands_[0], operands_[2], operands_[1]}, model, true);
    }
    const TypeId votes = types_.list_of(types_.float_type), reasons = types_.list_of(types_.string_type);
    more.push_back({add(Op::List, votes, votes_), votes, Value::State::Good});
    more.push_back({add(Op::List, reasons, reasons_), reasons, Value::State::Good});
    NodeId sum = votes_[0];
    for (size_t i = 1; i < votes_.size(); ++i) sum = add(Op::Add, types_.float_type, {sum, votes_[i]});
    const NodeId mean = add(Op::Div, types_.float_type, {sum, number(static_cast<double>(votes_.size()))});
    return {mean, types_.float_type, Value::State::Good};
  }

 private:
  void report(Span span, std::string message) {
    context_.diagnostics.report(BadEval{.message = std::move(message)}, span);
  }

  /// Of `std.judge`, which the loader brings along for files that judge.
  const Signature* standard_prompt(std::string_view name) {
    for (const Import& import : context_.modules.units[unit_].imports) {
      if (import.declaration) continue;
      const Symbol* symbol = context_.find(import.unit, name);
      if (!symbol || symbol->kind != SymbolKind::Prompt) continue;
      prompt_ = symbol->versions.back();
      return &context_.prompts[prompt_];
    }
    return nullptr;
  }

  bool take(const syntax::Argument& argument, size_t texts) {
    if (!argument.value) return false;
    if (!argument.name) {
      const Value text = body_.value_as(*argument.value, types_.string_type);
      operands_.push_back(text.node);
      if (operands_.size() > texts) report(argument.value->span, "it takes no further text");
      return text.good() && operands_.size() <= texts;
    }
    if (argument.name.text == "model") return add_model(*argument.value);
    if (argument.name.text == "models" && argument.value->kind == syntax::ExprKind::List) {
      bool right = true;
      for (const syntax::Expr* each : argument.value->as<syntax::ListExpr>().items)
        right = add_model(*each) && right;
      return right;
    }
    report(argument.name.span, "it is told its judges by `model: smart`, or `models: [smart, fast]`");
    return false;
  }

  bool add_model(const syntax::Expr& expr) {
    const auto model = model_named(context_, unit_, expr, "model");
    if (model) models_.push_back(*model);
    return model.has_value();
  }

  NodeId add(Op op, TypeId type, std::vector<NodeId> operands, uint32_t index = 0) {
    return body_.emit().add(op, type, call_.span, {.operands = std::move(operands), .index = index});
  }
  NodeId number(double value) { return body_.emit().constant(types_.float_type, call_.span, value); }

  /// A call of the prompt; what it gives becomes a vote from 0 to 1 and a reason.
  void ask(const Signature& prompt, std::vector<NodeId> operands, uint32_t model, bool swapped) {
    const NodeId call = add(Op::Prompt, prompt.result, std::move(operands), prompt_);
    context_.module[call].model = model;
    const std::vector<program::Field>& fields = context_.type(prompt.result).fields;
    const TypeId reason = fields[0].type, choice = fields[1].type;
    const NodeId said = add(Op::Field, choice, {call}, 1);
    votes_.push_back(kind_ == ScoreKind::Judge ? from_score(said, choice)
                                               : from_choice(said, choice, swapped));
    reasons_.push_back(add(Op::Field, reason, {call}, 0));
  }

  /// 1 to 5 as 0 to 1.
  NodeId from_score(NodeId said, TypeId) {
    const NodeId score = add(Op::ToFloat, types_.float_type, {said});
    const NodeId above = add(Op::Sub, types_.float_type, {score, number(1)});
    return add(Op::Div, types_.float_type, {above, number(4)});
  }

  /// The enum's cases are `first`, `second`, `tie`.
  NodeId from_choice(NodeId said, TypeId choice, bool swapped) {
    const auto is = [&](int64_t place) {
      const NodeId option = body_.emit().constant(choice, call_.span, place);
      return add(Op::Equal, types_.bool_type, {said, option});
    };
    const NodeId tie = choose(is(2), [&] { return number(0.5); }, [&] { return number(0); });
    return choose(is(swapped ? 1 : 0), [&] { return number(1); }, [&] { return tie; });
  }

  template <class Then, class Else>
  NodeId choose(NodeId condition, Then&& then, Else&& otherwise) {
    const RegionId yes = body_.emit().open();
    body_.emit().set_result(yes, then());
    body_.emit().close();
    const RegionId no = body_.emit().open();
    body_.emit().set_result(no, otherwise());
    body_.emit().close();
    return body_.emit().add(Op::If, types_.float_type, call_.span,
                            {.operands = {condition}, .regions = {yes, no}});
  }

  Context& context_;
  program::TypeTable& types_;
  uint32_t unit_;
  BodyChecker& body_;
  const syntax::CallExpr& call_;
  ScoreKind kind_;
  uint32_t prompt_ = 0;
  std::vector<NodeId> operands_, votes_, reasons_;
  std::vector<uint32_t> models_;
};

}  // namespace

Value judged(Context& context, uint32_t unit, BodyChecker& body, const syntax::CallExpr& call, ScoreKind kind,
             std::vector<Value>& more) {
  return Judging(context, unit, body, call, kind).build(more);
}

}  // namespace chain::sema
