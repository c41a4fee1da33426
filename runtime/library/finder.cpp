#include "runtime/library/finder.h"

#include <cstring>

namespace chain::library {

Finder::Finder(std::string_view text, std::string_view part) : text_(text), part_(part) {
  if (part.size() < 2 || part.size() > text.size()) return;
  borders_.resize(part.size());
  for (size_t i = 1, border = 0; i < part.size(); ++i) {
    while (border > 0 && part[i] != part[border]) border = borders_[border - 1];
    if (part[i] == part[border]) ++border;
    borders_[i] = border;
  }
}

size_t Finder::next() {
  if (part_.size() > text_.size()) return std::string_view::npos;
  size_t matched = 0;
  while (place_ < text_.size()) {
    if (matched == 0) {
      // Most of a text is not the beginning of what is looked for.
      const void* first = std::memchr(text_.data() + place_, part_[0], text_.size() - place_);
      if (!first) break;
      place_ = static_cast<size_t>(static_cast<const char*>(first) - text_.data());
    }
    while (matched > 0 && text_[place_] != part_[matched]) matched = borders_[matched - 1];
    if (text_[place_] == part_[matched]) ++matched;
    ++place_;
    if (matched == part_.size()) return place_ - matched;
  }
  place_ = text_.size();
  return std::string_view::npos;
}

}  // namespace chain::library
