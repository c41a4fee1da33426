#include "runtime/documents/pack.h"

#include <algorithm>

#include "runtime/value/characters.h"

namespace chain::documents {
namespace {

/// No token of either encoding has more bytes.
constexpr uint64_t kLongestToken = 128;
constexpr uint32_t kLeastSize = 8;  // a character may be four tokens
constexpr uint32_t kMostSize = 100'000;

Splitter within_bounds(Splitter splitter) {
  splitter.size = std::clamp(splitter.size, kLeastSize, kMostSize);
  splitter.overlap = std::min(splitter.overlap, splitter.size / 2);
  return splitter;
}

bool continues_character(char c) {
  return (c & 0xC0) == 0x80;
}

}  // namespace

Packer::Packer(const Document& document, const Flow& flow, const Splitter& splitter)
    : document_(document),
      flow_(flow),
      splitter_(within_bounds(splitter)),
      ascending_(std::ranges::is_sorted(document.origins, {}, &Origin::source)) {}

/// The same part is often asked for again: whether it fits, how much it adds, how much it is.
size_t Packer::count(uint64_t begin, uint64_t end) const {
  const auto known = std::ranges::find_if(
      counted_, [&](const Counted& each) { return each.begin == begin && each.end == end; });
  if (known != counted_.end()) return known->tokens;
  const size_t tokens = count_tokens(text(begin, end), splitter_.encoding);
  counted_[next_counted_++ % counted_.size()] = {begin, end, tokens};
  return tokens;
}

bool Packer::fits(uint64_t begin, uint64_t end) const {
  return end - begin <= splitter_.size * kLongestToken && count(begin, end) <= splitter_.size;
}

void Packer::add_parts(const Block& block, std::vector<Unit>& units) {
  const std::string_view whole = text(block.begin, block.end);
  const std::vector<Part> parts = block.kind == BlockKind::Lines ? find_lines(whole) : sentences_.find(whole);
  for (const auto& [begin, end] : parts)
    units.push_back({block.begin + begin, block.begin + end, block.section});
}

void Packer::add_block(const Block& block, std::vector<Unit>& units) {
  if (!fits(block.begin, block.end)) return add_parts(block, units);
  units.push_back({block.begin, block.end, block.section});
}

void Packer::add_words(std::vector<Unit>& units) {
  for (const Block& block : flow_.blocks) {
    for (const auto& [begin, end] : find_words(text(block.begin, block.end)))
      units.push_back({block.begin + begin, block.begin + end, block.section});
  }
}

/// The end of a piece from `begin` on that fits: behind a word, if there is one in its second half.
uint64_t Packer::window_end(uint64_t begin, uint64_t end) const {
  uint64_t length = std::min<uint64_t>(end - begin, splitter_.size * uint64_t{4});
  while (true) {
    uint64_t cut = begin + length;
    if (cut < end) {
      while (cut > begin + 1 && continues_character(flow_.text[cut])) --cut;
      const size_t space = text(begin, cut).find_last_of(" \t\n");
      if (space != std::string_view::npos && space > length / 2) cut = begin + space;
    }
    const size_t tokens = count(begin, cut);
    if (tokens <= splitter_.size) return cut;
    length = std::max<uint64_t>(4, std::min(length - 1, length * splitter_.size / tokens));
  }
}

void Packer::cut_one(const Unit& unit, std::vector<Unit>& pieces) const {
  for (uint64_t begin = unit.begin; begin < unit.end;) {
    const uint64_t end = window_end(begin, unit.end);
    pieces.push_back({begin, end, unit.section, splitter_.size});
    begin = end;
  }
}

std::vector<Unit> Packer::cut_long(const std::vector<Unit>& units) const {
  std::vector<Unit> pieces;
  pieces.reserve(units.size());
  for (Unit unit : units) {
    const uint64_t from = pieces.empty() ? unit.begin : pieces.back().end;
    if (unit.end - from <= splitter_.size * kLongestToken) {
      unit.tokens = count(from, unit.end);
      if (unit.tokens > splitter_.size) unit.tokens = count(unit.begin, unit.end);
      if (unit.tokens <= splitter_.size) {
        pieces.push_back(unit);
        continue;
      }
    }
    cut_one(unit, pieces);
  }
  return pieces;
}

/// Where the last sentences or lines before `end` begin that may be said again; `end` if there are none.
uint64_t Packer::overlap_begin(uint64_t begin, uint64_t end) {
  if (splitter_.overlap == 0) return end;
  uint64_t window = end - std::min<uint64_t>(end - begin, splitter_.overlap * uint64_t{8});
  while (window < end && continues_character(flow_.text[window])) ++window;
  const std::string_view tail = text(window, end);
  const auto first_that_fits = [&](const std::vector<Part>& parts) {
    // The first part may begin before the window; a whole passage is never repeated.
    for (size_t i = 1; i < parts.size(); ++i) {
      if (count(window + parts[i].first, end) <= splitter_.overlap) return window + parts[i].first;
    }
    return end;
  };
  if (splitter_.cut != Cut::Tokens) {
    const bool code = document_.form == Form::Code;
    uint64_t found = first_that_fits(code ? find_lines(tail) : sentences_.find(tail));
    if (found == end && !code) found = first_that_fits(find_lines(tail));
    if (found != end) return found;
  }
  return first_that_fits(find_words(tail));
}

void Packer::pack(std::vector<Unit> units) {
  units = cut_long(units);
  if (units.empty()) return;
  uint64_t begin = units.front().begin;
  size_t carried = 0;  // tokens of what is repeated
  for (size_t first = 0; first < units.size();) {
    size_t last = first, tokens = carried;
    do {
      tokens += units[last++].tokens;
    } while (last < units.size() && tokens + units[last].tokens <= splitter_.size);
    // What is counted in parts may come to a little more as a whole.
    while (!fits(begin, units[last - 1].end)) {
      if (last > first + 1) {
        --last;
      } else {
        begin = units[first].begin;
      }
    }
    const uint64_t end = units[last - 1].end;
    emit(begin, end, units[first].section);
    first = last;
    if (first == units.size()) return;
    begin = overlap_begin(begin, end);
    carried = begin < end ? count(begin, units[first].begin) : 0;
    if (begin >= end || carried + units[first].tokens > splitter_.size) {
      begin = units[first].begin;
      carried = 0;
    }
  }
}

void Packer::emit(uint64_t begin, uint64_t end, uint32_t section) {
  // Code keeps the spaces in front of its first line.
  while (begin < end && (flow_.text[begin] == '\n' || flow_.text[begin] == '\r')) ++begin;
  while (end > begin && value::is_space(flow_.text[end - 1])) --end;
  if (value::trimmed(text(begin, end)).empty()) return;
  Chunk chunk;
  chunk.text = text(begin, end);
  chunk.tokens = static_cast<uint32_t>(count(begin, end));
  chunk.headings = flow_.sections[section];
  place(chunk, begin, end);
  chunks_.push_back(std::move(chunk));
}

void Packer::place(Chunk& chunk, uint64_t begin, uint64_t end) {
  const uint64_t at = source_offset(flow_.origins, begin);
  const uint64_t to = source_offset(flow_.origins, end);
  chunk.begin = source_offset(document_, at);
  chunk.end = source_offset(document_, to);
  if (!ascending_) widen(chunk, at, to);
  if (document_.first_line != 0)
    chunk.line = document_.form == Form::Record ? document_.first_line : line_of(at);
  const auto page = std::ranges::upper_bound(document_.pages, at);
  chunk.page = static_cast<uint32_t>(page - document_.pages.begin());
}

/// The fields of a record may be put together in another order than they stand in: from the first to the
/// last.
void Packer::widen(Chunk& chunk, uint64_t at, uint64_t to) const {
  const std::vector<Origin>& origins = document_.origins;
  chunk.begin = UINT64_MAX;
  chunk.end = 0;
  auto next = std::ranges::upper_bound(origins, at, {}, &Origin::text);
  while (at < to) {
    const uint64_t end = next == origins.end() ? to : std::min(to, next->text);
    // What was put between two fields stands nowhere.
    uint64_t last = end;
    while (last > at && value::is_space(document_.text[last - 1])) --last;
    if (last > at) {
      const uint64_t begin = source_offset(document_, at);
      const uint64_t final = source_offset(document_, last - 1) + 1;
      chunk.begin = std::min(chunk.begin, begin);
      chunk.end = std::max(chunk.end, std::max(begin, final));
    }
    at = end;
    if (next != origins.end()) ++next;
  }
  if (chunk.begin > chunk.end) chunk.begin = chunk.end;
}

/// Passages overlap, so that the place may lie a little before the last one.
uint64_t Packer::line_of(uint64_t at) {
  const auto newlines = [&](uint64_t begin, uint64_t end) {
    const std::string_view between = std::string_view(document_.text).substr(begin, end - begin);
    return static_cast<uint64_t>(std::ranges::count(between, '\n'));
  };
  at = std::min<uint64_t>(at, document_.text.size());
  if (at >= counted_to_) {
    lines_ += newlines(counted_to_, at);
  } else {
    lines_ -= newlines(at, counted_to_);
  }
  counted_to_ = at;
  return document_.first_line + lines_;
}

}  // namespace chain::documents
