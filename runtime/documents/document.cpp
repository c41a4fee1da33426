#include "runtime/documents/document.h"

#include <algorithm>

namespace chain::documents {

uint64_t source_offset(const std::vector<Origin>& origins, uint64_t at) {
  auto behind = std::ranges::upper_bound(origins, at, {}, &Origin::text);
  if (behind == origins.begin()) return at;
  const Origin& origin = *(behind - 1);
  const uint64_t source = origin.source + (at - origin.text);
  // Within what the source does not have, or has in fewer bytes: not beyond where it goes on.
  const bool bounded = behind != origins.end() && behind->source >= origin.source;
  return bounded ? std::min(source, behind->source) : source;
}

uint64_t source_offset(const Document& document, uint64_t at) {
  return source_offset(document.origins, at);
}

void TextBuilder::mark(uint64_t source) {
  const bool goes_on =
      !origins_.empty() && origins_.back().source + (text_.size() - origins_.back().text) == source;
  if (goes_on) return;
  if (!origins_.empty() && origins_.back().text == text_.size()) {
    origins_.back().source = source;
  } else {
    origins_.push_back({text_.size(), source});
  }
}

std::vector<Origin> TextBuilder::take_origins() {
  mark(next_);
  if (origins_.size() == 1 && origins_.front().source == 0) origins_.clear();
  return std::move(origins_);
}

}  // namespace chain::documents
