// Any bytes, cut anywhere: the lines do not depend on the cuts, and none is longer than allowed.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "runtime/http/lines.h"

namespace {

constexpr size_t kMostLine = 64;

struct Recorder : chain::http::LineSink {
  std::string seen;
  bool line(std::string_view line) override {
    if (line.size() > kMostLine || line.find('\n') != std::string_view::npos) std::abort();
    seen.append(line).append(1, '\n');
    return seen.size() < 4096;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const size_t step = data[0] % 16 + 1;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  Recorder whole, pieces;
  chain::http::LineReader one(kMostLine), other(kMostLine);
  const auto status = one.feed(text, whole);
  auto last = chain::http::LineReader::Status::Open;
  for (size_t at = 0; at < text.size(); at += step) last = other.feed(text.substr(at, step), pieces);
  if (whole.seen != pieces.seen || status != last) std::abort();
  if (status == chain::http::LineReader::Status::Open && one.rest() != other.rest()) std::abort();
  return 0;
}
