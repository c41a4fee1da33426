// What makes two requests the same question.
#include "runtime/model/cache_key.h"

#include <catch2/catch.hpp>
#include <functional>
#include <map>

using namespace chain;
using model::CacheKeys;
using model::Request;

namespace {

/// A request and its program, so that each can be changed.
struct Question {
  program::Program program;
  program::Prompt prompt;
  Request request;

  Question() {
    program.models.push_back({"fast", "openai", "gpt-5-mini", R"({"temperature": 0, "stop": ["a", "b"]})"});
    prompt.name = "classify";
    prompt.version = {2, 0};
    request.cache = 1'000'000'000;
    request.messages.push_back({program::Role::User, "hello", {}});
    request.messages.push_back({program::Role::User, "world", {}});
    request.schema_name = "classify";
    request.schema = "{}";
  }
  void turn(model::Turn turn) {
    request.messages[0].turn = std::make_shared<const model::Turn>(std::move(turn));
  }
  [[nodiscard]] std::string key() {
    request.prompt = &prompt;
    return CacheKeys(program).key(request);
  }
};

}  // namespace

TEST_CASE("whatever changes the answer changes the key") {
  const std::string usual = Question().key();
  CHECK(usual.size() == 64);
  CHECK(Question().key() == usual);
  const std::vector<std::function<void(Question&)>> changes = {
      [](Question& q) { q.request.messages[0].text = "hallo"; },
      [](Question& q) {  // the same bytes, otherwise parted
        q.request.messages[0].text = "hellow";
        q.request.messages[1].text = "orld";
      },
      [](Question& q) { q.request.messages[0].role = program::Role::System; },
      [](Question& q) { q.request.messages.pop_back(); },
      [](Question& q) { q.request.messages.push_back({program::Role::User, "", {}}); },
      [](Question& q) { q.request.schema = R"({"type": "string"})"; },
      [](Question& q) { q.request.repeat = "sample 0\n"; },
      [](Question& q) { q.request.tools = {{"time", "now", "{}"}}; },
      [](Question& q) { q.request.tools = {{"timen", "ow", "{}"}}; },
      [](Question& q) { q.request.tools = {{"time", "now", R"({"type":"object"})"}}; },
      [](Question& q) { q.request.tools = {{"time", "now", "{}", /*strict=*/true}}; },
      [](Question& q) {
        q.request.tools = {{"time", "now", "{}"}};
        q.request.tool_choice = {model::ToolChoice::Kind::Required, {}};
      },
      [](Question& q) {
        q.request.tools = {{"time", "now", "{}"}};
        q.request.tool_choice = {model::ToolChoice::Kind::Named, "time"};
      },
      [](Question& q) { q.turn({{{"a", "time", "{}"}}, {}, {}}); },
      [](Question& q) { q.turn({{{"a", "time", R"({"x":1})"}}, {}, {}}); },
      [](Question& q) { q.turn({{{"a", "time", "{}"}}, {"gemini", "[]"}, {}}); },
      [](Question& q) { q.turn({{}, {}, {{"a", "time", "noon"}}}); },
      [](Question& q) { q.turn({{}, {}, {{"a", "time", "noon", /*is_error=*/true}}}); },
      [](Question& q) { q.request.repeat = "sample 1\n"; },
      [](Question& q) { q.request.repeat = "repair 1\n"; },
      [](Question& q) { q.prompt.name = "judge"; },
      [](Question& q) { q.prompt.version = {2, 1}; },
      [](Question& q) { q.prompt.version = {3, 0}; },
      [](Question& q) { q.program.models[0].id = "gpt-5"; },
      [](Question& q) { q.program.models[0].provider = "ollama"; },
      [](Question& q) { q.program.models[0].options_json = R"({"temperature": 1, "stop": ["a", "b"]})"; },
      [](Question& q) { q.program.models[0].options_json = R"({"temperature": 0, "stop": ["ab"]})"; },
      [](Question& q) { q.program.models[0].options_json = R"({"temperature": 0})"; },
      [](Question& q) {
        q.program.models[0].options_json = R"({"temperature": 0, "stop": ["a", "b"], "seed": 7})";
      },
      [](Question& q) {
        q.program.models[0].options_json =
            R"({"temperature": 0, "stop": ["a", "b"], "base_url": "http://localhost:1/v1"})";
      },
      [](Question& q) {
        q.request.messages[0].media.push_back({0, q.program.types.string_type, {"data:text/plain,a"}});
      },
      [](Question& q) {
        q.request.messages[0].media.push_back({0, q.program.types.string_type, {"data:text/plain,b"}});
      },
      [](Question& q) {
        q.request.messages[0].media.push_back({1, q.program.types.string_type, {"data:text/plain,b"}});
      },
  };
  std::map<std::string, size_t> keys = {{usual, 0}};
  for (size_t i = 0; i < changes.size(); ++i) {
    Question question;
    changes[i](question);
    INFO("change " << i);
    CHECK(keys.emplace(question.key(), i).second);
  }
}

TEST_CASE("how an answer is got does not change the key") {
  const std::string usual = Question().key();
  Question other;
  other.program.models[0].options_json =
      R"({"stop": ["a", "b"], "temperature": 0, "timeout": 1000000000, "retry": 7, "concurrency": 2,
          "api_key_env": "OTHER", "base_url": "https://api.openai.com/v1/"})";
  other.program.models[0].name = "quick";
  other.request.stream = true;
  other.request.cache = 1;
  CHECK(other.key() == usual);
}

TEST_CASE("questions without a key") {
  Question question;
  SECTION("nobody asked for it") {
    question.request.cache = 0;
  }
  SECTION("baseline answers for nothing") {
    question.program.models[0] = {"fast", "baseline", "", "{}"};
  }
  SECTION("options that are wrong") {
    question.program.models[0].options_json = R"({"nonsense": 1})";
  }
  SECTION("a file may hold something else tomorrow") {
    question.request.messages[0].media.push_back({0, question.program.types.string_type, {"photo.png"}});
  }
  CHECK(question.key().empty());
}

TEST_CASE("a balance has the keys of its members, whatever their weights") {
  const auto key = [](const std::string& options, const std::string& id) {
    Question q;
    q.program.models.push_back({"other", "gemini", id, "{}"});
    q.program.models.push_back({"pool", "balance", "", options});
    q.request.model = 2;
    return q.key();
  };
  const std::string usual = key(R"({"members":[0,1]})", "flash");
  CHECK(usual.size() == 64);
  CHECK(key(R"({"members":[0,1],"weights":[1,2],"fallback":0})", "flash") == usual);
  CHECK(key(R"({"members":[1,0]})", "flash") != usual);
  CHECK(key(R"({"members":[0,1]})", "pro") != usual);
  CHECK(key(R"({"members":[0,9]})", "flash") != usual);  // damaged, and no crash
}

TEST_CASE("a balance with baseline() among its members has no key") {
  Question q;
  q.program.models.push_back({"plain", "baseline", "", "{}"});
  q.program.models.push_back({"pool", "balance", "", R"({"members":[0,1]})"});
  q.request.model = 2;
  CHECK(q.key().empty());
  CHECK(CacheKeys(q.program).reads_arguments(2));
}

TEST_CASE("questions are similar to others of the same scope alone") {
  const auto scope = [](const std::function<void(Question&)>& change) -> std::string {
    Question question;
    question.request.similar = 9700;
    change(question);
    question.request.prompt = &question.prompt;
    const auto likeness = CacheKeys(question.program).likeness(question.request);
    return likeness ? likeness->scope : "";
  };
  const std::string usual = scope([](Question&) {});
  CHECK(usual.size() == 64);
  CHECK(scope([](Question& q) { q.request.messages[1].text = "other"; }) == usual);
  CHECK(scope([](Question& q) { q.request.messages[0].text = "other"; }) != usual);
  CHECK(scope([](Question& q) { q.request.messages[0].role = program::Role::System; }) != usual);
  CHECK(scope([](Question& q) { q.request.schema = "{\"type\": \"string\"}"; }) != usual);
  CHECK(scope([](Question& q) { q.program.models[0].id = "gpt-5"; }) != usual);
  CHECK(scope([](Question& q) { q.program.models[0].provider = "anthropic"; }) != usual);
  CHECK(scope([](Question& q) { q.prompt.version = {2, 1}; }) != usual);
  CHECK(scope([](Question& q) { q.program.models[0].options_json = R"({"base_url": "http://a/v1"})"; }) !=
        usual);
}

TEST_CASE("conversations, media, samples and repairs are similar to nothing") {
  const auto likeness = [](const std::function<void(Question&)>& change) {
    Question question;
    question.request.similar = 9700;
    change(question);
    question.request.prompt = &question.prompt;
    return CacheKeys(question.program).likeness(question.request);
  };
  const auto said = [](Question& q) {
    q.request.messages.insert(q.request.messages.begin() + 1, {program::Role::Assistant, "yes", {}});
  };
  REQUIRE(likeness([](Question&) {}));
  CHECK(likeness([](Question&) {})->question == "world");
  CHECK_FALSE(likeness([](Question& q) { q.request.similar = 0; }));
  CHECK_FALSE(likeness([](Question& q) { q.request.cache = 0; }));
  CHECK_FALSE(likeness([](Question& q) { q.request.repeat = "sample 1\n"; }));
  CHECK_FALSE(likeness([](Question& q) { q.request.again = true; }));
  CHECK_FALSE(likeness(said));
  CHECK(likeness([&](Question& q) {
    said(q);
    q.prompt.examples.push_back({"{}", "\"yes\""});
  }));
  CHECK_FALSE(likeness([](Question& q) { q.request.messages.back().role = program::Role::System; }));
  CHECK_FALSE(likeness([](Question& q) { q.request.messages.back().text = " \n"; }));
  CHECK_FALSE(likeness([](Question& q) {
    static const std::string kLong(20'000, 'x');
    q.request.messages.back().text = kLong;
  }));
  CHECK_FALSE(likeness([](Question& q) {
    q.request.messages[0].media.emplace_back();
    q.request.messages[0].media[0].source = value::Text{std::string_view("data:image/png;base64,AA==")};
  }));
}
