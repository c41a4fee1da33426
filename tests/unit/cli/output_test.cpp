// JSON as people read it.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/output.h"

using chain::cli::pretty_json;

TEST_CASE("JSON is laid out and its tokens stay as they are") {
  CHECK(pretty_json(R"({"a":1.0,"b":[],"c":{},"d":[1,{"e":null}]})") ==
        "{\n  \"a\": 1.0,\n  \"b\": [],\n  \"c\": {},\n  \"d\": [\n    1,\n    {\n      \"e\": null\n    }\n "
        " ]\n}");
  CHECK(pretty_json("\"high\"") == "\"high\"");
  CHECK(pretty_json(R"({"k":"a,b:{[\"]\\"})") == "{\n  \"k\": \"a,b:{[\\\"]\\\\\"\n}");
}

TEST_CASE("what is laid out reads back the same") {
  const std::string json = R"({"한":["국","\u202e\\"],"n":-1.5e300,"t":[true,[[]],{"":{"x":[{}]}}]})";
  CHECK(nlohmann::json::parse(pretty_json(json)) == nlohmann::json::parse(json));
}
