// Which models another one leads to: its `fallback`, and the members of a `balance`.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "runtime/program/program.h"

namespace chain::program {

struct ModelLinks {
  std::vector<uint32_t> members;  // of a `balance`, in the order of the text; empty for any other model
  std::optional<uint32_t> fallback;
};

/// By the model's own options. Places may lie outside of the program's models if that is damaged.
[[nodiscard]] ModelLinks links_of(const Model& model);

/// Every model that a call of model `index` may be answered by, in the order in which they are asked, without
/// the `balance`s between them. A member's own `fallback` is not asked: that of the `balance` is.
[[nodiscard]] std::vector<uint32_t> answering_models(const std::vector<Model>& models, uint32_t index);

}  // namespace chain::program
