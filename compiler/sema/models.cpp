// `model NAME = provider(id, option: value, ...)`, against the table of providers.
#include <set>
#include <unordered_map>
#include <utility>

#include "compiler/sema/body.h"
#include "compiler/sema/context.h"
#include "runtime/program/providers.h"
#include "runtime/value/json.h"
#include "runtime/value/text.h"

namespace chain::sema {

namespace {

using program::OptionInfo;
using program::OptionType;
using program::ProviderInfo;
using program::TakesId;

class ModelBuilder {
 public:
  ModelBuilder(Context& context, uint32_t unit, const syntax::ModelDecl& declaration)
      : context_(context), unit_(unit), declaration_(declaration) {}

  program::Model build() {
    model_.name = declaration_.name.text;
    model_.provider = declaration_.provider.text;
    const ProviderInfo* provider = program::find_model_provider(declaration_.provider.text);
    if (!provider) {
      unknown_provider();
      return model_;
    }
    size_t positional = 0;
    for (const syntax::Argument& argument : declaration_.arguments) {
      if (argument.name) {
        if (!replaced_.contains(argument.name.text)) option(*provider, argument);
      } else if (++positional == 1 && provider->takes_id == TakesId::Required) {
        id(argument);
      } else {
        too_many(*provider, argument);
      }
    }
    if (positional == 0 && provider->takes_id == TakesId::Required) {
      context_.diagnostics.report(
          MissingArgument{.function = std::string(provider->name),
                          .arguments = "the model's id: `" + std::string(provider->name) + "(\"...\")`"},
          declaration_.provider.span);
    }
    model_.options_json += model_.options_json.empty() ? "{}" : "}";
    return model_;
  }

  /// Options of a `with`, checked in `unit`; those that the declaration gives under the same name do not
  /// count.
  void replace(uint32_t unit, const syntax::Argument& argument) {
    const ProviderInfo* provider = program::find_model_provider(declaration_.provider.text);
    if (!provider) return;  // reported where the model is declared
    const uint32_t own = std::exchange(unit_, unit);
    option(*provider, argument);
    replaced_.insert(argument.name.text);
    unit_ = own;
  }

 private:
  void unknown_provider() {
    if (!declaration_.provider) return;
    std::vector<std::string_view> names;
    for (const ProviderInfo& provider : program::model_providers()) names.push_back(provider.name);
    const std::string_view best = closest(context_.diagnostics, declaration_.provider.text, names);
    const std::string hint = best.empty() ? "; known are " + list_of_names({names.begin(), names.end()})
                                          : "; did you mean `" + std::string(best) + "`?";
    auto report = context_.diagnostics.report(UnknownProvider{std::string(declaration_.provider.text), hint},
                                              declaration_.provider.span);
    if (!best.empty()) {
      report.fix(declaration_.provider.span, std::string(best), "write `" + std::string(best) + "`");
    }
  }

  void too_many(const ProviderInfo& provider, const syntax::Argument& argument) {
    const bool takes = provider.takes_id == TakesId::Required;
    context_.diagnostics.report(TooManyArguments{.function = std::string(provider.name),
                                                 .wanted = takes ? "one id" : "no id",
                                                 .found = std::to_string(takes ? 2 : 1)},
                                argument.value->span);
  }

  void id(const syntax::Argument& argument) {
    const auto value = constant(*argument.value, context_.module.types.string_type, "the id of a model");
    if (value) model_.id = std::get<std::string>(value->value);
  }

  void option(const ProviderInfo& provider, const syntax::Argument& argument) {
    const std::string name(argument.name.text);
    const OptionInfo* info = program::find_model_option(provider.name, name);
    if (!info) {
      std::vector<std::string_view> names;
      for (const OptionInfo& other : program::model_options()) {
        if (program::listed(other.providers, provider.name)) names.push_back(other.name);
      }
      const std::string_view best = closest(context_.diagnostics, name, names);
      auto report = context_.diagnostics.report(
          UnknownOption{std::string(provider.name), name,
                        best.empty() ? "" : "; did you mean `" + std::string(best) + "`?"},
          argument.name.span);
      if (!best.empty())
        report.fix(argument.name.span, std::string(best), "write `" + std::string(best) + "`");
      return;
    }
    const auto [earlier, is_new] = given_.try_emplace(info->name, argument.name.span);
    if (!is_new) {
      context_.diagnostics.report(GivenTwice{.name = name}, argument.name.span)
          .note(earlier->second, "it is given here first");
      return;
    }
    const std::optional<Constant> value =
        constant(*argument.value, type_of(*info, *argument.value), "option `" + name + "`");
    if (!value || !in_bounds(*info, *value, argument)) return;
    model_.options_json += model_.options_json.empty() ? '{' : ',';
    value::append_json_string(model_.options_json, name);
    model_.options_json += ':';
    // The table's durations are plain nanoseconds; as a value they would be text.
    model_.options_json += info->type == OptionType::Duration
                               ? std::to_string(std::get<int64_t>(value->value))
                               : to_json(context_.module.types, *value);
  }

  std::optional<Constant> constant(const syntax::Expr& expr, TypeId type, const std::string& what) {
    return evaluate_constant(context_, unit_, expr, type, what);
  }

  TypeId type_of(const OptionInfo& info, const syntax::Expr& value) {
    program::TypeTable& types = context_.module.types;
    switch (info.type) {
      case OptionType::String: return types.string_type;
      case OptionType::Int: return types.int_type;
      case OptionType::Float: return types.float_type;
      case OptionType::Duration: return types.duration_type;
      case OptionType::Strings: {
        return value.kind == syntax::ExprKind::List ? types.list_of(types.string_type) : types.string_type;
      }
      case OptionType::Choice: break;
    }
    std::vector<program::Literal> choices;
    std::string_view rest = info.choices;
    while (!rest.empty()) {
      const size_t comma = rest.find(',');
      choices.emplace_back(std::string(rest.substr(0, comma)));
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
    return types.literal_of(std::move(choices));
  }

  bool in_bounds(const OptionInfo& info, const Constant& value, const syntax::Argument& argument) {
    bool good = true;
    if (info.type == OptionType::Int || info.type == OptionType::Duration) {
      const int64_t number = std::get<int64_t>(value.value);
      good = number >= info.least && number <= info.most;
    } else if (info.type == OptionType::Float) {
      const double number = std::get<double>(value.value);
      good = number >= static_cast<double>(info.least) && number <= static_cast<double>(info.most);
    }
    if (good) return true;
    auto text = [&](int64_t bound) {
      std::string result;
      if (info.type != OptionType::Duration) return std::to_string(bound);
      value::append_duration(result, bound);
      return result;
    };
    context_.diagnostics.report(
        BadBound{.word = std::string(info.name), .least = text(info.least), .most = text(info.most)},
        argument.value->span);
    return false;
  }

  Context& context_;
  uint32_t unit_;
  const syntax::ModelDecl& declaration_;
  program::Model model_;
  std::unordered_map<std::string_view, Span> given_;
  std::set<std::string_view> replaced_;
};

}  // namespace

std::vector<std::string_view> model_names(const Context& context, uint32_t unit, bool with_private) {
  std::vector<std::string_view> models;
  for (std::string_view name : context.names(unit, with_private)) {
    const auto found = context.scopes[unit].find(name);
    if (found != context.scopes[unit].end() && found->second->kind == SymbolKind::Model)
      models.push_back(name);
  }
  return models;
}

const Symbol* model_symbol(Context& context, uint32_t unit, const syntax::Expr& expr) {
  if (expr.kind == syntax::ExprKind::Error) return nullptr;
  syntax::Name name;
  uint32_t where = unit;
  if (expr.kind == syntax::ExprKind::Name) {
    name = {expr.as<syntax::NameExpr>().text, expr.span};
  } else if (expr.kind == syntax::ExprKind::Member) {
    const auto& member = expr.as<syntax::MemberExpr>();
    if (const auto module = BodyChecker(context, {.unit = unit}).module_named(*member.object)) {
      where = *module;
      name = member.member;
    }
  }
  const bool visible = name && (where == unit || !name.text.starts_with('_'));
  const Symbol* symbol = visible ? context.find(where, name.text) : nullptr;
  if (symbol && symbol->kind == SymbolKind::Unavailable) return nullptr;
  if (symbol && symbol->kind == SymbolKind::Model) return symbol;
  if (name && !symbol) {
    const std::vector<std::string_view> models = model_names(context, where, where == unit);
    const std::string_view best = closest(context.diagnostics, name.text, models);
    auto report = context.diagnostics.report(
        UnknownName{std::string(name.text),
                    best.empty() ? "" : "; did you mean `" + std::string(best) + "`?"},
        name.span);
    if (!best.empty()) report.fix(name.span, std::string(best), "write `" + std::string(best) + "`");
  } else {
    context.diagnostics.report(
        BadMember{"model", "the name of a `model` declaration: `model fast = openai(\"...\")`"}, expr.span);
  }
  return nullptr;
}

void build_models(Context& context) {
  for (Symbol& symbol : context.symbols) {
    if (symbol.kind != SymbolKind::Model) continue;
    symbol.model = static_cast<uint32_t>(context.module.models.size());
    context.module.models.push_back(
        ModelBuilder(context, symbol.unit, symbol.declaration->as<syntax::ModelDecl>()).build());
    context.model_symbols.push_back(&symbol);
  }
}

std::optional<uint32_t> derived_model(Context& context, uint32_t unit, uint32_t base,
                                      std::span<const syntax::FieldInit> options) {
  const Symbol* symbol = base < context.model_symbols.size() ? context.model_symbols[base] : nullptr;
  const size_t errors = context.diagnostics.error_count();
  for (const syntax::FieldInit& option : options) {
    if (option.name.text == "model") symbol = model_symbol(context, unit, *option.value);
  }
  if (!symbol) return std::nullopt;
  if (options.size() == 1 && options[0].name.text == "model") return symbol->model;
  ModelBuilder builder(context, symbol->unit, symbol->declaration->as<syntax::ModelDecl>());
  for (const syntax::FieldInit& option : options) {
    if (option.name.text != "model") builder.replace(unit, {option.name, option.value});
  }
  const program::Model model = builder.build();
  if (context.diagnostics.error_count() > errors) return std::nullopt;
  const auto place = static_cast<uint32_t>(context.module.models.size());
  const auto [known, added] = context.derived_models.try_emplace({symbol->model, model.options_json}, place);
  if (!added) return known->second;
  context.module.models.push_back(model);
  context.model_symbols.push_back(symbol);
  return place;
}

}  // namespace chain::sema
