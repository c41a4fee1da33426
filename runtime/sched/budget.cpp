#include "runtime/sched/budget.h"

#include <limits>

#include "runtime/value/text.h"

namespace chain::sched {
namespace {

int64_t sum(int64_t a, int64_t b) {
  int64_t result;
  return __builtin_add_overflow(a, b, &result) ? std::numeric_limits<int64_t>::max() : result;
}

Amount sum(const Amount& a, const Amount& b) {
  return {sum(a.cost, b.cost), sum(a.calls, b.calls), sum(a.tokens, b.tokens), sum(a.steps, b.steps)};
}

Amount difference(const Amount& a, const Amount& b) {
  return {a.cost - b.cost, a.calls - b.calls, a.tokens - b.tokens, a.steps - b.steps};
}

bool within(int64_t taken, int64_t bound) {
  return bound < 0 || taken <= bound;
}

std::string money(int64_t nanodollars) {
  std::string text;
  value::append_money(text, nanodollars);
  return text;
}

}  // namespace

bool Budget::fits(const Amount& most, bool with_reserved) const {
  const Amount all = sum(with_reserved ? sum(charged_, reserved_) : charged_, most);
  const program::Bounds& bounds = chain_->bounds;
  return within(all.cost, bounds.cost) && within(all.calls, bounds.calls) &&
         within(all.tokens, bounds.tokens) && within(all.steps, bounds.steps);
}

Budget::Answer Budget::reserve(const Amount& most, const Budget** refusing) {
  Answer answer = Answer::Reserved;
  for (const Budget* each = this; each; each = each->outer_) {
    const bool now = each->fits(most, true), ever = each->fits(most, false);
    if (now || (ever && answer != Answer::Reserved)) continue;
    answer = ever ? Answer::Wait : Answer::Never;
    if (refusing) *refusing = each;
    if (!ever) break;
  }
  if (answer != Answer::Reserved) return answer;
  for (Budget* each = this; each; each = each->outer_) each->reserved_ = sum(each->reserved_, most);
  return answer;
}

void Budget::settle(const Amount& reserved, const Amount& taken) {
  for (Budget* each = this; each; each = each->outer_) {
    each->reserved_ = difference(each->reserved_, reserved);
    each->charged_ = sum(each->charged_, taken);
  }
}

std::string Budget::refusal(const Amount& most) const {
  const program::Bounds& bounds = chain_->bounds;
  const std::string start = "`" + chain_->name + "` may ";
  if (!within(sum(charged_.steps, most.steps), bounds.steps))
    return start + "take " + std::to_string(bounds.steps) + (bounds.steps == 1 ? " step" : " steps") +
           " of agents, and " + (bounds.steps == 1 ? "that is taken" : "all are taken");
  if (!within(sum(charged_.calls, most.calls), bounds.calls))
    return start + "make " + std::to_string(bounds.calls) + (bounds.calls == 1 ? " call" : " calls") +
           ", and " + (bounds.calls == 1 ? "that is made" : "all are made");
  if (!within(sum(charged_.tokens, most.tokens), bounds.tokens)) {
    return start + "take " + std::to_string(bounds.tokens) + " tokens and has taken " +
           std::to_string(charged_.tokens) + "; this call can take " + std::to_string(most.tokens) +
           ", its whole answer included: raise the bound, or lower `max_tokens` of the model";
  }
  return start + "cost " + money(bounds.cost) + " and has cost " + money(charged_.cost) +
         "; this call can cost " + money(most.cost) +
         ", its whole answer included: raise the bound, or lower `max_tokens` of the model";
}

bool Budget::counts_cost() const {
  return chain_->bounds.cost >= 0 || (outer_ && outer_->counts_cost());
}

bool Budget::counts_tokens() const {
  return chain_->bounds.tokens >= 0 || counts_cost() || (outer_ && outer_->counts_tokens());
}

}  // namespace chain::sched
