// `model NAME = provider(id, option: value, ...)`, against the table of providers.
#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

#include "compiler/sema/body.h"
#include "compiler/sema/context.h"
#include "compiler/sema/model_circles.h"
#include "compiler/sema/model_options.h"
#include "compiler/sema/option_texts.h"
#include "runtime/access/host.h"
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
  ModelBuilder(Context& context, uint32_t unit, std::string_view name, const syntax::ProviderCall& call)
      : context_(context), unit_(unit), name_(name), call_(call) {}

  program::Model build() {
    model_.name = name_;
    model_.provider = call_.name.text;
    const ProviderInfo* provider = program::find_model_provider(call_.name.text);
    if (!provider) {
      unknown_provider();
      return model_;
    }
    size_t positional = 0;
    for (const syntax::Argument& argument : call_.arguments) {
      if (argument.name) {
        if (!replaced_.contains(argument.name.text)) option(*provider, argument);
      } else if (provider->takes_id == TakesId::Models) {
        member(argument);
      } else if (++positional == 1 && provider->takes_id == TakesId::Required) {
        id(argument);
      } else {
        too_many(*provider, argument);
      }
    }
    if (positional == 0 && provider->takes_id == TakesId::Required) {
      context_.diagnostics.report(
          MissingArgument{.function = std::string(provider->name),
                          .arguments = (provider->name == "scripted" ? "the path of its answers: `"
                                                                     : "the model's id: `") +
                                       std::string(provider->name) + "(\"...\")`"},
          call_.name.span);
    }
    if (provider->takes_id == TakesId::Models) close_members(*provider);
    check_place(*provider);
    given_.id = model_.id;
    check_options(context_.diagnostics, *provider, given_);
    model_.options_json += model_.options_json.empty() ? "{}" : "}";
    return model_;
  }

  using Link = ModelLink;
  [[nodiscard]] const std::optional<Link>& fallback() const { return fallback_; }
  [[nodiscard]] const std::vector<Link>& members() const { return members_; }

  /// Options of a `with`, checked in `unit`; those that the declaration gives under the same name do not
  /// count.
  void replace(uint32_t unit, const syntax::Argument& argument) {
    const ProviderInfo* provider = program::find_model_provider(call_.name.text);
    if (!provider) return;  // reported where the model is declared
    const uint32_t own = std::exchange(unit_, unit);
    option(*provider, argument);
    replaced_.insert(argument.name.text);
    unit_ = own;
  }

 private:
  void unknown_provider() {
    if (!call_.name) return;
    std::vector<std::string_view> names;
    for (const ProviderInfo& provider : program::model_providers()) names.push_back(provider.name);
    const std::string_view best = closest(context_.diagnostics, call_.name.text, names);
    const std::string hint = best.empty()
                                 ? "; known are " + list_of_names({names.begin(), names.end()}, names.size())
                                 : "; did you mean `" + std::string(best) + "`?";
    auto report = context_.diagnostics.report(UnknownProvider{"model", std::string(call_.name.text), hint},
                                              call_.name.span);
    if (!best.empty()) {
      report.fix(call_.name.span, std::string(best), "write `" + std::string(best) + "`");
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
    if (!value) return;
    model_.id = std::get<std::string>(value->value);
    const char* const wanted = call_.name.text == "scripted" ? path_mistake(model_.id) : nullptr;
    if (wanted) context_.diagnostics.report(BadMember{"file", wanted}, argument.value->span);
  }

  void unknown_option(const ProviderInfo& provider, const syntax::Argument& argument) {
    std::vector<std::string_view> names;
    for (const OptionInfo& other : program::model_options()) {
      const bool named = other.type != OptionType::Models;
      if (named && program::listed(other.providers, provider.name)) names.push_back(other.name);
    }
    const std::string_view best = closest(context_.diagnostics, argument.name.text, names);
    const bool of_members = provider.takes_id == TakesId::Models;
    auto report = context_.diagnostics.report(
        UnknownOption{std::string(provider.name), std::string(argument.name.text),
                      !best.empty() ? "; did you mean `" + std::string(best) + "`?"
                      : of_members  ? "; its models have options of their own"
                                    : ""},
        argument.name.span);
    if (!best.empty()) report.fix(argument.name.span, std::string(best), "write `" + std::string(best) + "`");
  }

  /// A model to choose, by its name.
  void member(const syntax::Argument& argument) {
    const auto model = model_named(context_, unit_, *argument.value, call_.name.text);
    if (!model) {
      complete_ = false;
      return;
    }
    const auto same = [&](const Link& link) { return link.model == *model; };
    const auto earlier = std::find_if(members_.begin(), members_.end(), same);
    if (earlier != members_.end()) {
      const std::string name(context_.model_symbols[*model]->name);
      context_.diagnostics.report(GivenTwice{.name = name}, argument.value->span)
          .note(earlier->span, "it is given here first");
    }
    members_.push_back({*model, argument.value->span});
  }

  /// Behind the last argument.
  void close_members(const ProviderInfo& provider) {
    if (!complete_) return;
    if (members_.size() < 2) {
      context_.diagnostics.report(
          MissingArgument{.function = std::string(provider.name),
                          .arguments = "two models or more to choose from: `balance(fast, other)`"},
          call_.name.span);
      return;
    }
    const auto weights = given_.spans.find("weights");
    if (weights_ && *weights_ != members_.size()) {
      context_.diagnostics.report(BadMember{"weights", "a list of one whole number for each of the " +
                                                           std::to_string(members_.size()) + " models"},
                                  weights->second);
    }
    write_key("members");
    char before = '[';
    for (const Link& link : members_)
      model_.options_json += std::exchange(before, ',') + std::to_string(link.model);
    model_.options_json += ']';
  }

  void option(const ProviderInfo& provider, const syntax::Argument& argument) {
    const std::string name(argument.name.text);
    const OptionInfo* info = program::find_model_option(provider.name, name);
    if (!info || info->type == OptionType::Models) return unknown_option(provider, argument);
    const auto [earlier, is_new] = given_.spans.try_emplace(info->name, argument.name.span);
    if (!is_new) {
      context_.diagnostics.report(GivenTwice{.name = name}, argument.name.span)
          .note(earlier->second, "it is given here first");
      return;
    }
    if (info->type == OptionType::Secret) return secret(*info, argument);
    if (info->type == OptionType::Model) return other_model(*info, argument);
    const std::optional<Constant> value =
        constant(*argument.value, type_of(*info, *argument.value), "option `" + name + "`");
    if (!value || !in_bounds(*info, *value, argument)) return;
    if (name == "base_url") {
      const auto& url = std::get<std::string>(value->value);
      auto mistake = access::url_mistake(url, /*whole=*/true);
      if (!mistake) mistake = user_in_url(url);
      if (mistake) context_.diagnostics.report(BadUrl{.message = *mistake}, argument.value->span);
    }
    if (const auto* number = std::get_if<int64_t>(&value->value)) given_.numbers[info->name] = *number;
    if (const auto* flag = std::get_if<bool>(&value->value)) given_.numbers[info->name] = *flag ? 1 : 0;
    if (name == "search_domains" && !check_domains(context_.diagnostics, *value, argument.value->span))
      return;
    if (info->type == OptionType::Ints) weights_ = std::get<Constant::Parts>(value->value).size();
    if (name == "api") given_.api = std::get<std::string>(value->value);
    write_key(name);
    // The table's durations are plain nanoseconds; as a value they would be text.
    model_.options_json += info->type == OptionType::Duration
                               ? std::to_string(std::get<int64_t>(value->value))
                               : to_json(context_.module.types, *value);
  }

  /// A provider without a home of its own is somewhere else for each model.
  void check_place(const ProviderInfo& provider) {
    const bool placed = !provider.home.empty() || given_.spans.contains("base_url");
    if (placed || !program::find_model_option(provider.name, "base_url")) return;
    context_.diagnostics.report(
        MissingArgument{
            .function = std::string(provider.name),
            .arguments = "a `base_url:` that says where the server is, as in \"http://localhost:8000/v1\""},
        call_.name.span);
  }

  void other_model(const OptionInfo& info, const syntax::Argument& argument) {
    const auto model = model_named(context_, unit_, *argument.value, info.name);
    if (!model) return;
    write_key(info.name);
    model_.options_json += std::to_string(*model);
    fallback_ = {*model, argument.value->span};
  }

  void write_key(std::string_view name) {
    model_.options_json += model_.options_json.empty() ? '{' : ',';
    value::append_json_string(model_.options_json, name);
    model_.options_json += ':';
  }

  /// `api_key: secret("NAME")`: what is kept is the name.
  void secret(const OptionInfo& info, const syntax::Argument& argument) {
    const syntax::Expr& expr = *argument.value;
    const syntax::CallExpr* call = secret_call(expr);
    if (!call) {
      if (expr.kind == syntax::ExprKind::Error) return;
      context_.diagnostics.report(BadMember{std::string(info.name), kSecretWanted}, expr.span);
      return;
    }
    const auto name =
        constant(*call->arguments[0].value, context_.module.types.string_type, "the name of a secret");
    if (!name) return;
    write_key(info.choices);
    model_.options_json += to_json(context_.module.types, *name);
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
      case OptionType::Bool: return types.bool_type;
      case OptionType::Strings: {
        return value.kind == syntax::ExprKind::List ? types.list_of(types.string_type) : types.string_type;
      }
      case OptionType::Ints: return types.list_of(types.int_type);
      case OptionType::Choice:
      case OptionType::Model:
      case OptionType::Models:
      case OptionType::Secret: break;
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
    } else if (info.type == OptionType::Ints) {
      for (const Constant& part : std::get<Constant::Parts>(value.value)) {
        const int64_t number = std::get<int64_t>(part.value);
        good = good && number >= info.least && number <= info.most;
      }
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
  std::string_view name_;
  syntax::ProviderCall call_;
  program::Model model_;
  std::optional<Link> fallback_;
  std::vector<Link> members_;
  bool complete_ = true;           // every member was found
  std::optional<size_t> weights_;  // how many
  GivenOptions given_;
  std::set<std::string_view> replaced_;
};

}  // namespace

namespace {

syntax::ProviderCall call_of(Context& context, const Symbol& symbol) {
  if (const syntax::ProviderCall* instead = profile_entry(context, symbol)) return *instead;
  const auto& declaration = symbol.declaration->as<syntax::ModelDecl>();
  return {declaration.provider, declaration.arguments};
}

}  // namespace

void build_models(Context& context) {
  for (Symbol& symbol : context.symbols) {
    if (symbol.kind != SymbolKind::Model) continue;
    symbol.model = static_cast<uint32_t>(context.model_symbols.size());  // known before any falls back on it
    context.module.model_spans.push_back(symbol.span);
    context.model_symbols.push_back(&symbol);
  }
  ModelLinks links, members;
  for (const Symbol* symbol : std::vector(context.model_symbols)) {
    ModelBuilder builder(context, symbol->unit, symbol->name, call_of(context, *symbol));
    context.module.models.push_back(builder.build());
    context.module.fallbacks.push_back(builder.fallback() ? builder.fallback()->model : UINT32_MAX);
    members.push_back(builder.members());
    links.push_back(builder.members());
    if (builder.fallback()) links.back().push_back(*builder.fallback());
  }
  check_circles(context, links);
  check_members(context, members);
  check_profiles(context);
}

void check_model(Context& context, uint32_t unit, std::string_view name, const syntax::ProviderCall& call) {
  (void)ModelBuilder(context, unit, name, call).build();
}

std::vector<std::string_view> model_names(const Context& context, uint32_t unit, bool own) {
  std::vector<std::string_view> models;
  for (std::string_view name : context.names(unit, own)) {
    if (context.scopes[unit].at(name)->kind == SymbolKind::Model) models.push_back(name);
  }
  return models;
}

namespace {

void unknown_model(Context& context, std::string_view name, Span span, uint32_t unit, bool own) {
  const std::vector<std::string_view> models = model_names(context, unit, own);
  const std::string_view best = closest(context.diagnostics, name, models);
  auto report = context.diagnostics.report(
      UnknownName{std::string(name), best.empty() ? "" : "; did you mean `" + std::string(best) + "`?"},
      span);
  if (!best.empty()) report.fix(span, std::string(best), "write `" + std::string(best) + "`");
}

}  // namespace

std::optional<uint32_t> model_named(Context& context, uint32_t unit, const syntax::Expr& expr,
                                    std::string_view key) {
  Symbol* symbol = nullptr;
  if (expr.kind == syntax::ExprKind::Name) {
    const std::string_view name = expr.as<syntax::NameExpr>().text;
    symbol = context.find(unit, name);
    if (!symbol) return unknown_model(context, name, expr.span, unit, true), std::nullopt;
  } else if (expr.kind == syntax::ExprKind::Member) {
    const auto& member = expr.as<syntax::MemberExpr>();
    const auto other = BodyChecker(context, {.unit = unit}).module_named(*member.object);
    if (other) {
      symbol = context.find(*other, member.member.text);
      if (!symbol || member.member.text.starts_with('_')) {
        return unknown_model(context, member.member.text, member.member.span, *other, false), std::nullopt;
      }
    }
  } else if (expr.kind == syntax::ExprKind::Error) {
    return std::nullopt;
  }
  if (symbol && symbol->kind == SymbolKind::Unavailable) return std::nullopt;
  if (symbol && symbol->kind == SymbolKind::Model) return symbol->model;
  context.diagnostics.report(
      BadMember{std::string(key), "the name of a `model` declaration: `model fast = openai(\"...\")`"},
      expr.span);
  return std::nullopt;
}

std::optional<CallOptions> call_options(Context& context, uint32_t unit, uint32_t base,
                                        std::span<const syntax::FieldInit> options) {
  const Symbol* symbol = base < context.model_symbols.size() ? context.model_symbols[base] : nullptr;
  const size_t errors = context.diagnostics.error_count();
  for (const syntax::FieldInit& option : options) {
    if (option.name.text != "model") continue;
    const auto named = model_named(context, unit, *option.value, "model");
    symbol = named ? context.model_symbols[*named] : nullptr;
  }
  size_t others = 0;
  Caching cache{-1, 0};
  for (const syntax::FieldInit& option : options) {
    if (option.name.text == "cache") {
      cache = caching_of(context, unit, *option.value, 0).value_or(cache);
    } else if (option.name.text != "model") {
      ++others;
    }
  }
  if (!symbol) return std::nullopt;
  if (others == 0) {
    if (context.diagnostics.error_count() > errors) return std::nullopt;
    return CallOptions{symbol->model, cache};
  }
  ModelBuilder builder(context, symbol->unit, symbol->name, call_of(context, *symbol));
  for (const syntax::FieldInit& option : options) {
    const bool own = option.name.text == "model" || option.name.text == "cache";
    if (!own) builder.replace(unit, {option.name, option.value});
  }
  const program::Model model = builder.build();
  if (context.diagnostics.error_count() > errors) return std::nullopt;
  const auto place = static_cast<uint32_t>(context.module.models.size());
  const auto [known, added] = context.derived_models.try_emplace({symbol->model, model.options_json}, place);
  if (!added) return CallOptions{known->second, cache};
  context.module.fallbacks.push_back(builder.fallback() ? builder.fallback()->model : UINT32_MAX);
  context.module.models.push_back(model);
  context.module.model_spans.push_back(symbol->span);
  context.model_symbols.push_back(symbol);
  return CallOptions{place, cache};
}

}  // namespace chain::sema
