// What can fail: `try`, `catch`, and `fail(...)`.
#include <algorithm>
#include <map>

#include "compiler/sema/body.h"
#include "runtime/program/errors.h"

namespace chain::sema {

using program::TypeKind;
using syntax::Pattern;
using syntax::PatternKind;

/// Which arm takes which kind of failure.
struct BodyChecker::Catching {
  std::map<int64_t, Span> taken;
  std::vector<std::vector<int64_t>> cases;  // by arm
  bool has_rest = false;
  Span rest;
};

/// Calls, and what belongs to them, stand in the blocks of chains and tests.
bool BodyChecker::in_steps(std::string_view word, Span span) {
  if (surroundings_.pure.empty() && (surroundings_.chain || surroundings_.test)) return true;
  context_.diagnostics.report(
      MisplacedStatement{.word = std::string(word), .where = "the block of a chain or a test"}, span);
  return false;
}

Value BodyChecker::attempt(const syntax::TryExpr& expr, Expected expected) {
  const bool allowed = in_steps("try", expr.span);
  ++steps_;
  syntax::Assigned assigned = syntax::assigned_in(*expr.value);
  std::vector<const syntax::Block*> blocks;
  for (const syntax::MatchArm& arm : expr.arms) blocks.push_back(arm.body);
  for (std::string_view name : syntax::assigned_in(blocks).names) assigned.names.push_back(name);
  const Carried carried = carry(assigned);
  if (!expr.caught && expected && type(*expected).kind == TypeKind::Optional)
    expected = type(*expected).element;
  std::vector<Branch> branches;
  branches.push_back(branch(expr.value->span, carried, [&] { return value(*expr.value, expected); }));
  if (branches[0].value.poisoned() || !allowed) return poison();
  if (!expr.caught) return attempt_or_none(expr, std::move(branches[0]), carried);

  Catching plan;
  bool good = true;
  plan.cases.resize(1);
  const Expected hint = expected ? expected : hint_from(branches[0].value);
  const bool gives = branches[0].value.type != types().void_type || branches[0].value.exits();
  const TypeId error = context_.error_type();
  for (const syntax::MatchArm& arm : expr.arms) {
    good = plan_catch(plan, arm) && good;
    branches.push_back(branch(last_span(*arm.body), carried, [&] {
      const Value caught = make(Op::Param, error, arm.span);
      for (const Pattern& pattern : arm.patterns) {
        if (pattern.binding) declare_local(pattern.binding, caught);
      }
      return block(*arm.body, hint, gives ? Want::Value : Want::Nothing);
    }));
  }
  Value result = gives ? join(branches, expected) : together(branches);
  if (!good || result.poisoned()) return poison();
  const bool merges = !carried.empty() && !result.exits();
  const TypeId type = merges ? seal(branches, carried, result) : result.type;
  NodeParts parts;
  for (const Branch& item : branches) parts.regions.push_back(item.region);
  result.node = emit_.add(Op::Try, type, expr.span, std::move(parts));
  emit_.module()[result.node].cases = std::move(plan.cases);
  return merges ? merged(carried, result.node, result, expr.span) : result;
}

/// `try f(x)`: its value, or none if it fails.
Value BodyChecker::attempt_or_none(const syntax::TryExpr& expr, Branch body, const Carried& carried) {
  if (body.value.exits()) {
    context_.diagnostics.report(NoValue{}, expr.value->span);
    return poison();
  }
  const bool gives = body.value.type != types().void_type;
  const TypeId base = context_.unconstrained(body.value.type);
  const TypeId element = type(base).kind == TypeKind::Optional ? base : body.value.type;
  const TypeId optional = gives ? types().optional_of(element) : types().void_type;
  std::vector<Branch> branches;
  branches.push_back(std::move(body));
  branches.push_back(branch(expr.span, carried, [&] {
    emit_.add(Op::Param, context_.error_type(), expr.span);
    return gives ? make(Op::None, optional, expr.span) : good({}, types().void_type);
  }));
  if (gives) {
    for (Branch& item : branches) {
      emit_.reopen(item.region);
      emit_.set_result(item.region, convert(item.value, optional, expr.span).node);
      emit_.close();
    }
  }
  Value result = good({}, optional);
  const TypeId type = carried.empty() ? optional : seal(branches, carried, result);
  result.node = emit_.add(Op::Try, type, expr.span, {.regions = {branches[0].region, branches[1].region}});
  emit_.module()[result.node].cases = {{}, {}};
  return carried.empty() ? result : merged(carried, result.node, result, expr.span);
}

bool BodyChecker::plan_catch(Catching& plan, const syntax::MatchArm& arm) {
  std::vector<int64_t>& kinds = plan.cases.emplace_back();
  bool good = true;
  auto refuse = [&](auto&& diagnostic, Span span) {
    good = false;
    return context_.diagnostics.report(std::forward<decltype(diagnostic)>(diagnostic), span);
  };
  for (const Pattern& pattern : arm.patterns) {
    const bool rest = pattern.takes_all();
    if (plan.has_rest) {
      refuse(UnreachableArm{.why = "`else` stands before it"}, pattern.span)
          .note(plan.rest, "it is covered here");
    } else if (rest) {
      plan.has_rest = true;
      plan.rest = pattern.span;
      if (arm.patterns.size() > 1) {
        refuse(
            BadPattern{.pattern = "`else`", .type = "one kind among others", .hint = "; it takes them all"},
            pattern.span);
      }
    } else if (pattern.type || (pattern.kind != PatternKind::Case && pattern.kind != PatternKind::Bind)) {
      refuse(BadPattern{.pattern = '`' + std::string(context_.sources.text(pattern.span)) + '`',
                        .type = "a failure",
                        .hint = "; write its kind, like `timeout`"},
             pattern.span);
    } else if (const auto kind = program::error_kind(pattern.name.text); !kind) {
      const std::span<const std::string_view> words = program::error_words();
      const std::string_view best =
          closest(context_.diagnostics, pattern.name.text, {words.begin(), words.end()});
      auto report =
          refuse(UnknownErrorKind{.name = std::string(pattern.name.text),
                                  .hint = best.empty() ? "; there are `timeout`, `invalid_output`, ..."
                                                       : "; did you mean `" + std::string(best) + "`?"},
                 pattern.name.span);
      if (!best.empty())
        report.fix(pattern.name.span, std::string(best), "write `" + std::string(best) + "`");
    } else if (!plan.taken.emplace(static_cast<int64_t>(*kind), pattern.span).second) {
      refuse(DuplicateCase{.pattern = '`' + std::string(pattern.name.text) + '`'}, pattern.span);
    } else {
      kinds.push_back(static_cast<int64_t>(*kind));
    }
  }
  return good;
}

/// `fail("why")`: control never gets behind it.
Value BodyChecker::fail(Span name_span, Span span, std::vector<Given> arguments) {
  const bool allowed = surroundings_.returns || in_steps("fail", name_span);
  ++steps_;
  const Value exits{{}, types().void_type, Value::State::Exits};
  if (arguments.size() != 1 || (arguments[0].name && arguments[0].name.text != "message")) {
    ignore(arguments);
    context_.diagnostics.report(
        TooManyArguments{
            .function = "fail", .wanted = "one message", .found = std::to_string(arguments.size())},
        span);
    return exits;
  }
  const Given& message = arguments[0];
  const Value text = message.expr ? value_as(*message.expr, types().string_type)
                                  : convert(message.value, types().string_type, message.span);
  if (allowed && text.good()) emit_.add(Op::Fail, types().void_type, span, {.operands = {text.node}});
  return exits;
}

}  // namespace chain::sema
