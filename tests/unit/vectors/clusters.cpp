#include "tests/unit/vectors/clusters.h"

#include <cmath>
#include <numbers>
#include <random>

namespace chain::test {
namespace {

/// The standard's own distributions differ from library to library.
class Normal {
 public:
  explicit Normal(uint64_t seed) : random_(seed) {}

  size_t below(size_t end) { return random_() % end; }
  /// Box and Muller 1958.
  double next() {
    const double radius = std::sqrt(-2 * std::log(uniform())), angle = 2 * std::numbers::pi * uniform();
    return radius * std::cos(angle);
  }
  std::vector<double> next(size_t count) {
    std::vector<double> numbers(count);
    for (double& number : numbers) number = next();
    return numbers;
  }

 private:
  double uniform() { return (static_cast<double>(random_() >> 11) + 0.5) / 9007199254740992.0; }

  std::mt19937_64 random_;
};

}  // namespace

std::vector<float> Clusters::vectors(size_t count, uint64_t draw) const {
  Normal shape(seed);
  const std::vector<double> map = shape.next(latent * dimensions), centres = shape.next(clusters * latent);
  Normal normal(seed + 1'000'003 * (draw + 1));
  std::vector<float> all(count * dimensions);
  std::vector<double> point(latent), seen(dimensions);
  for (size_t row = 0; row < count; ++row) {
    const size_t cluster = normal.below(clusters);
    for (size_t i = 0; i < latent; ++i) point[i] = centres[cluster * latent + i] + spread * normal.next();
    double square = 0;
    for (size_t k = 0; k < dimensions; ++k) {
      seen[k] = 0;
      for (size_t i = 0; i < latent; ++i) seen[k] += point[i] * map[i * dimensions + k];
      square += seen[k] * seen[k];
    }
    for (size_t k = 0; k < dimensions; ++k)
      all[row * dimensions + k] = static_cast<float>(seen[k] / std::sqrt(square));
  }
  return all;
}

}  // namespace chain::test
