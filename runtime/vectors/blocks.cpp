#include "runtime/vectors/blocks.h"

#include <algorithm>

namespace chain::vectors {

constexpr size_t kBlockFloats = size_t{1} << 18;  // 1 MiB

Blocks::Blocks(size_t width)
    : width_(width), rows_(std::max<size_t>(1, kBlockFloats / std::max<size_t>(1, width))) {}

float* Blocks::add() {
  if (count_ == blocks_.size() * rows_) blocks_.push_back({lines_for(rows_, width_)});
  Block& block = blocks_[count_ / rows_];
  ++block.held;
  return floats_of(block.lines) + count_++ % rows_ * width_;
}

void Blocks::drop_last() {
  --count_;
  Block& block = blocks_[count_ / rows_];
  --block.held;
  std::fill_n(floats_of(block.lines) + count_ % rows_ * width_, width_, 0.0F);
}

void Blocks::give_back(size_t at) {
  Block& block = blocks_[at / rows_];
  if (--block.held == 0) block.lines = Lines();
}

}  // namespace chain::vectors
