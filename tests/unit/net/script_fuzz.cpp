// Scripts of `scripted` as anybody may have written them: read, or an error that names the file.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "runtime/model/script.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string error;
  const auto script = chain::model::Script::read("script", text, error);
  if (!script && !error.starts_with("script:")) std::abort();
  if (script) (void)script->find(static_cast<int64_t>(size % 3), text);
  return 0;
}
