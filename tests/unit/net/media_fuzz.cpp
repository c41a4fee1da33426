// Any text as the source of a medium, and any bytes behind one: no crash, nothing is sent that is not what it
// is declared to be, and messages that fit on a line.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "runtime/model/media.h"
#include "runtime/value/base64.h"
#include "runtime/value/utf8.h"

namespace {

using chain::model::Failure;
using chain::model::Medium;
using chain::model::MediumKind;

void look_at(const Medium& medium) {
  if (medium.bytes.empty() == medium.url.empty()) std::abort();
  if (medium.type != nullptr && medium.type->kind != medium.kind) std::abort();
  if (medium.type == nullptr && medium.url.empty()) std::abort();
  for (const char c : medium.url) {
    if (static_cast<uint8_t>(c) <= 0x20) std::abort();
  }
}

void look_at(const Failure& failure) {
  if (!failure.final || failure.message.empty() || failure.message.size() > 1000) std::abort();
  if (chain::value::find_invalid_utf8(failure.message) != std::string_view::npos) std::abort();
  for (const char c : failure.message) {
    if (static_cast<uint8_t>(c) < 0x20 || c == 0x7F) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const auto kind = static_cast<MediumKind>(data[0] % 4);
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string uri = "data:;base64,";
  chain::value::append_base64(uri, text);
  const chain::model::MediaReader reader(nullptr);
  for (const std::string_view source : {text, std::string_view(uri)}) {
    Failure failure;
    const auto medium = reader.read(kind, source, failure);
    if (medium) {
      look_at(*medium);
      if (source == uri && medium->bytes != text) std::abort();
    } else {
      look_at(failure);
    }
  }
  return 0;
}
