// Measured by hand on collections that are not a part of the project: CHAIN_COLLECTION=FOLDER
// retrieve_collection_test '[collection]'
#include <catch2/catch.hpp>
#include <cstdlib>
#include <iostream>

#include "runtime/retrieve/words.h"
#include "tests/unit/access/temporary.h"
#include "tests/unit/retrieve/collection.h"

using namespace chain;
using retrieve::test::Quality;

namespace {

Quality quality_of(const retrieve::test::Collection& collection, bool titled) {
  const access::test::Temporary place;
  std::string error;
  const auto file = store::open_passages((place.path() / "passages.db").string(), retrieve::words, error);
  REQUIRE(file);
  retrieve::test::fill(*file, collection, titled);
  return retrieve::test::measure_words(*file, collection);
}

}  // namespace

TEST_CASE("a collection's figures", "[.][collection]") {
  const char* folder = std::getenv("CHAIN_COLLECTION");
  REQUIRE(folder != nullptr);
  const auto collection = retrieve::test::read_collection(folder);
  for (const bool titled : {false, true}) {
    const Quality quality = quality_of(collection, titled);
    std::cout << (titled ? "title and text" : "text alone") << ": MAP " << quality.map << ", nDCG@10 "
              << quality.ndcg << '\n';
    CHECK(quality.map >= 0.31);
    CHECK(quality.ndcg >= 0.45);
  }
}
