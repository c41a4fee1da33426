// Provider openai over HTTP/2, against Node's server: the connection is shared, each call is a stream of its
// own.
#include <catch2/catch.hpp>

#include <algorithm>

#include "tests/unit/net/certificate.h"
#include "tests/unit/net/model_fixture.h"

using namespace chain;
using test::Answer;
using test::Caller;
using test::kSecond;
using test::Variable;

namespace {

/// The server, trusted by way of SSL_CERT_FILE, and a caller of it.
struct Http2 {
  explicit Http2(std::vector<std::string> more = {}) {
    more.insert(more.begin(), {certificate_file.path(), key_file.path()});
    server = std::make_unique<test::Peer>("http2_server", more);
    caller = std::make_unique<Caller>(R"({"retry": 0, "base_url": ")" + url() + "\"}");
  }
  [[nodiscard]] std::string url() const {
    return "https://127.0.0.1:" + std::to_string(server->port()) + "/v1";
  }
  std::string ask(std::string_view text, bool stream = false) {
    const Answer answer = caller->call(text, stream);
    return answer.is_done ? answer.completion.text : answer.failure.message;
  }
  std::vector<std::unique_ptr<Answer>> ask_many(int count, bool stream) {
    std::vector<std::unique_ptr<Answer>> answers;
    for (int i = 0; i < count; ++i) {
      answers.push_back(std::make_unique<Answer>());
      caller->client->start(Caller::request("hi", stream), *answers.back());
    }
    caller->loop.run();
    return answers;
  }

  test::Certificate certificate = test::make_certificate();
  test::TemporaryFile certificate_file{certificate.certificate};
  test::TemporaryFile key_file{certificate.key};
  Variable bundle{"CURL_CA_BUNDLE", nullptr};
  Variable trust{"SSL_CERT_FILE", certificate_file.path().c_str()};
  std::unique_ptr<test::Peer> server;
  std::unique_ptr<Caller> caller;
};

const std::string kFirst = "connection 1 of 1 open: ";

bool mentions(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("answers come over HTTP/2, whole and streamed") {
  Http2 http2;
  CHECK(http2.ask("hello") == kFirst + "hello");
  const Answer streamed = http2.caller->call("안녕하세요, world", true);
  REQUIRE(streamed.is_done);
  CHECK(streamed.completion.text == kFirst + "안녕하세요, world");
  CHECK(streamed.streamed() == streamed.completion.text);
  CHECK(streamed.deltas.size() > 5);
  CHECK(streamed.completion.finish_reason == "stop");
}

TEST_CASE("calls at the same time share a connection") {
  Http2 http2;
  for (const bool stream : {false, true}) {
    for (const auto& answer : http2.ask_many(60, stream)) {
      REQUIRE(answer->is_done);
      CHECK(answer->completion.text == kFirst + "hi");
    }
  }
}

TEST_CASE("a server that takes few streams at once serves all calls") {
  Http2 http2({"3"});
  const auto answers = http2.ask_many(40, true);
  CHECK(std::all_of(answers.begin(), answers.end(), [](const auto& answer) { return answer->is_done; }));
}

TEST_CASE("a cancelled stream leaves the others and their connection alone") {
  Http2 http2;
  Answer cancelled, other;
  model::Client& client = *http2.caller->client;
  const auto id = client.start(Caller::request("a text that is longer than one piece", true), cancelled);
  cancelled.on_delta = [&] { client.cancel(id); };
  client.start(Caller::request("another text that is longer than one piece", true), other);
  http2.caller->loop.run();
  CHECK_FALSE(cancelled.ended());
  CHECK(cancelled.deltas.size() == 1);
  CHECK(other.completion.text == kFirst + "another text that is longer than one piece");
  CHECK(http2.ask("next") == kFirst + "next");
}

TEST_CASE("a stream that the server resets fails alone") {
  Http2 http2;
  Answer reset, other;
  http2.caller->client->start(Caller::request("reset"), reset);
  http2.caller->client->start(Caller::request("hi"), other);
  http2.caller->loop.run();
  REQUIRE(reset.is_failed);
  CHECK(reset.failure.kind == abi::ErrorKind::Unavailable);
  CHECK(mentions(reset.failure.message, "HTTP/2 stream"));
  CHECK(other.completion.text == kFirst + "hi");
}

TEST_CASE("a server that takes no further streams is connected to anew") {
  Http2 http2;
  CHECK(http2.ask("goaway") == kFirst + "goaway");
  CHECK(mentions(http2.ask("next"), "connection 2 of "));
}

TEST_CASE("a call that is not answered runs into its time-out while others go on") {
  Http2 http2;
  Caller caller(R"({"retry": 0, "timeout": 5000000000, "base_url": ")" + http2.url() + "\"}");
  Answer silent, other;
  caller.client->start(Caller::request("silent"), silent);
  caller.client->start(Caller::request("hi"), other);
  other.on_end = [&] { caller.clock.advance(5 * kSecond); };
  caller.loop.run();
  CHECK(silent.failure.kind == abi::ErrorKind::Timeout);
  CHECK(other.completion.text == kFirst + "hi");
}

TEST_CASE("a certificate that nobody vouches for is refused, and the way to trust it named") {
  Http2 http2;
  const Variable none("SSL_CERT_FILE", nullptr);
  Caller caller(R"({"base_url": ")" + http2.url() + "\"}");
  const Answer answer = caller.call();
  CHECK(answer.failure.kind == abi::ErrorKind::Unavailable);
  CHECK(answer.failure.attempts == 1);
  CHECK(mentions(answer.failure.message, "certificate"));
  CHECK(mentions(answer.failure.message,
                 "to trust it, name a file with its authority's certificate in SSL_CERT_FILE"));
}
