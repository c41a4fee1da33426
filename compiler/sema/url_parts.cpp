#include "compiler/sema/url_parts.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/graph/properties.h"
#include "runtime/library/library.h"
#include "runtime/program/resources.h"

namespace chain::sema {

namespace {

using graph::Module;
using graph::Node;
using graph::NodeId;
using graph::Op;
using graph::RegionId;
using program::TypeKind;

/// Of what a URL begins with: the host comes first, then the path, then the query.
enum class Part : uint8_t { Host, Path, Query };

Part part_behind(std::string_view before) {
  if (before.find('?') != std::string_view::npos || before.find('#') != std::string_view::npos)
    return Part::Query;
  const size_t scheme = before.find("://");
  if (scheme == std::string_view::npos) return Part::Host;
  return before.find('/', scheme + 3) == std::string_view::npos ? Part::Host : Part::Path;
}

class Encoder {
 public:
  explicit Encoder(Module& module) : module_(module) {}

  void url(RegionId body) {
    before_.clear();
    behind_ = kEnd;
    const NodeId result = module_[body].result;
    if (!result.valid()) return;
    nodes_.clear();
    const NodeId made = text(result);
    if (made == result) return;
    module_[body].nodes.insert(module_[body].nodes.end(), nodes_.begin(), nodes_.end());
    module_[body].result = made;
  }

 private:
  /// What stands in the place of `id`, a text or a part of one; what is new is in `nodes_`.
  NodeId text(NodeId id) {
    const Op op = module_[id].op;
    if (const auto* known = op == Op::Constant ? std::get_if<std::string>(&module_[id].constant) : nullptr) {
      before_ += *known;
      return id;
    }
    if (op == Op::Render) {
      pieces(module_[id].regions[0]);
      return id;
    }
    if (op == Op::Concat) {
      const char behind = std::exchange(behind_, first_of(module_[id].operands[1]));
      const NodeId left = text(module_[id].operands[0]);
      behind_ = behind;
      const NodeId right = text(module_[id].operands[1]);
      if (left == module_[id].operands[0] && right == module_[id].operands[1]) return id;
      Node joined = module_[id];
      joined.operands = {left, right};
      return add(std::move(joined));
    }
    const bool whole = before_.empty();
    const Part part = part_behind(before_);
    const bool alone = part == Part::Path && before_.ends_with('/') && kEnds.find(behind_) != kEnds.npos;
    before_ += whole ? "://" : "*";  // a URL that is given whole has a query of its own
    return part == Part::Host || op == Op::Secret || is_encoded(id) ? id : encoded(id, part, alone);
  }

  /// What cannot lead anywhere, and what its author has encoded by hand.
  [[nodiscard]] bool is_encoded(NodeId id) const {
    const Node& node = module_[id];
    switch (module_.types.base_kind(node.type)) {
      case TypeKind::Bool:
      case TypeKind::Int:
      case TypeKind::Float:
      case TypeKind::Enum: return true;
      default: break;
    }
    return node.op == Op::Library && library::functions()[node.index].name == "url_encode";
  }

  /// What a text begins with; `kUnknown` if that is not known.
  [[nodiscard]] char first_of(NodeId id) const {
    const Node& node = module_[id];
    if (node.op == Op::Concat) return first_of(node.operands[0]);
    const auto* known = node.op == Op::Constant ? std::get_if<std::string>(&node.constant) : nullptr;
    return known && !known->empty() ? known->front() : kUnknown;
  }

  /// What the texts behind the node at `place` begin with.
  [[nodiscard]] char first_behind(const std::vector<NodeId>& nodes, size_t place) const {
    while (++place < nodes.size()) {
      const Node& node = module_[nodes[place]];
      if (node.op == Op::Emit) return first_of(node.operands[0]);
      if (node.op == Op::Include || (node.op != Op::Render && !node.regions.empty())) return kUnknown;
    }
    return kEnd;
  }

  /// The emits of a template, in their order; those of its branches each as if the others were not.
  void pieces(RegionId region) {
    std::vector<NodeId> kept;
    const std::vector<NodeId> before(module_[region].nodes);
    for (size_t i = 0; i < before.size(); ++i) {
      const NodeId id = before[i];
      if (module_[id].op == Op::Emit) {
        behind_ = first_behind(before, i);
        std::vector<NodeId> outer = std::exchange(nodes_, {});
        const NodeId value = text(module_[id].operands[0]);
        kept.insert(kept.end(), nodes_.begin(), nodes_.end());
        module_[id].operands[0] = value;
        nodes_ = std::move(outer);
      } else if (module_[id].op == Op::Include) {
        before_ += '*';  // what it says is looked at once the URL is whole
      } else if (module_[id].op != Op::Render) {
        const std::string outside = before_;
        std::string longest = outside;
        for (const RegionId inner : std::vector<RegionId>(module_[id].regions)) {
          before_ = outside;
          pieces(inner);
          if (part_behind(before_) > part_behind(longest)) longest = before_;
        }
        before_ = std::move(longest);
      }
      kept.push_back(id);
    }
    module_[region].nodes = std::move(kept);
  }

  NodeId encoded(NodeId value, Part part, bool alone) {
    if (module_.types.base_kind(module_[value].type) != TypeKind::String) value = rendered(value);
    Node call = like(value, Op::Library);
    call.operands = {value};
    if (part == Part::Path) call.operands.push_back(flag(value, alone));
    call.index = library::overloads(part == Part::Path ? ".url_segment" : "url_encode").front();
    return add(std::move(call));
  }

  NodeId flag(NodeId at, bool value) {
    Node node = like(at, Op::Constant);
    node.type = module_.types.bool_type;
    node.constant = value;
    return add(std::move(node));
  }

  /// The text of a value that is none.
  NodeId rendered(NodeId value) {
    const RegionId region{static_cast<uint32_t>(module_.regions.size())};
    module_.regions.emplace_back();
    Node emit = like(value, Op::Emit);
    emit.type = module_.types.void_type;
    emit.operands = {value};
    module_.nodes.push_back(std::move(emit));
    module_[region].nodes = {{static_cast<uint32_t>(module_.nodes.size() - 1)}};
    Node render = like(value, Op::Render);
    render.regions = {region};
    const NodeId result = add(std::move(render));
    module_[region].owner = result;
    return result;
  }

  [[nodiscard]] Node like(NodeId id, Op op) const {
    Node node;
    node.op = op;
    node.type = module_.types.string_type;
    node.span = module_[id].span;
    node.site = module_[id].site;
    return node;
  }

  NodeId add(Node node) {
    module_.nodes.push_back(std::move(node));
    nodes_.push_back({static_cast<uint32_t>(module_.nodes.size() - 1)});
    return nodes_.back();
  }

  static constexpr char kUnknown = '\x01', kEnd = '/';
  static constexpr std::string_view kEnds = "/?#";

  Module& module_;
  char behind_ = kEnd;         // what the text behind the part at hand begins with
  std::string before_;         // of the URL, as far as it is known; `*` for what is filled in
  std::vector<NodeId> nodes_;  // new ones, for the region at hand
};

}  // namespace

void encode_url_parts(Module& module) {
  Encoder encoder(module);
  for (const graph::External& external : module.externals) {
    const auto* provider = program::find_resource_provider("tool", external.provider.name);
    if (external.kind != program::ExternalKind::Tool || provider == nullptr) continue;
    for (const graph::ProviderArgument& argument : external.provider.arguments) {
      for (const auto* option : program::options_of(*provider)) {
        if (option->name == argument.name && option->type == program::ArgumentType::Url)
          encoder.url(argument.body);
      }
    }
  }
}

}  // namespace chain::sema
