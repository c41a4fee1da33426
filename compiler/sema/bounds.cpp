// `within { cost: $0.05, time: 30s }`.
#include <unordered_map>

#include "compiler/sema/context.h"

namespace chain::sema {

namespace {

struct Bound {
  std::string_view name;
  TypeId program::TypeTable::* type;
  int64_t program::Bounds::* place;
  bool agents_only;
};

constexpr Bound kBounds[] = {
    {"cost", &program::TypeTable::money_type, &program::Bounds::cost, false},
    {"time", &program::TypeTable::duration_type, &program::Bounds::time, false},
    {"calls", &program::TypeTable::int_type, &program::Bounds::calls, false},
    {"tokens", &program::TypeTable::int_type, &program::Bounds::tokens, false},
    {"steps", &program::TypeTable::int_type, &program::Bounds::steps, true},
    {"depth", &program::TypeTable::int_type, &program::Bounds::depth, false},
};

/// Activations of one chain within each other: enough for any tree, and no more than the scheduler walks.
constexpr int64_t kMostDepth = 10'000;

const Bound* find(std::string_view name) {
  for (const Bound& bound : kBounds) {
    if (bound.name == name) return &bound;
  }
  return nullptr;
}

void unknown(Context& context, const syntax::Name& name) {
  std::vector<std::string_view> names;
  for (const Bound& bound : kBounds) names.push_back(bound.name);
  const std::string_view best = closest(context.diagnostics, name.text, names);
  const std::string hint = best.empty() ? "; it has " + list_of_names({names.begin(), names.end()})
                                        : "; did you mean `" + std::string(best) + "`?";
  auto report = context.diagnostics.report(UnknownOption{"within", std::string(name.text), hint}, name.span);
  if (!best.empty()) report.fix(name.span, std::string(best), "write `" + std::string(best) + "`");
}

}  // namespace

program::Bounds bounds_of(Context& context, uint32_t unit, std::span<const syntax::FieldInit> given,
                          bool agent) {
  program::Bounds result;
  std::unordered_map<std::string_view, Span> seen;
  for (const syntax::FieldInit& item : given) {
    const Bound* bound = find(item.name.text);
    if (!bound) {
      unknown(context, item.name);
      continue;
    }
    const auto [earlier, is_new] = seen.try_emplace(bound->name, item.name.span);
    if (!is_new) {
      context.diagnostics.report(GivenTwice{.name = std::string(bound->name)}, item.name.span)
          .note(earlier->second, "it is given here first");
      continue;
    }
    if (bound->agents_only && !agent) {
      context.diagnostics.report(UnknownOption{"within", "steps",
                                               "; the steps of an agent are bounded, those of a "
                                               "chain are `calls`"},
                                 item.name.span);
      continue;
    }
    const auto value = evaluate_constant(context, unit, *item.value, context.module.types.*bound->type,
                                         '`' + std::string(bound->name) + '`');
    if (!value) continue;
    const int64_t number = std::get<int64_t>(value->value);
    const bool deep = bound->place == &program::Bounds::depth && number > kMostDepth;
    if (number <= 0 || deep) {
      context.diagnostics.report(deep ? BadBound{std::string(bound->name), "1", std::to_string(kMostDepth)}
                                      : BadBound{std::string(bound->name), "just above 0", "2^63"},
                                 item.value->span);
      continue;
    }
    result.*bound->place = number;
  }
  return result;
}

}  // namespace chain::sema
