// `provider(positional, option: value, ...)` of tools and resources, against the table of providers.
#include <algorithm>
#include <unordered_map>

#include "compiler/graph/resource_options.h"
#include "compiler/sema/body.h"
#include "compiler/sema/context.h"
#include "compiler/sema/option_texts.h"
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
    result.secrets = std::move(secrets_);
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
        json.add(is_secret(*option, *argument.value) ? option->choices : option->name, *text);
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
    context_.diagnostics.report(TooManyArguments{.function = std::string(provider.name),
                                                 .wanted = fixed == 0   ? "no argument without a name"
                                                           : fixed == 1 ? "one argument without a name"
                                                                        : "two arguments without a name",
                                                 .found = std::to_string(position + 1)},
                                argument.value->span);
    return nullptr;
  }

  /// A constant as JSON; nothing if it is wrong, or no constant.
  std::optional<std::string> value(const ResourceOption& option, const Expr& expr) {
    program::TypeTable& types = context_.module.types;
    switch (option.type) {
      case ArgumentType::String: return constant(option, expr, types.string_type);
      case ArgumentType::Strings: return constant(option, expr, one_or_more(expr, types.string_type));
      case ArgumentType::File:
      case ArgumentType::Files: return files(option, expr);
      case ArgumentType::Link: return link(option, expr);
      case ArgumentType::JsonPath: return json_path(option, expr);
      case ArgumentType::Secret: return secret(option, expr);
      case ArgumentType::Credential:
        return is_secret(option, expr) ? secret(option, expr) : constant(option, expr, types.string_type);
      case ArgumentType::Connection:
        return is_secret(option, expr) ? secret(option, expr) : connection(option, expr);
      case ArgumentType::Dataset: return dataset(option, expr);
      case ArgumentType::Weights: return weights(option, expr);
      case ArgumentType::Bool: return constant(option, expr, types.bool_type);
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

  TypeId one_or_more(const Expr& expr, TypeId type) {
    return expr.kind == ExprKind::List ? context_.module.types.list_of(type) : type;
  }

  std::nullopt_t wrong(const ResourceOption& option, std::string wanted, Span span) {
    context_.diagnostics.report(BadMember{std::string(option.name), std::move(wanted)}, span);
    return std::nullopt;
  }

  /// Paths and patterns that stay under the project's folder.
  std::optional<std::string> files(const ResourceOption& option, const Expr& expr) {
    TypeId type = context_.module.types.string_type;
    if (option.type == ArgumentType::Files) type = one_or_more(expr, type);
    const std::optional<Constant> value = known_value(option, expr, type);
    if (!value) return std::nullopt;
    const auto* several = std::get_if<Constant::Parts>(&value->value);
    if (several && several->empty()) return wrong(option, "a list of at least one pattern", expr.span);
    for (const Constant& each : several ? std::span(*several) : std::span(&*value, 1)) {
      if (const char* wanted = path_mistake(std::get<std::string>(each.value)))
        return wrong(option, wanted, expr.span);
    }
    return to_json(context_.module.types, *value);
  }

  std::optional<std::string> link(const ResourceOption& option, const Expr& expr) {
    const auto value = known_value(option, expr, context_.module.types.string_type);
    if (!value) return std::nullopt;
    const auto& url = std::get<std::string>(value->value);
    std::optional<std::string> mistake = access::url_mistake(url, /*whole=*/true);
    if (!mistake) mistake = user_in_url(url);
    if (!mistake) return to_json(context_.module.types, *value);
    context_.diagnostics.report(BadUrl{.message = *mistake}, expr.span);
    return std::nullopt;
  }

  static bool is_secret(const ResourceOption& option, const Expr& expr) {
    if (option.type == ArgumentType::Secret) return true;
    const bool may_be = option.type == ArgumentType::Connection || option.type == ArgumentType::Credential;
    return may_be && secret_call(expr) != nullptr;
  }

  /// The name of the variable.
  std::optional<std::string> secret(const ResourceOption& option, const Expr& expr) {
    const syntax::CallExpr* call = secret_call(expr);
    if (!call && expr.kind == ExprKind::Error) return std::nullopt;
    if (!call) return wrong(option, kSecretWanted, expr.span);
    const auto name = evaluate_constant(context_, unit_, *call->arguments[0].value,
                                        context_.module.types.string_type, "the name of a secret");
    if (!name) return std::nullopt;
    // The keys of models are found by those who call these.
    if (option.type == ArgumentType::Connection || kind_ == "authorization")
      secrets_.push_back(std::get<std::string>(name->value));
    return to_json(context_.module.types, *name);
  }

  std::optional<std::string> connection(const ResourceOption& option, const Expr& expr) {
    const auto value = known_value(option, expr, context_.module.types.string_type);
    if (!value) return std::nullopt;
    const auto& text = std::get<std::string>(value->value);
    const size_t scheme = text.find("://");
    const std::string_view behind =
        scheme == std::string::npos ? "" : std::string_view(text).substr(scheme + 3);
    const std::string_view user = behind.substr(0, std::min(behind.find('@'), behind.size()));
    const bool in_url = user.size() < behind.size() && user.find(':') != std::string_view::npos;
    if (!in_url && text.find("password=") == std::string::npos) return to_json(context_.module.types, *value);
    context_.diagnostics.report(
        BadUrl{.message = "a password does not stand in a file, which is kept and shown; `secret(\"NAME\")` "
                          "takes the whole connection from a variable"},
        expr.span);
    return std::nullopt;
  }

  std::optional<std::string> json_path(const ResourceOption& option, const Expr& expr) {
    const auto value = known_value(option, expr, context_.module.types.string_type);
    if (!value) return std::nullopt;
    const std::string dotted = '.' + std::get<std::string>(value->value) + '.';
    if (dotted.find("..") == std::string::npos) return to_json(context_.module.types, *value);
    return wrong(option, "names of members, and numbers from 0 in lists, joined by points: \"data.items\"",
                 expr.span);
  }

  /// What the dataset is made of: {"jsonl": {"file": "golden.jsonl"}}.
  std::optional<std::string> dataset(const ResourceOption& option, const Expr& expr) {
    const Symbol* symbol = BodyChecker(context_, {.unit = unit_}).resource_named(expr);
    const bool is_one = symbol && symbol->declaration->as<syntax::ResourceDecl>().word == "dataset";
    if (!is_one && expr.kind == ExprKind::Error) return std::nullopt;
    if (!is_one) return wrong(option, "the name of a `dataset` declaration", expr.span);
    if (symbol->model >= context_.module.resources.size())
      return "{}";  // in a profile, which is only looked at
    const graph::ProviderCall& rows = context_.module.resources[symbol->model].provider;
    JsonObject json;
    json.add(rows.name, rows.options_json);
    secrets_.insert(secrets_.end(), rows.secrets.begin(), rows.secrets.end());
    return json.take();
  }

  std::optional<std::string> weights(const ResourceOption& option, const Expr& expr) {
    program::TypeTable& types = context_.module.types;
    const auto value = known_value(option, expr, types.map_of(types.float_type));
    if (!value) return std::nullopt;
    const auto& parts = std::get<Constant::Parts>(value->value);
    const auto most = static_cast<double>(option.most);
    bool some = false;
    for (size_t i = 0; i + 1 < parts.size(); i += 2) {
      const double weight = std::get<double>(parts[i + 1].value);
      const bool good = program::listed(option.choices, std::get<std::string>(parts[i].value)) &&
                        weight >= static_cast<double>(option.least) && weight <= most;
      if (!good) return wrong(option, kWeightsWanted, expr.span);
      some = some || weight > 0;
    }
    if (!some && parts.size() == 4) return wrong(option, kWeightsWanted, expr.span);
    return to_json(types, *value);
  }

  static constexpr const char* kWeightsWanted =
      "a number from 0 to 1000 for `words`, `vectors` or both, as in `{ \"words\": 2, \"vectors\": 1 }`; one "
      "of "
      "them is above 0";

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
    numbers_.push_back({option.name, number, expr.span});
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
    } else if (expr.kind == ExprKind::Call && in_full(kind, *expr.as<syntax::CallExpr>().callee)) {
      const auto& call = expr.as<syntax::CallExpr>();
      const Expr& object = *call.callee->as<syntax::MemberExpr>().object;
      name = {object.as<syntax::NameExpr>().text, object.span};
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
    secrets_.insert(secrets_.end(), inner.secrets_.begin(), inner.secrets_.end());
    if (kind == "splitter") inner.check_overlap(arguments);
    return json.take();
  }

  /// `openai.embedding`, `cohere.rerank`: the provider's name with what it is asked for.
  static bool in_full(std::string_view kind, const Expr& callee) {
    if (callee.kind != ExprKind::Member) return false;
    const auto& member = callee.as<syntax::MemberExpr>();
    const std::string_view word = kind == "embedder" ? "embedding" : kind == "reranker" ? "rerank" : "";
    return member.object->kind == ExprKind::Name && !word.empty() && member.member.text == word;
  }

  /// A passage that repeats all of the one before would never end.
  void check_overlap(std::span<const syntax::Argument> arguments) {
    constexpr int64_t kUsualSize = 400;
    int64_t size = kUsualSize;
    std::optional<std::pair<int64_t, Span>> overlap;
    for (const auto& [name, number, span] : numbers_) {
      if (name == "size") size = number;
      if (name == "overlap") overlap = {number, span};
    }
    if (!overlap || overlap->first < size || arguments.empty()) return;
    context_.diagnostics.report(BadBound{.word = "overlap", .least = "0", .most = std::to_string(size - 1)},
                                overlap->second);
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
    // Nobody runs code to find out where a server is.
    if (value.good() && !parameters_ && !graph::known_text(context_.module, region)) {
      context_.diagnostics.report(
          NotConstant{.what = "option `" + std::string(option.name) + "`",
                      .why = "it is a text with constants and `secret(\"NAME\")` in it, or a map of such"},
          expr.span);
      return;
    }
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
  std::vector<std::string> secrets_;
  struct Number {
    std::string_view option;
    int64_t value;
    Span span;
  };
  std::vector<Number> numbers_;
};

}  // namespace

graph::ProviderCall provider_call(Context& context, uint32_t unit, std::string_view kind,
                                  const syntax::ProviderCall& call, Slots* parameters) {
  return Reader(context, unit, kind, parameters).read(call);
}

}  // namespace chain::sema
