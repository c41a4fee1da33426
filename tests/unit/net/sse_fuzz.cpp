// Any bytes, cut anywhere: the parser neither crashes nor depends on the cuts, and keeps to its bounds.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "runtime/http/sse.h"

namespace {

constexpr size_t kMostLine = 64, kMostEvent = 256;

struct Recorder : chain::http::SseSink {
  std::string seen;
  bool event(const chain::http::SseEvent& event) override {
    if (event.data.size() > kMostEvent || event.type.size() > kMostLine || event.id.size() > kMostLine)
      std::abort();
    seen.append(event.type).append(1, '|').append(event.data).append(1, '|').append(event.id).append(1, '\n');
    return seen.size() < 4096;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const size_t step = data[0] % 16 + 1;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  Recorder whole, pieces;
  chain::http::SseParser one(kMostLine, kMostEvent), other(kMostLine, kMostEvent);
  const auto status = one.feed(text, whole);
  auto last = chain::http::SseParser::Status::Open;
  for (size_t at = 0; at < text.size(); at += step) last = other.feed(text.substr(at, step), pieces);
  if (whole.seen != pieces.seen || status != last) std::abort();
  return 0;
}
