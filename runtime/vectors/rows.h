// Vectors side by side, and the best of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/vectors/kernels.h"
#include "runtime/vectors/vector_index.h"

namespace chain::vectors {

/// A cache line of floats, where one begins.
struct alignas(kLane * sizeof(float)) Line {
  float floats[kLane] = {};
};
using Lines = std::vector<Line>;

/// Floats that a vector takes, with its padding.
[[nodiscard]] constexpr size_t width_of(uint32_t dimensions) {
  return (size_t{dimensions} + kLane - 1) / kLane * kLane;
}

[[nodiscard]] inline Lines lines_for(size_t vectors, size_t width) {
  return Lines(vectors * (width / kLane));
}
[[nodiscard]] inline const float* floats_of(const Lines& lines) {
  return reinterpret_cast<const float*>(lines.data());
}
[[nodiscard]] inline float* floats_of(Lines& lines) {
  return reinterpret_cast<float*>(lines.data());
}

/// Writes `vector` to `unit`, scaled to unit length. False if it has no direction: all zeros, or not all
/// finite.
[[nodiscard]] bool scale_to_unit(std::span<const float> vector, float* unit);

/// Rows of `width` floats that begin `step` floats apart.
struct View {
  const float* first = nullptr;
  size_t step = 0;
  size_t width = 0;
  size_t count = 0;

  [[nodiscard]] const float* row(size_t at) const { return first + at * step; }
};

/// Rows that follow each other.
[[nodiscard]] inline View view_of(const Lines& lines, size_t width) {
  return {floats_of(lines), width, width, lines.size() / (width / kLane)};
}

/// Keeps the best of what it is offered: the highest score, and of equal ones the lower id.
class Best {
 public:
  explicit Best(size_t top) : top_(top) {}

  [[nodiscard]] size_t top() const { return top_; }
  [[nodiscard]] size_t count() const { return hits_.size(); }
  /// Whether a score can still be among them.
  [[nodiscard]] bool would_take(float score) const {
    return hits_.size() < top_ || (top_ > 0 && score >= hits_.front().score);
  }
  void offer(Hit hit) {
    if (would_take(hit.score)) take(hit);
  }
  /// Best first.
  [[nodiscard]] std::vector<Hit> take_all();

 private:
  void take(Hit hit);

  size_t top_;
  std::vector<Hit> hits_;  // a heap with the worst in front
};

/// Whether `a` comes before `b`.
[[nodiscard]] inline bool is_better(const Hit& a, const Hit& b) {
  return a.score != b.score ? a.score > b.score : a.id < b.id;
}

/// Offers all rows with their ids.
void scan(const View& rows, std::span<const int64_t> ids, const float* query, Best& best);

}  // namespace chain::vectors
