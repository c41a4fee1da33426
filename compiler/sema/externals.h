// Internal to compiler/sema: tools and agents on their way into the graph.
#pragma once

#include "compiler/sema/context.h"

namespace chain::sema {

/// What every external takes from its signature.
[[nodiscard]] graph::External external_of(const Signature& signature);

/// The agent that `signature` declares; what it may call goes to `Context::agent_tools[index]`.
[[nodiscard]] graph::External build_agent(Context& context, Signature& signature, uint32_t index);

}  // namespace chain::sema
