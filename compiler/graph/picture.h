// A graph as people draw it: calls, branches and loops as boxes, data and control as arrows. What `chain
// graph` shows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/graph/module.h"

namespace chain::graph {

struct Picture {
  enum class Kind : uint8_t { Start, Prompt, Call, Branch, Loop, Result };
  struct Shape {
    Kind kind;
    std::string label;
    uint32_t group;
  };
  struct Arrow {
    uint32_t from, to;  // into `shapes`
    std::string label;  // of a branch: the arm
    friend auto operator<=>(const Arrow&, const Arrow&) = default;
  };
  /// A chain, or a loop in one.
  struct Group {
    std::string label;
    int32_t parent;  // into `groups`; -1 for a chain
  };
  std::vector<Shape> shapes;
  std::vector<Arrow> arrows;
  std::vector<Group> groups;
};

/// The chains of the module, tests aside. An arrow goes from each effect to those that need its value,
/// directly or through pure code, and from a branch to what its arms call.
[[nodiscard]] Picture picture(const Module& module);

/// As a Graphviz digraph (https://graphviz.org/doc/info/lang.html).
[[nodiscard]] std::string print_dot(const Module& module);
/// As a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html).
[[nodiscard]] std::string print_mermaid(const Module& module);

}  // namespace chain::graph
