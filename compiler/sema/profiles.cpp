// `profile dev { fast = ollama("qwen3") }`: resources that take the place of others under `--profile dev`.
#include <algorithm>
#include <unordered_map>

#include "compiler/sema/context.h"

namespace chain::sema {

namespace {

template <class Visit>
void for_each_profile(const Context& context, Visit visit) {
  for (uint32_t unit = 0; unit < context.modules.units.size(); ++unit) {
    for (const syntax::Decl* declaration : context.modules.units[unit].ast.declarations) {
      if (declaration->kind == syntax::DeclKind::Profile) visit(unit, declaration->as<syntax::ProfileDecl>());
    }
  }
}

void check_entry(Context& context, uint32_t unit, const syntax::ProfileEntry& entry) {
  const Symbol* symbol = context.find(unit, entry.name.text);
  if (!symbol) {
    context.diagnostics.report(UnknownName{.name = std::string(entry.name.text),
                                           .hint = context.hint(entry.name.text, context.names(unit, true))},
                               entry.name.span);
    return;
  }
  if (symbol->kind == SymbolKind::Unavailable) return;
  if (symbol->kind == SymbolKind::Model) return check_model(context, unit, symbol->name, entry.provider);
  if (symbol->kind == SymbolKind::Resource) {
    (void)provider_call(context, unit, symbol->declaration->as<syntax::ResourceDecl>().word, entry.provider,
                        nullptr);
    return;
  }
  context.diagnostics
      .report(WrongKind{.name = std::string(symbol->name),
                        .kind = std::string(describe(symbol->kind)),
                        .hint = "; a profile replaces models and resources"},
              entry.name.span)
      .note(symbol->span, "it is declared here");
}

}  // namespace

void check_profiles(Context& context) {
  std::vector<std::string_view> known;
  for_each_profile(context, [&](uint32_t unit, const syntax::ProfileDecl& profile) {
    known.push_back(profile.name.text);
    std::unordered_map<std::string_view, Span> seen;
    for (const syntax::ProfileEntry& entry : profile.entries) {
      const auto [earlier, is_new] = seen.try_emplace(entry.name.text, entry.name.span);
      if (!is_new) {
        context.diagnostics.report(GivenTwice{.name = std::string(entry.name.text)}, entry.name.span)
            .note(earlier->second, "it is given here first");
        continue;
      }
      check_entry(context, unit, entry);
    }
  });
  if (context.profile.empty() || std::find(known.begin(), known.end(), context.profile) != known.end())
    return;
  std::string hint = context.hint(context.profile, known);
  if (hint.empty() && !known.empty()) hint = "; there is " + list_of_names({known.begin(), known.end()});
  if (known.empty()) hint = "; the program declares none";
  context.diagnostics.report(UnknownProfile{.name = context.profile, .hint = hint}, Span{});
}

const syntax::ProviderCall* profile_entry(Context& context, const Symbol& symbol) {
  const syntax::ProviderCall* found = nullptr;
  if (context.profile.empty()) return found;
  for_each_profile(context, [&](uint32_t unit, const syntax::ProfileDecl& profile) {
    if (unit != symbol.unit || profile.name.text != context.profile) return;
    for (const syntax::ProfileEntry& entry : profile.entries) {
      if (entry.name.text == symbol.name) found = &entry.provider;
    }
  });
  return found;
}

}  // namespace chain::sema
