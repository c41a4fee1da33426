// Makes small graphs by hand.
#pragma once

#include <initializer_list>

#include "compiler/graph/module.h"

namespace chain::graph::test {

class Builder {
 public:
  Module module;

  program::TypeTable& types() { return module.types; }

  /// A record of `fields`; "Arguments" of chains and prompts too.
  TypeId record(std::string name, std::initializer_list<std::pair<const char*, TypeId>> fields) {
    program::Type type;
    type.kind = program::TypeKind::Record;
    type.name = std::move(name);
    for (const auto& [field, field_type] : fields) type.fields.push_back({.name = field, .type = field_type});
    const TypeId id = types().add(std::move(type));
    types().layout_record(id);
    return id;
  }

  TypeId enumeration(std::string name, std::initializer_list<const char*> cases) {
    program::Type type;
    type.kind = program::TypeKind::Enum;
    type.name = std::move(name);
    for (const char* each : cases) type.cases.push_back({.name = each});
    return types().add(std::move(type));
  }

  /// Begins a chain; nodes go to its body until the next `begin_*`.
  RegionId begin_chain(std::string name, TypeId parameters, TypeId result) {
    const RegionId body = begin_region();
    module.chains.push_back({.name = std::move(name),
                             .version = {1, 0},
                             .parameters = parameters,
                             .result = result,
                             .body = body});
    return body;
  }

  RegionId begin_region() {
    module.regions.emplace_back();
    current_ = {static_cast<uint32_t>(module.regions.size() - 1)};
    return current_;
  }
  void resume(RegionId region) { current_ = region; }

  NodeId add(Op op, TypeId type, std::vector<NodeId> operands = {}, uint32_t index = 0,
             std::string name = {}) {
    Node node;
    node.op = op;
    node.type = type;
    node.operands = std::move(operands);
    node.index = index;
    node.name = std::move(name);
    module.nodes.push_back(std::move(node));
    const NodeId id{static_cast<uint32_t>(module.nodes.size() - 1)};
    module[current_].nodes.push_back(id);
    return id;
  }

  NodeId constant(TypeId type, Constant value) {
    const NodeId id = add(Op::Constant, type);
    module[id].constant = std::move(value);
    return id;
  }
  NodeId integer(int64_t value) { return constant(types().int_type, value); }
  NodeId text(std::string value) { return constant(types().string_type, std::move(value)); }

  /// Gives `owner` the regions, in order.
  void hold(NodeId owner, std::initializer_list<RegionId> regions) {
    module[owner].regions = regions;
    for (RegionId region : regions) module[region].owner = owner;
  }
  void give(RegionId region, NodeId value) { module[region].result = value; }
  void give(NodeId value) { give(current_, value); }
  RegionId current() const { return current_; }

 private:
  RegionId current_;
};

}  // namespace chain::graph::test
