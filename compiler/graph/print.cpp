#include "compiler/graph/print.h"

#include <set>

#include "compiler/graph/names.h"
#include "runtime/library/library.h"
#include "runtime/program/errors.h"

namespace chain::graph {

using program::Type;
using program::TypeId;
using program::TypeKind;

namespace {

class Printer {
 public:
  explicit Printer(const Module& module) : module_(module), names_(module) {}

  void all();
  void body(RegionId region) {
    names_.add_body(region);
    nodes(region);
  }
  std::string take() { return std::move(out_); }

 private:
  void line(const std::string& text) { out_ += std::string(depth_ * 2, ' ') + text + '\n'; }
  void open(const std::string& text) {
    line(text + " {");
    ++depth_;
  }
  void close() {
    --depth_;
    line("}");
  }
  std::string type(TypeId id) const {
    return id.index < module_.types.types.size() ? module_.types.to_string(id) : "?";
  }

  void type_declaration(const Type& type);
  void prompt(const Prompt& prompt);
  void provider(const std::string& head, const ProviderCall& call);
  void external(const External& external);
  void messages(const std::vector<MessagePart>& messages, const std::vector<program::Example>& examples);
  void text_template(const Template& declared);
  void function(const Function& function);
  void chain(const Chain& chain);
  std::string signature(const std::string& name, program::Version version, TypeId parameters,
                        TypeId result) const;

  void nodes(RegionId region);
  void node(NodeId id);
  void regions(const Node& node, const std::string& head);
  std::string arm_head(const Node& node, size_t arm) const;
  std::string caught(const Node& node, size_t arm) const;

  std::string operand(NodeId id) const;
  std::string operands(const Node& node, size_t first = 0) const;
  std::string fields(TypeId record, const std::vector<NodeId>& values) const;
  std::string pairs(const Node& node) const;
  std::string expression(const Node& node) const;
  std::string call(const Node& node) const;
  std::string member(const Node& node) const;

  const Module& module_;
  NodeNames names_;
  std::string out_;
  size_t depth_ = 0;
};

std::string bounds_text(const program::Bounds& bounds) {
  std::string text;
  const auto bound = [&](const char* name, int64_t value, const char* before, const char* after) {
    if (value < 0) return;
    text += (text.empty() ? " within { " : ", ") + std::string(name) + ": " + before + std::to_string(value) +
            after;
  };
  bound("cost", bounds.cost, "$", "e-9");
  bound("time", bounds.time, "", "ns");
  bound("calls", bounds.calls, "", "");
  bound("tokens", bounds.tokens, "", "");
  bound("steps", bounds.steps, "", "");
  bound("depth", bounds.depth, "", "");
  return text.empty() ? text : text + " }";
}

std::string_view effect_word(program::Effect effect) {
  static constexpr std::string_view words[] = {"pure", "reads", "writes"};
  return words[static_cast<size_t>(effect)];
}

bool in(uint32_t index, const auto& items) {
  return index < items.size();
}

void Printer::all() {
  for (const program::Model& model : module_.models) {
    if (model.use != program::ModelUse::Answers) continue;  // its index shows it
    line("model " + model.name + " = " + model.provider + '(' + quoted(model.id) + ", " + model.options_json +
         ')');
  }
  for (const Resource& resource : module_.resources) {
    provider(resource.kind + ' ' + resource.name + " = ", resource.provider);
  }
  std::set<uint32_t> parameters;  // shown where the prompt or chain is
  for (const External& each : module_.externals) parameters.insert(each.parameters.index);
  for (const Prompt& each : module_.prompts) parameters.insert(each.parameters.index);
  for (const Chain& each : module_.chains) parameters.insert(each.parameters.index);
  for (const Template& each : module_.templates) parameters.insert(each.parameters.index);
  for (const Function& each : module_.functions) parameters.insert(each.parameters.index);
  for (uint32_t i = 0; i < module_.types.types.size(); ++i) {
    if (!parameters.contains(i)) type_declaration(module_.types.types[i]);
  }
  for (size_t i = 0; i < module_.predicates.size(); ++i) {
    const Predicate& predicate = module_.predicates[i];
    open("where " + std::to_string(i) + ' ' + quoted(predicate.text) + " of " + type(predicate.subject));
    body(predicate.body);
    close();
  }
  for (const Template& each : module_.templates) text_template(each);
  for (const Function& each : module_.functions) function(each);
  for (const Prompt& each : module_.prompts) prompt(each);
  for (const External& each : module_.externals) external(each);
  for (const Chain& each : module_.chains) chain(each);
  for (const program::Test& test : module_.tests) {
    const bool known = in(test.chain, module_.chains);
    line("test " + quoted(test.title) + " = " + (known ? module_.chains[test.chain].name : "?"));
  }
}

void Printer::type_declaration(const Type& declared) {
  if (declared.name.empty()) return;
  if (declared.kind == TypeKind::Record) {
    open("type " + declared.name);
    for (const program::Field& field : declared.fields) {
      std::string text =
          field.name + (field.alias.empty() ? "" : " as " + quoted(field.alias)) + ": " + type(field.type);
      if (!field.default_json.empty()) text += " = " + field.default_json;
      for (const program::Constraint& constraint : field.constraints) text += " where " + constraint.text;
      line(text);
    }
    close();
  } else if (declared.kind == TypeKind::Enum) {
    open("enum " + declared.name);
    for (const program::EnumCase& each : declared.cases) {
      line(each.name + (each.alias.empty() ? "" : " as " + quoted(each.alias)));
    }
    close();
  } else if (!declared.constraints.empty()) {
    std::string text = "type " + declared.name;
    for (const program::Constraint& constraint : declared.constraints) text += " where " + constraint.text;
    line(text);
  }
}

std::string Printer::signature(const std::string& name, program::Version version, TypeId parameters,
                               TypeId result) const {
  std::string text = versioned(name, version) + '(';
  if (in(parameters.index, module_.types.types)) {
    for (const program::Field& field : module_.types[parameters].fields) {
      if (text.back() != '(') text += ", ";
      text += field.name + ": " + type(field.type);
      if (!field.default_json.empty()) text += " = " + field.default_json;
    }
  }
  return text + ") -> " + type(result);
}

std::string similarity(uint32_t of_10000) {
  return of_10000 > 0 ? " to similar questions, from " + std::to_string(of_10000) + "/10000" : "";
}

void Printer::prompt(const Prompt& prompt) {
  open("prompt " + signature(prompt.name, prompt.version, prompt.parameters, prompt.result));
  if (in(prompt.model, module_.models)) line("model: " + module_.models[prompt.model].name);
  line("repair: " + std::to_string(prompt.repair));
  if (prompt.cache > 0) line("cache: " + std::to_string(prompt.cache) + "ns" + similarity(prompt.similar));
  const auto [parts, bytes] = prompt.prefix;
  std::string prefix;
  if (parts > 0) prefix = std::to_string(parts) + (parts == 1 ? " part" : " parts");
  if (bytes > 0) prefix += (prefix.empty() ? "" : " and ") + std::to_string(bytes) + " bytes";
  if (!prefix.empty()) line("prefix: " + prefix);
  messages(prompt.messages, prompt.examples);
  close();
}

void Printer::messages(const std::vector<MessagePart>& messages,
                       const std::vector<program::Example>& examples) {
  static constexpr const char* roles[] = {"system", "user", "assistant"};
  for (const MessagePart& part : messages) {
    if (part.body.valid()) {
      open(roles[static_cast<size_t>(part.role)]);
      body(part.body);
      close();
    } else if (part.example >= 0 && in(static_cast<uint32_t>(part.example), examples)) {
      const program::Example& example = examples[static_cast<size_t>(part.example)];
      line("example: " + example.arguments_json + " -> " + example.result_json);
    }
  }
}

void Printer::provider(const std::string& head, const ProviderCall& call) {
  const std::string text = head + call.name + '(' + call.options_json + ')';
  if (call.arguments.empty()) return line(text);
  open(text);
  for (const ProviderArgument& argument : call.arguments) {
    open(argument.name);
    body(argument.body);
    close();
  }
  close();
}

void Printer::external(const External& external) {
  std::string head = std::string(word_of(external.kind)) + ' ' +
                     signature(external.name, external.version, external.parameters, external.result) + ' ' +
                     std::string(effect_word(external.effect)) + (external.approve ? " approve" : "") +
                     (external.idempotent ? " idempotent" : "");
  if (external.kind == program::ExternalKind::Tool) { return provider(head + " = ", external.provider); }
  if (external.kind != program::ExternalKind::Agent) return line(head);
  open(head + bounds_text(external.bounds));
  if (in(external.model, module_.models)) line("model: " + module_.models[external.model].name);
  const auto listed = [&](const std::string& name, const std::vector<std::string>& items) {
    std::string text;
    for (const std::string& item : items) text += (text.empty() ? "" : ", ") + item;
    if (!items.empty()) line(name + ": " + text);
  };
  std::vector<std::string> tools;
  for (const Callable& each : external.callables) {
    if (!each.handoff) tools.push_back(each.source);
  }
  listed(external.pick > 0 ? "tools, " + std::to_string(external.pick) + " at a time" : "tools", tools);
  listed("handoff", external.handoff);
  if (!external.memory.empty()) line("memory: " + external.memory);
  if (!external.loop.empty()) line("loop: " + external.loop);
  messages(external.messages, {});
  close();
}

void Printer::text_template(const Template& declared) {
  open("template " + signature(declared.name, {}, declared.parameters, module_.types.string_type));
  body(declared.body);
  close();
}

void Printer::function(const Function& function) {
  const program::Bounds bounds{.depth = function.depth};
  open("fn " + signature(function.name, {}, function.parameters, function.result) + bounds_text(bounds));
  body(function.body);
  close();
}

void Printer::chain(const Chain& chain) {
  open("chain " + signature(chain.name, chain.version, chain.parameters, chain.result) +
       (chain.writes ? " writes" : "") + bounds_text(chain.bounds));
  body(chain.body);
  close();
}

void Printer::nodes(RegionId region) {
  constexpr size_t deepest = 400;  // only a module that is not well formed has a region inside itself
  if (!in(region.index, module_.regions) || depth_ > deepest) return line("?");
  for (NodeId id : module_[region].nodes) node(id);
  if (module_[region].result.valid()) line("=> " + operand(module_[region].result));
}

void Printer::node(NodeId id) {
  if (!in(id.index, module_.nodes)) return line("?");
  const Node& node = module_[id];
  if (node.op == Op::Constant) return;  // shown where it is used
  const bool gives_value =
      !in(node.type.index, module_.types.types) || module_.types[node.type].kind != TypeKind::Void;
  const std::string text =
      (gives_value ? names_[id] + ": " + type(node.type) + " = " : "") + expression(node);
  if (node.regions.empty()) return line(text);
  regions(node, text);
}

void Printer::regions(const Node& node, const std::string& head) {
  for (size_t i = 0; i < node.regions.size(); ++i) {
    if (node.op == Op::Try && i > 0) {
      --depth_;
      open("} catch " + caught(node, i));
    } else if (node.op == Op::Switch) {
      if (i == 0) open(head);
      open(arm_head(node, i));
    } else if (i == 0) {
      open(head);
    } else {
      --depth_;
      open("} else");
    }
    nodes(node.regions[i]);
    if (node.op == Op::Switch) close();
  }
  close();
}

std::string Printer::caught(const Node& node, size_t arm) const {
  std::string text;
  if (arm < node.cases.size()) {
    for (int64_t kind : node.cases[arm]) {
      text += (text.empty() ? "" : " | ") +
              std::string(program::to_string(static_cast<program::ErrorKind>(kind)));
    }
  }
  return text.empty() ? "else" : text;
}

std::string Printer::arm_head(const Node& node, size_t arm) const {
  if (!in(static_cast<uint32_t>(arm), node.cases) || node.cases[arm].empty()) return "else";
  const Type* subject = nullptr;
  if (!node.operands.empty() && in(node.operands[0].index, module_.nodes)) {
    subject = &module_.types[module_[node.operands[0]].type];
  }
  std::string text;
  for (int64_t value : node.cases[arm]) {
    if (!text.empty()) text += " | ";
    const bool named =
        subject && subject->kind == TypeKind::Enum && static_cast<uint64_t>(value) < subject->cases.size();
    text += named ? subject->cases[static_cast<size_t>(value)].name : std::to_string(value);
  }
  return text;
}

std::string Printer::operand(NodeId id) const {
  if (!in(id.index, module_.nodes)) return "%?";
  const Node& node = module_[id];
  return node.op == Op::Constant ? constant_text(module_, node) : names_[id];
}

std::string Printer::operands(const Node& node, size_t first) const {
  std::string text;
  for (size_t i = first; i < node.operands.size(); ++i)
    text += (i > first ? ", " : "") + operand(node.operands[i]);
  return text;
}

std::string Printer::fields(TypeId record, const std::vector<NodeId>& values) const {
  std::string text;
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) text += ", ";
    const bool named = in(record.index, module_.types.types) && i < module_.types[record].fields.size();
    text += (named ? module_.types[record].fields[i].name : "?") + ": " + operand(values[i]);
  }
  return text;
}

std::string Printer::pairs(const Node& node) const {
  std::string text;
  for (size_t i = 0; i + 1 < node.operands.size(); i += 2) {
    text += (i > 0 ? ", " : "") + operand(node.operands[i]) + ": " + operand(node.operands[i + 1]);
  }
  return text;
}

std::string Printer::call(const Node& node) const {
  if (node.op == Op::Library) {
    const bool known = in(node.index, library::functions());
    return "call " + (known ? std::string(library::functions()[node.index].name) : "?") + '(' +
           operands(node) + ')';
  }
  const bool outside = node.op == Op::Given && node.index >= module_.prompts.size();
  if (node.op == Op::External || outside) {
    const size_t place = outside ? node.index - module_.prompts.size() : node.index;
    if (place >= module_.externals.size()) return std::string(op_text(node.op)) + " ?";
    const External& target = module_.externals[place];
    const std::string name = versioned(target.name, target.version);
    if (outside) return "given " + name + " returns " + operands(node);
    return std::string(word_of(target.kind)) + ' ' + name + '(' + fields(target.parameters, node.operands) +
           ')';
  }
  if (node.op == Op::Prompt || node.op == Op::Given) {
    if (!in(node.index, module_.prompts)) return std::string(op_text(node.op)) + " ?";
    const Prompt& target = module_.prompts[node.index];
    if (node.op == Op::Given)
      return "given " + versioned(target.name, target.version) + " returns " + operands(node);
    return "prompt " + versioned(target.name, target.version) + '(' +
           fields(target.parameters, node.operands) + ')';
  }
  if (node.op == Op::Include) {
    if (!in(node.index, module_.templates)) return "include ?";
    const Template& target = module_.templates[node.index];
    return "include " + target.name + '(' + fields(target.parameters, node.operands) + ')';
  }
  if (node.op == Op::Invoke) {
    if (!in(node.index, module_.functions)) return "invoke ?";
    const Function& target = module_.functions[node.index];
    return "invoke " + target.name + '(' + fields(target.parameters, node.operands) + ')';
  }
  if (!in(node.index, module_.chains)) return "chain ?";
  const Chain& target = module_.chains[node.index];
  return "chain " + versioned(target.name, target.version) + '(' + fields(target.parameters, node.operands) +
         ')';
}

/// The member of the union that the node makes or opens.
std::string Printer::member(const Node& node) const {
  const bool opens = node.op == Op::Narrow;
  const bool known = !node.operands.empty() && in(node.operands[0].index, module_.nodes);
  if (opens && !known) return "?";
  const Type& whole = module_.types[opens ? module_[node.operands[0]].type : node.type];
  return node.index < whole.members.size() ? type(whole.members[node.index]) : "?";
}

std::string Printer::expression(const Node& node) const {
  const std::string head(op_text(node.op));
  switch (node.op) {
    case Op::Constant: return constant_text(module_, node);
    case Op::Param: return head + ' ' + std::to_string(node.index);
    case Op::Record: return head + " { " + fields(node.type, node.operands) + " }";
    case Op::Map: return head + " { " + pairs(node) + " }";
    case Op::List: return head + " [" + operands(node) + ']';
    case Op::Field: {
      const bool known = !node.operands.empty() && in(node.operands[0].index, module_.nodes);
      const Type* record = known ? &module_.types[module_[node.operands[0]].type] : nullptr;
      const bool named = record && node.index < record->fields.size();
      return head + ' ' + operands(node) + '.' +
             (named ? record->fields[node.index].name : std::to_string(node.index));
    }
    case Op::Variant:
    case Op::Narrow: return head + ' ' + operands(node) + " as " + member(node);
    case Op::Check: {
      const bool known = in(node.index, module_.predicates);
      return head + ' ' + operands(node) + " where " + (known ? module_.predicates[node.index].text : "?");
    }
    case Op::Library:
    case Op::Prompt:
    case Op::Chain:
    case Op::External:
    case Op::Include:
    case Op::Invoke:
    case Op::Given: return call(node);
    case Op::Trust: {
      const auto* why = std::get_if<std::string>(&node.constant);
      return head + ' ' + operands(node) + (why ? " because " + quoted(*why) : "");
    }
    case Op::Secret: return head + ' ' + quoted(std::get<std::string>(node.constant));
    case Op::For:
      return head + ' ' + operands(node) +
             (node.parallel ? " parallel " + std::to_string(node.parallel) : "");
    case Op::Expect: {
      const bool known = in(node.index, module_.expectations);
      return head + ' ' + operands(node) + (known ? " // " + module_.expectations[node.index].text : "");
    }
    default: return node.operands.empty() ? head : head + ' ' + operands(node);
  }
}

}  // namespace

std::string print(const Module& module) {
  Printer printer(module);
  printer.all();
  return printer.take();
}

std::string print(const Module& module, RegionId region) {
  Printer printer(module);
  printer.body(region);
  return printer.take();
}

}  // namespace chain::graph
