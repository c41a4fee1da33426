// `provider(positional, option: value, ...)` of tools and resources, against the table of providers.
#include <algorithm>
#include <unordered_map>

#include "compiler/sema/body.h"
#include "compiler/sema/context.h"
#include "runtime/access/host.h"
#include "runtime/program/providers.h"
#include "runtime/program/resources.h"
#include "runtime/value/json.h"
#include "runtime/value/text.h"

namespace chain::sema {

namespace {

using program::ArgumentPlace;
using program::ArgumentType;
using program::ResourceOption;
using program::ResourceProvider;
using syntax::Expr;
using syntax::ExprKind;

std::string hinted(std::string_view best, const std::string& otherwise = {}) {
  return best.empty() ? otherwise : "; did you mean `" + std::string(best) + "`?";
}

/// The one piece of text that a string is; nothing if it has holes.
std::optional<std::string_view> plain(const Expr& expr) {
  if (expr.kind != ExprKind::String || !expr.as<syntax::StringExpr>().content) return std::nullopt;
  const auto nodes = expr.as<syntax::StringExpr>().content->nodes;
  if (nodes.empty()) return "";
  if (nodes.size() > 1 || nodes[0]->kind != syntax::TemplateNodeKind::Text) return std::nullopt;
  return nodes[0]->as<syntax::TemplateText>().text;
}

/// A JSON object, member by member.
class JsonObject {
 public:
  void add(std::string_view name, std::string_view json) {
    text_ += text_.size() == 1 ? "" : ",";
    value::append_json_string(text_, name);
    text_ += ':';
    text_ += json;
  }
  [[nodiscard]] std::string take() { return text_ + '}'; }

 private:
  std::string text_ = "{";
};

class Reader {
 public:
  Reader(Context& context, uint32_t unit, std::string_view kind, Slots* parameters)
      : context_(context), unit_(unit), kind_(kind), parameters_(parameters) {}

  graph::ProviderCall read(const syntax::ProviderCall& call) {
    graph::ProviderCall result;
    result.name = call.name.text;
    const ResourceProvider* provider = program::find_resource_provider(kind_, call.name.text);
    if (!provider) {
      if (call.name) unknown_provider(call.name);
      return result;
    }
    result.options_json = options(*provider, call.name.span, call.arguments);
    result.arguments = std::move(arguments_);
    return result;
  }

 private:
  void unknown_provider(const syntax::Name& name) {
    std::vector<std::string_view> names;
    for (const ResourceProvider& provider : program::resource_providers()) {
      if (provider.kind == kind_) names.push_back(provider.name);
    }
    const std::string_view best = closest(context_.diagnostics, name.text, names);
    auto report = context_.diagnostics.report(
        UnknownProvider{std::string(kind_), std::string(name.text),
                        hinted(best, "; known are " + list_of_names({names.begin(), names.end()}))},
        name.span);
    if (!best.empty()) report.fix(name.span, std::string(best), "write `" + std::string(best) + "`");
  }

  /// The options as JSON; what is made for each call goes to `arguments_`.
  std::string options(const ResourceProvider& provider, Span span, std::span<const syntax::Argument> given) {
    const std::vector<const ResourceOption*> known = program::options_of(provider);
    std::unordered_map<const ResourceOption*, Span> seen;
    JsonObject json;
    std::vector<std::string> rest;
    size_t positional = 0;
    for (const syntax::Argument& argument : given) {
      const Span place = argument.name ? argument.name.span : argument.value->span;
      const ResourceOption* option =
          argument.name ? named(provider, known, argument.name) : at(provider, known, positional++, argument);
      if (!option) continue;
      const auto [earlier, is_new] = seen.try_emplace(option, place);
      if (!is_new && option->place != ArgumentPlace::Rest) {
        context_.diagnostics.report(GivenTwice{.name = std::string(option->name)}, place)
            .note(earlier->second, "it is given here first");
        continue;
      }
      const std::optional<std::string> text = value(*option, *argument.value);
      if (!text) continue;
      if (option->place == ArgumentPlace::Rest) {
        rest.push_back(*text);
      } else {
        json.add(option->name, *text);
      }
    }
    for (const ResourceOption* option : known) {
      if (option->place == ArgumentPlace::Rest && !rest.empty()) json.add(option->name, joined(rest));
      if (!option->needed || seen.contains(option)) continue;
      context_.diagnostics.report(MissingArgument{.function = std::string(provider.name),
                                                  .arguments = '`' + std::string(option->name) + '`'},
                                  span);
    }
    return json.take();
  }

  static std::string joined(const std::vector<std::string>& items) {
    std::string result = "[";
    for (const std::string& item : items) result += (result.size() > 1 ? "," : "") + item;
    return result + ']';
  }

  const ResourceOption* named(const ResourceProvider& provider,
                              const std::vector<const ResourceOption*>& known, const syntax::Name& name) {
    std::vector<std::string_view> names;
    for (const ResourceOption* option : known) {
      if (option->name == name.text) return option;
      if (option->place != ArgumentPlace::Rest) names.push_back(option->name);
    }
    const std::string_view best = closest(context_.diagnostics, name.text, names);
    auto report = context_.diagnostics.report(
        UnknownOption{std::string(provider.name), std::string(name.text), hinted(best)}, name.span);
    if (!best.empty()) report.fix(name.span, std::string(best), "write `" + std::string(best) + "`");
    return nullptr;
  }

  const ResourceOption* at(const ResourceProvider& provider, const std::vector<const ResourceOption*>& known,
                           size_t position, const syntax::Argument& argument) {
    size_t fixed = 0;
    for (const ResourceOption* option : known) {
      if (option->place == ArgumentPlace::Named) continue;
      if (option->place == ArgumentPlace::Rest && position >= fixed) return option;
      if (position == fixed++) return option;
    }
    context_.diagnostics.report(
        TooManyArguments{.function = std::string(provider.name),
                         .wanted = fixed == 1 ? "one argument without a name" : "no argument without a name",
                         .found = std::to_string(position + 1)},
        argument.value->span);
    return nullptr;
  }

  /// A constant as JSON; nothing if it is wrong, or no constant.
  std::optional<std::string> value(const ResourceOption& option, const Expr& expr) {
    program::TypeTable& types = context_.module.types;
    switch (option.type) {
      case ArgumentType::String: return constant(option, expr, types.string_type);
      case ArgumentType::Int:
      case ArgumentType::Duration: return number(option, expr);
      case ArgumentType::Choice: return choice(option, expr);
      case ArgumentType::Nested: return nested(option, expr);
      case ArgumentType::Model: return model(option, expr);
      case ArgumentType::Url: url(expr); [[fallthrough]];
      case ArgumentType::Path:
      case ArgumentType::Command:
      case ArgumentType::Text: made(option, expr, types.string_type); return std::nullopt;
      case ArgumentType::Texts: made(option, expr, types.map_of(types.string_type)); return std::nullopt;
      case ArgumentType::Json: made(option, expr, std::nullopt); return std::nullopt;
    }
    return std::nullopt;
  }

  /// What is known of it before the call.
  void url(const Expr& expr) {
    if (expr.kind != ExprKind::String || !expr.as<syntax::StringExpr>().content) return;
    const auto nodes = expr.as<syntax::StringExpr>().content->nodes;
    const bool begins = !nodes.empty() && nodes[0]->kind == syntax::TemplateNodeKind::Text;
    const auto mistake = access::url_mistake(begins ? nodes[0]->as<syntax::TemplateText>().text : "",
                                             nodes.empty() || (begins && nodes.size() == 1));
    if (mistake) context_.diagnostics.report(BadUrl{.message = *mistake}, expr.span);
  }

  std::optional<Constant> known_value(const ResourceOption& option, const Expr& expr, TypeId type) {
    return evaluate_constant(context_, unit_, expr, type, "option `" + std::string(option.name) + "`");
  }

  std::optional<std::string> constant(const ResourceOption& option, const Expr& expr, TypeId type) {
    const std::optional<Constant> value = known_value(option, expr, type);
    return value ? std::optional(to_json(context_.module.types, *value)) : std::nullopt;
  }

  std::optional<std::string> number(const ResourceOption& option, const Expr& expr) {
    const bool duration = option.type == ArgumentType::Duration;
    const program::TypeTable& types = context_.module.types;
    const auto value = known_value(option, expr, duration ? types.duration_type : types.int_type);
    if (!value) return std::nullopt;
    const int64_t number = std::get<int64_t>(value->value);
    if (number >= option.least && number <= option.most) return std::to_string(number);
    const auto text = [&](int64_t bound) {
      std::string result;
      if (!duration) return std::to_string(bound);
      value::append_duration(result, bound);
      return result;
    };
    context_.diagnostics.report(
        BadBound{.word = std::string(option.name), .least = text(option.least), .most = text(option.most)},
        expr.span);
    return std::nullopt;
  }

  /// `hybrid` or `"hybrid"`.
  std::optional<std::string> choice(const ResourceOption& option, const Expr& expr) {
    std::optional<std::string_view> word = plain(expr);
    if (expr.kind == ExprKind::Name) word = expr.as<syntax::NameExpr>().text;
    if (expr.kind == ExprKind::Error) return std::nullopt;
    std::vector<std::string_view> choices;
    std::string_view left = option.choices;
    while (!left.empty()) {
      const size_t comma = left.find(',');
      choices.push_back(left.substr(0, comma));
      left = comma == std::string_view::npos ? std::string_view() : left.substr(comma + 1);
    }
    if (word && std::find(choices.begin(), choices.end(), *word) != choices.end()) {
      std::string json;
      value::append_json_string(json, *word);
      return json;
    }
    const std::string_view best = word ? closest(context_.diagnostics, *word, choices) : std::string_view();
    auto report = context_.diagnostics.report(
        BadMember{std::string(option.name), "one of " + list_of_names({choices.begin(), choices.end()})},
        expr.span);
    if (!best.empty()) report.fix(expr.span, std::string(best), "write `" + std::string(best) + "`");
    return std::nullopt;
  }

  /// `markdown(400, overlap: 40)`.
  std::optional<std::string> nested(const ResourceOption& option, const Expr& expr) {
    const std::string_view kind = option.choices;
    syntax::Name name;
    std::span<const syntax::Argument> arguments;
    if (expr.kind == ExprKind::Call && expr.as<syntax::CallExpr>().callee->kind == ExprKind::Name) {
      const auto& call = expr.as<syntax::CallExpr>();
      name = {call.callee->as<syntax::NameExpr>().text, call.callee->span};
      arguments = call.arguments;
    } else if (expr.kind == ExprKind::Name) {
      name = {expr.as<syntax::NameExpr>().text, expr.span};
    } else if (expr.kind != ExprKind::Error) {
      context_.diagnostics.report(
          BadMember{std::string(option.name), "a provider such as `" + example(kind) + "`"}, expr.span);
    }
    if (!name) return std::nullopt;
    Reader inner(context_, unit_, kind, nullptr);
    const ResourceProvider* provider = program::find_resource_provider(kind, name.text);
    if (!provider) {
      inner.unknown_provider(name);
      return std::nullopt;
    }
    JsonObject json;
    json.add(name.text, inner.options(*provider, name.span, arguments));
    return json.take();
  }

  static std::string example(std::string_view kind) {
    for (const ResourceProvider& provider : program::resource_providers()) {
      if (provider.kind == kind) return std::string(provider.name) + "(...)";
    }
    return {};
  }

  std::optional<std::string> model(const ResourceOption& option, const Expr& expr) {
    const auto model = model_named(context_, unit_, expr, option.name);
    if (!model) return std::nullopt;
    std::string json;
    value::append_json_string(json, context_.module.models[*model].name);
    return json;
  }

  /// What is made anew for each call, of a tool's parameters.
  void made(const ResourceOption& option, const Expr& expr, std::optional<TypeId> type) {
    // Whoever lists the processes of the machine sees what they were called with.
    BodyChecker body(context_, {.unit = unit_,
                                .pure = kind_ == "tool" ? "a tool" : "a resource",
                                .secrets = option.type != program::ArgumentType::Command});
    const RegionId region = body.open();
    if (parameters_) body.declare_parameters(*parameters_);
    const Value value = type ? body.value_as(expr, *type) : json_value(body, expr, std::string(option.name));
    body.close(region, value);
    if (value.good()) arguments_.push_back({std::string(option.name), region});
  }

  /// A map literal whose values may be of any types is a record that nobody has to declare.
  Value json_value(BodyChecker& body, const Expr& expr, const std::string& path) {
    if (expr.kind != ExprKind::Map || expr.as<syntax::MapExpr>().entries.empty()) return body.value(expr);
    program::Type record;
    record.kind = program::TypeKind::Record;
    record.name = path;
    NodeParts parts;
    std::unordered_map<std::string_view, Span> keys;
    bool good = true;
    for (const syntax::MapEntry& entry : expr.as<syntax::MapExpr>().entries) {
      const std::optional<std::string_view> key = plain(*entry.key);
      if (!key) return body.value(expr);  // a key that is made: a map then
      const Value value = json_value(body, *entry.value, path + '.' + std::string(*key));
      if (!keys.try_emplace(*key, entry.key->span).second) {
        context_.diagnostics.report(GivenTwice{.name = std::string(*key)}, entry.key->span);
        good = false;
      }
      good = good && value.good() && value.type != context_.module.types.void_type;
      if (!value.good()) continue;
      record.fields.push_back({.name = std::string(*key), .type = value.type});
      parts.operands.push_back(value.node);
    }
    if (!good) return {};
    const TypeId type = context_.module.types.add(std::move(record));
    context_.module.types.layout_record(type);
    return {body.emit().add(Op::Record, type, expr.span, std::move(parts)), type, Value::State::Good};
  }

  Context& context_;
  uint32_t unit_;
  std::string_view kind_;
  Slots* parameters_;
  std::vector<graph::ProviderArgument> arguments_;
};

}  // namespace

graph::ProviderCall provider_call(Context& context, uint32_t unit, std::string_view kind,
                                  const syntax::ProviderCall& call, Slots* parameters) {
  return Reader(context, unit, kind, parameters).read(call);
}

}  // namespace chain::sema
