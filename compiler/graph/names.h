// How the nodes of one body are called in print: after their `let`, made unique, else by number.
#pragma once

#include <string>
#include <unordered_map>

#include "compiler/graph/module.h"
#include "runtime/program/versioned.h"

namespace chain::graph {

class NodeNames {
 public:
  explicit NodeNames(const Module& module) : module_(module) {}

  /// Names every node of the region and of those inside it that has a value.
  void add_body(RegionId region);

  /// "%draft", "%draft.1", "%4"; "%?" for a node that stands nowhere.
  [[nodiscard]] std::string operator[](NodeId id) const;

 private:
  void add_region(RegionId region);
  [[nodiscard]] bool gives_value(const Node& node) const;

  const Module& module_;
  uint32_t next_number_ = 0;
  std::unordered_map<std::string, uint32_t> taken_;
  std::unordered_map<uint32_t, std::string> names_;
};

/// A constant as source would write it: `"text"`, `1.5`, `high`, `20s`.
[[nodiscard]] std::string constant_text(const Module& module, const Node& node);

/// `text` in double quotes; quotes, backslashes and control characters escaped.
[[nodiscard]] std::string quoted(std::string_view text);

/// "tool", "agent", "search", ...
[[nodiscard]] std::string_view word_of(program::ExternalKind kind);

using program::versioned;

}  // namespace chain::graph
