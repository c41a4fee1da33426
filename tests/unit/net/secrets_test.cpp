// Secrets in what models say: found in every form, also where a stream cuts them.
#include "runtime/model/secrets.h"

#include <catch2/catch.hpp>

#include "runtime/model/redacting_client.h"
#include "runtime/value/base64.h"
#include "tests/unit/net/model_fixture.h"

using namespace chain;
using model::Secrets;

namespace {

std::string redacted(const Secrets& secrets, std::string text) {
  secrets.redact(text);
  return text;
}

Secrets with(std::string_view secret) {
  Secrets secrets;
  secrets.add(secret);
  return secrets;
}

std::string base64(const std::string& text) {
  std::string encoded;
  value::append_base64(encoded, text);
  return encoded;
}

/// Says what it is told to, to whoever asked last.
struct Speaker final : model::Client {
  model::Listener* listener = nullptr;
  CallId start(model::Request, model::Listener& who) override {
    listener = &who;
    return 7;
  }
  void cancel(CallId) override { listener = nullptr; }
};

struct Redacting {
  VirtualClock clock;
  EventLoop loop{&clock};
  Speaker* speaker;
  std::unique_ptr<model::Client> client;
  test::Answer answer;

  explicit Redacting(std::string_view secret) {
    auto inner = std::make_unique<Speaker>();
    speaker = inner.get();
    client = model::make_redacting_client(std::move(inner), with(secret), loop);
    client->start({}, answer);
  }
};

}  // namespace

TEST_CASE("a secret is found as it is, and as JSON, URLs and base64 write it") {
  const std::string secret = "p\"w/d +\xC3\xA9 1234";
  const Secrets secrets = with(secret);
  CHECK(redacted(secrets, "a " + secret + " b") == "a [redacted] b");
  CHECK(redacted(secrets, R"("p\"w/d +)"
                          "\xC3\xA9"
                          R"( 1234")") == "\"[redacted]\"");
  CHECK(redacted(secrets, R"("p\"w/d +\u00e9 1234")") == "\"[redacted]\"");
  CHECK(redacted(secrets, "?q=p%22w%2Fd%20%2B%C3%A9%201234&") == "?q=[redacted]&");
  CHECK(redacted(secrets, "?q=p%22w%2fd%20%2b%c3%a9%201234&") == "?q=[redacted]&");
  for (const std::string before : {"", "u", "u:", "use", "user:"}) {
    const std::string encoded = base64(before + secret + " and more");
    INFO(encoded);
    CHECK(redacted(secrets, encoded) != encoded);
    CHECK(redacted(secrets, encoded).find("[redacted]") <= before.size() / 3 * 4 + 4);
  }
}

TEST_CASE("what is too short to be a secret is left alone") {
  CHECK(with("none").empty());
  CHECK(redacted(with("seven77"), "seven77") == "seven77");
  CHECK(redacted(with("eight888"), "eight888") == "[redacted]");
}

TEST_CASE("a program's secrets are its keys, names and passwords in addresses, and what its tools read") {
  const test::Variable key("CHAIN_TEST_KEY", "key-of-the-model");
  const test::Variable url("OPENAI_BASE_URL", "http://somebody:pass-word-1@127.0.0.1:9/v1");
  const test::Variable tool("CHAIN_TEST_TOOL", "token-of-the-tool");
  program::Program program;
  program.models.push_back({"a", "anthropic", "m", R"({"api_key_env": "CHAIN_TEST_KEY"})"});
  program.models.push_back({"b", "openai", "m", "{}"});
  program.secrets.emplace_back("CHAIN_TEST_TOOL");
  const Secrets secrets = model::secrets_of(program, nullptr);
  CHECK(redacted(secrets, "key-of-the-model somebody pass-word-1 token-of-the-tool " +
                              base64("somebody:pass-word-1")) ==
        "[redacted] [redacted] [redacted] [redacted] [redacted]E=");  // the last byte, in part, alone
}

TEST_CASE("all that is heard of a call is without the secret") {
  Redacting place("sk-1234567890");
  model::Listener& said = *place.speaker->listener;
  said.sent("POST\n{\"key\":\"sk-1234567890\"}");
  CHECK(place.answer.sent_text == "POST\n{\"key\":\"[redacted]\"}");
  said.retry("sk-1234567890 is wrong", 1);
  CHECK(place.answer.retries.back() == "[redacted] is wrong");
  model::Completion completion;
  completion.text = "it is sk-1234567890.";
  completion.model = "m-sk-1234567890";
  completion.request_id = "sk-1234567890";
  said.done(completion);
  CHECK(place.answer.completion.text == "it is [redacted].");
  CHECK(place.answer.completion.model == "m-[redacted]");
  CHECK(place.answer.completion.request_id == "[redacted]");
}

TEST_CASE("a secret that a stream cuts anywhere does not come through, and nothing else is lost") {
  const std::string text = "sk-12 sk-sk-1234567890 and sk-1234567890sk-123456789";
  for (size_t size = 1; size < text.size(); ++size) {
    Redacting place("sk-1234567890");
    for (size_t at = 0; at < text.size(); at += size)
      place.speaker->listener->delta(std::string_view(text).substr(at, size));
    model::Completion completion;
    completion.text = text;
    place.speaker->listener->done(completion);
    CHECK(place.answer.streamed() == "sk-12 sk-[redacted] and [redacted]sk-123456789");
    CHECK(place.answer.streamed() == place.answer.completion.text);
  }
}

TEST_CASE("a call that is cancelled from within its stream ends there") {
  Redacting place("sk-1234567890");
  place.answer.on_delta = [&] { place.client->cancel(7); };
  place.speaker->listener->delta("text");
  place.loop.run();
  CHECK(place.speaker->listener == nullptr);
  CHECK_FALSE(place.answer.ended());
}

TEST_CASE("a retry forgets the half of a secret that came before") {
  Redacting place("sk-1234567890");
  place.speaker->listener->delta("sk-12345");
  place.speaker->listener->retry("again", 0);
  place.speaker->listener->delta("67890 is the rest");
  CHECK(place.answer.streamed() == "67890 is the rest");
}
