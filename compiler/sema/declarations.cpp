// Which names each file has.
#include <algorithm>

#include "compiler/sema/context.h"

namespace chain::sema {

namespace {

using syntax::DeclKind;

std::optional<SymbolKind> kind_of(const syntax::Decl& declaration) {
  switch (declaration.kind) {
    case DeclKind::Import: return SymbolKind::Module;
    case DeclKind::Const: return SymbolKind::Const;
    case DeclKind::Type:
      return declaration.as<syntax::TypeDecl>().alias ? SymbolKind::Alias : SymbolKind::Record;
    case DeclKind::Enum: return SymbolKind::Enum;
    case DeclKind::Model: return SymbolKind::Model;
    case DeclKind::Resource: return SymbolKind::Resource;
    case DeclKind::Tool: return SymbolKind::Tool;
    case DeclKind::Agent: return SymbolKind::Agent;
    case DeclKind::Template: return SymbolKind::Template;
    case DeclKind::Fn: return SymbolKind::Function;
    case DeclKind::Prompt: return SymbolKind::Prompt;
    case DeclKind::Chain: return SymbolKind::Chain;
    case DeclKind::Unavailable: return SymbolKind::Unavailable;
    case DeclKind::Route:
    case DeclKind::Profile:
    case DeclKind::Test:
    case DeclKind::Eval:
    case DeclKind::Error: return std::nullopt;
  }
  return std::nullopt;
}

class Collector {
 public:
  Collector(Context& context, uint32_t unit) : context_(context), unit_(unit), scope_(context.scopes[unit]) {}

  void run() {
    for (const syntax::Decl* declaration : context_.modules.units[unit_].ast.declarations) {
      const std::optional<SymbolKind> kind = kind_of(*declaration);
      if (!kind || !declaration->name) continue;
      Symbol* symbol = declare(*declaration, *kind);
      if (!symbol) continue;
      if (*kind == SymbolKind::Template) add(*symbol, *declaration, context_.templates);
      if (*kind == SymbolKind::Function) add(*symbol, *declaration, context_.functions);
      if (*kind == SymbolKind::Prompt) add_prompt(*symbol, declaration->as<syntax::PromptDecl>());
      if (*kind == SymbolKind::Chain) add_chain(*symbol, declaration->as<syntax::ChainDecl>());
      if (*kind == SymbolKind::Tool) {
        const auto& tool = declaration->as<syntax::ToolDecl>();
        enter(*symbol, context_.externals, {.declaration = &tool, .kind = SymbolKind::Tool}, tool.version);
      }
      if (*kind == SymbolKind::Agent) {
        const auto& agent = declaration->as<syntax::AgentDecl>();
        enter(*symbol, context_.externals, {.declaration = &agent, .kind = SymbolKind::Agent}, agent.version);
      }
      if (*kind == SymbolKind::Module) bind_module(*symbol, *declaration);
    }
  }

 private:
  /// The symbol of the declaration: a new one, or the earlier one that it is a version of.
  Symbol* declare(const syntax::Decl& declaration, SymbolKind kind) {
    const syntax::Name& name = declaration.name;
    const bool is_type = kind == SymbolKind::Record || kind == SymbolKind::Alias || kind == SymbolKind::Enum;
    if (is_type && (context_.module.types.basic(name.text) || name.text == "map")) {
      context_.diagnostics.report(TakenName{.name = std::string(name.text)}, name.span);
      return nullptr;
    }
    auto [place, is_new] = scope_.try_emplace(name.text, nullptr);
    if (is_new) {
      place->second = &context_.symbols.emplace_back(Symbol{kind, name.text, name.span, unit_, &declaration});
      return place->second;
    }
    Symbol& earlier = *place->second;
    const bool versioned = kind == earlier.kind && (kind == SymbolKind::Prompt || kind == SymbolKind::Chain ||
                                                    kind == SymbolKind::Tool || kind == SymbolKind::Agent);
    if (versioned) return &earlier;
    context_.diagnostics.report(DuplicateName{.name = std::string(name.text)}, name.span)
        .note(earlier.span, "it is declared here first");
    return nullptr;
  }

  void bind_module(Symbol& symbol, const syntax::Decl& declaration) {
    for (const Import& import : context_.modules.units[unit_].imports) {
      if (import.declaration == &declaration) {
        symbol.unit = import.unit;
        return;
      }
    }
    symbol.kind = SymbolKind::Unavailable;  // it could not be read, which has been said
  }

  /// Enters a version in order; false if there is one like it.
  template <class Signatures>
  bool enter(Symbol& symbol, Signatures& all, Signature signature, const syntax::Version& version) {
    signature.name = symbol.name;
    signature.version = {version.major, version.minor};
    signature.parameters.unit = unit_;
    auto place = std::lower_bound(symbol.versions.begin(), symbol.versions.end(), signature.version,
                                  [&](uint32_t index, program::Version v) { return all[index].version < v; });
    const bool taken = place != symbol.versions.end() && all[*place].version == signature.version;
    if (taken) {
      report_taken(signature, version, all[*place]);
    } else {
      symbol.versions.insert(place, static_cast<uint32_t>(all.size()));
    }
    all.push_back(std::move(signature));  // a second one is checked too
    return !taken;
  }

  void report_taken(const Signature& signature, const syntax::Version& version, const Signature& earlier) {
    const std::string name(signature.name);
    const syntax::Name& place = signature.declaration->name;
    if (!version.present) {
      context_.diagnostics.report(DuplicateName{.name = name}, place.span)
          .note(earlier.declaration->name.span, "it is declared here first");
      return;
    }
    context_.diagnostics
        .report(DuplicateVersion{.name = name, .version = to_string(signature.version)}, version.span)
        .note(earlier.declaration->name.span, "it is declared here first");
  }

  /// Of what has no versions.
  void add(Symbol& symbol, const syntax::Decl& declaration, std::vector<Signature>& all) {
    Signature signature{.declaration = &declaration, .kind = symbol.kind, .name = symbol.name};
    signature.parameters.unit = unit_;
    symbol.place = static_cast<uint32_t>(all.size());
    all.push_back(std::move(signature));
  }

  void add_prompt(Symbol& symbol, const syntax::PromptDecl& prompt) {
    enter(symbol, context_.prompts, {.declaration = &prompt, .kind = SymbolKind::Prompt}, prompt.version);
  }

  void add_chain(Symbol& symbol, const syntax::ChainDecl& chain) {
    enter(symbol, context_.chains, {.declaration = &chain, .kind = SymbolKind::Chain}, chain.version);
  }

  Context& context_;
  uint32_t unit_;
  std::unordered_map<std::string_view, Symbol*>& scope_;
};

}  // namespace

void collect_declarations(Context& context) {
  const auto units = static_cast<uint32_t>(context.modules.units.size());
  context.scopes.resize(units);
  for (uint32_t unit = 0; unit < units; ++unit) Collector(context, unit).run();
  collect_routes(context);
}

}  // namespace chain::sema
