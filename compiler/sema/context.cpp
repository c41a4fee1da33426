#include "compiler/sema/context.h"

#include <algorithm>
#include <charconv>

namespace chain::sema {

std::string_view describe(SymbolKind kind) {
  switch (kind) {
    case SymbolKind::Module: return "a module";
    case SymbolKind::Const: return "a constant";
    case SymbolKind::Record:
    case SymbolKind::Alias: return "a type";
    case SymbolKind::Enum: return "an enum";
    case SymbolKind::Model: return "a model";
    case SymbolKind::Template: return "a template";
    case SymbolKind::Prompt: return "a prompt";
    case SymbolKind::Chain: return "a chain";
    case SymbolKind::Unavailable: return "not available in this version yet";
  }
  return "";
}

Context::Context(const Modules& program, const SourceMap& source_map, Diagnostics& sink)
    : modules(program), sources(source_map), diagnostics(sink), places(source_map) {
  for (uint32_t file = 0; file < sources.size(); ++file) module.files.push_back(sources.file({file}).path());
}

Symbol* Context::find(uint32_t unit, std::string_view name) {
  const auto found = scopes[unit].find(name);
  return found == scopes[unit].end() ? nullptr : found->second;
}

std::vector<std::string_view> Context::names(uint32_t unit, bool with_private) const {
  std::vector<std::string_view> result;
  if (diagnostics.dropped() > 0) return result;
  for (const auto& [name, symbol] : scopes[unit]) {
    if (with_private || !name.starts_with('_')) result.push_back(name);
  }
  std::sort(result.begin(), result.end());  // a hash table's order is nobody's business
  return result;
}

std::vector<std::string_view> Context::names(const Slots& slots) const {
  std::vector<std::string_view> result;
  if (diagnostics.dropped() > 0) return result;
  for (const Slot& slot : slots.items) result.push_back(slot.name);
  return result;
}

TypeId Context::unconstrained(TypeId id) const {
  for (auto found = constrained.find(id.index); found != constrained.end();
       found = constrained.find(id.index)) {
    id = found->second.base;
  }
  return id;
}

TypeId Context::plain(TypeId id) const {
  id = unconstrained(id);
  if (type(id).kind != program::TypeKind::Literal) return id;
  switch (module.types.base_kind(id)) {
    case program::TypeKind::String: return module.types.string_type;
    case program::TypeKind::Int: return module.types.int_type;
    default: return module.types.bool_type;
  }
}

std::string list_of_names(const std::vector<std::string>& names) {
  constexpr size_t kShown = 5;
  std::string result;
  const size_t shown = names.size() > kShown ? kShown : names.size();
  for (size_t i = 0; i < shown; ++i) {
    if (i > 0) result += i + 1 == names.size() ? " and " : ", ";
    result += '`' + names[i] + '`';
  }
  if (names.size() > shown) result += " and " + std::to_string(names.size() - shown) + " more";
  return result;
}

std::string to_string(program::Version version) {
  return std::to_string(version.major) + '.' + std::to_string(version.minor);
}

std::optional<program::Version> parse_version(std::string_view text) {
  if (text.starts_with('@')) text.remove_prefix(1);
  program::Version version;
  const char* end = text.data() + text.size();
  const auto major = std::from_chars(text.data(), end, version.major);
  if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.') return std::nullopt;
  const auto minor = std::from_chars(major.ptr + 1, end, version.minor);
  if (minor.ec != std::errc() || minor.ptr != end) return std::nullopt;
  return version;
}

std::optional<uint32_t> version_of(const Context& context, const Symbol& symbol, std::string_view text) {
  const std::optional<program::Version> version = parse_version(text);
  if (!version) return std::nullopt;
  const std::vector<Signature>& all = symbol.kind == SymbolKind::Prompt ? context.prompts : context.chains;
  const auto place =
      std::lower_bound(symbol.versions.begin(), symbol.versions.end(), *version,
                       [&](uint32_t index, program::Version v) { return all[index].version < v; });
  if (place == symbol.versions.end() || all[*place].version != *version) return std::nullopt;
  return *place;
}

void report_version(Context& context, const Symbol& symbol, std::string_view text, Span span) {
  if (text.starts_with('@')) text.remove_prefix(1);
  const std::vector<Signature>& all = symbol.kind == SymbolKind::Prompt ? context.prompts : context.chains;
  std::vector<std::string> known;
  for (uint32_t index : symbol.versions) known.push_back(to_string(all[index].version));
  context.diagnostics
      .report(UnknownVersion{.name = std::string(symbol.name),
                             .version = std::string(text),
                             .hint = "; there is " + list_of_names(known)},
              span)
      .note(symbol.span, "it is declared here");
}

}  // namespace chain::sema
