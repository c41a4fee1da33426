#include "runtime/access/glob.h"

#include <catch2/catch.hpp>
#include <string>

using chain::access::covers;
using chain::access::overlap;

TEST_CASE("a star covers any text, but stops where it is told to") {
  CHECK(covers("api.example.com", "api.example.com"));
  CHECK_FALSE(covers("api.example.com", "api.example.org"));
  CHECK(covers("*.example.com", "a.b.example.com"));
  CHECK_FALSE(covers("*.example.com", "example.com"));
  CHECK_FALSE(covers("*.example.com", "evil.com"));
  CHECK(covers("*", ""));
  CHECK_FALSE(covers("", "x"));
  CHECK(covers("/data/*.md", "/data/a.md", "/"));
  CHECK_FALSE(covers("/data/*.md", "/data/deep/a.md", "/"));
  CHECK(covers("/data/**", "/data/deep/a.md", "/"));
  CHECK_FALSE(covers("/data/*/a", "/data/**/a", "/"));
}

TEST_CASE("patterns overlap if some text is of both forms") {
  CHECK(overlap("*.example.com", "bad.*"));
  CHECK(overlap("*", ""));
  CHECK(overlap("a*c", "ab*"));
  CHECK_FALSE(overlap("*.example.com", "*.example.org"));
  CHECK_FALSE(overlap("abc", "abd"));
}

TEST_CASE("no pattern takes long") {
  const std::string stars = std::string(2000, '*') + 'b';
  const std::string text(4000, 'a');
  CHECK_FALSE(covers(stars, text));
  CHECK_FALSE(overlap(stars, text));
}
