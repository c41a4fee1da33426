// The two encodings of OTLP. That the official definitions read them is for tests/unit/cli/trace_test.cpp.
#include "runtime/trace/otlp.h"

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "runtime/trace/protobuf.h"

using namespace chain::trace;

namespace {

Span span() {
  Span span;
  span.trace.fill(0xAB);
  span.id.fill(1);
  span.name = "chat m";
  span.kind = SpanKind::Client;
  span.started = 1'795'305'296'123'456'789;
  span.ended = span.started + 1;
  span.attributes = {{"text", std::string("\"quoted\"")},
                     {"number", int64_t{-3}},
                     {"share", 0.5},
                     {"flag", true},
                     {"list", std::vector<std::string>{"a", "b"}}};
  span.failed = true;
  span.message = "timeout";
  return span;
}

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

}  // namespace

TEST_CASE("JSON has ids in hex, 64-bit integers as text and enumerations as numbers") {
  const auto request =
      nlohmann::json::parse(encode(Encoding::Json, {{{"service.name", "s"}}, "1"}, {{span()}}));
  const auto& scope = request["resourceSpans"][0]["scopeSpans"][0];
  CHECK(request["resourceSpans"][0]["resource"]["attributes"].dump() ==
        R"([{"key":"service.name","value":{"stringValue":"s"}}])");
  CHECK(scope["scope"].dump() == R"({"name":"chain","version":"1"})");
  const auto& made = scope["spans"][0];
  CHECK(made["traceId"] == "abababababababababababababababab");
  CHECK(made["spanId"] == "0101010101010101");
  CHECK_FALSE(made.contains("parentSpanId"));
  CHECK(made["kind"] == 3);
  CHECK(made["startTimeUnixNano"] == "1795305296123456789");
  CHECK(made["status"].dump() == R"({"code":2,"message":"timeout"})");
  CHECK(made["attributes"].dump() ==
        R"([{"key":"text","value":{"stringValue":"\"quoted\""}},{"key":"number","value":{"intValue":"-3"}},)"
        R"({"key":"share","value":{"doubleValue":0.5}},{"key":"flag","value":{"boolValue":true}},)"
        R"({"key":"list","value":{"arrayValue":{"values":[{"stringValue":"a"},{"stringValue":"b"}]}}}])");
}

TEST_CASE("the wire format is that of protocol buffers") {
  ProtoMessage message;
  message.varint(1, 150);
  message.bytes(2, "testing");
  message.fixed64(3, 0x0102030405060708);
  message.varint(16, static_cast<uint64_t>(int64_t{-1}));
  CHECK(message.text() == bytes({0x08, 0x96, 0x01, 0x12, 0x07}) + "testing" +
                              bytes({0x19, 8,    7,    6,    5,    4,    3,    2,    1,    0x80, 0x01,
                                     0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01}));
  ProtoReader reader(message.text());
  CHECK(reader.next()->value == 150);
  CHECK(reader.next()->bytes == "testing");
  CHECK(reader.next()->value == 0x0102030405060708);
  CHECK(reader.next()->number == 16);
  CHECK_FALSE(reader.next());
}

TEST_CASE("what is no message ends the reading") {
  for (const std::string& wrong : {bytes({0x08}), bytes({0x12, 5, 'a'}), bytes({0x19, 1}), bytes({0x0B}),
                                   bytes({0x00, 1}), std::string(11, '\xFF')}) {
    CHECK_FALSE(ProtoReader(wrong).next());
  }
}

TEST_CASE("partial success is read from both encodings") {
  ProtoMessage partial, response;
  partial.varint(1, 3);
  partial.bytes(2, "too old");
  response.message(1, partial);
  for (const auto& found :
       {partial_success(Encoding::Protobuf, response.text()),
        partial_success(Encoding::Json,
                        R"({"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}})"),
        partial_success(Encoding::Json,
                        R"({"partialSuccess":{"rejectedSpans":3,"errorMessage":"too old"}})")}) {
    REQUIRE(found);
    CHECK(found->rejected == 3);
    CHECK(found->message == "too old");
  }
  for (const char* body : {"", "{}", "[]", "<h1>", "{\"partialSuccess\":7}"}) {
    CHECK_FALSE(partial_success(Encoding::Json, body));
    CHECK_FALSE(partial_success(Encoding::Protobuf, body).value_or(PartialSuccess{}).rejected);
  }
}
