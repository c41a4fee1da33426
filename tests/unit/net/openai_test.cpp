// Provider openai: requests, keys, structured output, queueing, cancelling.
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/unit/net/model_fixture.h"

using namespace chain;
using test::Answer;
using test::Caller;
using test::kSecond;
using test::MockOpenAi;
using test::Variable;

namespace {

std::string body_of(const MockOpenAi& mock) {
  const std::string seen = mock.get("/last");
  return seen.substr(seen.find("\r\n\r\n") + 4);
}

bool mentions(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

constexpr std::string_view kObjectSchema =
    R"({"type":"object","properties":{"ok":{"type":"boolean"}},"required":["ok"],"additionalProperties":false})";
constexpr std::string_view kEnumSchema =
    R"({"$ref":"#/$defs/Urgency","$defs":{"Urgency":{"type":"string","enum":["low","high"]}}})";

}  // namespace

TEST_CASE("a completion comes with its text, usage, model and ids") {
  const MockOpenAi mock({"--reply", "안녕, \"you\"\n"});
  Caller caller(mock);
  const Answer answer = caller.call("hello");
  REQUIRE(answer.is_done);
  CHECK(answer.completion.text == "안녕, \"you\"\n");
  CHECK(answer.completion.model == "gpt-5-mini");
  CHECK(answer.completion.finish_reason == "stop");
  CHECK(answer.completion.request_id == "req_mock");
  CHECK(answer.completion.usage.input_tokens > 0);
  CHECK(answer.completion.usage.output_tokens > 0);
  CHECK(answer.completion.attempts == 1);
  CHECK(answer.deltas.empty());
}

TEST_CASE("the request holds the messages and options, and nothing else") {
  const MockOpenAi mock;
  Caller caller(
      mock,
      R"(, "temperature": 0, "top_p": 0.5, "max_tokens": 99, "seed": 7, "stop": ["a", "b\n"], "reasoning_effort": "low")");
  model::Request request;
  request.messages = {{program::Role::System, "be\tbrief"},
                      {program::Role::User, "q"},
                      {program::Role::Assistant, "a"},
                      {program::Role::User, "안녕 \"x\""}};
  CHECK(caller.call(std::move(request)).is_done);
  CHECK(
      body_of(mock) ==
      R"({"model":"gpt-5-mini","temperature":0,"top_p":0.5,"max_tokens":99,"seed":7,"reasoning_effort":"low","stop":["a","b\n"],)"
      R"("messages":[{"role":"system","content":"be\tbrief"},{"role":"user","content":"q"},{"role":"assistant","content":"a"},)"
      R"({"role":"user","content":"안녕 \"x\""}]})");
}

TEST_CASE("a key goes out as Authorization, and is shown to nobody") {
  const Variable key("OPENAI_API_KEY", "sk-very-secret");
  const MockOpenAi mock({"--key", "sk-very-secret"});
  Caller caller(mock, "", {.verbose = true});
  const Answer answer = caller.call("hello");
  REQUIRE(answer.is_done);
  CHECK(mentions(answer.sent_text, "POST " + mock.base_url() + "/chat/completions\n"));
  CHECK(mentions(answer.sent_text, "Authorization: Bearer [redacted]"));
  CHECK(mentions(answer.sent_text, R"("content":"hello")"));
  CHECK_FALSE(mentions(answer.sent_text, "sk-very-secret"));
}

TEST_CASE("another variable may hold the key") {
  const Variable key("OPENAI_API_KEY", "sk-wrong");
  const Variable other("OTHER_KEY", "sk-right");
  const MockOpenAi mock({"--key", "sk-right"});
  Caller caller(mock, R"(, "api_key_env": "OTHER_KEY")");
  CHECK(caller.call().is_done);
}

TEST_CASE("a missing key says what to set; servers of one's own need none") {
  const Variable no_key("OPENAI_API_KEY", nullptr);
  const Variable no_url("OPENAI_BASE_URL", nullptr);
  Caller home("{}");
  const Answer answer = home.call();
  REQUIRE(answer.is_failed);
  CHECK(answer.failure.kind == abi::ErrorKind::Denied);
  CHECK(mentions(answer.failure.message, "model `fast`"));
  CHECK(mentions(answer.failure.message, "set the environment variable OPENAI_API_KEY"));

  const MockOpenAi mock;
  Caller own(mock);
  CHECK(own.call().is_done);
  CHECK_FALSE(mentions(mock.get("/last"), "Authorization"));

  Caller named(mock, R"(, "api_key_env": "NOT_SET_ANYWHERE")");
  CHECK(mentions(named.call().failure.message, "NOT_SET_ANYWHERE"));
}

TEST_CASE("a key that would break the header is refused") {
  const Variable key("OPENAI_API_KEY", "sk-x\r\nEvil: 1");
  const MockOpenAi mock;
  Caller caller(mock);
  const Answer answer = caller.call();
  CHECK(answer.failure.kind == abi::ErrorKind::Denied);
  CHECK(mentions(answer.failure.message, "control characters"));
  CHECK(mock.stat("requests") == 0);
}

TEST_CASE("OPENAI_BASE_URL is where the server is, unless the model says") {
  const MockOpenAi mock, other;
  const Variable url("OPENAI_BASE_URL", (mock.base_url() + "/").c_str());
  Caller caller("{}");
  CHECK(caller.call().is_done);
  CHECK(mock.stat("requests") == 1);
  Caller said(other);
  CHECK(said.call().is_done);
  CHECK(mock.stat("requests") == 1);
  CHECK(other.stat("requests") == 1);
}

TEST_CASE("a compatible server is where its model says, and gets no key that is not named for it") {
  const Variable key("OPENAI_API_KEY", "sk-of-openai");
  const Variable url("OPENAI_BASE_URL", "http://127.0.0.1:9/v1");
  const Variable own("OWN_KEY", "sk-own");
  const MockOpenAi mock;
  Caller caller(mock, R"(, "max_tokens": 9, "seed": 7)");
  caller.program.models[0].provider = "compatible";
  for (const bool stream : {false, true})
    CHECK(caller.call("hello", stream).completion.text == "echo: hello");
  CHECK_FALSE(mentions(mock.get("/last"), "Authorization"));
  CHECK(mentions(body_of(mock), R"("max_tokens":9,"seed":7)"));
  Caller named(mock, R"(, "api_key_env": "OWN_KEY")");
  named.program.models[0].provider = "compatible";
  CHECK(named.call().is_done);
  CHECK(mentions(mock.get("/last"), "Authorization: Bearer sk-own"));

  Caller nowhere("{}");
  nowhere.program.models[0].provider = "compatible";
  const Answer answer = nowhere.call();
  CHECK(answer.failure.kind == abi::ErrorKind::Failed);
  CHECK(mentions(answer.failure.message, "`compatible` needs a `base_url`"));
}

TEST_CASE("an object's schema is sent as response_format") {
  const MockOpenAi mock;
  Caller caller(mock);
  model::Request request = Caller::request();
  request.schema_name = "check";
  request.schema = kObjectSchema;
  const Answer answer = caller.call(std::move(request));
  CHECK(answer.completion.text == R"({"ok":true})");
  CHECK(mentions(
      body_of(mock),
      R"("response_format":{"type":"json_schema","json_schema":{"name":"check","strict":true,"schema":)" +
          std::string(kObjectSchema) + "}}"));
}

TEST_CASE("another schema is wrapped, and the answer unwrapped, streaming or not") {
  const MockOpenAi mock({"--chunk", "3"});
  Caller caller(mock);
  for (const bool stream : {false, true}) {
    model::Request request = Caller::request("q", stream);
    request.schema_name = "urgency";
    request.schema = kEnumSchema;
    const Answer answer = caller.call(std::move(request));
    CHECK(answer.completion.text == R"("low")");
    CHECK(answer.streamed() == (stream ? R"("low")" : ""));
  }
}

TEST_CASE("structured: off sends no schema") {
  const MockOpenAi mock;
  Caller caller(mock, R"(, "structured": "off")");
  model::Request request = Caller::request();
  request.schema = kObjectSchema;
  CHECK(caller.call(std::move(request)).completion.text == "echo: hi");
  CHECK_FALSE(mentions(body_of(mock), "response_format"));
}

TEST_CASE("an endpoint that does not know response_format is asked without, from then on") {
  const MockOpenAi mock({"--no-response-format"});
  Caller caller(mock);
  const auto ask = [&] {
    model::Request request = Caller::request();
    request.schema_name = "check";
    request.schema = kEnumSchema;
    return caller.call(std::move(request));
  };
  const Answer first = ask();
  CHECK(first.completion.text == "echo: hi");
  CHECK(first.completion.attempts == 2);
  CHECK(first.retries.size() == 1);
  CHECK(first.delays == std::vector<int64_t>{0});
  const Answer second = ask();
  CHECK(second.completion.attempts == 1);
  CHECK(mock.stat("requests") == 3);

  Caller strict(mock, R"(, "structured": "on")");
  model::Request request = Caller::request();
  request.schema = kObjectSchema;
  const Answer refused = strict.call(std::move(request));
  CHECK(refused.failure.kind == abi::ErrorKind::Failed);
  CHECK(mentions(refused.failure.message, "Unrecognized request argument supplied: response_format"));
}

TEST_CASE("calls beyond the model's cap wait in order") {
  const MockOpenAi mock;
  Caller caller(mock, R"(, "concurrency": 2)");
  std::vector<Answer> answers(7);
  std::vector<size_t> order;
  std::vector<model::Client::CallId> ids;
  for (size_t i = 0; i < answers.size(); ++i) {
    answers[i].on_end = [&order, i] { order.push_back(i); };
    ids.push_back(caller.client->start(Caller::request(), answers[i]));
  }
  caller.client->cancel(ids[3]);
  caller.loop.run();
  CHECK(mock.stat("requests") == 6);
  CHECK(mock.stat("max_pending") <= 2);
  CHECK(std::is_permutation(order.begin(), order.end(), std::vector<size_t>{0, 1, 2, 4, 5, 6}.begin()));
  CHECK_FALSE(answers[3].ended());
}

TEST_CASE("independent calls are pending at the same time") {
  const MockOpenAi mock({"--hold", "3"});
  Caller caller(mock);
  std::vector<Answer> answers(3);
  for (Answer& answer : answers) caller.client->start(Caller::request(), answer);
  caller.loop.run();
  for (const Answer& answer : answers) CHECK(answer.is_done);
  CHECK(mock.stat("max_pending") == 3);
}

TEST_CASE("a cancelled call is silent and leaves no connection") {
  const MockOpenAi mock({"--silent"});
  Caller caller(mock);
  Answer answer;
  const auto id = caller.client->start(Caller::request(), answer);
  std::function<void()> wait = [&] {
    if (mock.stat("pending") != 1) return caller.loop.post(wait);
    caller.client->cancel(id);
  };
  caller.loop.post(wait);
  caller.loop.run();
  CHECK_FALSE(answer.ended());
  CHECK(mock.stat("open") == 0);
  caller.client->cancel(id);
  caller.client->cancel(12345);
}

TEST_CASE("cancelling from within a delta ends the call there") {
  const MockOpenAi mock({"--chunk", "2", "--reply", "a long enough text"});
  Caller caller(mock);
  Answer answer;
  model::Client::CallId id = 0;
  answer.on_delta = [&] { caller.client->cancel(id); };
  id = caller.client->start(Caller::request("q", true), answer);
  caller.loop.run();
  CHECK(answer.deltas.size() == 1);
  CHECK_FALSE(answer.ended());
}

TEST_CASE("a client may be destroyed while calls wait, run and back off") {
  const MockOpenAi mock({"--error", "500"});
  Answer answers[3];
  {
    Caller caller(mock, R"(, "concurrency": 2)");
    for (Answer& answer : answers) caller.client->start(Caller::request(), answer);
    caller.loop.after(100'000'000, [&] { caller.loop.stop(); });
    caller.loop.run();
  }
  for (const Answer& answer : answers) CHECK_FALSE(answer.ended());
}

TEST_CASE("an unknown provider fails when it is called") {
  Caller caller("{}");
  caller.program.models.push_back({"odd", "openal", "x", "{}"});
  caller.client = model::make_client(caller.program, caller.loop);
  model::Request request = Caller::request();
  request.model = 1;
  const Answer answer = caller.call(std::move(request));
  CHECK(answer.failure.kind == abi::ErrorKind::NotFound);
  CHECK(answer.failure.message == "model `odd`: there is no provider `openal`");
}
