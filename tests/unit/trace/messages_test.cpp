// Messages out of the requests of every provider.
#include "runtime/trace/messages.h"

#include <catch2/catch.hpp>

using namespace chain::trace;

namespace {

constexpr const char* kSystem = R"([{"content":"be brief","type":"text"}])";
constexpr const char* kUser = R"([{"parts":[{"content":"hello","type":"text"}],"role":"user"}])";

}  // namespace

TEST_CASE("messages are found in the requests of every provider") {
  const std::string body = GENERATE(
      R"({"messages":[{"role":"system","content":"be brief"},{"role":"user","content":"hello"}]})",
      R"({"system":[{"type":"text","text":"be brief"}],"messages":[{"role":"user","content":[{"type":"text","text":"hello"}]}]})",
      R"({"contents":[{"role":"user","parts":[{"text":"hello"}]}],"systemInstruction":{"parts":[{"text":"be brief"}]}})",
      R"({"instructions":"be brief","input":[{"role":"user","content":[{"type":"input_text","text":"hello"}]}]})");
  const AskedMessages asked = asked_messages("POST http://localhost/v1\nh: v\n\n" + body);
  CHECK(asked.system == kSystem);
  CHECK(asked.input == kUser);
}

TEST_CASE("images are named by their type alone") {
  const AskedMessages asked = asked_messages(
      "POST http://x\n\n"
      R"({"messages":[{"role":"user","content":[{"type":"image","source":{"data":"AAAA"}}]}]})");
  CHECK(asked.input == R"([{"parts":[{"type":"image"}],"role":"user"}])");
}

TEST_CASE("a request that is no JSON is one message, and none is none") {
  CHECK(asked_messages("for baseline").input ==
        R"([{"parts":[{"content":"for baseline","type":"text"}],"role":"user"}])");
  CHECK(asked_messages("").input.empty());
  CHECK(asked_messages("POST http://x\n\n{\"messages\":[1,null,{\"role\":7}],\"system\":3}").system.empty());
}

TEST_CASE("an answer is a message of the assistant") {
  chain::model::Completion answer;
  CHECK(answer_message(answer).empty());
  answer.text = "yes";
  answer.finish_reason = "stop";
  CHECK(answer_message(answer) ==
        R"([{"finish_reason":"stop","parts":[{"content":"yes","type":"text"}],"role":"assistant"}])");
  answer.tool_calls = {{"a", "weather", R"({"city":"Seoul"})"}, {"b", "time", "spoilt"}};
  answer.text.clear();
  answer.finish_reason.clear();
  CHECK(answer_message(answer) ==
        R"([{"parts":[{"arguments":{"city":"Seoul"},"id":"a","name":"weather","type":"tool_call"},)"
        R"({"arguments":"spoilt","id":"b","name":"time","type":"tool_call"}],"role":"assistant"}])");
}

TEST_CASE("the server stands in the first line of a request") {
  const auto check = [](const char* request, const char* host, int64_t port) {
    const Server server = server_of(request);
    CHECK(server.host == host);
    if (server.port != 0) CHECK(server.port == port);
  };
  check("POST https://api.openai.com/v1/chat\n\n{}", "api.openai.com", 443);
  check("POST http://127.0.0.1:8080/v1", "127.0.0.1", 8080);
  check("POST http://[::1]:8080/v1", "::1", 8080);
  check("POST http://[::1]/v1", "::1", 80);
  check("POST http://user:word@host/v1", "host", 80);
  check("baseline(): nothing leaves", "", 0);
  check("", "", 0);
}
