#include "runtime/library/functions.h"

#include <iterator>

extern "C" {
#define FN(name, symbol, signature, doc) \
  chain::abi::Status symbol(chain::abi::Context*, void*, const void* const*, const uint32_t*) noexcept;
#include "runtime/library/library.def"
#undef FN
}

namespace chain::library {

abi::LibraryFn address(uint32_t index) {
  static constexpr abi::LibraryFn addresses[] = {
#define FN(name, symbol, signature, doc) &symbol,
#include "runtime/library/library.def"
#undef FN
  };
  return index < std::size(addresses) ? addresses[index] : nullptr;
}

}  // namespace chain::library
