#include "compiler/graph/picture.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "compiler/graph/expression_text.h"
#include "compiler/graph/names.h"
#include "compiler/graph/properties.h"

namespace chain::graph {

namespace {

/// Shapes that a value comes from, in order, without repetition.
using Sources = std::set<uint32_t>;

class Drawing {
 public:
  explicit Drawing(const Module& module) : module_(module) {}

  Picture draw() {
    std::set<uint32_t> tests;
    for (const program::Test& test : module_.tests) tests.insert(test.chain);
    for (uint32_t i = 0; i < module_.chains.size(); ++i) {
      if (!tests.contains(i)) chain(module_.chains[i]);
    }
    std::ranges::sort(picture_.arrows);
    const auto repeated = std::ranges::unique(picture_.arrows);
    picture_.arrows.erase(repeated.begin(), repeated.end());
    return std::move(picture_);
  }

 private:
  /// Where a region is drawn: its group, and the branch or loop or start that leads to what needs nothing
  /// else.
  struct Place {
    uint32_t group;
    uint32_t before;
    std::string label;  // of the arrow from `before`
  };

  uint32_t add(Picture::Kind kind, std::string label, const Place& place, const Sources& from) {
    const auto id = static_cast<uint32_t>(picture_.shapes.size());
    picture_.shapes.push_back({kind, std::move(label), place.group});
    for (uint32_t source : from)
      picture_.arrows.push_back({source, id, source == place.before ? place.label : ""});
    // An arm leads to what it holds, whatever else that needs.
    const bool led = from.contains(place.before);
    if (!led && (from.empty() || !place.label.empty()))
      picture_.arrows.push_back({place.before, id, place.label});
    return id;
  }

  uint32_t group(std::string label, int32_t parent) {
    picture_.groups.push_back({std::move(label), parent});
    return static_cast<uint32_t>(picture_.groups.size() - 1);
  }

  void chain(const Chain& chain);
  /// Gives what the region's value comes from.
  Sources region(RegionId id, const Place& place);
  Sources node(const Node& node, const Place& place);
  Sources branch(const Node& node, const Place& place, const Sources& from);
  Sources loop(const Node& node, const Place& place, const Sources& from);
  Sources alternatives(const Node& node, const Place& place, const Sources& from);
  std::string arm_label(const Node& node, size_t arm) const;
  bool draws(const Node& node) const;

  const Module& module_;
  Picture picture_;
  std::map<uint32_t, Sources> sources_;
  uint32_t parameters_ = 0;  // the shape that Params of the current region come from
};

std::string called(const Node& node, const std::string& target) {
  return node.name.empty() || node.name == target ? target : node.name + " = " + target;
}

void Drawing::chain(const Chain& chain) {
  const uint32_t own = group(versioned(chain.name, chain.version), -1);
  std::string label = chain.name + '(';
  for (const program::Field& field : module_.types[chain.parameters].fields) {
    label += (label.back() == '(' ? "" : ", ") + field.name;
  }
  picture_.shapes.push_back({Picture::Kind::Start, label + ')', own});
  parameters_ = static_cast<uint32_t>(picture_.shapes.size() - 1);
  const Place place{own, parameters_, ""};
  const Sources result = region(chain.body, place);
  if (module_[chain.body].result.valid()) {
    add(Picture::Kind::Result, module_.types.to_string(chain.result), place, result);
  }
}

Sources Drawing::region(RegionId id, const Place& place) {
  for (NodeId each : module_[id].nodes) sources_[each.index] = node(module_[each], place);
  return module_[id].result.valid() ? sources_[module_[id].result.index] : Sources{};
}

bool Drawing::draws(const Node& node) const {
  bool result = false;
  for (RegionId inner : node.regions) {
    for_each_node(module_, inner, [&](NodeId id) {
      const Op op = module_[id].op;
      result |= op == Op::Prompt || op == Op::Chain || op == Op::External || op == Op::Return;
    });
  }
  return result;
}

Sources Drawing::node(const Node& node, const Place& place) {
  Sources from;
  for (NodeId operand : node.operands) from.merge(Sources(sources_[operand.index]));
  if (node.op == Op::Param) return {parameters_};
  if (node.op == Op::Prompt) {
    const Prompt& target = module_.prompts[node.index];
    return {add(Picture::Kind::Prompt, called(node, versioned(target.name, target.version)), place, from)};
  }
  if (node.op == Op::Chain) {
    const Chain& target = module_.chains[node.index];
    return {add(Picture::Kind::Call, called(node, versioned(target.name, target.version)), place, from)};
  }
  if (node.op == Op::External) {
    const External& target = module_.externals[node.index];
    return {add(Picture::Kind::Call, called(node, versioned(target.name, target.version)), place, from)};
  }
  if (node.op == Op::Return) {
    add(Picture::Kind::Result, "return", place, from);
    return {};
  }
  const bool drawn = draws(node);
  if (drawn && (node.op == Op::If || node.op == Op::Switch)) return branch(node, place, from);
  if (drawn && (node.op == Op::For || node.op == Op::Loop || node.op == Op::Sample))
    return loop(node, place, from);
  if (drawn && (node.op == Op::Try || node.op == Op::Race)) return alternatives(node, place, from);
  // Pure code comes from all that it reads. What it holds reads its own parameters too, which are `from`.
  const uint32_t outer = parameters_;
  for (RegionId inner : node.regions) {
    region(inner, place);
    for (NodeId each : module_[inner].nodes) from.merge(Sources(sources_[each.index]));
  }
  parameters_ = outer;
  return from;
}

Sources Drawing::branch(const Node& node, const Place& place, const Sources& from) {
  const std::string subject = expression_text(module_, node.operands[0]);
  const std::string word = node.op == Op::If ? "if " : "match ";
  const uint32_t id = add(Picture::Kind::Branch, word + subject, place, from);
  Sources result{id};
  for (size_t i = 0; i < node.regions.size(); ++i) {
    result.merge(region(node.regions[i], {place.group, id, arm_label(node, i)}));
  }
  return result;
}

/// Of a `try`: what is tried, and what catches. Of a race: its arms.
Sources Drawing::alternatives(const Node& node, const Place& place, const Sources& from) {
  const bool tries = node.op == Op::Try;
  const uint32_t id = add(Picture::Kind::Branch, tries ? "try" : "race", place, from);
  const uint32_t outer = std::exchange(parameters_, id);
  Sources result{id};
  for (size_t i = 0; i < node.regions.size(); ++i) {
    result.merge(region(node.regions[i], {place.group, id, tries && i > 0 ? "catch" : ""}));
  }
  parameters_ = outer;
  return result;
}

Sources Drawing::loop(const Node& node, const Place& place, const Sources& from) {
  const std::string source = expression_text(module_, node.operands[0]);
  const bool counted = module_.types[module_[node.operands[0]].type].kind == program::TypeKind::Int;
  const std::string label = node.op == Op::Sample ? "sample " + source
                            : counted             ? "repeat up to " + source
                                                  : "for each of " + source;
  const uint32_t inside = group(label, static_cast<int32_t>(place.group));
  const uint32_t id = add(Picture::Kind::Loop, label, place, from);
  const uint32_t outer = std::exchange(parameters_, id);
  Sources result = region(node.regions[0], {inside, id, ""});
  parameters_ = outer;
  result.insert(id);
  return result;
}

std::string Drawing::arm_label(const Node& node, size_t arm) const {
  if (node.op == Op::If) return arm == 0 ? "yes" : "no";
  const program::Type& subject = module_.types[module_[node.operands[0]].type];
  std::string label;
  for (int64_t value : node.cases[arm]) {
    const bool named = static_cast<uint64_t>(value) < subject.cases.size();
    label += (label.empty() ? "" : " | ") +
             (named ? subject.cases[static_cast<size_t>(value)].name : std::to_string(value));
  }
  return label.empty() ? "else" : label;
}

}  // namespace

Picture picture(const Module& module) {
  return Drawing(module).draw();
}

}  // namespace chain::graph
