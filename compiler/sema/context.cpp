#include "compiler/sema/context.h"

#include "runtime/program/versioned.h"

#include <algorithm>

namespace chain::sema {

std::string_view describe(SymbolKind kind) {
  switch (kind) {
    case SymbolKind::Module: return "a module";
    case SymbolKind::Const: return "a constant";
    case SymbolKind::Record:
    case SymbolKind::Alias: return "a type";
    case SymbolKind::Enum: return "an enum";
    case SymbolKind::Model: return "a model";
    case SymbolKind::Resource: return "a resource";
    case SymbolKind::Tool: return "a tool";
    case SymbolKind::Agent: return "an agent";
    case SymbolKind::Template: return "a template";
    case SymbolKind::Function: return "a function";
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

std::string list_of_names(const std::vector<std::string>& names, size_t most) {
  std::string result;
  const size_t shown = std::min(names.size(), most);
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

namespace {

void report_version(Context& context, const Symbol& symbol, const syntax::Version& version,
                    std::span<const program::Version> routed) {
  const auto version_at = [&](uint32_t index) { return signature_of(context, symbol.kind, index).version; };
  std::vector<std::string> known;
  std::string free;  // the last that the route does not have
  for (uint32_t index : symbol.versions) {
    known.push_back(to_string(version_at(index)));
    if (std::find(routed.begin(), routed.end(), version_at(index)) == routed.end()) free = known.back();
  }
  const bool bare = known.size() == 1 && version_at(symbol.versions[0]) == program::Version{};
  auto report = context.diagnostics.report(
      UnknownVersion{
          .name = std::string(symbol.name),
          .version = to_string({version.major, version.minor}),
          .hint = bare ? "; it is declared without one"
                       : (known.size() == 1 ? "; there is " : "; there are ") + list_of_names(known)},
      version.span);
  report.note(symbol.span, "it is declared here");
  if (bare) {
    if (routed.empty()) report.fix(version.span, "", "leave it out");
  } else if (!free.empty()) {
    report.fix(version.span, '@' + free, "write `@" + free + "`");
  }
}

}  // namespace

std::optional<uint32_t> version_of(Context& context, const Symbol& symbol, const syntax::Version& version,
                                   std::span<const program::Version> routed) {
  if (!version.present) return symbol.versions.back();
  const program::Version wanted{version.major, version.minor};
  const auto version_at = [&](uint32_t index) { return signature_of(context, symbol.kind, index).version; };
  const auto place =
      std::lower_bound(symbol.versions.begin(), symbol.versions.end(), wanted,
                       [&](uint32_t index, program::Version v) { return version_at(index) < v; });
  if (place != symbol.versions.end() && version_at(*place) == wanted) return *place;
  report_version(context, symbol, version, routed);
  return std::nullopt;
}

std::string key_of(const Context& context, const Signature& signature) {
  return context.modules.units[signature.parameters.unit].key + ':' +
         program::versioned(signature.name, signature.version);
}

std::optional<uint32_t> pinned_version(Context& context, const Symbol& symbol, const Signature* caller) {
  if (!caller || context.modules.released.empty() || caller->version == program::Version{}) return {};
  const auto entry = context.modules.released.find(key_of(context, *caller));
  if (entry == context.modules.released.end()) return {};
  const std::vector<std::string>& pins = entry->second.callees;
  // An older one beside it is called by its version: a bare name was the highest.
  for (auto index = symbol.versions.rbegin(); index != symbol.versions.rend(); ++index) {
    const Signature& signature = signature_of(context, symbol.kind, *index);
    if (std::binary_search(pins.begin(), pins.end(), key_of(context, signature))) return *index;
  }
  return {};
}

uint32_t bare_version(Context& context, const Symbol& symbol, const Signature* caller) {
  return pinned_version(context, symbol, caller).value_or(symbol.versions.back());
}

std::string name_among_versions(Context& context, const Signature& signature) {
  const Symbol* symbol = context.find(signature.parameters.unit, signature.name);
  const bool several = symbol && symbol->versions.size() > 1;
  return std::string(signature.name) + (several ? '@' + to_string(signature.version) : "");
}

Signature& signature_of(Context& context, SymbolKind kind, uint32_t index) {
  switch (kind) {
    case SymbolKind::Prompt: return context.prompts[index];
    case SymbolKind::Chain: return context.chains[index];
    default: return context.externals[index];
  }
}

std::optional<uint32_t> Context::module_at(uint32_t unit, std::string_view path) {
  if (const Symbol* symbol = find(unit, path))
    return symbol->kind == SymbolKind::Module ? std::optional(symbol->unit) : std::nullopt;
  if (!path.starts_with("std.") || find(unit, "std")) return std::nullopt;
  for (const Import& import : modules.units[unit].imports) {
    if (import.declaration && import.declaration->path == path) return import.unit;
  }
  return std::nullopt;
}

TypeId Context::error_type() {
  if (error) return *error;
  program::Type record;
  record.kind = program::TypeKind::Record;
  record.name = "Error";
  record.doc = "What went wrong.";
  Slots slots;
  for (std::string_view name : {"kind", "message"}) {
    program::Field field;
    field.name = name;
    field.type = module.types.string_type;
    record.fields.push_back(std::move(field));
    slots.by_name.emplace(name, static_cast<uint32_t>(slots.items.size()));
    slots.items.push_back({.name = name, .type = module.types.string_type});
  }
  error = module.types.add(std::move(record));
  module.types.layout_record(*error);
  slots.type = *error;
  records.emplace(error->index, std::move(slots));
  return *error;
}

}  // namespace chain::sema
