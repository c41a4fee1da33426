#include "runtime/retrieve/local_hash.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <string>

using chain::retrieve::local_hash;

namespace {

double cosine(std::string_view left, std::string_view right, uint32_t dimensions = 384) {
  const auto a = local_hash(left, dimensions), b = local_hash(right, dimensions);
  double product = 0;
  for (size_t i = 0; i < a.size(); ++i) product += double{a[i]} * b[i];
  return product;
}

}  // namespace

TEST_CASE("a text is a vector of unit length, the same each time") {
  for (const uint32_t dimensions : {16U, 384U, 4096U}) {
    const auto vector = local_hash("A refund is paid within fourteen days.", dimensions);
    REQUIRE(vector.size() == dimensions);
    double square = 0;
    for (const float part : vector) square += double{part} * part;
    CHECK(square == Approx(1).epsilon(1e-5));
    CHECK(vector == local_hash("A refund is paid within fourteen days.", dimensions));
  }
}

TEST_CASE("a text without a word is all zeros") {
  for (const char* text : {"", "  \n", "...", "\xff\xfe"}) {
    for (const float part : local_hash(text, 64)) CHECK(part == 0);
  }
}

TEST_CASE("texts of like words lie close to each other") {
  CHECK(cosine("shipping a parcel", "parcels that are shipped") > 0.4);
  CHECK(cosine("shipping a parcel", "parcels that are shipped") >
        cosine("shipping a parcel", "reset a password") + 0.3);
  CHECK(cosine("the refund was recieved", "refunds received") >
        cosine("the refund was recieved", "the invoice was sent"));
  CHECK(cosine("환불은 언제 되나요", "환불을 신청하는 방법") >
        cosine("환불은 언제 되나요", "비밀번호를 바꾸는 방법"));
  CHECK(cosine("REFUND", "refund") == Approx(1).epsilon(1e-5));
}

TEST_CASE("very short words count little") {
  CHECK(cosine("the cat of the house", "the dog of the yard") < 0.35);
}
