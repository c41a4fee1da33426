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
      const NodeId left = text(module_[id].operands[0]);
      const NodeId right = text(module_[id].operands[1]);
      if (left == module_[id].operands[0] && right == module_[id].operands[1]) return id;
      Node joined = module_[id];
      joined.operands = {left, right};
      return add(std::move(joined));
    }
    const bool whole = before_.empty();
    const Part part = part_behind(before_);
    before_ += whole ? "://" : "*";  // a URL that is given whole has a query of its own
    if (part != Part::Path || op == Op::Secret ||
        module_.types.base_kind(module_[id].type) != program::TypeKind::String)
      return id;
    return encoded(id);
  }

  /// The emits of a template, in their order; those of its branches each as if the others were not.
  void pieces(RegionId region) {
    std::vector<NodeId> kept;
    for (const NodeId id : std::vector<NodeId>(module_[region].nodes)) {
      if (module_[id].op == Op::Emit) {
        std::vector<NodeId> outer = std::exchange(nodes_, {});
        const NodeId value = text(module_[id].operands[0]);
        kept.insert(kept.end(), nodes_.begin(), nodes_.end());
        module_[id].operands[0] = value;
        nodes_ = std::move(outer);
      } else if (module_[id].op == Op::Include) {
        before_ += '*';
      } else if (module_[id].op != Op::Render) {
        const std::string before = before_;
        std::string longest = before;
        for (const RegionId inner : std::vector<RegionId>(module_[id].regions)) {
          before_ = before;
          pieces(inner);
          if (part_behind(before_) > part_behind(longest)) longest = before_;
        }
        before_ = std::move(longest);
      }
      kept.push_back(id);
    }
    module_[region].nodes = std::move(kept);
  }

  NodeId encoded(NodeId value) {
    Node call = like(value, Op::Library);
    call.operands = {value, constant(value, "?"), constant(value, "%3F")};
    call.index = library::overloads("replace").front();
    return add(std::move(call));
  }

  NodeId constant(NodeId at, std::string_view text) {
    Node node = like(at, Op::Constant);
    node.constant = std::string(text);
    return add(std::move(node));
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

  Module& module_;
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
