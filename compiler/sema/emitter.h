// Appends nodes to the regions of a module.
#pragma once

#include <vector>

#include "compiler/graph/module.h"
#include "compiler/sema/constants.h"
#include "compiler/source/source.h"

namespace chain::sema {

using graph::NodeId;
using graph::Op;
using graph::RegionId;
using program::TypeId;

/// Lines and columns of places that mostly follow one another: it counts on from the last one, so that a file
/// of one long line costs no more than any other.
class Places {
 public:
  explicit Places(const SourceMap& sources) : sources_(sources) {}
  [[nodiscard]] program::Site at(Span span);

 private:
  const SourceMap& sources_;
  program::Site last_;
  uint32_t last_offset_ = 0;
};

/// The operands and regions of a node to be made.
struct NodeParts {
  std::vector<NodeId> operands = {};
  std::vector<RegionId> regions = {};
  uint32_t index = 0;
};

/// Holds the stack of open regions; nodes go to the innermost.
class Emitter {
 public:
  Emitter(graph::Module& module, Places& places) : module_(module), places_(places) {}

  NodeId add(Op op, TypeId type, Span span, NodeParts parts = {});
  NodeId constant(TypeId type, Span span, graph::Constant value);
  /// Rebuilds a constant, aggregates from their parts.
  NodeId constant(const Constant& constant, Span span);

  RegionId open();
  void close() { open_.pop_back(); }
  /// Goes on with a region that was closed; nothing else may have used it meanwhile.
  void reopen(RegionId region) { open_.push_back(region); }
  /// The innermost open region.
  [[nodiscard]] RegionId region() const { return open_.back(); }
  void set_result(RegionId region, NodeId result) { module_[region].result = result; }

  [[nodiscard]] graph::Module& module() { return module_; }

 private:
  graph::Module& module_;
  Places& places_;
  std::vector<RegionId> open_;
};

}  // namespace chain::sema
