#include "runtime/http/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/sched/event_loop.h"
#include "tests/peers/peer.h"
#include "tests/unit/net/certificate.h"
#include "tests/unit/net/tls_server.h"

using namespace chain;
using http::Client;
using http::Endpoint;
using http::Outcome;
using http::Result;
using test::MockOpenAi;

namespace {

constexpr int64_t kSecond = 1'000'000'000;
const std::string kBody = R"({"model":"m","messages":[{"role":"user","content":"hi"}]})";

struct Recorder : http::Handler {
  int code = 0;
  std::string text;
  std::vector<std::string> headers;
  bool ended = false;
  Outcome outcome;
  std::function<void()> on_body = [] {};
  std::function<void()> on_end = [] {};

  void status(int new_code) override { code = new_code; }
  void header(std::string_view name, std::string_view value) override {
    headers.push_back(std::string(name) + ": " + std::string(value));
  }
  void body(std::string_view bytes) override {
    text += bytes;
    on_body();
  }
  void end(const Outcome& how) override {
    REQUIRE_FALSE(ended);
    ended = true;
    outcome = how;
    on_end();
  }
};

Endpoint chat(const test::Peer& peer, http::Timeouts timeouts = {}) {
  Endpoint endpoint;
  endpoint.url = peer.base_url() + "/chat/completions";
  endpoint.timeouts = timeouts;
  return endpoint;
}

/// Lowers the soft limit of open files for a test.
class FileLimit {
 public:
  explicit FileLimit(rlim_t files) {
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before_) == 0);
    rlimit lowered = before_;
    lowered.rlim_cur = files;
    REQUIRE(setrlimit(RLIMIT_NOFILE, &lowered) == 0);
  }
  ~FileLimit() { setrlimit(RLIMIT_NOFILE, &before_); }
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;

 private:
  rlimit before_{};
};

/// Sends `count` requests at once and gives their outcomes.
std::vector<std::unique_ptr<Recorder>> send_many(Client& client, EventLoop& loop, Client::EndpointId endpoint,
                                                 int count) {
  std::vector<std::unique_ptr<Recorder>> recorders;
  for (int i = 0; i < count; ++i) {
    recorders.push_back(std::make_unique<Recorder>());
    client.start(endpoint, kBody, *recorders.back());
  }
  loop.run();
  return recorders;
}

size_t count_ok(const std::vector<std::unique_ptr<Recorder>>& recorders) {
  size_t ok = 0;
  for (const auto& recorder : recorders) {
    if (recorder->ended && recorder->outcome.result == Result::Ok && recorder->code == 200) ++ok;
  }
  return ok;
}

}  // namespace

TEST_CASE("a request is answered, with status, headers and body") {
  const MockOpenAi mock({"--reply", "good day"});
  EventLoop loop;
  Client client(loop);
  Endpoint endpoint = chat(mock);
  endpoint.headers = {{"Authorization", "Bearer sk-x"}, {"Content-Type", "application/json"}};
  const auto id = client.add(endpoint);
  Recorder recorder;
  client.start(id, kBody, recorder);
  CHECK_FALSE(recorder.ended);
  loop.run();
  CHECK(recorder.outcome.result == Result::Ok);
  CHECK(recorder.code == 200);
  CHECK(recorder.text.find("good day") != std::string::npos);
  CHECK(std::find(recorder.headers.begin(), recorder.headers.end(), "x-request-id: req_mock") !=
        recorder.headers.end());
  const std::string seen = mock.get("/last");
  CHECK(seen.find("POST /v1/chat/completions HTTP/1.1") == 0);
  CHECK(seen.find("Authorization: Bearer sk-x\r\n") != std::string::npos);
  CHECK(seen.find("Expect:") == std::string::npos);
  CHECK(seen.ends_with(kBody));
}

TEST_CASE("long bodies go out at once") {
  const MockOpenAi mock({"--reply", "x"});
  EventLoop loop;
  Client client(loop);
  const auto endpoint = client.add(chat(mock));
  const std::string long_body =
      R"({"model":"m","messages":[{"content":")" + std::string(3'000'000, 'x') + "\"}]}";
  for (const std::string& body : {kBody, long_body, kBody}) {
    Recorder recorder;
    client.start(endpoint, body, recorder);
    loop.run();
    CHECK(recorder.code == 200);
    const std::string seen = mock.get("/last");
    CHECK(seen.find("Expect:") == std::string::npos);
    CHECK(seen.ends_with(body));
  }
}

TEST_CASE("connections are kept and used again") {
  const MockOpenAi mock;
  EventLoop loop;
  Client client(loop);
  const auto endpoint = client.add(chat(mock));
  for (int i = 0; i < 20; ++i) {
    Recorder recorder;
    client.start(endpoint, kBody, recorder);
    loop.run();
    CHECK(recorder.outcome.result == Result::Ok);
  }
  CHECK(mock.stat("accepted") == 2);  // ours, and the one that asks
  CHECK(mock.stat("requests") == 20);
}

TEST_CASE("a connection that the server closed while idle is replaced") {
  auto mock = std::make_unique<MockOpenAi>();
  EventLoop loop;
  Client client(loop);
  const auto endpoint = client.add(chat(*mock));
  Recorder first;
  client.start(endpoint, kBody, first);
  loop.run();
  const std::string port = std::to_string(mock->port());
  mock.reset();
  const MockOpenAi again({"--port", port});
  Recorder second;
  client.start(endpoint, kBody, second);
  loop.run();
  CHECK(second.outcome.result == Result::Ok);
}

TEST_CASE("failures to connect say so") {
  EventLoop loop;
  Client client(loop);
  const auto result = [&](const std::string& url) {
    Endpoint endpoint;
    endpoint.url = url;
    Recorder recorder;
    client.start(client.add(endpoint), kBody, recorder);
    loop.run();
    CHECK_FALSE(recorder.outcome.message.empty());
    return recorder.outcome.result;
  };
  CHECK(result("http://127.0.0.1:" + std::to_string(test::unused_port()) + "/") == Result::Connect);
  CHECK(result("ftp://127.0.0.1/") == Result::BadUrl);
  CHECK(result("file:///etc/passwd") == Result::BadUrl);
  CHECK(result("") == Result::BadUrl);
  CHECK(result("http://[:::/") == Result::BadUrl);
}

TEST_CASE("time-outs end a request and its connection") {
  VirtualClock clock;
  EventLoop loop(&clock);
  Client client(loop);
  const auto run = [&](const MockOpenAi& mock, http::Timeouts timeouts, int64_t advance) {
    Recorder recorder;
    bool received = false;
    recorder.on_body = [&] { received = true; };
    client.start(client.add(chat(mock, timeouts)), kBody, recorder);
    // Real time passes only until the server has the request; then virtual time does.
    std::function<void()> wait = [&] {
      if (mock.stat("pending") == 0 && !received) return loop.post(wait);
      clock.advance(advance);
    };
    loop.post(wait);
    loop.run();
    CHECK(recorder.ended);
    CHECK(mock.stat("open") == 0);
    return recorder.outcome.result;
  };
  const MockOpenAi silent({"--silent"});
  CHECK(run(silent, {0, 5 * kSecond, 0, 0}, 5 * kSecond) == Result::TimeoutFirstByte);
  CHECK(run(silent, {0, 0, 0, 7 * kSecond}, 7 * kSecond) == Result::TimeoutTotal);
  CHECK(run(silent, {kSecond, 9 * kSecond, kSecond, 8 * kSecond}, 8 * kSecond) == Result::TimeoutTotal);
}

TEST_CASE("a body that stops half way runs into the idle time-out") {
  VirtualClock clock;
  EventLoop loop(&clock);
  Client client(loop);
  const MockOpenAi stalled({"--malformed", "stall"});
  Recorder recorder;
  recorder.on_body = [&] { loop.post([&] { clock.advance(3 * kSecond); }); };
  client.start(client.add(chat(stalled, {0, 60 * kSecond, 3 * kSecond, 0})), kBody, recorder);
  loop.run();
  CHECK(recorder.outcome.result == Result::TimeoutIdle);
  CHECK(stalled.stat("open") == 0);
}

TEST_CASE("a server that does not accept runs into the connect time-out") {
  // A listener whose queue is full does not answer any more.
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(bind(listener, generic, size) == 0);
  REQUIRE(listen(listener, 0) == 0);
  getsockname(listener, generic, &size);
  std::vector<int> fillers;
  for (int i = 0; i < 4; ++i) {
    fillers.push_back(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    connect(fillers.back(), generic, size);
  }
  VirtualClock clock;
  EventLoop loop(&clock);
  Client client(loop);
  Endpoint endpoint;
  endpoint.url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/";
  endpoint.timeouts = {2 * kSecond, kSecond, 0, 100 * kSecond};
  Recorder recorder;
  client.start(client.add(endpoint), kBody, recorder);
  loop.post([&] { loop.post([&] { clock.advance(2 * kSecond); }); });
  loop.run();
  CHECK(recorder.outcome.result == Result::TimeoutConnect);
  for (const int fd : fillers) close(fd);
  close(listener);
}

TEST_CASE("cancelling leaves no socket and is not heard of") {
  const MockOpenAi mock({"--silent"});
  EventLoop loop;
  Client client(loop);
  const auto endpoint = client.add(chat(mock));
  Recorder first, second;
  const auto one = client.start(endpoint, kBody, first);
  const auto two = client.start(endpoint, kBody, second);
  std::function<void()> wait = [&] {
    if (mock.stat("pending") != 2) return loop.post(wait);
    client.cancel(one);
    client.cancel(two);
    client.cancel(two);
  };
  loop.post(wait);
  loop.run();
  CHECK(client.active() == 0);
  CHECK(mock.stat("open") == 0);
  CHECK(mock.stat("pending") == 0);
  CHECK_FALSE(first.ended);
  CHECK_FALSE(second.ended);
}

TEST_CASE("handlers may start and cancel from wherever they are called") {
  const MockOpenAi mock;
  EventLoop loop;
  Client client(loop);
  const auto endpoint = client.add(chat(mock));
  Recorder cancelled, bystander, started_in_body, started_in_end;
  Client::RequestId own = 0, other = 0;
  cancelled.on_body = [&] {
    client.start(endpoint, kBody, started_in_body);
    client.cancel(other);
    client.cancel(own);
  };
  started_in_body.on_end = [&] { client.start(endpoint, kBody, started_in_end); };
  own = client.start(endpoint, kBody, cancelled);
  const MockOpenAi silent({"--silent"});
  other = client.start(client.add(chat(silent)), kBody, bystander);
  loop.run();
  CHECK_FALSE(cancelled.ended);
  CHECK_FALSE(bystander.ended);
  CHECK(started_in_body.outcome.result == Result::Ok);
  CHECK(started_in_end.ended);
  CHECK(started_in_end.code == 200);
}

TEST_CASE("requests beyond the cap wait in order") {
  const MockOpenAi mock;
  EventLoop loop;
  Client client(loop, {.max_connections = 1});
  const auto endpoint = client.add(chat(mock));
  std::vector<int> order;
  std::vector<std::unique_ptr<Recorder>> recorders;
  std::vector<Client::RequestId> ids;
  for (int i = 0; i < 6; ++i) {
    recorders.push_back(std::make_unique<Recorder>());
    recorders.back()->on_end = [&order, i] { order.push_back(i); };
    ids.push_back(client.start(endpoint, kBody, *recorders.back()));
  }
  CHECK(client.active() == 1);
  CHECK(client.queued() == 5);
  client.cancel(ids[2]);
  CHECK(client.queued() == 4);
  loop.run();
  CHECK(order == std::vector<int>{0, 1, 3, 4, 5});
  CHECK(mock.stat("accepted") == 2);
}

TEST_CASE("cancelling all requests starts none of those that wait") {
  const MockOpenAi mock({"--reply", "x"});
  EventLoop loop;
  Client client(loop, {.max_connections = 1});
  const auto endpoint = client.add(chat(mock));
  Recorder recorders[3];
  Client::RequestId ids[3];
  for (int i = 0; i < 3; ++i) ids[i] = client.start(endpoint, kBody, recorders[i]);
  client.cancel(ids[0]);
  CHECK(client.active() == 0);  // the next one's turn has not come
  CHECK(client.queued() == 2);
  client.cancel(ids[1]);
  loop.run();
  CHECK_FALSE(recorders[1].ended);
  CHECK(recorders[2].outcome.result == Result::Ok);
}

TEST_CASE("with few open files all requests end well") {
  const MockOpenAi mock({"--reply", "x"});
  const FileLimit limit(256);
  EventLoop loop;
  Client client(loop);
  CHECK(client.max_connections() > 100);
  CHECK(client.max_connections() < 250);
  CHECK(count_ok(send_many(client, loop, client.add(chat(mock)), 1000)) == 1000);
  CHECK(mock.stat("max_open") <= 250);
}

TEST_CASE("when others have taken the descriptors, requests wait rather than fail") {
  const MockOpenAi mock({"--reply", "x"});
  EventLoop loop;
  Client client(loop, {.max_connections = 200});
  const auto endpoint = client.add(chat(mock));
  const int lowest = dup(0);
  close(lowest);
  const FileLimit limit(static_cast<rlim_t>(lowest) + 20);
  CHECK(count_ok(send_many(client, loop, endpoint, 300)) == 300);
  CHECK(client.max_connections() < 20);
}

TEST_CASE("thousands at once") {
  const MockOpenAi mock({"--hold", "2000", "--reply", "x"});
  EventLoop loop;
  Client client(loop);
  const auto endpoint = client.add(chat(mock));
  CHECK(count_ok(send_many(client, loop, endpoint, 2000)) == 2000);
  CHECK(mock.stat("max_pending") == 2000);
  CHECK(count_ok(send_many(client, loop, endpoint, 2000)) == 2000);
  CHECK(mock.stat("accepted") < 2010);
}

TEST_CASE("a connection that ends before its response is told apart from a short answer") {
  const MockOpenAi mock({"--malformed", "close-mid-stream"});
  EventLoop loop;
  Client client(loop);
  Recorder recorder;
  client.start(client.add(chat(mock)), kBody, recorder);
  loop.run();
  CHECK(recorder.outcome.result == Result::Closed);
}

TEST_CASE("headers and bodies are bounded") {
  EventLoop loop;
  Client client(loop);
  const MockOpenAi huge_header({"--malformed", "huge-header"});
  Recorder first;
  client.start(client.add(chat(huge_header)), kBody, first);
  loop.run();
  CHECK(first.outcome.result == Result::TooLarge);
  const MockOpenAi huge_body({"--malformed", "huge-line"});
  Endpoint endpoint = chat(huge_body);
  endpoint.max_body_bytes = 1 << 20;
  Recorder second;
  client.start(client.add(endpoint), kBody, second);
  loop.run();
  CHECK(second.outcome.result == Result::TooLarge);
  CHECK(second.text.size() <= 1 << 20);
}

TEST_CASE("a client may go while requests are under way") {
  const MockOpenAi mock({"--silent"});
  EventLoop loop;
  Recorder recorder;
  {
    Client client(loop, {.max_connections = 2});
    const auto endpoint = client.add(chat(mock));
    for (int i = 0; i < 5; ++i) client.start(endpoint, kBody, recorder);
    std::function<void()> wait = [&] {
      if (mock.stat("pending") != 2) return loop.post(wait);
      loop.stop();
    };
    loop.post(wait);
    loop.run();
  }
  loop.run();
  CHECK_FALSE(recorder.ended);
  CHECK(mock.stat("open") == 0);
}

TEST_CASE("a request that must end soon does") {
  VirtualClock clock;
  EventLoop loop(&clock);
  Client client(loop);
  const MockOpenAi mock({"--silent"});
  Recorder recorder;
  const auto id = client.start(client.add(chat(mock)), kBody, recorder);
  client.expire(id, kSecond);
  loop.post([&] { clock.advance(kSecond); });
  loop.run();
  CHECK(recorder.outcome.result == Result::TimeoutTotal);
}

TEST_CASE("a proxy from the environment is used") {
  const MockOpenAi proxy({"--reply", "from the proxy"});
  setenv("http_proxy", ("http://127.0.0.1:" + std::to_string(proxy.port())).c_str(), 1);
  EventLoop loop;
  Client client(loop);
  Endpoint endpoint;
  endpoint.url = "http://models.invalid/v1/chat/completions";
  Recorder recorder;
  client.start(client.add(endpoint), kBody, recorder);
  loop.run();
  unsetenv("http_proxy");
  CHECK(recorder.text.find("from the proxy") != std::string::npos);
  CHECK(proxy.get("/last").find("POST http://models.invalid/v1/chat/completions") == 0);
}

TEST_CASE("certificates that the environment trusts are trusted") {
  const test::TlsServer server;
  const test::TemporaryFile file(server.certificate());
  const char* const found = std::getenv("CURL_CA_BUNDLE");
  const std::string before = found != nullptr ? found : "";
  setenv("CURL_CA_BUNDLE", file.path().c_str(), 1);
  EventLoop loop;
  Client client(loop);
  Endpoint endpoint;
  endpoint.url = "https://localhost:" + std::to_string(server.port()) + "/";
  Recorder recorder;
  client.start(client.add(endpoint), kBody, recorder);
  loop.run();
  setenv("CURL_CA_BUNDLE", before.c_str(), 1);  // empty is as good as unset
  CHECK(recorder.outcome.message == "");
  CHECK(recorder.text == "safe");
}

TEST_CASE("a certificate that nobody vouches for is refused") {
  const test::TlsServer server;
  EventLoop loop;
  Client client(loop);
  Endpoint endpoint;
  endpoint.url = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
  Recorder recorder;
  client.start(client.add(endpoint), kBody, recorder);
  loop.run();
  CHECK(recorder.outcome.result == Result::Tls);
  CHECK(recorder.outcome.message.find("certificate") != std::string::npos);
  CHECK(recorder.text.empty());
}
