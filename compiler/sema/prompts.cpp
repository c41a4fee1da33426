// Prompts: their members, messages and examples.
#include <algorithm>
#include <unordered_map>

#include "compiler/sema/body.h"
#include "compiler/sema/context.h"

namespace chain::sema {

namespace {

using program::TypeKind;
using syntax::PromptMember;
using syntax::PromptMemberKind;

constexpr std::string_view kMembers[] = {"model", "repair",    "cache",  "system",
                                         "user",  "assistant", "example"};
constexpr std::string_view kLaterMembers[] = {"examples",    "memory",     "tools",
                                              "temperature", "max_tokens", "timeout"};
constexpr int64_t kMostRepairs = 10;

class PromptBuilder {
 public:
  PromptBuilder(Context& context, Signature& signature)
      : context_(context),
        signature_(signature),
        declaration_(signature.declaration->as<syntax::PromptDecl>()),
        unit_(signature.parameters.unit) {}

  graph::Prompt build() {
    prompt_.name = signature_.name;
    prompt_.version = signature_.version;
    prompt_.doc = declaration_.doc;
    prompt_.span = declaration_.name.span;
    prompt_.parameters = signature_.parameters.type;
    prompt_.result = signature_.result;
    if (!declaration_.result) need_result();
    for (const PromptMember& item : declaration_.members) member(item);
    need_members();
    warn();
    return std::move(prompt_);
  }

 private:
  void need_result() {
    const Span at = declaration_.name.span;
    context_.diagnostics.report(MissingMember{.owner = "prompt `" + std::string(signature_.name) + '`',
                                              .name = "->",
                                              .hint = "; say what it answers with: `-> string`"},
                                at);
    signature_.broken = true;
  }

  void member(const PromptMember& item) {
    switch (item.kind) {
      case PromptMemberKind::System: return message(item, program::Role::System);
      case PromptMemberKind::User: return message(item, program::Role::User);
      case PromptMemberKind::Assistant: return message(item, program::Role::Assistant);
      case PromptMemberKind::Example: return example(item);
      case PromptMemberKind::Other: break;
    }
    const std::string_view key = item.key.text;
    if (key != "model" && key != "repair" && key != "cache") return unknown(item);
    const auto [earlier, is_new] = once_.try_emplace(key, item.key.span);
    if (!is_new) {
      context_.diagnostics
          .report(DuplicateMember{std::string(key), "prompt `" + std::string(signature_.name) + '`'},
                  item.key.span)
          .note(earlier->second, "it stands here first");
      return;
    }
    if (!item.value) return;
    if (key == "model") return model(*item.value);
    if (key == "cache") return cache(*item.value);
    repair(*item.value);
  }

  void unknown(const PromptMember& item) {
    const std::string_view key = item.key.text;
    if (key.empty()) return;
    if (std::find(std::begin(kLaterMembers), std::end(kLaterMembers), key) != std::end(kLaterMembers)) {
      context_.diagnostics.report(NotAvailable{.what = '`' + std::string(key) + ":` in a prompt"},
                                  item.key.span);
      return;
    }
    const std::vector<std::string_view> known(std::begin(kMembers), std::end(kMembers));
    const std::string_view best = closest(context_.diagnostics, key, known);
    const std::string hint = best.empty() ? "; it has " + list_of_names({known.begin(), known.end()})
                                          : "; did you mean `" + std::string(best) + ":`?";
    auto report =
        context_.diagnostics.report(UnknownPromptMember{"a prompt", std::string(key), hint}, item.key.span);
    if (!best.empty()) report.fix(item.key.span, std::string(best), "write `" + std::string(best) + ":`");
    if (best == "model") once_.try_emplace("model", item.key.span);
    if (best == "user" || best == "system") misspelt_message_ = true;
  }

  void message(const PromptMember& item, program::Role role) {
    if (!item.value) return;
    BodyChecker body(
        context_,
        {.unit = unit_, .pure = "a prompt", .prompt = &signature_, .media = role == program::Role::User});
    const RegionId region = body.open();
    body.declare_parameters(signature_.parameters);
    const Value text = body.value_as(*item.value, context_.module.types.string_type);
    body.close(region, text);
    mentions_format_ = mentions_format_ || body.mentions_format();
    prompt_.messages.push_back({role, region, -1});
  }

  void example(const PromptMember& item) {
    std::optional<std::string> arguments = example_arguments(item);
    std::optional<Constant> result;
    if (item.value && !signature_.broken) {
      result = evaluate_constant(context_, unit_, *item.value, signature_.result, "an example");
    }
    if (!arguments || !result) return;
    prompt_.messages.push_back({program::Role::User, {}, static_cast<int32_t>(prompt_.examples.size())});
    prompt_.examples.push_back({*std::move(arguments), to_json(context_.module.types, *result)});
  }

  /// The inputs of an example are the arguments of a call of the prompt.
  std::optional<std::string> example_arguments(const PromptMember& item) {
    const size_t nodes = context_.module.nodes.size();
    const size_t regions = context_.module.regions.size();
    std::optional<std::string> json;
    {
      BodyChecker body(context_, {.unit = unit_, .pure = "an example", .includes = false});
      const RegionId region = body.open();
      const Value record = body.arguments_record(signature_, item.inputs, item.key.span);
      body.close(region, record);
      if (record.good() && build_called(context_, region)) {
        std::variant<Constant, NotKnown> outcome =
            evaluate(context_.module, region, context_.checks, context_.constant_budget);
        if (auto* constant = std::get_if<Constant>(&outcome)) {
          json = to_json(context_.module.types, *constant);
        } else {
          report_not_known(context_, std::get<NotKnown>(outcome), "an example");
        }
      }
    }
    context_.module.nodes.resize(nodes);
    context_.module.regions.resize(regions);
    return json;
  }

  void model(const syntax::Expr& expr) {
    if (const auto model = model_named(context_, unit_, expr, "model")) prompt_.model = *model;
  }

  void cache(const syntax::Expr& expr) {
    if (const auto caching = caching_of(context_, unit_, expr, 1)) {
      prompt_.cache = caching->keep;
      prompt_.similar = caching->similar;
    }
  }

  void repair(const syntax::Expr& expr) {
    const auto value = evaluate_constant(context_, unit_, expr, context_.module.types.int_type, "`repair:`");
    if (!value) return;
    const int64_t times = std::get<int64_t>(value->value);
    if (times < 0 || times > kMostRepairs) {
      context_.diagnostics.report(BadBound{"repair", "0", std::to_string(kMostRepairs)}, expr.span);
      return;
    }
    prompt_.repair = static_cast<uint32_t>(times);
  }

  void need_members() {
    const bool media =
        !signature_.broken && declaration_.result && reaches_media(context_, signature_.result);
    if (media && signature_.result != context_.module.types.image_type)
      context_.diagnostics.report(
          NotAvailable{.what = "a prompt that answers with media other than one image"},
          declaration_.result->span);
    const std::string name = "prompt `" + std::string(signature_.name) + '`';
    const Span at = declaration_.name.span;
    if (!once_.contains("model") && of_library()) {
      first_model(name);
    } else if (!once_.contains("model")) {
      const std::vector<std::string_view> models = model_names(context_, unit_, true);
      std::string hint = "; declare one: `model fast = openai(\"...\")`, then say `model: fast`";
      if (!models.empty()) hint = "; say `model: " + std::string(models.front()) + "`";
      auto report = context_.diagnostics.report(MissingMember{name, "model", hint}, at);
      if (!models.empty() && !declaration_.members.empty()) {
        const Span first = declaration_.members.front().span;
        report.fix({first.file, first.begin, first.begin}, "model: " + std::string(models.front()) + "\n  ",
                   "use `" + std::string(models.front()) + "`");
      }
    }
    const bool asks =
        std::any_of(declaration_.members.begin(), declaration_.members.end(), [](const PromptMember& item) {
          return item.kind == PromptMemberKind::User || item.kind == PromptMemberKind::System;
        });
    if (!asks && !misspelt_message_) {
      context_.diagnostics.report(MissingMember{name, "user", ", the text that asks the model"}, at);
    }
  }

  /// Whether it stands in a module of `std`, which knows no models.
  bool of_library() const { return context_.sources.file(context_.file(unit_)).path().starts_with("std."); }

  /// The prompts of `std` ask the first model of the file that is run.
  void first_model(const std::string& name) {
    const auto main = static_cast<uint32_t>(context_.modules.units.size() - 1);
    for (const syntax::Decl* declaration : context_.modules.units[main].ast.declarations) {
      const Symbol* symbol = context_.find(main, declaration->name.text);
      if (declaration->kind != syntax::DeclKind::Model || !symbol || symbol->declaration != declaration)
        continue;
      prompt_.model = symbol->model;
      return;
    }
    Span at = declaration_.name.span;
    for (const Unit& unit : context_.modules.units) {
      for (const Import& import : unit.imports) {
        if (import.unit == unit_ && import.declaration) at = import.declaration->path_span;
      }
    }
    context_.diagnostics.report(
        MissingMember{name, "model", "; declare one in the file that is run: `model fast = openai(\"...\")`"},
        at);
  }

  /// Only of a program that is right so far: a hole that is misspelt is no unused parameter.
  void warn() {
    if (context_.diagnostics.has_errors()) return;
    for (const Slot& slot : signature_.parameters.items) {
      if (slot.used || slot.name.starts_with('_') || prompt_.messages.empty()) continue;
      context_.diagnostics.report(UnusedParameter{.name = std::string(slot.name)}, slot.span);
    }
    const TypeKind kind = context_.type(context_.unconstrained(signature_.result)).kind;
    const bool structured = kind == TypeKind::Record || kind == TypeKind::List || kind == TypeKind::Map ||
                            kind == TypeKind::Enum || kind == TypeKind::Optional;
    if (structured && !mentions_format_ && !signature_.broken && !prompt_.messages.empty()) {
      context_.diagnostics.report(
          FormatNotMentioned{std::string(signature_.name), context_.text(signature_.result)},
          declaration_.name.span);
    }
  }

  Context& context_;
  Signature& signature_;
  const syntax::PromptDecl& declaration_;
  uint32_t unit_;
  graph::Prompt prompt_;
  std::unordered_map<std::string_view, Span> once_;
  bool mentions_format_ = false;
  bool misspelt_message_ = false;
};

}  // namespace

void build_prompts(Context& context) {
  for (Signature& signature : context.prompts) {
    graph::Prompt prompt = PromptBuilder(context, signature).build();
    context.module.prompts.push_back(std::move(prompt));
  }
}

}  // namespace chain::sema
