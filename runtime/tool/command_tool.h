// Tools that are programs of this machine. Internal to runtime/tool.
#pragma once

#include <memory>

#include "runtime/tool/caller.h"
#include "runtime/tool/redactor.h"

namespace chain::tool {

/// Starts programs without a shell, each in a process group of its own that ends with its call. At most 32 at
/// once; the others wait in their order.
[[nodiscard]] std::unique_ptr<Caller> make_command_caller(const program::Program& program, EventLoop& loop,
                                                          const Options& options,
                                                          std::shared_ptr<const Redactor> redact);

}  // namespace chain::tool
