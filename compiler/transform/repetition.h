#pragma once

#include <cstdint>
#include <vector>

#include "compiler/graph/module.h"

namespace chain::transform {

/// What a second call with the same arguments could give that the first did not.
enum class Again : uint8_t {
  Same,    // nothing: a `pure` tool, a search, a model at `temperature: 0`, a prompt whose answers are kept
  Varies,  // another answer to the same question
  Counts,  // it acts on the world, asks a person, or looks at what may have changed
};

/// Answers that for every call of a module.
class Repetition {
 public:
  explicit Repetition(const graph::Module& module);

  /// `call` is a Prompt, Chain or External; any other node counts.
  [[nodiscard]] Again of(const graph::Node& call) const;

 private:
  Again prompt(const graph::Node& call) const;
  Again external(const graph::External& external) const;

  const graph::Module& module_;
  std::vector<Again> chains_;
};

}  // namespace chain::transform
