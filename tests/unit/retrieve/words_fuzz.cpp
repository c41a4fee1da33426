// Any bytes: terms are short and not empty, stand within the text and in its order, and do not depend on what
// was cut before.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "runtime/retrieve/words.h"

namespace {

std::vector<std::string> terms(std::string_view text) {
  std::vector<std::string> all;
  size_t before = 0;
  chain::retrieve::words(text, [&](std::string_view word, size_t begin, size_t end) {
    if (word.empty() || word.size() > 96 || word.find('\0') != std::string_view::npos) std::abort();
    if (begin < before || end <= begin || end > text.size()) std::abort();
    before = begin;
    all.emplace_back(word);
  });
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (terms(text) != terms(text)) std::abort();
  return 0;
}
