// libFuzzer target: the inside of a string, plain and as a block.
#include <cstddef>
#include <cstdint>

#include "tests/unit/syntax/fuzz_check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string content(reinterpret_cast<const char*>(data), size);
  chain::syntax::check_source("const plain = \"" + content + "\"\n");
  chain::syntax::check_source("const block = \"\"\"\n  " + content + "\n  \"\"\"\n");
  return 0;
}
