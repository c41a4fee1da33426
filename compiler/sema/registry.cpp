// Every tool in scope: what an agent of the file that was named could call.
#include "compiler/sema/context.h"

namespace chain::sema {

namespace {

class Collector {
 public:
  explicit Collector(Context& context) : context_(context) {}

  void run() {
    const auto main = static_cast<uint32_t>(context_.modules.units.size() - 1);
    unit(main, "");
    for (const Import& import : context_.modules.units[main].imports) {
      // Modules that come with the language are no tools of the file's unless it says so.
      if (import.declaration && import.declaration->is_file)
        unit(import.unit, std::string(import.declaration->name.text) + '.');
    }
    if (const auto ask = human_offer(context_, "ask"))
      context_.registry.push_back({SymbolKind::Tool, *ask, false, "human.ask"});
  }

 private:
  void unit(uint32_t unit, const std::string& before) {
    // What resources offer is made when it is first asked for, which adds symbols of types.
    const size_t count = context_.symbols.size();
    for (size_t i = 0; i < count; ++i) {
      Symbol& symbol = context_.symbols[i];
      if (symbol.unit != unit || symbol.name.starts_with('_')) continue;
      if (symbol.kind == SymbolKind::Resource) offers(symbol, before);
      const bool called = symbol.kind == SymbolKind::Tool || symbol.kind == SymbolKind::Agent ||
                          symbol.kind == SymbolKind::Prompt || symbol.kind == SymbolKind::Chain;
      if (called) versions(symbol, before);
    }
  }

  void versions(const Symbol& symbol, const std::string& before) {
    for (const uint32_t index : symbol.versions) {
      const Signature& signature = signature_of(context_, symbol.kind, index);
      std::string source = before + std::string(symbol.name);
      if (signature.version != program::Version{}) source += '@' + to_string(signature.version);
      const SymbolKind kind = symbol.kind == SymbolKind::Agent ? SymbolKind::Tool : symbol.kind;
      context_.registry.push_back({kind, index, false, std::move(source)});
    }
  }

  void offers(Symbol& resource, const std::string& before) {
    for (const std::string_view name : offers_of(context_, resource)) {
      if (const auto offer = offer_of(context_, resource, name))
        context_.registry.push_back(
            {SymbolKind::Tool, *offer, false, before + std::string(resource.name) + '.' + std::string(name)});
    }
  }

  Context& context_;
};

}  // namespace

void collect_registry(Context& context) {
  Collector(context).run();
}

}  // namespace chain::sema
