// Vectors as they come in, in blocks that are given back one by one as they go where they stay: at no time
// are all of them there twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/vectors/rows.h"

namespace chain::vectors {

class Blocks {
 public:
  explicit Blocks(size_t width);

  [[nodiscard]] size_t width() const { return width_; }
  [[nodiscard]] size_t count() const { return count_; }
  /// Room for one more vector, all zeros. Valid until it is given back.
  [[nodiscard]] float* add();
  /// Takes back what `add` gave last.
  void drop_last();
  [[nodiscard]] const float* row(size_t at) const {
    return floats_of(blocks_[at / rows_].lines) + at % rows_ * width_;
  }
  /// Nobody will look at the row again.
  void give_back(size_t at);

 private:
  struct Block {
    Lines lines;
    size_t held = 0;  // rows that are still wanted
  };

  size_t width_;
  size_t rows_;  // of a block
  size_t count_ = 0;
  std::vector<Block> blocks_;
};

}  // namespace chain::vectors
