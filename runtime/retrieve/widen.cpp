#include "runtime/retrieve/widen.h"

#include <algorithm>
#include <deque>
#include <string_view>
#include <utility>

namespace chain::retrieve {
namespace {

constexpr size_t kMostOverlap = 16384;  // bytes that are compared

/// The longest end of `text` that `next` begins with; in time linear in both (Knuth, Morris and Pratt).
size_t shared_edge(std::string_view text, std::string_view next) {
  next = next.substr(0, kMostOverlap);
  text = text.substr(text.size() - std::min(text.size(), next.size()));
  std::vector<size_t> borders(next.size() + 1, 0);
  for (size_t i = 1, length = 0; i < next.size(); ++i) {
    while (length > 0 && next[i] != next[length]) length = borders[length];
    if (next[i] == next[length]) ++length;
    borders[i + 1] = length;
  }
  size_t matched = 0;
  for (const char c : text) {
    if (matched == next.size()) matched = borders[matched];
    while (matched > 0 && next[matched] != c) matched = borders[matched];
    if (next[matched] == c) ++matched;
  }
  return matched;
}

/// What the text of `next` repeats of `text`.
size_t overlap_of(std::string_view text, uint64_t end, const store::PassageRow& next) {
  if (end <= next.begin || next.text.empty() || text.empty()) return 0;
  // Where the text is the source as it stands, the offsets say it.
  const uint64_t bytes = std::min<uint64_t>(end - next.begin, next.text.size());
  if (text.ends_with(std::string_view(next.text).substr(0, bytes))) return bytes;
  const size_t shared = shared_edge(text, next.text);
  return shared > bytes ? 0 : shared;
}

}  // namespace

void join(std::string& text, uint64_t end, const store::PassageRow& next) {
  const size_t overlap = overlap_of(text, end, next);
  if (overlap == 0 && next.begin != end && !text.empty() && !text.ends_with('\n'))
    text += next.begin > end + 1 ? "\n\n" : "\n";
  text.append(next.text, overlap);
}

bool Widening::is_parent(const store::PassageRow& found, const store::PassageRow& other) const {
  return query_.parent && found.headings == other.headings;
}

std::optional<store::PassageRow> Widening::free_at(const std::string& document, int64_t number) {
  if (number < 0 || number > UINT32_MAX || given_[document].contains(static_cast<uint32_t>(number)))
    return std::nullopt;
  return file_.passage_at(document, static_cast<uint32_t>(number));
}

std::vector<store::PassageRow> Widening::around(const store::PassageRow& found) {
  if (!given_[found.document].insert(found.number).second) return {};
  std::deque<store::PassageRow> joined{found};
  // Both ways by turns, so that a limit leaves the found one in the middle.
  bool open[2] = {true, true};
  for (int64_t step = 1; open[0] || open[1]; ++step) {
    for (const int side : {0, 1}) {
      if (!open[side]) continue;
      open[side] = false;
      if (joined.size() >= kMostJoined || (!query_.parent && step > query_.neighbours)) continue;
      auto row = free_at(found.document, int64_t{found.number} + (side == 0 ? -step : step));
      if (!row || (step > query_.neighbours && !is_parent(found, *row))) continue;
      open[side] = true;
      given_[found.document].insert(row->number);
      if (side == 0) {
        joined.push_front(std::move(*row));
      } else {
        joined.push_back(std::move(*row));
      }
    }
  }
  return {std::make_move_iterator(joined.begin()), std::make_move_iterator(joined.end())};
}

}  // namespace chain::retrieve
