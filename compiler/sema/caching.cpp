// `cache:` of prompts and of calls: how long an answer serves, and whether those to similar questions do.
#include <cmath>

#include "compiler/sema/context.h"

namespace chain::sema {

namespace {

/// Below this, questions that say the opposite of one another count as similar.
constexpr double kLeastAlike = 0.95;
constexpr double kAlikeUnit = 10'000;
constexpr int64_t kDay = 86'400'000'000'000;

/// The arguments of `similar(...)`; null for any other expression.
const syntax::CallExpr* similar_call(const syntax::Expr& expr) {
  if (expr.kind != syntax::ExprKind::Call) return nullptr;
  const auto& call = expr.as<syntax::CallExpr>();
  const bool named = call.callee && call.callee->kind == syntax::ExprKind::Name &&
                     call.callee->as<syntax::NameExpr>().text == "similar";
  return named && !call.piped ? &call : nullptr;
}

}  // namespace

std::optional<Caching> caching_of(Context& context, uint32_t unit, const syntax::Expr& expr, int64_t least) {
  const auto& types = context.module.types;
  const auto duration = [&](const syntax::Expr& text) -> std::optional<int64_t> {
    const auto value = evaluate_constant(context, unit, text, types.duration_type, "`cache:`");
    if (!value) return std::nullopt;
    const int64_t keep = std::get<int64_t>(value->value);
    if (keep >= least) return keep;
    context.diagnostics.report(BadBound{"cache", least > 0 ? "1ns" : "0s", "292y"}, text.span);
    return std::nullopt;
  };
  const syntax::CallExpr* call = similar_call(expr);
  if (!call) {
    const auto keep = duration(expr);
    return keep ? std::optional(Caching{*keep, 0}) : std::nullopt;
  }
  bool named = false;
  for (const syntax::Argument& argument : call->arguments) named = named || !argument.name.text.empty();
  if (call->arguments.empty() || call->arguments.size() > 2 || named) {
    context.diagnostics.report(BadSimilarity{}, expr.span);
    return std::nullopt;
  }
  const syntax::Expr& alike = *call->arguments[0].value;
  const auto value = evaluate_constant(context, unit, alike, types.float_type, "`similar`");
  if (!value) return std::nullopt;
  const double cosine = std::get<double>(value->value);
  if (!(cosine >= kLeastAlike && cosine <= 1)) {
    context.diagnostics.report(BadSimilarity{}, alike.span);
    return std::nullopt;
  }
  const auto keep = call->arguments.size() > 1 ? duration(*call->arguments[1].value) : std::optional(kDay);
  if (!keep) return std::nullopt;
  return Caching{*keep, static_cast<uint32_t>(std::lround(cosine * kAlikeUnit))};
}

}  // namespace chain::sema
