// Calls of tools, and what goes back with them, out of replies as servers vary them.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "runtime/model/anthropic_reply.h"
#include "runtime/model/gemini_reply.h"
#include "runtime/model/mended_calls.h"
#include "runtime/model/ollama_reply.h"
#include "runtime/model/openai_reply.h"
#include "runtime/model/openai_responses.h"
#include "tests/unit/net/reply_reader.h"

using namespace chain;
using model::ToolCall;
using nlohmann::json;
using test::Read;
using test::read;
using test::read_events;

namespace {

constexpr model::Form kTools = {.tools = true};

bool mentions(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// A chunk of chat completions with these pieces of calls.
std::string pieces(const std::string& calls) {
  return R"({"choices":[{"delta":{"tool_calls":[)" + calls + "]}}]}";
}

const std::string kEnd = R"({"choices":[{"delta":{},"finish_reason":"tool_calls"}]})";

Read chat(std::vector<std::string> events, size_t step = 0) {
  events.push_back(kEnd);
  events.emplace_back("[DONE]");
  return read_events(model::read_openai_stream(kTools), events, step);
}

}  // namespace

TEST_CASE("fragments of calls find their call by its number, in any order") {
  for (const size_t step : {1, 7, 1000}) {
    const Read result = chat(
        {pieces(R"({"index":0,"id":"a","function":{"name":"one","arguments":""}})"),
         pieces(R"({"index":1,"id":"b","function":{"name":"two","arguments":"{\"x\""}})"),
         pieces(R"({"index":0,"function":{"arguments":"{\"안"}})"),
         pieces(
             R"({"index":1,"function":{"arguments":":1}"}},{"index":0,"function":{"arguments":"\":2}"}})")},
        step);
    REQUIRE(result.ok);
    CHECK(result.completion.tool_calls ==
          std::vector<ToolCall>{{"a", "one", "{\"안\":2}"}, {"b", "two", "{\"x\":1}"}});
    CHECK(result.completion.finish_reason == "tool_calls");
  }
}

TEST_CASE("servers that give every call the same number or none, no id, or an object for arguments") {
  Read result = chat({pieces(R"({"index":0,"id":"a","function":{"name":"one","arguments":"{}"}})"),
                      pieces(R"({"index":0,"id":"b","function":{"name":"two","arguments":"{\"x\":"}})"),
                      pieces(R"({"index":0,"function":{"arguments":"1}"}})")});
  REQUIRE(result.ok);
  CHECK(result.completion.tool_calls == std::vector<ToolCall>{{"a", "one", "{}"}, {"b", "two", "{\"x\":1}"}});

  result = read(
      model::read_openai_object(kTools),
      R"({"choices":[{"message":{"content":null,"tool_calls":[{"function":{"name":"one","arguments":{"x": 1}}},
        {"function":{"name":"two","arguments":null}},{"id":"c","function":{"name":"three"}}]}}]})",
      9);
  REQUIRE(result.ok);
  CHECK(result.completion.tool_calls == std::vector<ToolCall>{{"chain_0", "one", "{\"x\": 1}"},
                                                              {"chain_1", "two", "{}"},
                                                              {"c", "three", "{}"}});
}

TEST_CASE(
    "of too many calls one more than can be made is kept, of a long one its beginning, and none needs a "
    "name") {
  std::string many;
  for (int i = 0; i < 200; ++i) {
    many += (i == 0 ? "" : ",") + std::string(R"({"index":)") + std::to_string(i) +
            R"(,"function":{"name":"one","arguments":"{}"}})";
  }
  Read result = chat({pieces(many)});
  REQUIRE(result.ok);
  CHECK(result.completion.tool_calls.size() == model::kMostCalls + 1);
  CHECK(result.completion.tool_calls.back().id == "chain_128");

  const std::string part(100'000, 'x');
  std::vector<std::string> events = {
      pieces(R"({"index":0,"id":"a","function":{"name":"one","arguments":"{\"x\":\""}})")};
  for (int i = 0; i < 11; ++i)
    events.push_back(pieces(R"({"index":0,"function":{"arguments":")" + part + "\"}}"));
  events.push_back(pieces(R"({"index":0,"function":{"arguments":"\"}"}})"));
  result = chat(events);
  REQUIRE(result.ok);
  const std::string wrong = model::wrong_arguments(result.completion.tool_calls.at(0)).value_or("");
  CHECK(wrong.starts_with("they have 1100008 bytes, and 1048576 are the most: {\"x\":\"xxx"));
  CHECK(wrong.size() < 600);

  result = chat({pieces(R"({"index":0,"id":"a","function":{"arguments":"{}"}})")});
  REQUIRE(result.ok);
  CHECK(result.completion.tool_calls == std::vector<ToolCall>{{"a", "", "{}"}});
  CHECK(model::name_to_send("") == "unnamed");
  CHECK(model::name_to_send("functions.look up") == "functions_look_up");
}

TEST_CASE("state that repeats a call in the provider's words goes where that call cannot be sent again") {
  const auto read_it = [](const char* name, const char* arguments) {
    return read(
        model::read_response_object(kTools),
        std::string(R"({"status":"completed","output":[{"type":"function_call","call_id":"a","name":")") +
            name + R"(","arguments":")" + arguments + "\"}]}",
        9);
  };
  CHECK(read_it("one", "{}").completion.state.api == "responses");
  CHECK(read_it("one", "{").completion.state.api.empty());
  CHECK(read_it("", "{}").completion.state.api.empty());
}

TEST_CASE("a call that Gemini could not read is a call of nobody knows what") {
  const Read result = read(model::read_gemini_object(kTools),
                           R"({"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL"}]})", 9);
  REQUIRE(result.ok);
  REQUIRE(result.completion.tool_calls.size() == 1);
  CHECK(result.completion.tool_calls[0].name.empty());
  CHECK(model::wrong_arguments(result.completion.tool_calls[0]) == "MALFORMED_FUNCTION_CALL");
}

TEST_CASE("calls by a model that has no tools are no answer; beside a text they do not count") {
  const std::string call = R"("tool_calls":[{"id":"a","function":{"name":"o\u001bne","arguments":"{}"}}])";
  Read result = read(model::read_openai_object({}), R"({"choices":[{"message":{)" + call + "}}]}", 9);
  CHECK_FALSE(result.ok);
  CHECK(result.problem.kind == abi::ErrorKind::InvalidOutput);
  CHECK(result.problem.what == "the answer calls the tool `o\xEF\xBF\xBDne`, and it was given none");
  result =
      read(model::read_openai_object({}), R"({"choices":[{"message":{"content":"a",)" + call + "}}]}", 9);
  REQUIRE(result.ok);
  CHECK(result.completion.text == "a");
  CHECK(result.completion.tool_calls.empty());
}

TEST_CASE("thoughts of chat completions and of Ollama go back with the calls, and are no text") {
  Read result = read_events(
      model::read_openai_stream(kTools),
      {R"({"choices":[{"delta":{"reasoning_content":"let "}}]})",
       R"({"choices":[{"delta":{"reasoning_content":"me"}}]})",
       pieces(R"({"index":0,"id":"a","function":{"name":"one","arguments":"{}"}})"), kEnd, "[DONE]"});
  REQUIRE(result.ok);
  CHECK(result.completion.text.empty());
  CHECK(result.completion.state == model::ProviderState{"chat", R"(["let me"])"});
  result =
      read(model::read_ollama_stream(kTools),
           "{\"message\":{\"content\":\"\",\"thinking\":\"let \"},\"done\":false}\n"
           "{\"message\":{\"content\":\"\",\"thinking\":\"me\"},\"done\":false}\n"
           "{\"message\":{\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":\"one\",\"arguments\":"
           "{\"x\":[1]}}}]},\"done\":false}\n"
           "{\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\"}\n",
           5);
  REQUIRE(result.ok);
  CHECK(result.completion.tool_calls == std::vector<ToolCall>{{"chain_0", "one", R"({"x":[1]})"}});
  CHECK(result.completion.state == model::ProviderState{"ollama", R"(["let me"])"});
}

TEST_CASE("Anthropic's blocks are put together again as they were") {
  const std::vector<std::string> events = {
      R"({"type":"message_start","message":{"model":"m","content":[],"usage":{"input_tokens":1}}})",
      R"({"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}})",
      R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Let me \"think\"."}})",
      R"({"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"c2ln"}})",
      R"({"type":"content_block_stop","index":0})",
      R"({"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"abc"}})",
      R"({"type":"content_block_start","index":2,"content_block":{"type":"text","text":""}})",
      R"({"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"I "}})",
      R"({"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"look."}})",
      R"({"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"t1","name":"one","input":{}}})",
      R"({"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":""}})",
      R"({"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"{\"x\":"}})",
      R"({"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"1}"}})",
      R"({"type":"content_block_start","index":4,"content_block":{"type":"tool_use","id":"t2","name":"two","input":{}}})",
      R"({"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":5}})",
      R"({"type":"message_stop"})"};
  const json blocks = json::parse(
      R"([{"type":"thinking","thinking":"Let me \"think\".","signature":"c2ln"},{"type":"redacted_thinking","data":"abc"},
          {"type":"text","text":"I look."},{"type":"tool_use","id":"t1","name":"one","input":{"x":1}},
          {"type":"tool_use","id":"t2","name":"two","input":{}}])");
  for (const size_t step : {1, 11, 100'000}) {
    const Read result = read_events(model::read_anthropic_stream(kTools), events, step);
    REQUIRE(result.ok);
    CHECK(result.completion.text == "I look.");
    CHECK(result.streamed == "I look.");
    CHECK(result.completion.tool_calls ==
          std::vector<ToolCall>{{"t1", "one", "{\"x\":1}"}, {"t2", "two", "{}"}});
    CHECK(result.completion.state.api == "anthropic");
    CHECK(json::parse(result.completion.state.json) == blocks);
  }
  const json message = {{"content", blocks}, {"stop_reason", "tool_use"}};
  const Read whole = read(model::read_anthropic_object(kTools), message.dump(), 13);
  REQUIRE(whole.ok);
  CHECK(whole.completion.tool_calls ==
        std::vector<ToolCall>{{"t1", "one", "{\"x\":1}"}, {"t2", "two", "{}"}});
  CHECK(json::parse(whole.completion.state.json) == blocks);
  // Nothing is kept of an answer that leads to no further question.
  CHECK(read_events(model::read_anthropic_stream({}), events).completion.state.json.empty());
}

TEST_CASE("Gemini's signed parts go back as they were, and plain text as one") {
  const std::vector<std::string> events = {
      R"({"candidates":[{"content":{"parts":[{"text":"hm","thought":true}]}}]})",
      R"({"candidates":[{"content":{"parts":[{"text":"I "}]}}]})",
      R"({"candidates":[{"content":{"parts":[{"text":"look."}]}}]})",
      R"({"candidates":[{"content":{"parts":[{"functionCall":{"id":"f1","name":"one","args":{"x":1}},"thoughtSignature":"c2ln"}]}}]})",
      R"({"candidates":[{"content":{"parts":[{"functionCall":{"name":"two"}}]},"finishReason":"STOP"}]})"};
  const Read result = read_events(model::read_gemini_stream(kTools), events, 7);
  REQUIRE(result.ok);
  CHECK(result.completion.text == "I look.");
  CHECK(result.completion.tool_calls ==
        std::vector<ToolCall>{{"f1", "one", "{\"x\":1}"}, {"chain_1", "two", "{}"}});
  CHECK(
      json::parse(result.completion.state.json) ==
      json::parse(
          R"([{"text":"I look."},{"functionCall":{"id":"f1","name":"one","args":{"x":1}},"thoughtSignature":"c2ln"},
                        {"functionCall":{"name":"two"}}])"));
  // Without tools there is nobody to tell.
  const Read bad =
      read_events(model::read_gemini_stream({}),
                  {R"({"candidates":[{"content":{"parts":[]},"finishReason":"MALFORMED_FUNCTION_CALL"}]})"});
  CHECK_FALSE(bad.ok);
  CHECK(bad.problem.kind == abi::ErrorKind::InvalidOutput);
  CHECK(bad.problem.transient);
  CHECK(mentions(bad.problem.what, "MALFORMED_FUNCTION_CALL"));
}

TEST_CASE("a response's calls are whole when their item is done, wherever their pieces stood") {
  const std::vector<std::string> events = {
      R"({"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","id":"rs","summary":[],"encrypted_content":"e"}})",
      R"({"type":"response.output_item.added","output_index":1,"item":{"type":"function_call","call_id":"a","name":"one","arguments":""}})",
      R"({"type":"response.output_item.added","output_index":2,"item":{"type":"function_call","call_id":"b","name":"two","arguments":""}})",
      R"({"type":"response.function_call_arguments.delta","output_index":2,"delta":"{\"y\":2"})",
      R"({"type":"response.function_call_arguments.delta","output_index":1,"delta":"{\"x\":1}"})",
      R"({"type":"response.function_call_arguments.delta","output_index":2,"delta":"}"})",
      R"({"type":"response.output_item.done","output_index":1,"item":{"type":"function_call","id":"fc","call_id":"a","name":"one","arguments":"{\"x\":1}"}})",
      R"({"type":"response.completed","response":{"status":"completed","output":[]}})"};
  const Read result = read_events(model::read_response_stream(kTools), events, 17);
  REQUIRE(result.ok);
  CHECK(result.completion.tool_calls ==
        std::vector<ToolCall>{{"a", "one", "{\"x\":1}"}, {"b", "two", "{\"y\":2}"}});
  CHECK(json::parse(result.completion.state.json) ==
        json::parse(R"([{"type":"reasoning","id":"rs","summary":[],"encrypted_content":"e"},
                        {"type":"function_call","id":"fc","call_id":"a","name":"one","arguments":"{\"x\":1}"}])"));
}

TEST_CASE("pages that an answer cites are its sources, each once") {
  const std::string page =
      R"({"type":"url_citation","url_citation":{"url":"https://example.com/a","title":"A \u001b"}})";
  const std::string other =
      R"({"type":"url_citation","url":"https://example.com/b","title":null,"start_index":1})";
  const std::vector<model::Source> wanted = {{"A \x1b", "https://example.com/a", ""},
                                             {"", "https://example.com/b", ""}};
  const std::string list =
      R"("annotations":[)" + page + "," + other + "," + page + R"(,{"type":"file_citation"}])";
  Read result =
      read(model::read_openai_object({}), R"({"choices":[{"message":{"content":"a",)" + list + "}}]}", 9);
  REQUIRE(result.ok);
  CHECK(result.completion.sources == wanted);
  result = read_events(model::read_openai_stream({}),
                       {R"({"choices":[{"delta":{"content":"a",)" + list + "}}]}", kEnd, "[DONE]"});
  REQUIRE(result.ok);
  CHECK(result.completion.sources == wanted);
  const std::string message =
      R"({"type":"message","content":[{"type":"output_text","text":"a",)" + list + "}]}";
  result = read(model::read_response_object({}), R"({"status":"completed","output":[)" + message + "]}", 9);
  REQUIRE(result.ok);
  CHECK(result.completion.sources == wanted);
  result = read_events(model::read_response_stream({}),
                       {R"({"type":"response.output_text.delta","delta":"a"})",
                        R"({"type":"response.output_item.done","output_index":0,"item":)" + message + "}",
                        R"({"type":"response.completed","response":{"status":"completed","output":[]}})"});
  REQUIRE(result.ok);
  CHECK(result.completion.text == "a");
  CHECK(result.completion.sources == wanted);
}

TEST_CASE("a medium in an answer is told as dropped, and alone is no answer") {
  const auto gemini = [](const std::string& parts) {
    return read(model::read_gemini_object({}),
                R"({"candidates":[{"content":{"parts":[)" + parts + R"(]},"finishReason":"STOP"}]})", 50);
  };
  const std::string image = R"({"inlineData":{"mimeType":"image/png","data":"aGk="}})";
  Read result = gemini(R"({"text":"a cat"},)" + image);
  REQUIRE(result.ok);
  CHECK(result.completion.text == "a cat");
  CHECK(result.completion.dropped == std::vector<std::string>{"an image (image/png)"});
  result = gemini(image);
  CHECK_FALSE(result.ok);
  CHECK(result.problem.kind == abi::ErrorKind::InvalidOutput);
  CHECK(mentions(result.problem.what, "the answer is an image (image/png) and no text"));
  const std::string item = R"({"type":"image_generation_call","id":"ig","result":"aGk="})";
  result = read(model::read_response_object({}), R"({"status":"completed","output":[)" + item + "]}", 50);
  CHECK_FALSE(result.ok);
  CHECK(mentions(result.problem.what, "the answer is an image and no text"));
}
