#include "runtime/vectors/rows.h"

#include <algorithm>
#include <cmath>

namespace chain::vectors {

bool scale_to_unit(std::span<const float> vector, float* unit) {
  double square = 0;
  for (const float part : vector) square += double{part} * part;
  if (!(square > 0) || !std::isfinite(square)) return false;
  const double scale = 1 / std::sqrt(square);
  for (size_t i = 0; i < vector.size(); ++i) unit[i] = static_cast<float>(vector[i] * scale);
  return true;
}

void Best::take(Hit hit) {
  hit.score = hit.score >= -1 ? std::min(hit.score, 1.0F) : -1;  // sums are rounded
  if (hits_.size() == top_) {
    if (!is_better(hit, hits_.front())) return;
    std::pop_heap(hits_.begin(), hits_.end(), is_better);
    hits_.pop_back();
  }
  hits_.push_back(hit);
  std::push_heap(hits_.begin(), hits_.end(), is_better);
}

std::vector<Hit> Best::take_all() {
  std::sort(hits_.begin(), hits_.end(), is_better);
  return std::move(hits_);
}

void scan(const View& rows, std::span<const int64_t> ids, const float* query, Best& best) {
  constexpr size_t kBlock = 256;
  float scores[kBlock];
  for (size_t begin = 0; begin < rows.count; begin += kBlock) {
    const size_t count = std::min(kBlock, rows.count - begin);
    kernels().dots(query, rows.row(begin), rows.step, count, rows.width, scores);
    for (size_t i = 0; i < count; ++i) best.offer({ids[begin + i], scores[i]});
  }
}

}  // namespace chain::vectors
