// The older era over HTTP: sessions, streams that break off, logins, and servers that do what they should
// not.
#include <sys/resource.h>

#include <catch2/catch.hpp>

#include "tests/peers/peer.h"
#include "tests/unit/mcp/mcp_fixture.h"

namespace chain::test {

namespace {

using Catch::Matchers::Contains;
using mcp::Answer;
using mcp::Era;

/// A client of the path `how` of a server of its own.
struct Shop {
  Peer peer{"mcp_mock_http"};
  Asking asking;

  explicit Shop(
      const std::string& how, std::function<void(mcp::Options&)> change = [](mcp::Options&) {},
      const Clock* clock = nullptr)
      : asking(http_server("http://127.0.0.1:" + std::to_string(peer.port()) + "/" + how), std::move(change),
               clock) {}
  Answer call() { return asking.call("x"); }
  std::string failure() {
    const Answer answer = call();
    CHECK_FALSE(answer.ok);
    CHECK_THAT(answer.error, Catch::Matchers::StartsWith("mcp `shop`: "));
    return answer.error.substr(std::string("mcp `shop`: ").size());
  }
  /// Runs the loop until the server tells of `event`.
  void await(const std::string& event) {
    for (int i = 0; i < 200 && log().find(event) == std::string::npos; ++i) {
      asking.loop.after(10 * kMillisecond, [this] { asking.loop.stop(); });
      asking.loop.run();
    }
    CHECK_THAT(log(), Contains(event));
  }
  [[nodiscard]] std::string log() const { return peer.get("/log"); }
};

std::string said(const std::string& text) {
  return R"({"content":[{"type":"text","text":")" + text + R"("}]})";
}

/// Gives `token` to whoever asks.
auto login(std::string token, std::string error, std::vector<std::string>& asked) {
  return [=, &asked](mcp::Options& options) {
    options.authorize = [=, &asked](const mcp::Server& server, const std::string& challenge,
                                    const std::function<void(std::string, std::string)>& done) {
      asked.push_back(server.name + ": " + challenge);
      done(token, error);
    };
  };
}

}  // namespace

TEST_CASE("answers come as JSON and as streams, a session is kept and given back") {
  Shop shop("plain");
  CHECK(shop.call().json == said("plain"));
  CHECK(shop.asking.client->era() == Era::Sessions);
  CHECK_THAT(shop.asking.client->about(), Contains(R"("protocolVersion":"2025-06-18")"));
  CHECK(shop.call().json == said("plain"));
  shop.asking.close();
  CHECK_THAT(shop.log(), Contains("notifications/initialized") && Contains("\"delete\"") &&
                             Contains("\"sessions\":0,\"serial\":1"));

  Shop streaming("sse");
  CHECK(streaming.call().json == said("sse"));
  CHECK(streaming.asking.heard.progress_messages == std::vector<std::string>{"1/2 "});
  streaming.await("answer p1");
  streaming.asking.close();
  for (const char* how : {"stateless", "oldest", "keeps"}) {
    CAPTURE(how);
    Shop other(how);
    CHECK(other.call().json == said("plain"));
    other.asking.close();
  }
}

TEST_CASE("what the server sends by itself is heard") {
  Shop shop("listens");
  CHECK(shop.call().ok);
  while (shop.asking.heard.changes.empty()) {
    shop.asking.loop.post([&] { shop.asking.loop.post([&] { shop.asking.loop.stop(); }); });
    shop.asking.loop.run();
  }
  CHECK(shop.asking.heard.changes == std::vector<std::string>{"tools"});
  shop.asking.close();
}

TEST_CASE("an answer that breaks off is taken up where it did, if its events have ids") {
  Shop shop("resume");
  CHECK(shop.call().json == said("resumed"));
  shop.asking.close();
  CHECK(Shop("broken").failure() == "its answer ended before the result");
  CHECK_FALSE(Shop("cut").call().ok);
}

TEST_CASE("a session that the server has forgotten is begun anew, but not without end") {
  Shop shop("gone");
  CHECK(shop.call().json == said("session 2"));
  CHECK(shop.call().json == said("session 2"));
  shop.asking.close();
  CHECK_THAT(Shop("always_gone").failure(), Contains("it answered 404"));
}

TEST_CASE("a server that wants to know who calls is told, once") {
  std::vector<std::string> asked;
  Shop shop("login", login("good", {}, asked));
  CHECK(shop.call().json == said("plain"));
  CHECK(shop.call().json == said("plain"));
  REQUIRE(asked.size() == 1);
  CHECK(asked[0] == R"(shop: Bearer resource_metadata="http://127.0.0.1/meta", realm="1")");
  shop.asking.close();

  asked.clear();
  Shop scope("scope", login("good", {}, asked));
  CHECK(scope.call().json == said("plain"));
  REQUIRE(asked.size() == 1);
  CHECK_THAT(asked[0], Contains("insufficient_scope"));
}

TEST_CASE("without a login, with one that fails, and with one that is not taken") {
  Shop alone("login");
  CHECK(alone.failure() ==
        "it wants to know who calls (it answered 401); `chain mcp login --url http://127.0.0.1:" +
            std::to_string(alone.peer.port()) + "/login` signs in");
  std::vector<std::string> asked;
  Shop failing("login", login({}, "the browser was closed", asked));
  CHECK(failing.failure() == "the browser was closed");
  CHECK(asked.size() == 1);
  asked.clear();
  Shop wrong("login", login("wrong", {}, asked));
  CHECK_THAT(wrong.failure(), Contains("it answered 401 to whom it gave a token itself"));
  CHECK(asked.size() == 2);
  const Answer never = Shop("never").call();
  CHECK(never.kind == abi::ErrorKind::Denied);
  CHECK(never.error == "mcp `shop`: it answered 403: not you");
}

TEST_CASE("redirects are followed within the server, and no further") {
  CHECK(Shop("moved").call().json == said("plain"));
  CHECK_THAT(Shop("away").failure(), Contains("it answered 307, which leads to `http://198.51.100.1/mcp`"));
}

TEST_CASE("answers that are none") {
  CHECK(Shop("accepted").failure() == "it answered 202 and nothing else, where a result is due");
  CHECK(Shop("html").failure() == "it sent what is no message of MCP: <h1>Hello</h1>");
  CHECK(Shop("other").failure() == "it answered under the id `4711`, which nothing was asked under");
  CHECK(Shop("error").failure() == "it refused `tools/call`: bad arguments (-32602)");
  CHECK(Shop("refuses").failure() == "it refused to begin: not today (-32603)");
  CHECK(Shop("teapot").failure() == "it answered 418: I am \xEF\xBF\xBD[31ma teapot");
  CHECK(Shop("busy").call().kind == abi::ErrorKind::Unavailable);
  CHECK(Shop("limited").call().kind == abi::ErrorKind::RateLimited);
}

TEST_CASE("messages beyond the bound, floods of questions, and silence") {
  CHECK(Shop("huge").failure() == "it sent a message of more than 16 MiB");
  CHECK(Shop("hugesse").failure() == "it sent a message of more than 16 MiB");
  CHECK(Shop("flood").call().json == said("flooded"));
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  CHECK(usage.ru_maxrss < 400'000);

  VirtualClock clock;
  Shop shop("hangs", [](mcp::Options&) {}, &clock);
  shop.asking.tools();
  shop.asking.loop.post([&] { shop.asking.loop.post([&] { clock.advance(60 * kSecond); }); });
  const Answer answer = shop.call();
  CHECK(answer.kind == abi::ErrorKind::Timeout);
}

TEST_CASE("a host that may not be called is not") {
  const Peer peer("mcp_mock_http");
  const std::string url = "http://127.0.0.1:" + std::to_string(peer.port()) + "/plain";
  Asking denied(http_server(url), [](mcp::Options& options) {
    access::Policy policy = *options.access;
    policy.deny.push_back({program::CapabilityKind::Host, "127.0.0.1"});
    options.access = std::make_shared<access::Policy>(policy);
  });
  CHECK_THAT(denied.call("x").error, Contains("is a host that may not be called"));
  Asking unnamed(http_server(url),
                 [](mcp::Options& options) { options.access = std::make_shared<access::Policy>(); });
  const Answer answer = unnamed.call("x");
  CHECK(answer.kind == abi::ErrorKind::Denied);
  CHECK_THAT(answer.error, Contains("one of this machine or its network") && Contains("--allow host="));
  mcp::Server server = http_server(url);
  server.headers = {{"X-Key", "a\r\nX-Other: b"}};
  CHECK(Asking(server).call("x").error ==
        "mcp `shop`: its header `X-Key` holds a line break or another control character");
  CHECK_FALSE(Asking(http_server("http://127.0.0.1:" + std::to_string(unused_port()) + "/")).call("x").ok);
}

TEST_CASE("a call that nobody waits for any more is told to the server") {
  Shop shop("hangs");
  shop.asking.tools();
  const auto id = shop.asking.client->call_tool("x", "{}", [](const Answer&) { FAIL("it was cancelled"); });
  shop.asking.loop.post([&] { shop.asking.loop.post([&] { shop.asking.client->cancel(id); }); });
  shop.await("notifications/cancelled");
  shop.asking.close();
}

}  // namespace chain::test
