// Constants that do not meet the `where` they are to meet.
#include <iterator>

#include "compiler/sema/context.h"
#include "compiler/sema/library_values.h"

namespace chain::sema {

namespace {

using program::TypeKind;

constexpr size_t kMostChecks = 20'000;  // what is beyond is left to the run
constexpr size_t kShown = 60;           // bytes of a value

/// As it is written in source, or its beginning.
std::string shown(const program::TypeTable& types, const Constant& value) {
  std::string text = to_json(types, value);
  const TypeKind kind = types[value.type].kind;
  const bool bare = kind == TypeKind::Enum || kind == TypeKind::Duration || kind == TypeKind::Money ||
                    kind == TypeKind::Time || kind == TypeKind::Date;
  if (bare && text.size() >= 2) text = text.substr(1, text.size() - 2);
  if (text.size() <= kShown) return text;
  size_t end = kShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

}  // namespace

void check_conditions(Context& context) {
  if (context.diagnostics.has_errors()) return;  // the conditions themselves may be wrong
  std::vector<CheckedConstant> checks = std::move(context.checks);
  std::vector<CheckedConstant> in_bodies = known_checks(context.module);
  checks.insert(checks.end(), std::make_move_iterator(in_bodies.begin()),
                std::make_move_iterator(in_bodies.end()));
  if (checks.size() > kMostChecks) checks.resize(kMostChecks);
  LibraryValues library(context.module.types);
  for (const CheckedConstant& check : checks) {
    if (holds(context.module, check.predicate, check.value, library, context.constant_budget).value_or(true))
      continue;
    context.diagnostics
        .report(BreaksCondition{.value = shown(context.module.types, check.value),
                                .condition = context.module.predicates[check.predicate].text},
                check.span)
        .note(context.predicates[check.predicate].condition->span, "the condition stands here");
  }
}

}  // namespace chain::sema
