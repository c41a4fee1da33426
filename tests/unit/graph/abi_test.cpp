#include <catch2/catch.hpp>

#include <string>

#include "runtime/abi/functions.h"
#include "runtime/program/program.h"
#include "runtime/value/layout.h"

using namespace chain;
using namespace chain::abi;

namespace {

struct Native {
  program::Program program;
  Context context;
  TextBuilder text;

  explicit Native(uint64_t bytes = 1 << 20) : context(bytes) { context.program = &program; }
  std::string_view built() const { return {text.data, text.size}; }
};

}  // namespace

TEST_CASE("text grows in the arena") {
  Native n;
  const uint32_t float_type = n.program.types.float_type.index;
  const uint32_t duration = n.program.types.duration_type.index;
  for (int i = 0; i < 100; ++i) REQUIRE(chain_rt_text_int(&n.context, &n.text, i) == kOk);
  CHECK(n.built().substr(0, 12) == "012345678910");
  CHECK(n.text.capacity >= n.text.size);
  n.text = {};
  REQUIRE(chain_rt_text_int(&n.context, &n.text, INT64_MIN) == kOk);
  REQUIRE(chain_rt_text_float(&n.context, &n.text, 0.1) == kOk);
  const int64_t minute = 60'000'000'000;
  REQUIRE(chain_rt_text_value(&n.context, &n.text, duration, &minute) == kOk);
  const double one = 1;
  REQUIRE(chain_rt_text_value(&n.context, &n.text, float_type, &one) == kOk);
  CHECK(n.built() == "-92233720368547758080.11m1.0");
}

TEST_CASE("the run's memory has a limit") {
  Native n(8192);
  CHECK(chain_rt_text_grow(&n.context, &n.text, 100'000) == kFailed);
  CHECK(n.context.error_kind == ErrorKind::Budget);
  CHECK(chain_rt_text_grow(&n.context, &n.text, UINT64_MAX) == kFailed);
  CHECK(chain_rt_allocate(&n.context, uint64_t{1} << 40) == nullptr);
  CHECK_FALSE(n.context.error_message.view().empty());
}

TEST_CASE("maps are built, searched and compared") {
  Native n;
  const program::TypeId type = n.program.types.map_of(n.program.types.int_type);
  struct Entry {
    value::Text key;
    int64_t value;
  };
  const Entry entries[] = {{{"a", 1}, 1}, {{"b", 1}, 2}, {{"a", 1}, 3}};
  const value::Map* map = nullptr;
  REQUIRE(chain_rt_map_build(&n.context, type.index, entries, 3, &map) == kOk);
  CHECK(map->size == 2);
  const value::Text key("a", 1);
  const void* found = chain_rt_map_find(map, sizeof(Entry), &key);
  REQUIRE(found);
  CHECK(value::load<int64_t>(found) == 3);
  const value::Text missing("c", 1);
  CHECK(chain_rt_map_find(map, sizeof(Entry), &missing) == nullptr);
  const Entry turned[] = {{{"b", 1}, 2}, {{"a", 1}, 3}};
  const value::Map* other = nullptr;
  REQUIRE(chain_rt_map_build(&n.context, type.index, turned, 2, &other) == kOk);
  CHECK(chain_rt_equal(&n.context, type.index, &map, &other) == 1);
  REQUIRE(chain_rt_map_build(&n.context, type.index, turned, 1, &other) == kOk);
  CHECK(chain_rt_equal(&n.context, type.index, &map, &other) == 0);
}

TEST_CASE("failures name kind, place and reason") {
  Native n;
  CHECK(chain_rt_fail_index(&n.context, 8, -4, 3) == kFailed);
  CHECK(n.context.error_message.view() == "index -4 is out of range: the list has 3 elements");
  CHECK(to_string(ErrorKind::Timeout) == "timeout");
  CHECK(to_string(ErrorKind::Failed) == "failed");
}
