// The hashes of what is released, and the artifact ids of chains.
//
// The content of a prompt, chain, tool or agent is its syntax tree, which knows neither comments nor layout,
// and those of every type, constant, template and function whose name stands in it, or in one of these. A
// name that a local shadows counts all the same: that can only make a hash change more often. An artifact id
// covers the contents of all that a chain can reach, and the models and resources behind them.
#include <algorithm>
#include <map>
#include <set>

#include "compiler/graph/names.h"
#include "compiler/graph/properties.h"
#include "compiler/graph/reach.h"
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

/// What a declaration's content takes in. Calls are pinned apart, and models and resources are of the
/// artifact.
bool is_taken_in(SymbolKind kind) {
  switch (kind) {
    case SymbolKind::Module:
    case SymbolKind::Model:
    case SymbolKind::Resource:
    case SymbolKind::Prompt:
    case SymbolKind::Chain:
    case SymbolKind::Tool:
    case SymbolKind::Agent:
    case SymbolKind::Unavailable: return false;
    default: return true;
  }
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
    if (is_new) known->second = syntax::dump(*declaration);
    return known->second;
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
      if (is_taken_in(symbol->kind)) result.push_back(symbol);
    }
    for (const Symbol* module : modules) {
      for (const std::string_view word : words) {
        const Symbol* symbol = context_.find(module->unit, word);
        if (symbol && is_taken_in(symbol->kind)) result.push_back(symbol);
      }
    }
    return result;
  }

  std::string content(uint32_t unit, const syntax::Decl* declaration) {
    std::set<const syntax::Decl*> seen{declaration};
    std::vector<std::pair<uint32_t, const syntax::Decl*>> open{{unit, declaration}};
    std::vector<std::string_view> taken_in;
    while (!open.empty()) {
      const auto [in, each] = open.back();
      open.pop_back();
      for (const Symbol* symbol : named(in, each)) {
        if (!symbol->declaration || !seen.insert(symbol->declaration).second) continue;
        taken_in.push_back(tree_of(symbol->declaration));
        open.emplace_back(symbol->unit, symbol->declaration);
      }
    }
    // In an order that no file's name and place has to do with.
    std::sort(taken_in.begin(), taken_in.end());
    std::string all = "content 1\n" + tree_of(declaration);
    for (const std::string_view tree : taken_in) all.append("\n").append(tree);
    return value::hex(value::sha256(all));
  }

  // ---- Signatures

  /// A type as callers see it, declared ones with all that is in them but their documentation.
  void shape(TypeId id, std::set<uint32_t>& seen, std::string& out) const {
    const program::Type& type = module_.types[id];
    out += module_.types.to_string(id);
    for (const program::Constraint& constraint : type.constraints) out += " where " + constraint.text;
    if (!seen.insert(id.index).second) return;
    switch (type.kind) {
      case program::TypeKind::Optional:
      case program::TypeKind::List:
      case program::TypeKind::Map: return shape(type.element, seen, out += " of ");
      case program::TypeKind::Union:
        for (TypeId member : type.members) shape(member, seen, out += " | ");
        return;
      case program::TypeKind::Enum:
        for (const program::EnumCase& each : type.cases) out += " case " + each.name + " as " + each.alias;
        return;
      case program::TypeKind::Record: return fields(type, id, seen, out);
      default: return;
    }
  }

  void fields(const program::Type& type, TypeId id, std::set<uint32_t>& seen, std::string& out) const {
    const auto slots = context_.records.find(context_.unconstrained(id).index);
    out += " { ";
    for (size_t i = 0; i < type.fields.size(); ++i) {
      const program::Field& field = type.fields[i];
      const bool untrusted = slots != context_.records.end() && i < slots->second.items.size() &&
                             slots->second.items[i].untrusted;
      out += field.name + " as " + field.alias + (untrusted ? ": untrusted " : ": ");
      shape(field.type, seen, out);
      for (const program::Constraint& constraint : field.constraints) out += " where " + constraint.text;
      if (!field.default_json.empty()) out += " = " + field.default_json;
      out += "; ";
    }
    out += '}';
  }

  std::string signature(const Signature& signature, const std::string& kind, const std::string& effect) {
    std::string all = "signature 1\n" + kind + ' ' + std::string(signature.name) + ' ' + effect;
    std::set<uint32_t> seen;
    for (const Slot& slot : signature.parameters.items)
      all += std::string(slot.untrusted ? " untrusted " : " ") + std::string(slot.name);
    shape(signature.parameters.type, seen, all += '\n');
    shape(signature.result, seen, all += signature.untrusted ? "\n-> untrusted " : "\n-> ");
    return value::hex(value::sha256(all));
  }

  // ---- What is released

  [[nodiscard]] std::string key(const Signature& signature) const {
    const uint32_t unit = signature.parameters.unit;
    return context_.modules.units[unit].key + ':' +
           graph::versioned(std::string(signature.name), signature.version);
  }

  template <class Signatures>
  void add(const Signatures& signatures, std::string_view kind) {
    for (uint32_t i = 0; i < signatures.size(); ++i) {
      const Signature& each = signatures[i];
      if (!each.declaration || each.declaration->kind == syntax::DeclKind::Resource) continue;
      // What runs an agent by its name is no declaration of its own.
      if (kind == "chain" && each.declaration->kind == syntax::DeclKind::Agent) continue;
      graph::Content content;
      std::string effect;
      if (kind.empty()) {
        const graph::External& external = module_.externals[i];
        content.kind = graph::word_of(external.kind);
        effect = std::to_string(static_cast<int>(external.effect)) + (external.approve ? " approve" : "");
      } else {
        content.kind = kind;
        if (kind == "chain") effect = module_.chains[i].writes ? "writes" : "";
      }
      content.key = key(each);
      content.content = this->content(each.parameters.unit, each.declaration);
      content.signature = signature(each, content.kind, effect);
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

  std::vector<std::string> callees(std::string_view kind, uint32_t index) const {
    std::set<std::string> keys;
    if (kind.empty()) {
      const graph::External& external = module_.externals[index];
      if (!external.loop.empty()) keys.insert(key(context_.chains[external.loop_chain]));
      for (const graph::Callable& callable : module_.externals[index].callables) {
        switch (callable.kind) {
          case graph::Callable::Kind::External: external_key(callable.index, keys); break;
          case graph::Callable::Kind::Chain: keys.insert(key(context_.chains[callable.index])); break;
          case graph::Callable::Kind::Prompt: keys.insert(key(context_.prompts[callable.index])); break;
        }
      }
    } else if (kind == "chain") {
      graph::for_each_node(module_, module_.chains[index].body, [&](NodeId id) {
        const graph::Node& node = module_[id];
        if (node.op == Op::Prompt) keys.insert(key(context_.prompts[node.index]));
        if (node.op == Op::Chain) keys.insert(key(context_.chains[node.index]));
        if (node.op == Op::External) external_key(node.index, keys);
      });
    }
    return {keys.begin(), keys.end()};
  }

  /// People and what comes with the language are released with it.
  void external_key(uint32_t index, std::set<std::string>& keys) const {
    const Signature& signature = context_.externals[index];
    if (signature.declaration) keys.insert(key(signature));
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
    lines.insert(name_of(signature) + ' ' + (content == by_key_.end() ? "" : content->second) + ' ' + more);
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
