#include "compiler/graph/validate.h"

#include <algorithm>

#include "compiler/graph/node_rules.h"
#include "compiler/graph/properties.h"

namespace chain::graph {

using program::TypeId;
using program::TypeKind;

namespace {

/// What may stand in a body.
struct Place {
  bool effects = false;                             // prompt and chain calls, `try`
  bool returns = false;                             // return, fail
  bool test = false;                                // given and expect
  bool in_render = false;                           // emit
  TypeId result;                                    // what a `return` gives
  TypeId state;                                     // what a `break` gives; Void where none may stand
  const std::vector<TypeId>* parameters = nullptr;  // types of the body's own Params
};

class Validator {
 public:
  explicit Validator(const Module& module)
      : module_(module),
        node_seen_(module.nodes.size()),
        in_scope_(module.nodes.size()),
        region_seen_(module.regions.size()) {}

  std::vector<std::string> check();

 private:
  void fail(std::string sentence) { mistakes_.push_back(std::move(sentence)); }
  void fail(NodeId id, const std::string& what) {
    const Node& node = module_[id];
    fail("node " + std::to_string(id.index) + " (" + std::string(op_text(node.op)) +
         (node.name.empty() ? "" : " `" + node.name + "`") + ", line " + std::to_string(node.site.line) +
         ") " + what);
  }

  bool tables_hold();
  void prompt(const Prompt& prompt);
  void external(const External& external);
  void provider(const std::string& owner, const ProviderCall& call, const std::vector<TypeId>& parameters);
  void chain(const Chain& chain, bool test);
  void body(const std::string& owner, RegionId region, const Place& place, TypeId wanted);

  /// False if the region cannot be looked into.
  bool region(RegionId id, NodeId owner, const Place& place, const std::vector<TypeId>& parameters);
  bool node(NodeId id, const Place& place, const std::vector<TypeId>& parameters);
  bool ids_hold(NodeId id);
  void placed_rightly(NodeId id, const Place& place);
  void param(NodeId id, const std::vector<TypeId>& parameters);
  bool inner_regions(NodeId id, const Place& place);
  std::vector<TypeId> field_types(TypeId record) const;
  std::vector<TypeId> caught_type(RegionId arm) const;

  const Module& module_;
  std::vector<bool> node_seen_;
  std::vector<bool> in_scope_;
  std::vector<bool> region_seen_;
  std::vector<std::string> mistakes_;
};

std::vector<std::string> Validator::check() {
  if (!tables_hold()) return std::move(mistakes_);
  for (const Predicate& predicate : module_.predicates) {
    const std::vector<TypeId> parameters{predicate.subject};
    body("predicate `" + predicate.text + "`", predicate.body, {.parameters = &parameters},
         module_.types.bool_type);
  }
  for (const Template& each : module_.templates) {
    const std::vector<TypeId> parameters = field_types(each.parameters);
    body("template `" + each.name + "`", each.body, {.in_render = true, .parameters = &parameters},
         module_.types.void_type);
  }
  for (const Function& each : module_.functions) {
    const std::vector<TypeId> parameters = field_types(each.parameters);
    body("function `" + each.name + "`", each.body,
         {.returns = true, .result = each.result, .parameters = &parameters}, each.result);
  }
  for (const Prompt& each : module_.prompts) prompt(each);
  for (const Resource& each : module_.resources) provider("`" + each.name + "`", each.provider, {});
  for (const External& each : module_.externals) external(each);
  const std::vector<bool> tests = test_chains(module_);
  for (size_t i = 0; i < module_.chains.size(); ++i) chain(module_.chains[i], tests[i]);
  return std::move(mistakes_);
}

bool Validator::tables_hold() {
  const auto is_record = [&](TypeId id) {
    return id.index < module_.types.types.size() && module_.types[id].kind == TypeKind::Record;
  };
  for (const Prompt& prompt : module_.prompts) {
    if (!is_record(prompt.parameters)) fail("prompt `" + prompt.name + "` takes no record");
    if (prompt.result.index >= module_.types.types.size())
      fail("prompt `" + prompt.name + "` has no result type");
    if (prompt.model >= module_.models.size()) fail("prompt `" + prompt.name + "` has no model");
  }
  for (const External& external : module_.externals) {
    if (!is_record(external.parameters)) fail("`" + external.name + "` takes no record");
    if (external.result.index >= module_.types.types.size())
      fail("`" + external.name + "` has no result type");
  }
  for (const Chain& chain : module_.chains) {
    if (!is_record(chain.parameters)) fail("chain `" + chain.name + "` takes no record");
    if (chain.result.index >= module_.types.types.size())
      fail("chain `" + chain.name + "` has no result type");
  }
  for (const Template& each : module_.templates) {
    if (!is_record(each.parameters)) fail("template `" + each.name + "` takes no record");
  }
  for (const Function& each : module_.functions) {
    if (!is_record(each.parameters)) fail("function `" + each.name + "` takes no record");
    if (each.result.index >= module_.types.types.size())
      fail("function `" + each.name + "` has no result type");
  }
  for (const Predicate& predicate : module_.predicates) {
    if (predicate.subject.index >= module_.types.types.size()) fail("a predicate has no subject");
  }
  for (const program::Test& test : module_.tests) {
    if (test.chain >= module_.chains.size()) fail("test `" + test.title + "` names no chain");
  }
  for (const uint32_t entry : module_.entries) {
    if (entry >= module_.chains.size()) fail("an entry names no chain");
  }
  return mistakes_.empty();
}

void Validator::prompt(const Prompt& prompt) {
  const std::vector<TypeId> parameters = field_types(prompt.parameters);
  for (const MessagePart& part : prompt.messages) {
    if (part.body.valid()) {
      body("prompt `" + prompt.name + "`", part.body, {.parameters = &parameters}, module_.types.string_type);
    } else if (part.example < 0 || static_cast<size_t>(part.example) >= prompt.examples.size()) {
      fail("prompt `" + prompt.name + "` has a part that is neither text nor example");
    }
  }
}

void Validator::provider(const std::string& owner, const ProviderCall& call,
                         const std::vector<TypeId>& parameters) {
  for (const ProviderArgument& argument : call.arguments) {
    if (argument.body.index >= module_.regions.size() || !module_[argument.body].result.valid()) {
      fail(owner + " gives its provider an argument without a value");
      continue;
    }
    (void)region(argument.body, NodeId{}, {.parameters = &parameters}, parameters);
  }
}

void Validator::external(const External& external) {
  const std::vector<TypeId> parameters = field_types(external.parameters);
  const std::string owner = "`" + external.name + "`";
  provider(owner, external.provider, parameters);
  for (const MessagePart& part : external.messages) {
    body(owner, part.body, {.parameters = &parameters}, module_.types.string_type);
  }
}

void Validator::chain(const Chain& chain, bool test) {
  const std::vector<TypeId> parameters = field_types(chain.parameters);
  body("chain `" + chain.name + "`", chain.body,
       {.effects = true, .returns = true, .test = test, .result = chain.result, .parameters = &parameters},
       chain.result);
}

void Validator::body(const std::string& owner, RegionId id, const Place& place, TypeId wanted) {
  if (id.index >= module_.regions.size()) return fail(owner + " has no body");
  if (!region(id, NodeId{}, place, *place.parameters)) return;
  const NodeId result = module_[id].result;
  if (module_.types[wanted].kind == TypeKind::Void) {
    if (result.valid()) fail(owner + " has a body with a value that nobody takes");
  } else if (!result.valid()) {
    if (!always_returns(module_, id)) fail(owner + " has a body that gives no value");
  } else if (module_.types[module_[result].type].kind != module_.types[wanted].kind) {
    fail(owner + " gives " + module_.types.to_string(module_[result].type) + ", wants " +
         module_.types.to_string(wanted));
  }
}

bool Validator::region(RegionId id, NodeId owner, const Place& place, const std::vector<TypeId>& parameters) {
  const std::string name = "region " + std::to_string(id.index);
  if (region_seen_[id.index]) {
    fail(name + " stands in two places");
    return false;
  }
  region_seen_[id.index] = true;
  const Region& region = module_[id];
  if (region.owner != owner) fail(name + " names another owner");
  bool whole = true;
  for (NodeId each : region.nodes) whole = node(each, place, parameters) && whole;
  if (region.result.valid() &&
      (region.result.index >= module_.nodes.size() || !in_scope_[region.result.index])) {
    fail(name + " gives a value that is not in scope");
    whole = false;
  }
  for (NodeId each : region.nodes) {
    if (each.index < in_scope_.size()) in_scope_[each.index] = false;
  }
  return whole;
}

bool Validator::node(NodeId id, const Place& place, const std::vector<TypeId>& parameters) {
  if (id.index >= module_.nodes.size() || node_seen_[id.index]) {
    fail("node " + std::to_string(id.index) +
         (id.index >= module_.nodes.size() ? " does not exist" : " stands in two places"));
    return false;
  }
  node_seen_[id.index] = true;
  if (!ids_hold(id)) return false;
  param(id, parameters);
  placed_rightly(id, place);
  if (!inner_regions(id, place)) return false;
  if (std::string broken = broken_rule(module_, module_[id]); !broken.empty()) {
    fail(id, broken);
    return false;
  }
  in_scope_[id.index] = true;
  return true;
}

bool Validator::ids_hold(NodeId id) {
  const Node& node = module_[id];
  const size_t before = mistakes_.size();
  if (node.type.index >= module_.types.types.size()) fail(id, "has no type");
  for (NodeId operand : node.operands) {
    const bool visible = operand.index < module_.nodes.size() && in_scope_[operand.index];
    if (!visible) fail(id, "uses node " + std::to_string(operand.index) + ", which is not in scope");
  }
  for (RegionId inner : node.regions) {
    if (inner.index >= module_.regions.size()) fail(id, "has a region that does not exist");
  }
  return mistakes_.size() == before;
}

void Validator::placed_rightly(NodeId id, const Place& place) {
  const Node& node = module_[id];
  switch (node.op) {
    case Op::Prompt:
    case Op::Chain:
    case Op::External:
      if (!place.effects) fail(id, "stands where no call may stand");
      break;
    case Op::Return: {
      if (!place.returns) return fail(id, "stands where no return may stand");
      const TypeKind given =
          node.operands.empty() ? TypeKind::Void : module_.types[module_[node.operands[0]].type].kind;
      if (given != module_.types[place.result].kind)
        fail(id, "gives a value that is not of the chain's type");
      break;
    }
    case Op::Break:
      if (module_.types[place.state].kind == TypeKind::Void)
        return fail(id, "stands in no loop that runs in order");
      if (!node.operands.empty() && module_[node.operands[0]].type != place.state) {
        fail(id, "gives a value that is not the loop's state");
      }
      break;
    case Op::Try:
    case Op::Race:
    case Op::Sample:
      if (!place.effects) fail(id, "stands where no call may stand");
      break;
    case Op::Fail:
      if (!place.returns) fail(id, "stands where nothing may fail");
      break;
    case Op::Emit:
    case Op::Include:
      if (!place.in_render) fail(id, "stands in no render");
      break;
    case Op::Given:
    case Op::Expect:
      if (!place.test) fail(id, "stands in no test");
      break;
    default: break;
  }
}

void Validator::param(NodeId id, const std::vector<TypeId>& parameters) {
  const Node& node = module_[id];
  if (node.op != Op::Param) return;
  if (node.index >= parameters.size()) return fail(id, "names no parameter of its region");
  if (node.type != parameters[node.index]) fail(id, "is not of its parameter's type");
}

bool Validator::inner_regions(NodeId id, const Place& place) {
  const Node& node = module_[id];
  Place inside = place;
  std::vector<TypeId> parameters;
  if (node.op == Op::Render) inside = {.in_render = true};
  if (node.op == Op::Filter) inside = {};
  if ((node.op == Op::For || node.op == Op::Filter) && !node.operands.empty()) {
    parameters = {module_.types[module_[node.operands[0]].type].element, module_.types.int_type};
  }
  if (node.op == Op::For || node.op == Op::Race || node.op == Op::Sample)
    inside.state = module_.types.void_type;
  if (node.op == Op::Sample) parameters = {module_.types.int_type};
  if (node.op == Op::Loop && node.operands.size() == 2) {
    const program::Type& source = module_.types[module_[node.operands[0]].type];
    parameters = {source.kind == TypeKind::List ? source.element : module_.types.int_type,
                  module_.types.int_type, node.type};
    inside.state = node.type;
  }
  bool whole = true;
  for (RegionId inner : node.regions) {
    const bool arm = node.op == Op::Try && inner != node.regions[0];
    if (arm) parameters = caught_type(inner);
    whole = region(inner, id, inside, parameters) && whole;
  }
  return whole;
}

/// The parameters of an arm that catches: the Error, if it looks at it.
std::vector<TypeId> Validator::caught_type(RegionId arm) const {
  if (arm.index >= module_.regions.size()) return {};
  for (NodeId id : module_[arm].nodes) {
    if (id.index < module_.nodes.size() && module_[id].op == Op::Param) return {module_[id].type};
  }
  return {};
}

std::vector<TypeId> Validator::field_types(TypeId record) const {
  std::vector<TypeId> result;
  for (const program::Field& field : module_.types[record].fields) result.push_back(field.type);
  return result;
}

}  // namespace

std::vector<std::string> validate(const Module& module) {
  return Validator(module).check();
}

}  // namespace chain::graph
