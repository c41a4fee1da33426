// Files of variables as anybody may have written them: read, or an error with line and column.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "runtime/model/env_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string error;
  const auto values = chain::model::read_env_text({reinterpret_cast<const char*>(data), size}, "env", error);
  if (!values && !error.starts_with("env:")) std::abort();
  return 0;
}
