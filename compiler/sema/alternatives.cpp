// Several calls of which not all count: `race` and `sample`; and calls with other settings: `with`.
#include "compiler/sema/body.h"

namespace chain::sema {

using program::TypeKind;

/// An arm that can neither assign nor leave what is around it, for it may be dropped.
template <class Body>
BodyChecker::Branch BodyChecker::alternative(std::string_view word, Span span, Body&& body) {
  LoopAround* around = std::exchange(around_, nullptr);
  const std::string_view outer = std::exchange(alternative_, word);
  Branch result = branch(span, body);
  around_ = around;
  alternative_ = outer;
  return result;
}

void BodyChecker::leaves_alternative(std::string_view word, Span span) {
  context_.diagnostics.report(
      LeavesAlternative{.word = std::string(word), .around = std::string(alternative_)}, span);
}

Value BodyChecker::race(const syntax::RaceExpr& expr, Expected expected) {
  const bool allowed = in_steps("race", expr.span);
  ++steps_;
  std::vector<Branch> branches;
  for (const syntax::Expr* arm : expr.arms) {
    branches.push_back(
        alternative("race", arm->span, [&] { return wanted(value(*arm, expected), arm->span); }));
  }
  if (branches.empty()) {
    context_.diagnostics.report(EmptyRace{}, expr.span);
    return poison();
  }
  Value result = join(branches, expected);
  if (!result.good() || !allowed) return result.exits() ? result : poison();
  NodeParts parts;
  for (const Branch& item : branches) parts.regions.push_back(item.region);
  return make(Op::Race, result.type, expr.span, std::move(parts));
}

Value BodyChecker::sample(const syntax::SampleExpr& expr, Expected expected) {
  constexpr int64_t kMost = 1000;
  const bool allowed = in_steps("sample", expr.span);
  ++steps_;
  const std::optional<int64_t> count = bound(*expr.count, "sample", kMost);
  Expected item;
  if (const auto list = hinted(expected, TypeKind::List)) item = type(*list).element;
  std::vector<Branch> branches;
  branches.push_back(alternative("sample", expr.value->span, [&] {
    emit_.add(Op::Param, types().int_type, expr.span);
    return wanted(value(*expr.value, item), expr.value->span);
  }));
  const Value value = join(branches, item);
  if (!value.good() || !allowed || !count) return value.exits() ? value : poison();
  return make(Op::Sample, types().list_of(value.type), expr.span,
              {.operands = {integer(*count, expr.count->span).node}, .regions = {branches[0].region}});
}

/// The call of a prompt by another model, or by its own with other options.
Value BodyChecker::with_options(const syntax::WithExpr& expr, Expected expected) {
  const Value call = value(*expr.call, expected);
  if (!call.good()) return call;
  graph::Node& node = emit_.module()[call.node];
  if (node.op != Op::Prompt) {
    context_.diagnostics.report(NotACall{}, expr.call->span);
    return poison();
  }
  const uint32_t own =
      context_.module.prompts.size() > node.index ? context_.module.prompts[node.index].model : 0;
  const std::optional<CallOptions> options = call_options(context_, surroundings_.unit, own, expr.options);
  if (!options) return poison();
  emit_.module()[call.node].model = options->model;
  emit_.module()[call.node].cache = options->cache.keep;
  emit_.module()[call.node].similar = options->cache.similar;
  return call;
}

}  // namespace chain::sema
