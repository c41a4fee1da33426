// Tools that are requests over HTTP. Internal to runtime/tool.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/tool/caller.h"

namespace chain::tool {

/// `secrets`: what must not stand in anything that is shown or kept.
[[nodiscard]] std::unique_ptr<Caller> make_http_caller(EventLoop& loop, const Options& options,
                                                       std::vector<std::string> secrets);

}  // namespace chain::tool
