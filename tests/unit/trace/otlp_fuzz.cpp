// Any bytes for a collector's answer, and for a request in the journal: nothing crashes.
#include <cstdint>

#include "runtime/trace/messages.h"
#include "runtime/trace/otlp.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)chain::trace::partial_success(chain::trace::Encoding::Json, bytes);
  (void)chain::trace::partial_success(chain::trace::Encoding::Protobuf, bytes);
  (void)chain::trace::asked_messages(bytes);
  (void)chain::trace::server_of(bytes);
  return 0;
}
