#include "runtime/model/response_format.h"

#include <catch2/catch.hpp>
#include <string>

using chain::model::make_response_format;
using chain::model::Unwrapper;

namespace {

std::string unwrapped(std::string_view text, size_t step) {
  Unwrapper unwrapper;
  std::string out;
  for (size_t at = 0; at < text.size(); at += step) unwrapper.feed(text.substr(at, step), out);
  unwrapper.finish(out);
  return out;
}

}  // namespace

TEST_CASE("a closed object is sent as it is, strictly") {
  const auto format = make_response_format(
      "classify",
      R"({"type":"object","properties":{"b":{"type":"string"},"a":{"type":"integer"}},"required":["b","a"],"additionalProperties":false})");
  CHECK_FALSE(format.wrapped);
  CHECK(
      format.members ==
      R"("name":"classify","strict":true,"schema":{"type":"object","properties":{"b":{"type":"string"},"a":{"type":"integer"}},"required":["b","a"],"additionalProperties":false})");
}

TEST_CASE("anything else is wrapped, and its definitions stay at the root") {
  const auto format = make_response_format(
      "분류 1", R"({"$ref":"#/$defs/Urgency","$defs":{"Urgency":{"type":"string","enum":["low","high"]}}})");
  CHECK(format.wrapped);
  CHECK(
      format.members ==
      R"("name":"_______1","strict":true,"schema":{"type":"object","properties":{"value":{"$ref":"#/$defs/Urgency"}},"required":["value"],"additionalProperties":false,"$defs":{"Urgency":{"type":"string","enum":["low","high"]}}})");
}

TEST_CASE("a reference to an object needs no wrapper") {
  const auto format = make_response_format(
      "tree",
      R"({"$ref":"#/$defs/Node","$defs":{"Node":{"type":"object","properties":{},"required":[],"additionalProperties":false}}})");
  CHECK_FALSE(format.wrapped);
}

TEST_CASE("a map is open, which strict mode does not know") {
  const auto format =
      make_response_format("counts", R"({"type":"object","additionalProperties":{"type":"integer"}})");
  CHECK_FALSE(format.wrapped);
  CHECK(format.members.find("\"strict\":false") != std::string::npos);
}

TEST_CASE("what is no schema is not sent") {
  CHECK(make_response_format("x", "").members.empty());
  CHECK(make_response_format("x", "[]").members.empty());
  CHECK(make_response_format("x", "{").members.empty());
}

TEST_CASE("the wrapper comes off, however the reply is cut") {
  const std::pair<std::string, std::string> cases[] = {
      {R"({"value":"high"})", R"("high")"},
      {" {\n \"value\" : [1, {\"a\": \"}\"}] \n}\n", R"([1, {"a": "}"}])"},
      {R"({"value":"a \" } b"})", R"("a \" } b")"},
      {R"({"value": 12 })", "12"},
      {R"({"value": true})", "true"},
      {R"({"value": {"x": {}}})", R"({"x": {}})"},
      {R"({"value": [1, 2)", "[1, 2"},           // cut short
      {R"({"values": 1})", R"({"values": 1})"},  // another shape
      {"high", "high"},
      {R"({"val)", R"({"val)"},
      {"", ""},
      {R"({"value":1} and more)", "1"},
  };
  for (const auto& [text, value] : cases) {
    for (const size_t step : {1, 2, 3, 7, 1000}) {
      CAPTURE(text, step);
      CHECK(unwrapped(text, step) == value);
    }
  }
}
