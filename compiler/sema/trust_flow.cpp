// How untrusted text flows through the nodes of a body.
#include <algorithm>

#include "compiler/graph/properties.h"
#include "compiler/sema/trust.h"
#include "runtime/library/library.h"
#include "runtime/program/web_search.h"
#include "runtime/value/json.h"

namespace chain::sema::trust {

using graph::Node;
using graph::Op;
using program::ExternalKind;
using program::TypeKind;

bool Taint::add(int32_t origin, const Step* way) {
  const auto place = std::lower_bound(items_.begin(), items_.end(), origin,
                                      [](const Item& item, int32_t value) { return item.origin < value; });
  if (place != items_.end() && place->origin == origin) return false;
  items_.insert(place, {origin, way});
  return true;
}

bool Taint::add(const Taint& other) {
  bool added = false;
  for (const Item& item : other.items_) added = add(item.origin, item.way) || added;
  return added;
}

bool Taint::has(int32_t origin) const {
  return std::any_of(items_.begin(), items_.end(), [&](const Item& item) { return item.origin == origin; });
}

const Step* Flow::step(Span span, std::string message, const Step* before) {
  return &steps_.emplace_back(Step{span, std::move(message), before});
}

/// Two steps at one place are one: the outer says no more than the inner.
Taint Flow::stepped(const Taint& taint, Span span, const std::string& message) {
  Taint result;
  for (const Taint::Item& item : taint.items()) {
    const bool same = item.way && item.way->span == span;
    result.add(item.origin, same ? item.way : step(span, message, item.way));
  }
  return result;
}

const Step* Flow::mark_step(const Slot& slot, Span span, const char* message) {
  const std::string name = '`' + std::string(slot.name) + '`';
  constexpr std::string_view of_messages[] = {"parts", "content", "arguments", "name", "state"};
  const bool of_message = std::ranges::find(of_messages, slot.name) != std::end(of_messages);
  if (slot.span == Span{} && of_message) return step(span, name + " of a message holds what somebody said");
  if (slot.span == Span{}) return step(span, name + " of a passage holds what its author wrote");
  const bool media = holds_media(context_, slot.type);
  const Step* declared =
      step(slot.span, name + (media ? " shows what somebody else made" : " is declared untrusted"));
  return slot.span == span ? declared : step(span, message, declared);
}

Taint Flow::read(NodeId id) const {
  return marks_.closed(module_[id].type) ? Taint() : taints_[id.index];
}

bool Flow::of_bools(TypeId id) const {
  const program::Type& type = module_.types[id];
  const bool holds =
      type.kind == TypeKind::List || type.kind == TypeKind::Map || type.kind == TypeKind::Optional;
  return holds ? of_bools(type.element) : module_.types.base_kind(id) == TypeKind::Bool;
}

Taint Flow::carried(NodeId id) const {
  return of_bools(module_[id].type) ? taints_[id.index] : read(id);
}

Taint Flow::whole(NodeId id) {
  Taint result = read(id);
  if (marks_.closed(module_[id].type) || cleared(id)) return result;
  if (const Slot* mark = marks_.first_mark(module_[id].type); mark && !result.has(kSource))
    result.add(kSource, mark_step(*mark, module_[id].span, "it is inside of this"));
  return result;
}

bool Flow::cleared(NodeId id) const {
  for (;;) {
    const Node& node = module_[id];
    switch (node.op) {
      case Op::Trust: return true;
      case Op::External: return module_.externals[node.index].kind == ExternalKind::Approve;
      case Op::Field:
      case Op::At:
      case Op::Lookup:
      case Op::Some:
      case Op::Unwrap:
      case Op::Variant:
      case Op::Narrow:
      case Op::Retype:
      case Op::Check: id = node.operands[0]; break;
      case Op::Param: {
        const auto owner = loops_.find(id.index);
        if (owner == loops_.end() || node.index != 0 || module_[owner->second].operands.empty()) return false;
        id = module_[owner->second].operands[0];
        break;
      }
      default: return false;
    }
  }
}

Taint Flow::all_operands(const Node& node) {
  Taint result;
  for (NodeId operand : node.operands) result.add(whole(operand));
  return result;
}

void Flow::region(RegionId id) {
  for (NodeId node : module_[id].nodes) {
    for (RegionId inner : module_[node].regions) region(inner);
    // Every step only adds, so that the rounds end.
    if (taints_[node.index].add(evaluate(node))) changed_ = true;
    learn_fields(node);
  }
}

Taint Flow::evaluate(NodeId id) {
  const Node& node = module_[id];
  switch (node.op) {
    case Op::Constant:
    case Op::None:
    case Op::Secret:
    case Op::Trust:
    case Op::Given:
    case Op::Expect: return {};
    case Op::Param: return parameter(id, node);
    case Op::Field: return field(node);
    case Op::Record: return record(node);
    case Op::At:
    case Op::Lookup: return chosen(node);
    case Op::Filter: return filter(node);
    case Op::If:
    case Op::Switch: return branches(node);
    case Op::Render: return render(node);
    case Op::Library: return library(node);
    case Op::Concat: return stepped(all_operands(node), node.span, "it becomes part of this text");
    case Op::Prompt:
      return call(node, context_.prompts[node.index], prompts_[node.index],
                  "prompt `" + module_.prompts[node.index].name + '`');
    case Op::Chain:
      return call(node, context_.chains[node.index], chains_[node.index],
                  "chain `" + module_.chains[node.index].name + '`');
    case Op::Invoke:
      return call(node, context_.functions[node.index], functions_[node.index],
                  "function `" + module_.functions[node.index].name + '`');
    case Op::External: return external(node);
    case Op::Loop: return ordered_loop(node);
    case Op::List:
    case Op::Append:
    case Op::Map: {
      Taint result;  // what its parts are declared as, its type still says
      for (NodeId operand : node.operands) result.add(carried(operand));
      return result;
    }
    case Op::Some:
    case Op::Unwrap:
    case Op::Variant:
    case Op::Narrow:
    case Op::Retype:
    case Op::Check: return carried(node.operands[0]);
    case Op::Which: return {};  // one of the members, and nothing else
    case Op::For:
      return module_[node.regions[0]].result.valid() ? carried(module_[node.regions[0]].result) : Taint();
    case Op::Return: {
      Taint& result = taints_[id.index];
      if (!node.operands.empty()) result.add(carried(node.operands[0]));
      return result;
    }
    default: {
      // Arithmetic, comparisons, and whatever has not been thought of: from everything it reads.
      Taint result = all_operands(node);
      if (of_bools(node.type)) {
        for (NodeId operand : node.operands) result.add(carried(operand));
      }
      for (RegionId inner : node.regions) {
        if (module_[inner].result.valid()) result.add(carried(module_[inner].result));
      }
      return result;
    }
  }
}

/// A parameter of the body, or an element of the list that a loop goes over.
Taint Flow::parameter(NodeId id, const Node& node) {
  Taint result;
  if (const auto loop = loops_.find(id.index); loop != loops_.end()) {
    const Node& owner = module_[loop->second];
    const bool goes_over_list =
        !owner.operands.empty() && module_.types.base_kind(module_[owner.operands[0]].type) == TypeKind::List;
    if (node.index == 0 && goes_over_list) result = carried(owner.operands[0]);
    if (node.index == 2) result = ordered_loop(owner);
    if (owner.op == Op::Try)
      result.add(kSource, step(node.span, "what an error says may hold what others wrote"));
    return result;
  }
  const auto& slots = owner_.signature->parameters.items;
  if (node.index >= slots.size()) return result;
  const Slot& slot = slots[node.index];
  if (marks_.closed_parameter(slot) && !of_bools(slot.type)) return result;
  if (slot.untrusted && !marks_.closed_parameter(slot)) {
    if (slot.span == Span{}) return result;
    result.add(kSource, mark_step(slot, slot.span, ""));
  } else {
    result.add(static_cast<int32_t>(node.index), nullptr);
  }
  return result;
}

Taint Flow::field(const Node& node) {
  const NodeId object = node.operands[0];
  const TypeId type = module_[object].type;
  Taint result;
  if (marks_.closed_field(type, node.index) && !of_bools(node.type)) return result;
  if (const Slot* mark = cleared(object) ? nullptr : marks_.marked(type, node.index)) {
    result.add(kSource, mark_step(*mark, node.span, "it is read here"));
    return result;
  }
  const auto known = fields_.find(object.index);
  if (known != fields_.end()) return known->second[node.index];
  return marks_.closed_field(type, node.index) ? result : read(object);
}

/// Fields declared untrusted are so wherever they are read; the record is not, for having them.
/// Whether a message that is made may give instructions: all that are not plainly somebody's turn.
bool Flow::instructs(const Node& message) const {
  NodeId role = message.operands[0];
  while (module_[role].op == Op::Retype) role = module_[role].operands[0];
  const auto* word = std::get_if<std::string>(&module_[role].constant);
  return module_[role].op != Op::Constant || word == nullptr || *word == "system";
}

Taint Flow::record(const Node& node) {
  Taint result;
  const bool is_message = context_.message && context_.unconstrained(node.type) == *context_.message;
  if (is_message && instructs(node)) reach(whole(node.operands[1]), node.span, "a system message");
  for (uint32_t i = 0; i < node.operands.size(); ++i) {
    if (marks_.marked(node.type, i) || marks_.closed_field(node.type, i)) continue;
    result.add(read(node.operands[i]));
  }
  return result;
}

void Flow::gather_emits(RegionId id, Taint& all) const {
  for (NodeId node : module_[id].nodes) {
    if (graph::writes_text(module_[node].op)) all.add(taints_[node.index]);
    if (module_[node].op == Op::Render) continue;  // a text of its own, which an emit may show
    for (RegionId inner : module_[node].regions) gather_emits(inner, all);
  }
}

Taint Flow::render(const Node& node) {
  Taint all;
  gather_emits(node.regions[0], all);
  return stepped(all, node.span, "it becomes part of this text");
}

/// What made the bools that a list of keys spells out.
Taint Flow::spelled(NodeId keys) const {
  if (module_[keys].op != Op::For) return {};
  const NodeId key = module_[module_[keys].regions[0]].result;
  if (!key.valid() || module_[key].op != Op::Library || module_[key].operands.size() != 1) return {};
  const NodeId value = module_[key].operands[0];
  return of_bools(module_[value].type) ? taints_[value.index] : Taint();
}

/// Functions that give back what they were given, or parts of it, keep the types that say what is untrusted.
Taint Flow::library(const Node& node) {
  const library::Function& function = library::functions()[node.index];
  const bool hidden = function.name.starts_with('.');  // what sorts and groups by keys
  Taint result;
  for (size_t i = 0; i < node.operands.size(); ++i) {
    const bool passes =
        function.result.mentions_variable() && function.parameters[i].type.mentions_variable();
    result.add(passes ? read(node.operands[i]) : whole(node.operands[i]));
    // What sorts, groups and picks by bools: they choose.
    if (hidden || of_bools(node.type)) result.add(carried(node.operands[i]));
    if (hidden) result.add(spelled(node.operands[i]));
  }
  if (module_.types[node.type].kind == TypeKind::Media) {
    const std::string& kind = module_.types[node.type].name;
    host_sink(node.operands[0],
              "the place of " + std::string(kind == "image" || kind == "audio" ? "an " : "a ") + kind);
  }
  return stepped(result, node.span,
                 hidden ? "it is the key here" : "it goes through `" + std::string(function.name) + '`');
}

/// Notes that untrusted text comes to a parameter of a callee, and how it came first.
void Flow::pass(Summary& callee, size_t parameter, const Taint& argument, Span span,
                const std::string& message) {
  for (const Taint::Item& item : argument.items()) {
    if (item.origin == kFound) continue;
    const bool source = item.origin == kSource;
    const auto own = static_cast<size_t>(source ? 0 : item.origin);
    if (callee.given[parameter] || (!source && !owner_.summary->given[own])) continue;
    callee.given[parameter] = changed_ = true;
    callee.given_by[parameter] = source ? step(span, message, item.way) : owner_.summary->given_by[own];
  }
}

Taint Flow::searched_answer(const Node& node) {
  const graph::Prompt& prompt = module_.prompts[node.index];
  const uint32_t model = node.model != UINT32_MAX ? node.model : prompt.model;
  const auto searching = program::searching_model(module_.models, model);
  Taint result;
  if (!searching) return result;
  const syntax::ProviderCall* instead = profile_entry(context_, *context_.model_symbols[*searching]);
  const Step* declared = step(instead ? instead->name.span : module_.model_spans[*searching],
                              "model `" + module_.models[*searching].name + "` searches the web");
  result.add(kSource, step(node.span, "so what prompt `" + prompt.name + "` answers is untrusted", declared));
  return result;
}

Taint Flow::call(const Node& node, const Signature& callee, Summary& summary, const std::string& name) {
  Taint result;
  for (size_t i = 0; i < node.operands.size() && i < summary.flows.size(); ++i) {
    const Slot& slot = callee.parameters.items[i];
    const bool closed = marks_.closed_parameter(slot) && !of_bools(slot.type);
    const Taint argument = closed ? Taint() : carried(node.operands[i]);
    if (argument.empty()) continue;
    const std::string passed = "it is passed to " + name + " as `" + std::string(slot.name) + '`';
    pass(summary, i, argument, node.span, passed);
    for (const Sink& sink : summary.sinks[i]) reach(argument, sink, node.span, passed);
    if (!summary.flows[i]) continue;
    result.add(stepped(argument, node.span, "it goes through " + name));
  }
  if (summary.source) result.add(kSource, step(node.span, "it comes from " + name, summary.source));
  if (summary.found) result.add(kFound, step(node.span, "it comes from " + name, summary.found));
  if (node.op == Op::Prompt) result.add(searched_answer(node));
  // What a model makes of text and gives as a closed value is another's; what a function compares is not.
  const bool sheds = node.op == Op::Prompt || !of_bools(node.type);
  return sheds && marks_.closed(node.type) ? Taint() : result;
}

namespace {

/// Whether the passages of an index have ids, or sources, that stand in what was read.
bool names_itself(const graph::Module& module, const graph::External& search) {
  if (search.resource >= module.resources.size()) return false;
  std::string ignored;
  const auto options = value::json_members(module.resources[search.resource].provider.options_json, ignored);
  return options && std::ranges::any_of(*options, [](const value::JsonMember& option) {
           return option.key == "id" || option.key == "source";
         });
}

}  // namespace

Taint Flow::external(const Node& node) {
  const graph::External& callee = module_.externals[node.index];
  const Signature& signature = context_.externals[node.index];
  Summary& summary = externals_[node.index];
  const std::string name =
      std::string(callee.kind == ExternalKind::Agent ? "agent" : "tool") + " `" + callee.name + '`';
  const bool is_tool = callee.kind == ExternalKind::Tool || callee.kind == ExternalKind::Remote;
  const bool writes = is_tool && callee.effect == program::Effect::Writes;
  for (size_t i = 0; i < node.operands.size(); ++i) {
    const Slot& slot = signature.parameters.items[i];
    if (slot.untrusted || marks_.closed_parameter(slot)) continue;
    const Taint argument = whole(node.operands[i]);
    const bool asks = std::ranges::any_of(argument.items(), [&](const Taint::Item& item) {
      return item.origin == kSource ||
             (item.origin >= 0 && owner_.summary->given[static_cast<size_t>(item.origin)]);
    });
    summary.asked = summary.asked || asks;
    pass(summary, i, argument, node.span, "it is passed to " + name + " as `" + std::string(slot.name) + '`');
    if (writes)
      reach(argument, node.span, "argument `" + std::string(slot.name) + "` of " + name + ", which writes",
            /*asks=*/true);
    for (const Sink& sink : summary.sinks[i]) {
      reach(argument, sink, node.span, "it is passed to " + name + " as `" + std::string(slot.name) + '`');
    }
  }
  // Turns that come whole from elsewhere may say that they are instructions.
  if (callee.kind == ExternalKind::Step)
    reach(taints_[node.operands[0].index], node.span, "the messages of `model.step`");
  Taint result;
  if (marks_.closed(node.type)) return result;
  switch (callee.kind) {
    case ExternalKind::Tool:
    case ExternalKind::Agent:
    case ExternalKind::Remote:
      result.add(kSource, step(node.span, "what " + name + " answers is untrusted"));
      break;
    case ExternalKind::Recall:
      result.add(kSource, step(node.span, "what `" + callee.name + "` gives back is untrusted"));
      break;
    case ExternalKind::Ask:  // a person may answer with one of the choices, in the words of whoever wrote
                             // them
      for (size_t i = 1; i < node.operands.size(); ++i)
        result.add(stepped(whole(node.operands[i]), node.span, "it is a choice that a person may take"));
      break;
    case ExternalKind::Search:  // whoever asks chooses what is found
      if (names_itself(module_, callee))
        result.add(kSource,
                   step(node.span, "the records of `" + callee.name +
                                       "` say themselves what they are called and where they are from"));
      for (NodeId operand : node.operands) {
        const Taint question = whole(operand);
        for (const Taint::Item& item : question.items()) {
          if (item.origin >= 0 && !owner_.summary->given[static_cast<size_t>(item.origin)]) continue;
          const Step* way =
              item.origin >= 0 ? owner_.summary->given_by[static_cast<size_t>(item.origin)] : item.way;
          result.add(kFound, step(node.span, "it chooses what is found here", way));
        }
      }
      break;
    default: break;  // passages say themselves which of their fields are; people are trusted
  }
  return result;
}

}  // namespace chain::sema::trust
