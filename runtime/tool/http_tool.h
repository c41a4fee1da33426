// Tools that are requests over HTTP. Internal to runtime/tool.
#pragma once

#include <memory>

#include "runtime/tool/caller.h"
#include "runtime/tool/redactor.h"

namespace chain::tool {

[[nodiscard]] std::unique_ptr<Caller> make_http_caller(const program::Program& program, EventLoop& loop,
                                                       const Options& options,
                                                       std::shared_ptr<const Redactor> redact);

}  // namespace chain::tool
