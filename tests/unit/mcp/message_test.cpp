#include "runtime/mcp/message.h"

#include <catch2/catch.hpp>

using namespace chain::mcp;
using Kind = Message::Kind;

TEST_CASE("messages are told apart by what they hold") {
  CHECK(read_message(R"({"jsonrpc":"2.0","id":1,"method":"ping"})").kind == Kind::Request);
  CHECK(read_message(R"({"jsonrpc":"2.0","method":"ping","params":{"a":1}})").kind == Kind::Notification);
  CHECK(read_message(R"({"jsonrpc":"2.0","id":null,"method":"ping"})").kind == Kind::Notification);
  CHECK(read_message(R"( {"id":"x","result":{}} )").kind == Kind::Result);
  CHECK(read_message(R"({"id":1,"error":{"code":-1,"message":"no"}})").kind == Kind::Error);
  CHECK(read_message(R"({"error":{"code":-1,"message":"no"}})").kind == Kind::Error);
  for (const char* text : {"", "1", "[]", "{}", "{", R"({"id":1})", R"({"id":1,"result":{}} x)",
                           R"({"result":{}})", R"({"id":1,"result":[]})", R"({"id":1,"result":null})",
                           R"({"id":1,"error":"no"})", R"({"id":1,"result":{},})"}) {
    CAPTURE(text);
    CHECK(read_message(text).kind == Kind::Invalid);
  }
}

TEST_CASE("an error says its code, its text and what goes with it") {
  const Message message =
      read_message(R"({"id":7,"error":{"data":{"supported":["x"]},"message":"a\u0062","code":-32022}})");
  CHECK(message.id == "7");
  CHECK(message.code == -32022);
  CHECK(message.error == "ab");
  CHECK(message.data == R"({"supported":["x"]})");
}

TEST_CASE("members are replaced and added, the rest stays as it is written") {
  CHECK(with_members({}, {}) == "{}");
  CHECK(with_members(R"({"a": [1, 2] ,"b":"\u0041"})", {}) == R"({"a":[1, 2],"b":"\u0041"})");
  CHECK(with_members(R"({"a":1,"b":2})", {{"a", "3"}, {"c", "{}"}}) == R"({"b":2,"a":3,"c":{}})");
  CHECK(with_members("[]", {}).empty());
  CHECK(with_members("{\"a\":1", {}).empty());
  CHECK(with_members("{} {}", {}).empty());
  CHECK(member_of(R"({"a":{"b":1}})", "a") == R"({"b":1})");
  CHECK(member_of("[1]", "a").empty());
  CHECK(text_of(R"({"a":"x\n"})", "a") == "x\n");
  CHECK(text_of(R"({"a":1})", "a").empty());
}

TEST_CASE("each era has its envelope, and what was in it before stays") {
  CHECK(enveloped("{}", Era::Sessions, 0, true) == "{}");
  CHECK(enveloped(R"({"a":1})", Era::Sessions, 5, false) == R"({"a":1,"_meta":{"progressToken":5}})");
  const std::string modern =
      enveloped(R"({"_meta":{"mine":1,"progressToken":9},"a":1})", Era::Stateless, 5, true);
  CHECK_THAT(
      modern,
      Catch::Matchers::StartsWith(
          R"({"a":1,"_meta":{"mine":1,"progressToken":5,"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"));
  CHECK_THAT(modern, Catch::Matchers::Contains(
                         R"("io.modelcontextprotocol/clientInfo":{"name":"chain","version":")"));
  CHECK_THAT(modern,
             Catch::Matchers::Contains(R"("io.modelcontextprotocol/clientCapabilities":{"elicitation":)"));
  CHECK_THAT(modern, Catch::Matchers::Contains(R"("io.modelcontextprotocol/logLevel":"info")"));
  CHECK(enveloped("7", Era::Stateless, 5, false).empty());
}

TEST_CASE("messages to a server") {
  CHECK(request_message(3, "a\"b", "{}") == R"({"jsonrpc":"2.0","id":3,"method":"a\"b","params":{}})");
  CHECK(notification_message("n", {}) == R"({"jsonrpc":"2.0","method":"n"})");
  CHECK(result_message("\"x\"", "{}") == R"({"jsonrpc":"2.0","id":"x","result":{}})");
  CHECK(error_message("1", -5, "no") == R"({"jsonrpc":"2.0","id":1,"error":{"code":-5,"message":"no"}})");
  CHECK(read_message(request_message(1, "initialize", initialize_params())).kind == Kind::Request);
  CHECK(knows_session_version("2025-06-18"));
  CHECK_FALSE(knows_session_version("2026-07-28"));
}
