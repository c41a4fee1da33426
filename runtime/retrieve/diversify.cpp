#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_map>
#include <utility>

#include "runtime/retrieve/rank.h"
#include "runtime/retrieve/words.h"

namespace chain::retrieve {
namespace {

constexpr size_t kMostWeighed = 1000;

/// What two passages are compared by, of unit length: numbers by place, or words by how often they stand.
class Likenesses {
 public:
  Likenesses(store::PassageFile& file, const std::vector<Ranked>& pool) {
    for (const Ranked& ranked : pool) vectors_.push_back(unit(file.vector_of(ranked.id)));
    const bool whole = std::ranges::all_of(
        vectors_, [&](const auto& vector) { return !vector.empty() && vector.size() == vectors_[0].size(); });
    if (whole) return;
    vectors_.clear();
    for (const Ranked& ranked : pool) counts_.push_back(counts_of(file.passage(ranked.id)));
  }

  /// From 0 to 1.
  [[nodiscard]] double of(size_t left, size_t right) const {
    const double product =
        vectors_.empty() ? shared(counts_[left], counts_[right]) : dot(vectors_[left], vectors_[right]);
    return std::clamp(product, 0.0, 1.0);
  }

 private:
  using Counts = std::unordered_map<std::string, double>;

  static double dot(const std::vector<float>& left, const std::vector<float>& right) {
    double sum = 0;
    for (size_t i = 0; i < left.size(); ++i) sum += double{left[i]} * right[i];
    return sum;
  }
  static std::vector<float> unit(std::vector<float> vector) {
    const double length = std::sqrt(dot(vector, vector));
    if (length > 0) {
      for (float& part : vector) part = static_cast<float>(part / length);
    }
    return vector;
  }
  static Counts counts_of(const std::optional<store::PassageRow>& passage) {
    Counts counts;
    if (passage)
      words(passage->text, [&](std::string_view word, size_t, size_t) { ++counts[std::string(word)]; });
    double square = 0;
    for (const auto& [word, count] : counts) square += count * count;
    for (auto& [word, count] : counts) count /= std::sqrt(square);
    return counts;
  }
  static double shared(const Counts& left, const Counts& right) {
    double sum = 0;
    for (const auto& [word, count] : left) {
      const auto other = right.find(word);
      if (other != right.end()) sum += count * other->second;
    }
    return sum;
  }

  std::vector<std::vector<float>> vectors_;
  std::vector<Counts> counts_;  // if there are no vectors
};

}  // namespace

void diversify(store::PassageFile& file, std::vector<Ranked>& ranked, double diversity, uint32_t top) {
  diversity = std::clamp(diversity, 0.0, 1.0);
  const size_t size = std::min({ranked.size(), candidates_for(top), kMostWeighed});
  if (!(diversity > 0) || size < 2) return;
  const std::vector<Ranked> pool(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(size));
  const Likenesses alike(file, pool);
  // Scores of different kinds have different scales: the best counts as 1, the last of the pool as 0.
  const double best = pool.front().score, spread = best - pool.back().score;
  const auto relevance = [&](size_t place) {
    return spread > 0 ? 1 - (best - pool[place].score) / spread : 1.0;
  };
  std::vector<double> likest(size, 0.0);  // to those that are chosen
  std::vector<bool> chosen(size, false);
  for (size_t rank = 0; rank < size; ++rank) {
    size_t next = size;
    double value = 0;
    for (size_t i = 0; i < size; ++i) {
      if (chosen[i]) continue;
      const double its = (1 - diversity) * relevance(i) - diversity * likest[i];
      if (next == size || its > value) next = i, value = its;
    }
    chosen[next] = true;
    ranked[rank] = pool[next];
    // Behind these nobody looks, unless passages are gone; they keep their order.
    for (size_t i = 0; i < size && rank < 2 * size_t{top}; ++i) {
      if (!chosen[i]) likest[i] = std::max(likest[i], alike.of(i, next));
    }
  }
}

}  // namespace chain::retrieve
