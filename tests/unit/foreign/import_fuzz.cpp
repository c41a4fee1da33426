// Whatever a prompt file holds, importing it ends, and what was made is text.
#include <cstdlib>

#include "compiler/foreign/import.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string error;
  for (const auto format : {chain::foreign::Format::Dotprompt, chain::foreign::Format::Prompty}) {
    const auto made = chain::foreign::import_prompt("x.prompt", text, format, error);
    if (made && made->text.find("prompt ") == std::string::npos) std::abort();
  }
  return 0;
}
