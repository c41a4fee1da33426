// Parts of a text put together to passages of bounded size. Internal to runtime/documents.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/documents/chunk.h"
#include "runtime/documents/flow.h"
#include "runtime/documents/sentences.h"

namespace chain::documents {

/// A part of `Flow::text` that stays whole.
struct Unit {
  uint64_t begin = 0, end = 0;
  uint32_t section = 0;
  size_t tokens = 0;  // with what stands before it: a word and the space in front of it are one
};

class Packer {
 public:
  /// Both must outlive it.
  Packer(const Document& document, const Flow& flow, const Splitter& splitter);

  /// What a block is made of: sentences, or lines.
  void add_parts(const Block& block, std::vector<Unit>& units);
  /// A block as one unit, or what it is made of if it is too long.
  void add_block(const Block& block, std::vector<Unit>& units);
  void add_words(std::vector<Unit>& units);
  /// Whether this part of `Flow::text` can be one passage.
  [[nodiscard]] bool fits(uint64_t begin, uint64_t end) const;

  /// Passages of these units, which follow each other: as many in one as fit, the next one beginning with
  /// the last sentences or lines of the one before. Units that do not fit are cut.
  void pack(std::vector<Unit> units);

  [[nodiscard]] std::vector<Chunk> take() { return std::move(chunks_); }

 private:
  [[nodiscard]] std::string_view text(uint64_t begin, uint64_t end) const {
    return std::string_view(flow_.text).substr(begin, end - begin);
  }
  [[nodiscard]] size_t count(uint64_t begin, uint64_t end) const;
  [[nodiscard]] std::vector<Unit> cut_long(const std::vector<Unit>& units) const;
  void cut_one(const Unit& unit, std::vector<Unit>& pieces) const;
  [[nodiscard]] uint64_t window_end(uint64_t begin, uint64_t end) const;
  [[nodiscard]] uint64_t overlap_begin(uint64_t begin, uint64_t end);
  void emit(uint64_t begin, uint64_t end, uint32_t section);
  void place(Chunk& chunk, uint64_t begin, uint64_t end);
  void widen(Chunk& chunk, uint64_t at, uint64_t to) const;
  [[nodiscard]] uint64_t line_of(uint64_t at);

  const Document& document_;
  const Flow& flow_;
  const Splitter splitter_;
  const bool ascending_;  // parts of the text stand in the source in the same order
  SentenceFinder sentences_;
  std::vector<Chunk> chunks_;
  struct Counted {
    uint64_t begin = 0, end = 0;
    size_t tokens = 0;
  };
  mutable std::array<Counted, 8> counted_;  // the latest
  mutable size_t next_counted_ = 0;
  uint64_t counted_to_ = 0, lines_ = 0;  // newlines of the document's text before this byte
};

}  // namespace chain::documents
