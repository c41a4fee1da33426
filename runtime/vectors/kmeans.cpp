#include "runtime/vectors/kmeans.h"

#include <algorithm>
#include <numeric>
#include <random>

namespace chain::vectors {
namespace {

constexpr int kRounds = 10;
constexpr uint64_t kSeed = 5489;

/// Below `end`. Of the standard's own engine, whose numbers are the same everywhere; its distributions are
/// not.
size_t draw(std::mt19937_64& random, size_t end) {
  return random() % end;
}

/// Different rows, picked by chance.
Lines first_centres(const View& sample, uint32_t cells, std::mt19937_64& random) {
  std::vector<uint32_t> order(sample.count);
  std::iota(order.begin(), order.end(), 0);
  Lines centres = lines_for(cells, sample.width);
  for (uint32_t i = 0; i < cells; ++i) {
    std::swap(order[i], order[i + draw(random, sample.count - i)]);
    std::copy_n(sample.row(order[i]), sample.width, floats_of(centres) + i * sample.width);
  }
  return centres;
}

/// Moves each centre to the mean direction of its rows. One without rows goes to a row picked by chance.
void move_centres(const View& sample, const std::vector<uint32_t>& cell_of, Lines& centres,
                  std::mt19937_64& random) {
  std::fill(centres.begin(), centres.end(), Line());
  float* sums = floats_of(centres);
  for (size_t row = 0; row < sample.count; ++row) {
    float* sum = sums + cell_of[row] * sample.width;
    for (size_t i = 0; i < sample.width; ++i) sum[i] += sample.row(row)[i];
  }
  const size_t cells = centres.size() / (sample.width / kLane);
  for (size_t cell = 0; cell < cells; ++cell) {
    float* centre = sums + cell * sample.width;
    if (!scale_to_unit({centre, sample.width}, centre))
      std::copy_n(sample.row(draw(random, sample.count)), sample.width, centre);
  }
}

}  // namespace

uint32_t nearest_centre(const float* vector, const View& centres, std::vector<float>& scores) {
  kernels().dots(vector, centres.first, centres.step, centres.count, centres.width, scores.data());
  return static_cast<uint32_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

Lines centres_of(const View& sample, uint32_t cells, const Stop& stop) {
  std::mt19937_64 random(kSeed);
  Lines centres = first_centres(sample, cells, random);
  std::vector<uint32_t> cell_of(sample.count, cells);
  std::vector<float> scores(cells);
  for (int round = 0; round < kRounds; ++round) {
    const View view = view_of(centres, sample.width);
    bool moved = false;
    for (size_t row = 0; row < sample.count; ++row) {
      if (row % 1024 == 0 && stop && stop()) return {};
      const uint32_t cell = nearest_centre(sample.row(row), view, scores);
      moved = moved || cell != cell_of[row];
      cell_of[row] = cell;
    }
    if (!moved) break;
    move_centres(sample, cell_of, centres, random);
  }
  return centres;
}

}  // namespace chain::vectors
