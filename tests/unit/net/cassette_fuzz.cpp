// Cassettes as anybody may have edited them: read, or an error with a line; what was read is written so that
// it reads the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "runtime/model/cassette.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using chain::model::Cassette;
  const std::string text = "{\"cassette\":1}\n" + std::string(reinterpret_cast<const char*>(data), size);
  std::string error;
  const auto cassette = Cassette::read(text, "tape", error);
  if (!cassette) {
    if (!error.starts_with("tape:")) std::abort();
    return 0;
  }
  const std::string written = cassette->text();
  const auto again = Cassette::read(written, "tape", error);
  if (!again || again->text() != written) std::abort();
  (void)cassette->explain(
      {"no such key", "ask", R"({"messages":[{"role":"user","text":"hi"}],"model":"m"})"});
  return 0;
}
