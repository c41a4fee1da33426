// The hashes of what is released, and the artifact ids of chains.
//
// The content of a prompt, chain, tool or agent is its syntax tree, which knows neither comments nor layout,
// and those of every type, constant, template and function whose name stands in it, or in one of these; also
// of prompts and the like that have no version, for nothing else would hold them still. A name that a local
// shadows counts all the same: that can only make a hash change more often. An artifact id covers the
// contents of all that a chain can reach, and the models and resources behind them.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "compiler/graph/names.h"
#include "compiler/graph/properties.h"
#include "compiler/graph/reach.h"
#include "compiler/lock/lock.h"
#include "compiler/sema/context.h"
#include "compiler/syntax/dump.h"
#include "runtime/value/digest.h"

namespace chain::sema {

namespace {

using graph::Op;

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// Each word of a dumped tree that is no text.
std::set<std::string_view> words_of(std::string_view tree) {
  std::set<std::string_view> words;
  for (size_t at = 0; at < tree.size();) {
    if (tree[at] == '"') {
      for (++at; at < tree.size() && tree[at] != '"'; ++at) {
        if (tree[at] == '\\') ++at;
      }
      ++at;
      continue;
    }
    size_t end = at;
    while (end < tree.size() && is_name(tree[end])) ++end;
    if (end > at) words.insert(tree.substr(at, end - at));
    at = std::max(end, at + 1);
  }
  return words;
}

/// "type `Ticket`", for people and for the lock.
std::string label_of(const Symbol& symbol) {
  std::string kind(describe(symbol.kind));
  kind.erase(0, kind.find(' ') + 1);
  return kind + " `" + std::string(symbol.name) + '`';
}

class Contents {
 public:
  explicit Contents(Context& context) : context_(context), module_(context.module) {}

  void run() {
    add(context_.prompts, "prompt");
    add(context_.externals, "");
    add(context_.chains, "chain");
    registry();
    artifacts();
  }

 private:
  // ---- Contents

  const std::string& tree_of(const syntax::Decl* declaration) {
    const auto [known, is_new] = trees_.try_emplace(declaration);
    if (is_new) known->second = syntax::dump_without_models(*declaration);
    return known->second;
  }

  /// What a declaration's content takes in. Calls of versions are pinned apart, and models and resources are
  /// of the artifact. What comes with the language is called under its name.
  bool is_taken_in(const Symbol& symbol) {
    switch (symbol.kind) {
      case SymbolKind::Module:
      case SymbolKind::Model:
      case SymbolKind::Resource:
      case SymbolKind::Unavailable: return false;
      case SymbolKind::Prompt:
      case SymbolKind::Chain:
      case SymbolKind::Tool:
      case SymbolKind::Agent:
        return !symbol.versions.empty() && symbol.declaration &&
               !is_pinned(signature_of(context_, symbol.kind, symbol.versions.front()));
      default: return true;
    }
  }

  /// Whether a callee stands in its callers' entries, and not in their contents.
  [[nodiscard]] bool is_pinned(const Signature& signature) const {
    const bool declared = signature.declaration &&
                          signature.declaration->kind != syntax::DeclKind::Resource &&
                          signature.declaration->kind != syntax::DeclKind::Route;
    const bool standard = context_.modules.units[signature.parameters.unit].key.starts_with("std.");
    return !declared || standard || signature.version != program::Version{};
  }

  /// What the words of a tree name in its unit, and in the modules that it imports.
  std::vector<const Symbol*> named(uint32_t unit, const syntax::Decl* declaration) {
    std::vector<const Symbol*> result;
    std::vector<const Symbol*> modules;
    const std::set<std::string_view> words = words_of(tree_of(declaration));
    for (const std::string_view word : words) {
      const Symbol* symbol = context_.find(unit, word);
      if (!symbol) continue;
      if (symbol->kind == SymbolKind::Module) modules.push_back(symbol);
      if (is_taken_in(*symbol)) result.push_back(symbol);
    }
    for (const Symbol* module : modules) {
      for (const std::string_view word : words) {
        const Symbol* symbol = context_.find(module->unit, word);
        if (symbol && is_taken_in(*symbol)) result.push_back(symbol);
      }
    }
    return result;
  }

  /// Fills the hash of a content and what it is made of.
  void make(uint32_t unit, const syntax::Decl* declaration, graph::Content& content) {
    std::set<const syntax::Decl*> seen{declaration};
    std::vector<std::pair<uint32_t, const syntax::Decl*>> open{{unit, declaration}};
    std::vector<std::string_view> taken_in;
    content.parts.push_back(part("its own text", declaration));
    while (!open.empty()) {
      const auto [in, each] = open.back();
      open.pop_back();
      for (const Symbol* symbol : named(in, each)) {
        if (!symbol->declaration || !seen.insert(symbol->declaration).second) continue;
        taken_in.push_back(tree_of(symbol->declaration));
        content.parts.push_back(part(label_of(*symbol), symbol->declaration));
        open.emplace_back(symbol->unit, symbol->declaration);
      }
    }
    // In an order that no file's name and place has to do with.
    std::sort(taken_in.begin(), taken_in.end());
    std::string all = "content 1\n" + tree_of(declaration);
    for (const std::string_view tree : taken_in) all.append("\n").append(tree);
    content.content = value::hex(value::sha256(all));
    std::stable_sort(content.parts.begin() + 1, content.parts.end(), [](const auto& a, const auto& b) {
      return std::tie(a.label, a.hash) < std::tie(b.label, b.hash);
    });
    // Two modules may each have a type of that name.
    for (size_t i = 1; i < content.parts.size(); ++i) {
      const size_t twins =
          std::count_if(content.parts.begin(), content.parts.begin() + static_cast<long>(i),
                        [&](const auto& each) { return each.label == content.parts[i].label; });
      if (twins > 0) content.parts[i].label += " " + std::to_string(twins + 1);
    }
  }

  graph::ContentPart part(std::string label, const syntax::Decl* declaration) {
    constexpr size_t kDigits = 12;
    return {std::move(label), value::hex(value::sha256(tree_of(declaration))).substr(0, kDigits),
            declaration->span};
  }

  // ---- What is released

  [[nodiscard]] std::string key(const Signature& signature) const { return key_of(context_, signature); }

  template <class Signatures>
  void add(const Signatures& signatures, std::string_view kind) {
    for (uint32_t i = 0; i < signatures.size(); ++i) {
      const Signature& each = signatures[i];
      if (!each.declaration || each.declaration->kind == syntax::DeclKind::Resource) continue;
      // What runs an agent by its name is no declaration of its own.
      if (kind == "chain" && each.declaration->kind == syntax::DeclKind::Agent) continue;
      graph::Content content;
      const graph::External* external = kind.empty() ? &module_.externals[i] : nullptr;
      content.kind = external ? graph::word_of(external->kind) : kind;
      content.key = key(each);
      content.name = each.name;
      content.version = each.version;
      content.span = each.declaration->name.span;
      content.version_span = version_of(*each.declaration).span;
      make(each.parameters.unit, each.declaration, content);
      const bool writes = kind == "chain" && module_.chains[i].writes;
      content.interface = interface_of(context_, each, content.kind, external, writes);
      content.signature = lock::signature_of(content.interface);
      content.callees = callees(kind, i);
      by_key_[content.key] = content.content;
      module_.contents.push_back(std::move(content));
    }
  }

  void registry() {
    using Kind = graph::Callable::Kind;
    for (graph::Registered& each : module_.registry) {
      const uint32_t index = each.callable.index;
      const bool external = each.callable.kind == Kind::External;
      const Signature& signature = external                            ? context_.externals[index]
                                   : each.callable.kind == Kind::Chain ? context_.chains[index]
                                                                       : context_.prompts[index];
      const bool declared =
          signature.declaration && signature.declaration->kind != syntax::DeclKind::Resource;
      if (declared) each.hash = by_key_[key(signature)];
      if (external && !declared) each.hash = module_.externals[index].schema_hash;
    }
  }

  static syntax::Version version_of(const syntax::Decl& declaration) {
    switch (declaration.kind) {
      case syntax::DeclKind::Prompt: return declaration.as<syntax::PromptDecl>().version;
      case syntax::DeclKind::Chain: return declaration.as<syntax::ChainDecl>().version;
      case syntax::DeclKind::Tool: return declaration.as<syntax::ToolDecl>().version;
      case syntax::DeclKind::Agent: return declaration.as<syntax::AgentDecl>().version;
      default: return {};
    }
  }

  /// The keys of what is called, also by way of what has no version and so stands in the content.
  std::vector<std::string> callees(std::string_view kind, uint32_t index) const {
    using Kind = graph::Callable::Kind;
    std::set<std::string> keys;
    std::set<std::pair<Kind, uint32_t>> seen;
    std::vector<std::pair<Kind, uint32_t>> open;
    const auto add = [&](Kind of, uint32_t place) {
      const Signature& signature = of == Kind::External ? context_.externals[place]
                                   : of == Kind::Chain  ? context_.chains[place]
                                                        : context_.prompts[place];
      if (!signature.declaration) return;  // a person, or the clock
      if (is_pinned(signature) || signature.declaration->kind == syntax::DeclKind::Route) {
        keys.insert(key(signature));
      } else if (seen.emplace(of, place).second) {
        open.emplace_back(of, place);
      }
    };
    if (kind != "prompt") open.emplace_back(kind.empty() ? Kind::External : Kind::Chain, index);
    while (!open.empty()) {
      const auto [of, place] = open.back();
      open.pop_back();
      if (of == Kind::External) {
        const graph::External& external = module_.externals[place];
        if (!external.loop.empty()) add(Kind::Chain, external.loop_chain);
        for (const graph::Callable& callable : external.callables) add(callable.kind, callable.index);
      } else if (of == Kind::Chain) {
        graph::for_each_node(module_, module_.chains[place].body, [&](NodeId id) {
          const graph::Node& node = module_[id];
          if (node.op == Op::Prompt) add(Kind::Prompt, node.index);
          if (node.op == Op::Chain) add(Kind::Chain, node.index);
          if (node.op == Op::External) add(Kind::External, node.index);
        });
      }
    }
    return {keys.begin(), keys.end()};
  }

  // ---- Artifacts

  /// Callees first, so that each hash takes in those of its callees. If chains call each other in a circle
  /// there is no first one: then each takes in all that it can reach.
  void artifacts() {
    const auto count = static_cast<uint32_t>(context_.chains.size());
    std::vector<graph::Reach> own;
    for (uint32_t i = 0; i < count; ++i) own.push_back(graph::own_reach_of_chain(module_, i));
    bool circle = false;
    const std::vector<uint32_t> order = callees_first(own, circle);
    for (const uint32_t chain : order) {
      std::set<std::string> lines;
      const graph::Reach reach = circle ? graph::reach_of_chain(module_, chain) : own[chain];
      for (const uint32_t each : reach.chains) {
        if (each >= count) continue;
        const bool by_artifact = !circle && each != chain;
        add_line(lines, context_.chains[each], by_artifact ? module_.chains[each].artifact : "");
      }
      add_reached(lines, reach);
      std::string text = "artifact 1\n" + name_of(context_.chains[chain]);
      for (const std::string& line : lines) text += '\n' + line;
      module_.chains[chain].artifact = value::hex(value::sha256(text));
    }
  }

  /// With a stack of its own. `circle` if two chains or more call each other.
  static std::vector<uint32_t> callees_first(const std::vector<graph::Reach>& own, bool& circle) {
    enum : uint8_t { New, Open, Done };
    std::vector<uint8_t> state(own.size(), New);
    std::vector<uint32_t> order, stack;
    for (uint32_t start = 0; start < own.size(); ++start) {
      if (state[start] == New) stack.push_back(start);
      while (!stack.empty()) {
        const uint32_t chain = stack.back();
        if (state[chain] != New) {
          stack.pop_back();
          if (state[chain] == Open) order.push_back(chain);
          state[chain] = Done;
          continue;
        }
        state[chain] = Open;
        for (const uint32_t callee : own[chain].chains) {
          if (callee >= own.size()) continue;
          circle = circle || (state[callee] == Open && callee != chain);
          if (state[callee] == New) stack.push_back(callee);
        }
      }
    }
    return order;
  }

  static std::string name_of(const Signature& signature) {
    return graph::versioned(std::string(signature.name), signature.version);
  }

  void add_line(std::set<std::string>& lines, const Signature& signature, const std::string& more) const {
    const auto content = by_key_.find(key(signature));
    // With the models that its own text names, which its content leaves out.
    const bool declared = signature.declaration && signature.declaration->kind != syntax::DeclKind::Resource;
    const std::string tree = declared ? value::hex(value::sha256(syntax::dump(*signature.declaration))) : "";
    lines.insert(name_of(signature) + ' ' + (content == by_key_.end() ? "" : content->second) + ' ' + tree +
                 ' ' + more);
  }

  void add_reached(std::set<std::string>& lines, const graph::Reach& reach) {
    for (const uint32_t each : reach.prompts)
      add_line(lines, context_.prompts[each], module_.models[module_.prompts[each].model].name);
    for (const uint32_t each : reach.externals)
      add_line(lines, context_.externals[each], module_.externals[each].schema_hash);
    for (const uint32_t each : reach.models) {
      const program::Model& model = module_.models[each];
      lines.insert("model " + model.name + ' ' + model.provider + ' ' + graph::quoted(model.id) + ' ' +
                   model.options_json);
    }
    for (const uint32_t each : reach.resources) lines.insert(resource(module_.resources[each]));
  }

  /// With a profile's provider, if there is one. What is made anew for each call is in the declaration's
  /// tree.
  std::string resource(const graph::Resource& resource) {
    std::string line = resource.kind + ' ' + resource.name + ' ' + resource.provider.name + ' ' +
                       resource.provider.options_json;
    for (const Symbol& symbol : context_.symbols) {
      if (symbol.kind == SymbolKind::Resource && symbol.span == resource.span)
        line += ' ' + tree_of(symbol.declaration);
    }
    return line;
  }

  Context& context_;
  graph::Module& module_;
  std::map<const syntax::Decl*, std::string> trees_;
  std::map<std::string, std::string> by_key_;  // contents
};

}  // namespace

void find_contents(Context& context) {
  Contents(context).run();
}

}  // namespace chain::sema
