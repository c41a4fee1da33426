// What reads as a lock is written, and reads back as the same text.
#include <cstdlib>
#include <string>

#include "compiler/lock/lock.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace chain;
  SourceMap sources;
  Diagnostics diagnostics;
  const FileId file = sources.add("chain.lock", std::string(reinterpret_cast<const char*>(data), size));
  const auto lock = lock::read_lock(sources, file, diagnostics);
  if (!lock) {
    if (!diagnostics.has_errors()) std::abort();
    return 0;
  }
  const std::string once = lock::write_lock(*lock);
  const auto again = lock::read_lock(sources, sources.add("again", once), diagnostics);
  if (!again || lock::write_lock(*again) != once) std::abort();
  return 0;
}
