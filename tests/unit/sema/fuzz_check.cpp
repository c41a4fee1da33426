// libFuzzer: any text is checked without a crash, and a graph that comes of it is valid.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "compiler/graph/validate.h"
#include "compiler/sema/check.h"
#include "compiler/sema/modules.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  chain::SourceMap sources;
  chain::Diagnostics diagnostics;
  chain::sema::SourceReader reader;
  reader.read = [&](const std::string& path) {
    return path == "main.chain" ? std::optional(text) : std::nullopt;
  };
  const chain::sema::Modules modules = chain::sema::load(sources, "main.chain", reader, diagnostics);
  const auto module = chain::sema::check(modules, sources, diagnostics);
  if (module.has_value() == diagnostics.has_errors()) std::abort();
  if (!module) return 0;
  for (const std::string& mistake : chain::graph::validate(*module)) {
    std::fprintf(stderr, "invalid graph: %s\n", mistake.c_str());
    std::abort();
  }
  return 0;
}
