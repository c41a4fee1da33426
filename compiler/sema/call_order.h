// Who calls whom among declarations of one kind: circles, and how deep calls go.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/source/source.h"

namespace chain::sema {

/// Where one declaration calls another: a chain a chain, a template a template.
struct CallSite {
  uint32_t target = 0;
  Span span;
};

/// By caller.
using Calls = std::vector<std::vector<CallSite>>;

/// A call that leads back to a caller on the way to it.
struct Circle {
  std::vector<uint32_t> path;  // from the called one to the caller
  CallSite call;
};

struct CallOrder {
  std::vector<Circle> circles;
  std::vector<uint32_t> depth;  // of calls below each, circles aside: 0 if it calls none
};

/// Linear in the number of calls; never recurses.
[[nodiscard]] CallOrder order_of(const Calls& calls);

/// "a -> b -> a"; a long way is cut short.
[[nodiscard]] std::string path_text(const Circle& circle, const std::function<std::string(uint32_t)>& name);

}  // namespace chain::sema
