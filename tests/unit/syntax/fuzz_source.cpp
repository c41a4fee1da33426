// libFuzzer target: whole files.
#include <cstddef>
#include <cstdint>

#include "tests/unit/syntax/fuzz_check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  chain::syntax::check_source(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
