// What servers of the Model Context Protocol offer. Internal to runtime/tool.
#pragma once

#include <memory>

#include "runtime/tool/caller.h"
#include "runtime/tool/redactor.h"

namespace chain::tool {

/// One connection for each server, begun with the first call and shared by all of them. Ended in order when
/// nothing was called for five minutes, and with the caller, which runs the loop for that. A tool that is not
/// what the program was compiled with is not called.
[[nodiscard]] std::unique_ptr<Caller> make_mcp_caller(const program::Program& program, EventLoop& loop,
                                                      const Options& options,
                                                      std::shared_ptr<const Redactor> redact);

}  // namespace chain::tool
