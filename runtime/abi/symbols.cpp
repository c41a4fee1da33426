#include <set>
#include <vector>

#include "runtime/abi/functions.h"
#include "runtime/library/functions.h"
#include "runtime/library/library.h"

namespace chain::abi {

namespace {

std::vector<Symbol> all_symbols() {
  std::vector<Symbol> result = {
#define ABI(symbol, result, parameters, doc) {#symbol, reinterpret_cast<const void*>(&symbol)},
#include "runtime/abi/functions.def"
#undef ABI
  };
  std::set<std::string_view> seen;
  for (uint32_t i = 0; i < library::functions().size(); ++i) {
    const std::string_view name = library::functions()[i].symbol;
    if (seen.insert(name).second)
      result.push_back({name, reinterpret_cast<const void*>(library::address(i))});
  }
  return result;
}

}  // namespace

std::span<const Symbol> symbols() {
  static const std::vector<Symbol> table = all_symbols();
  return table;
}

}  // namespace chain::abi
