// The modules of `std`, built into the compiler from stdlib/*.chain.
#pragma once

#include <string_view>
#include <vector>

namespace chain::sema {

struct StdModule {
  std::string_view name;  // "text", for `import std.text`
  std::string_view source;
};

/// Every module, sorted by name.
[[nodiscard]] const std::vector<StdModule>& std_modules();

}  // namespace chain::sema
