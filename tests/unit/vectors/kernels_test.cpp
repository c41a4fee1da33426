// Every set of kernels that this machine can run, against sums in double precision.
#include "runtime/vectors/kernels.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/unit/vectors/clusters.h"

using namespace chain::vectors;

namespace {

double exact(const float* left, const float* right, size_t width) {
  double sum = 0;
  for (size_t i = 0; i < width; ++i) sum += double{left[i]} * right[i];
  return sum;
}

}  // namespace

TEST_CASE("inner products of all widths, wherever they begin") {
  constexpr size_t kWidest = 20 * kLane;
  const std::vector<float> numbers = chain::test::Clusters{.dimensions = kWidest}.vectors(4);
  REQUIRE(std::string(all_kernels().front().name) == "baseline");
  CHECK(kernels().dot == all_kernels().back().dot);
  for (const Kernels& set : all_kernels()) {
    for (size_t width = kLane; width <= kWidest - kLane; width += kLane) {
      for (size_t shift = 0; shift < 4; ++shift) {
        INFO(set.name << ", " << width << " floats from " << shift);
        const float* left = numbers.data() + shift;
        const float* right = numbers.data() + kWidest + 3;
        const double expected = exact(left, right, width);
        CHECK(set.dot(left, right, width) == Approx(expected).margin(1e-6));
        CHECK(set.distance(left, right, &width) == -set.dot(left, right, width));
        float many[3] = {};
        set.dots(left, right, kWidest - 1, 2, width, many);
        CHECK(many[0] == set.dot(left, right, width));
        CHECK(many[1] == set.dot(left, right + kWidest - 1, width));
        CHECK(many[2] == 0);
      }
    }
  }
}
