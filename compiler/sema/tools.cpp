// `tool name(...) -> T EFFECT = provider(...)`.
#include <algorithm>

#include "compiler/sema/context.h"
#include "compiler/sema/externals.h"

namespace chain::sema {

namespace {

using program::Effect;

class ToolBuilder {
 public:
  ToolBuilder(Context& context, Signature& signature)
      : context_(context),
        signature_(signature),
        declaration_(signature.declaration->as<syntax::ToolDecl>()) {}

  graph::External build() {
    graph::External tool = external_of(signature_);
    tool.kind = program::ExternalKind::Tool;
    tool.doc = declaration_.doc;
    words(tool);
    tool.provider = provider_call(context_, signature_.parameters.unit, "tool", declaration_.provider,
                                  &signature_.parameters);
    check_options();
    warn();
    return tool;
  }

 private:
  void words(graph::External& tool) {
    std::optional<Span> effect;
    for (const syntax::Name& word : declaration_.words) {
      const std::optional<Effect> said = effect_named(word.text);
      if (said && effect) report("a tool has one effect", word.span);
      if (said && !effect) {
        tool.effect = *said;
        effect = word.span;
      } else if (word.text == "approve") {
        tool.approve = true;
      } else if (word.text == "idempotent") {
        tool.idempotent = true;
      } else if (!said && word) {
        unknown(word);
        effect = word.span;
      }
    }
    if (effect || !declaration_.name) return;
    report("tool `" + std::string(signature_.name) +
               "` must say what it does to the world: `pure`, `reads` or `writes` behind its result",
           declaration_.name.span);
  }

  /// What no option alone can say: which of them go together, and with which result.
  void check_options() {
    std::string_view body;
    for (const syntax::Argument& argument : declaration_.provider.arguments) {
      const std::string_view name = argument.name.text;
      const bool is_body = name == "json" || name == "body" || name == "form";
      if (is_body && !body.empty() && body != name)
        bad_option(argument, "the body, and so is `" + std::string(body) + ":`; leave one of them out");
      if (is_body && body.empty()) body = name;
      if (name == "pages" && !signature_.broken && !gives_list())
        bad_option(argument, "for a tool that gives a list, as `-> string[]` does; this one gives `" +
                                 context_.module.types.to_string(signature_.result) + '`');
      if (name == "auth") check_headers(argument);
    }
  }

  [[nodiscard]] bool gives_list() const {
    return context_.module.types.base_kind(signature_.result) == program::TypeKind::List;
  }

  /// Two headers `Authorization` would be one too many.
  void check_headers(const syntax::Argument& auth) {
    for (const syntax::Argument& argument : declaration_.provider.arguments) {
      if (argument.name.text != "headers" || argument.value->kind != syntax::ExprKind::Map) continue;
      for (const syntax::MapEntry& entry : argument.value->as<syntax::MapExpr>().entries) {
        if (entry.key && is_authorization(*entry.key))
          bad_option(auth,
                     "the header `Authorization`, which `headers:` gives as well; leave one of them out");
      }
    }
  }

  static bool is_authorization(const syntax::Expr& key) {
    if (key.kind != syntax::ExprKind::String || !key.as<syntax::StringExpr>().content) return false;
    const auto nodes = key.as<syntax::StringExpr>().content->nodes;
    if (nodes.size() != 1 || nodes[0]->kind != syntax::TemplateNodeKind::Text) return false;
    std::string name(nodes[0]->as<syntax::TemplateText>().text);
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return name == "authorization";
  }

  void bad_option(const syntax::Argument& argument, std::string wanted) {
    context_.diagnostics.report(BadMember{std::string(argument.name.text), std::move(wanted)},
                                argument.name.span);
  }

  static std::optional<Effect> effect_named(std::string_view word) {
    if (word == "pure") return Effect::Pure;
    if (word == "reads") return Effect::Reads;
    if (word == "writes") return Effect::Writes;
    return std::nullopt;
  }

  void unknown(const syntax::Name& word) {
    const std::string_view best =
        closest(context_.diagnostics, word.text, {"pure", "reads", "writes", "approve", "idempotent"});
    auto builder =
        report("a tool says `pure`, `reads` or `writes`, and may say `approve` and `idempotent`; found `" +
                   std::string(word.text) + '`',
               word.span);
    if (!best.empty()) builder.fix(word.span, std::string(best), "write `" + std::string(best) + "`");
  }

  Diagnostics::Builder report(std::string message, Span span) {
    return context_.diagnostics.report(ToolEffect{.message = std::move(message)}, span);
  }

  void warn() {
    if (context_.diagnostics.has_errors()) return;
    for (const Slot& slot : signature_.parameters.items) {
      if (slot.used || slot.name.starts_with('_')) continue;
      context_.diagnostics.report(UnusedParameter{.name = std::string(slot.name)}, slot.span);
    }
  }

  Context& context_;
  Signature& signature_;
  const syntax::ToolDecl& declaration_;
};

}  // namespace

graph::External external_of(const Signature& signature) {
  graph::External external;
  external.name = signature.name;
  external.version = signature.version;
  external.span = signature.declaration->name.span;
  external.parameters = signature.parameters.type;
  external.result = signature.result;
  return external;
}

void build_externals(Context& context) {
  // Agents may name what resources offer, which is put behind those that are declared.
  const size_t declared = context.externals.size() - context.module.externals.size();
  context.module.externals.insert(context.module.externals.begin(), declared, {});
  for (uint32_t i = 0; i < declared; ++i) {
    Signature& signature = context.externals[i];
    graph::External built = signature.kind == SymbolKind::Agent ? build_agent(context, signature, i)
                                                                : ToolBuilder(context, signature).build();
    context.module.externals[i] = std::move(built);
  }
}

}  // namespace chain::sema
