#include "runtime/documents/flow.h"

#include <algorithm>
#include <utility>

#include "runtime/value/characters.h"

namespace chain::documents {

namespace {
constexpr size_t kMostHeading =
    300;  // bytes in a path; what is longer is no heading, whatever its markup says
constexpr uint32_t kMostSections = 100'000;  // each keeps its path

/// On one line, cut between characters.
std::string heading_text(std::string_view text) {
  std::string line;
  for (const char c : value::trimmed(text)) {
    const char plain = value::is_space(c) ? ' ' : c;
    if (plain != ' ' || !line.ends_with(' ')) line += plain;
  }
  if (line.size() <= kMostHeading) return line;
  size_t end = kMostHeading;
  while (end > 0 && (line[end] & 0xC0) == 0x80) --end;
  return line.substr(0, end) + "…";
}
}  // namespace

void FlowBuilder::begin(BlockKind kind, std::string_view separator) {
  end();
  if (text_.size() > separator_end_) text_.add(separator);
  separator_end_ = text_.size();
  block_ = {.begin = text_.size(), .kind = kind, .section = static_cast<uint32_t>(flow_.sections.size() - 1)};
  open_ = true;
}

void FlowBuilder::end() {
  if (!std::exchange(open_, false)) return;
  block_.end = text_.size();
  const std::string_view text = std::string_view(text_.text()).substr(block_.begin);
  if (value::trimmed(text).empty()) return;
  flow_.blocks.push_back(block_);
}

void FlowBuilder::end_heading(uint32_t level) {
  const std::string text = heading_text(std::string_view(text_.text()).substr(block_.begin));
  const bool counts = open_ && !text.empty() && flow_.sections.size() < kMostSections;
  if (counts) {
    while (!above_.empty() && above_.back().level >= level) above_.pop_back();
    above_.push_back({level, text});
    std::vector<std::string> path;
    for (const Heading& heading : above_) path.push_back(heading.text);
    flow_.sections.push_back(std::move(path));
    block_.section = static_cast<uint32_t>(flow_.sections.size() - 1);
    if (flow_.title.empty()) flow_.title = text;
  }
  end();
}

Flow FlowBuilder::take() {
  end();
  flow_.origins = text_.take_origins();
  flow_.text = text_.take_text();
  return std::move(flow_);
}

Flow flow_of_text(std::string_view text, BlockKind kind) {
  Flow flow;
  flow.text = text;
  flow.sections.emplace_back();
  uint64_t begin = 0;
  const auto close = [&](uint64_t end) {
    if (!value::trimmed(text.substr(begin, end - begin)).empty())
      flow.blocks.push_back({.begin = begin, .end = end, .kind = kind, .section = 0});
    begin = end;
  };
  for (uint64_t line = 0; line < text.size();) {
    const uint64_t end = std::min(text.find('\n', line), text.size() - 1) + 1;
    if (value::trimmed(text.substr(line, end - line)).empty() && line > begin) close(end);
    line = end;
  }
  close(text.size());
  return flow;
}

}  // namespace chain::documents
