// Agents that call each other, or hand conversations to each other, without end. Internal to compiler/sema.
#pragma once

namespace chain::sema {

struct Context;

/// Reports circles of agents, and of chains between them, that no `within` ends. Needs the bodies of chains
/// and `Context::agent_tools`.
void check_agent_circles(Context& context);

}  // namespace chain::sema
