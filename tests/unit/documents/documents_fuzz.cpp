// Bytes as documents of any kind, cut in any way: no crash, no passage beyond its size or outside its source.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "runtime/documents/chunk.h"
#include "runtime/documents/convert.h"

using namespace chain::documents;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

class Cutter final : public Sink {
 public:
  Cutter(const Splitter& splitter, uint64_t size) : splitter_(splitter), size_(size) {}
  bool known(std::string_view, std::string_view) override { return false; }
  void document(Document document, std::string_view) override {
    for (const Chunk& chunk : cut(document, splitter_)) {
      const bool fits = chunk.tokens <= (splitter_.size < 8 ? 8 : splitter_.size);
      require(!chunk.text.empty() && (fits || document.form == Form::Image));
      require(chunk.begin <= chunk.end && chunk.end <= size_);
    }
  }
  void skipped(std::string, std::string, bool) override {}
  void progress(uint64_t, uint64_t) override {}

 private:
  Splitter splitter_;
  uint64_t size_;
};

constexpr Kind kKinds[] = {Kind::Unknown, Kind::Text, Kind::Markdown, Kind::Html,
                           Kind::Code,    Kind::Json, Kind::Jsonl,    Kind::Csv};
constexpr const char* kNames[] = {"a.cpp", "a.py", "a.rs", "a.ts", "a.go", "a.sh", "a.kt", "a.txt"};

}  // namespace

/// The first three bytes choose the kind, the cut and its size.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 3, size - 3);
  const Kind kind = kKinds[data[0] % 8];
  if (kind == Kind::Unknown && bytes.starts_with("%PDF-")) return 0;  // another program's business
  Splitter splitter;
  splitter.cut = static_cast<Cut>(data[1] % 8);
  splitter.encoding = data[1] >= 128 ? Encoding::Cl100k : Encoding::O200k;
  splitter.size = data[2] % 64;
  splitter.overlap = data[2] / 16;
  Cutter sink(splitter, bytes.size());
  convert({.source = kNames[data[0] / 8 % 8], .bytes = bytes, .digest = {}, .kind = kind, .charset = {}}, {},
          {.images = true}, sink);
  return 0;
}
