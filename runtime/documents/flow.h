// A document's words as they are read, without markup, in blocks. Internal to runtime/documents.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/documents/document.h"

namespace chain::documents {

/// Paragraphs may be cut between sentences, lines only at their ends: code, tables, verses.
enum class BlockKind : uint8_t { Heading, Paragraph, Lines };

struct Block {
  uint64_t begin = 0, end = 0;  // in `Flow::text`
  BlockKind kind = BlockKind::Paragraph;
  uint32_t section = 0;  // in `Flow::sections`
};

struct Flow {
  std::string title;  // <title>, `title:` in front of Markdown, or the first heading
  std::string text;
  std::vector<Origin> origins;                     // from `text` to that of the document
  std::vector<Block> blocks;                       // in order; only white space stands between them
  std::vector<std::vector<std::string>> sections;  // the headings above each section, its own included
};

/// Writes a flow block by block.
class FlowBuilder {
 public:
  FlowBuilder() { flow_.sections.emplace_back(); }

  TextBuilder& text() { return text_; }
  /// A block begins; an open one ends. Nothing written makes no block.
  void begin(BlockKind kind, std::string_view separator = "\n\n");
  void end();
  /// The open block, a heading, ends, and with it the section before. `level` is from 1 to 6.
  void end_heading(uint32_t level);
  [[nodiscard]] bool open() const { return open_; }
  /// Whether the open block has anything in it.
  [[nodiscard]] bool empty() const { return text_.size() == block_.begin; }
  void title(std::string title) { flow_.title = std::move(title); }
  [[nodiscard]] Flow take();

 private:
  struct Heading {
    uint32_t level;
    std::string text;
  };

  Flow flow_;
  TextBuilder text_;
  Block block_;
  bool open_ = false;
  uint64_t separator_end_ = 0;  // behind the last separator: no second one stands there
  std::vector<Heading> above_;
};

/// The words of HTML: neither markup nor what is not shown. In linear time, with bounded nesting.
[[nodiscard]] Flow flow_of_html(std::string_view html);
/// The words of Markdown (CommonMark's blocks, GitHub's tables). In linear time.
[[nodiscard]] Flow flow_of_markdown(std::string_view markdown);
/// A text as it is; its blocks, of this kind, end with an empty line.
[[nodiscard]] Flow flow_of_text(std::string_view text, BlockKind kind);

}  // namespace chain::documents
