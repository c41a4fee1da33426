#include "compiler/plan/count.h"

#include <catch2/catch.hpp>

using chain::plan::Count;
using chain::plan::Factor;

TEST_CASE("counts add, multiply and take the worse of two") {
  const Count a(Factor{"len(a)", 10}), b(Factor{"len(b)", std::nullopt});
  Count sum(2);
  sum += a;
  CHECK(sum.text() == "2 + len(a)");
  CHECK(sum.bound() == 12);
  CHECK((sum * sum).text() == "4 + 4 x len(a) + len(a) x len(a)");
  CHECK((sum * sum).bound() == 144);
  CHECK((sum * b).text() == "len(a) x len(b) + 2 x len(b)");
  CHECK((sum * b).bound() == std::nullopt);
  CHECK((sum * b).open_factors() == std::vector<std::string>{"len(b)"});
  CHECK(sum.most(Count(7)).text() == "7 + len(a)");
  CHECK((sum * Count()).zero());
  CHECK(Count(0).zero());
  CHECK(Count(1).is_one());
}

TEST_CASE("counts stop at the largest number and at what can be read") {
  const Count large(uint64_t{1} << 63);
  CHECK((large * large).bound() == UINT64_MAX);
  Count product(1), sum;
  for (int i = 0; i < 20; ++i) {
    product = product * Count(Factor{"len(" + std::to_string(i) + ")", 2});
    for (int j = 0; j < 20; ++j) sum += Count(Factor{std::to_string(i * 20 + j), 2});
  }
  CHECK(product.too_long());
  CHECK(sum.too_long());
  CHECK_FALSE(sum.bound());
  CHECK((sum * Count()).zero());
}
