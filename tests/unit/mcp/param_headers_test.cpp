#include "runtime/mcp/param_headers.h"

#include <catch2/catch.hpp>

using chain::mcp::header_value;
using chain::mcp::headers_of;
using chain::mcp::param_headers;

namespace {

/// A schema with one property `a`.
std::string with(const std::string& property) {
  return R"({"type":"object","properties":{"a":)" + property + "}}";
}

}  // namespace

TEST_CASE("values are encoded as the specification's examples are") {
  CHECK(header_value("us-west1") == "us-west1");
  CHECK(header_value("Hello, 世界") == "=?base64?SGVsbG8sIOS4lueVjA==?=");
  CHECK(header_value(" padded ") == "=?base64?IHBhZGRlZCA=?=");
  CHECK(header_value("line1\nline2") == "=?base64?bGluZTEKbGluZTI=?=");
  CHECK(header_value("=?base64?literal?=") == "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=");
  CHECK(header_value("") == "=?base64??=");
  CHECK(header_value("a\tb") == "a\tb");
  CHECK(header_value("a\x7f") == "=?base64?YX8=?=");
}

TEST_CASE("declared parameters are found at any depth of properties") {
  const auto found = param_headers(
      R"({"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"},
          "deep":{"type":"object","properties":{"n":{"type":"integer","x-mcp-header":"N"}}},
          "on":{"x-mcp-header":"On","type":"boolean"},"x-mcp-header":{"type":"string"}}})");
  REQUIRE(found);
  REQUIRE(found->size() == 3);
  const auto headers = headers_of(*found, R"({"region":"eu\u00e9","deep":{"n":-42},"on":true})");
  REQUIRE(headers.size() == 3);
  CHECK(headers[0] == std::pair<std::string, std::string>("Mcp-Param-Region", "=?base64?ZXXDqQ==?="));
  CHECK(headers[1] == std::pair<std::string, std::string>("Mcp-Param-N", "-42"));
  CHECK(headers[2] == std::pair<std::string, std::string>("Mcp-Param-On", "true"));
}

TEST_CASE("what is absent, null or of another kind has no header") {
  const auto found = param_headers(with(R"({"type":"integer","x-mcp-header":"A"})"));
  REQUIRE(found);
  for (const char* arguments : {"{}", R"({"a":null})", R"({"a":[1]})", R"({"a":{}})", R"({"a":1.5})",
                                R"({"a":1e300})", R"({"a":9007199254740993})", "", "[]", "{\"a\""}) {
    CAPTURE(arguments);
    CHECK(headers_of(*found, arguments).empty());
  }
  CHECK(headers_of(*found, R"({"a":42.0})")[0].second == "42");
}

TEST_CASE("declarations that are not allowed make the tool invalid") {
  const std::string good = R"({"type":"string","x-mcp-header":"A"})";
  CHECK(param_headers(with(good)));
  CHECK(param_headers("{}")->empty());
  CHECK_FALSE(param_headers(with(R"({"type":"number","x-mcp-header":"A"})")));
  CHECK_FALSE(param_headers(with(R"({"type":"object","x-mcp-header":"A"})")));
  CHECK_FALSE(param_headers(with(R"({"x-mcp-header":"A"})")));
  CHECK_FALSE(param_headers(with(R"({"type":"string","x-mcp-header":""})")));
  CHECK_FALSE(param_headers(with(R"({"type":"string","x-mcp-header":7})")));
  CHECK_FALSE(param_headers(with(R"({"type":"string","x-mcp-header":"A B"})")));
  CHECK_FALSE(param_headers(with(R"({"type":"string","x-mcp-header":"A\r\nB"})")));
  CHECK_FALSE(param_headers(R"({"type":"string","x-mcp-header":"A"})"));
  CHECK_FALSE(param_headers(with(R"({"type":"array","items":)" + good + "}")));
  CHECK_FALSE(param_headers(with(R"({"anyOf":[)" + good + "]}")));
  CHECK_FALSE(param_headers(R"({"$defs":{"a":)" + good + "}}"));
  CHECK_FALSE(
      param_headers(R"({"properties":{"a":)" + good + R"(,"b":{"type":"string","x-mcp-header":"a"}}})"));
  // A value that looks like a declaration is none.
  CHECK(param_headers(with(R"({"type":"object","default":)" + good + R"(,"examples":[)" + good + "]}")));
}
