// `rpm` and `tpm`: who may ask when, and whose turn it is.
#include "runtime/model/rate_limit.h"

#include <catch2/catch.hpp>
#include <map>

#include "runtime/model/retry.h"
#include "tests/unit/net/model_fixture.h"

using namespace chain;
using model::RateBucket;
using test::Answer;
using test::Caller;
using test::kSecond;
using test::MockOpenAi;

namespace {

/// Runs that differ by their address alone.
constexpr int kRuns[3] = {};

struct Bucket {
  VirtualClock clock;
  EventLoop loop{&clock};
  RateBucket bucket{loop};
  std::map<int, int64_t> went;  // when, in seconds
  std::vector<int> order;
  std::map<int, RateBucket::Ticket> tickets;
  std::map<int, RateBucket::Grant> grants;

  explicit Bucket(model::RateLimit limit) { bucket.limit(limit); }

  void go(int who, RateBucket::Grant grant) {
    grants[who] = grant;
    went[who] = loop.now() / kSecond;
    order.push_back(who);
  }
  void ask(int who, int64_t tokens = 0, int run = 0, bool urgent = false) {
    RateBucket::Grant granted = 0;
    tickets[who] = bucket.ask({.run = &kRuns[run],
                               .tokens = tokens,
                               .urgent = urgent,
                               .go = [this, who](RateBucket::Grant grant) { go(who, grant); }},
                              granted);
    if (tickets[who] == 0) go(who, granted);
  }
};

}  // namespace

TEST_CASE("no more requests than `rpm` go out in any minute") {
  Bucket b({.requests = 3});
  for (int i = 0; i < 7; ++i) b.ask(i);
  CHECK(b.order.size() == 3);
  CHECK(b.bucket.reason(0) == "`rpm: 3`");
  b.loop.run();
  CHECK(b.order == std::vector<int>{0, 1, 2, 3, 4, 5, 6});
  CHECK(b.went == std::map<int, int64_t>{{0, 0}, {1, 0}, {2, 0}, {3, 60}, {4, 60}, {5, 60}, {6, 120}});
}

TEST_CASE("a minute is counted from each request, not by the clock") {
  Bucket b({.requests = 2});
  b.ask(0);
  b.loop.after(30 * kSecond, [&] {
    b.ask(1);
    b.ask(2);
    b.ask(3);
  });
  b.loop.run();
  CHECK(b.went == std::map<int, int64_t>{{0, 0}, {1, 30}, {2, 60}, {3, 90}});
}

TEST_CASE("tokens are counted in advance, and corrected") {
  Bucket b({.tokens = 100});
  b.ask(0, 60);
  b.ask(1, 60);
  CHECK(b.tickets[1] != 0);
  CHECK(b.bucket.reason(60) == "`tpm: 100`");
  SECTION("less was taken: the next may go") {
    b.bucket.settle(b.grants[0], 40);
    b.loop.run();
    CHECK(b.went[1] == 0);
  }
  SECTION("more was taken: the next waits") {
    b.bucket.settle(b.grants[0], 200);
    b.loop.run();
    CHECK(b.went[1] == 60);
  }
  SECTION("what was granted long ago is of no account") {
    b.loop.run();
    b.bucket.settle(b.grants[0], 1'000'000);
    b.ask(2, 40);
    CHECK(b.tickets[2] == 0);
  }
}

TEST_CASE("a request of more tokens than the limit goes alone") {
  Bucket b({.tokens = 100});
  b.ask(0, 5000);
  b.ask(1, 1);
  b.loop.run();
  CHECK(b.went == std::map<int, int64_t>{{0, 0}, {1, 60}});
}

TEST_CASE("a run of ten thousand calls does not starve one of a single call") {
  Bucket b({.requests = 10});
  for (int i = 0; i < 10'000; ++i) b.ask(i);
  b.ask(10'000, 0, 1);
  b.ask(10'001, 0, 2);
  b.loop.after(61 * kSecond, [&] { b.loop.stop(); });
  b.loop.run();
  CHECK(b.order ==
        std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10'000, 10'001, 11, 12, 13, 14, 15, 16, 17});
}

TEST_CASE("who goes on with a call that had its turn is first") {
  Bucket b({.requests = 1});
  for (int i = 0; i < 3; ++i) b.ask(i);
  b.ask(3, 0, 1, true);
  b.ask(4, 0, 0, true);
  b.loop.run();
  CHECK(b.order == std::vector<int>{0, 3, 4, 1, 2});
}

TEST_CASE("who leaves has cost nothing") {
  Bucket b({.requests = 1, .tokens = 100});
  b.ask(0, 10);
  b.ask(1, 90);
  b.ask(2, 10);
  b.bucket.leave(b.tickets[1]);
  b.bucket.leave(b.tickets[1]);
  b.bucket.leave(999);
  b.loop.run();
  CHECK(b.order == std::vector<int>{0, 2});
  CHECK(b.went[2] == 60);
}

TEST_CASE("when the last one leaves, nothing keeps the loop") {
  Bucket b({.requests = 1});
  b.ask(0);
  b.ask(1);
  b.bucket.leave(b.tickets[1]);
  b.loop.run();
  CHECK(b.loop.now() < kSecond);
}

TEST_CASE("a pause holds all, limits or not") {
  Bucket b({});
  b.bucket.pause(7 * kSecond);
  b.bucket.pause(2 * kSecond);  // of another call: the longer one counts
  CHECK(b.bucket.reason(0) == "the provider's pause");
  b.ask(0);
  b.ask(1);
  b.loop.run();
  CHECK(b.went == std::map<int, int64_t>{{0, 7}, {1, 7}});
}

TEST_CASE("of several limits the strictest counts") {
  Bucket b({.requests = 5});
  b.bucket.limit({.requests = 2, .tokens = 1000});
  b.bucket.limit({.requests = 3});
  for (int i = 0; i < 3; ++i) b.ask(i, 1);
  b.loop.run();
  CHECK(b.went == std::map<int, int64_t>{{0, 0}, {1, 0}, {2, 60}});
}

TEST_CASE("the pause that a 429 asks for") {
  model::Head head;
  CHECK_FALSE(model::wished_pause(head));
  head.requests_left = "0";
  head.requests_reset = "1s";
  CHECK(model::wished_pause(head) == kSecond);
  head.tokens_left = "0";
  head.tokens_reset = "12s500ms";
  CHECK(model::wished_pause(head) == 12 * kSecond + kSecond / 2);
  head.tokens_left = "1";  // that one is not used up
  CHECK(model::wished_pause(head) == kSecond);
  head.requests_reset = "6m0s";
  CHECK_FALSE(model::wished_pause(head));
  head.requests_reset = "2026-01-31T09:30:05Z";
  head.date = "Sat, 31 Jan 2026 09:30:00 GMT";
  CHECK(model::wished_pause(head) == 5 * kSecond);
  head.requests_reset = "whenever";
  CHECK_FALSE(model::wished_pause(head));
  head.retry_after = "3";
  CHECK(model::wished_pause(head) == 3 * kSecond);
  head.retry_after = "3600";
  CHECK_FALSE(model::wished_pause(head));
}

namespace {

/// Models `fast` and `twin`, the same to their provider, and `other`, which has another id.
struct Twins {
  MockOpenAi mock;
  Caller caller;

  explicit Twins(const std::string& more, const std::vector<std::string>& switches = {})
      : mock(switches), caller(mock, more) {
    const program::Model fast = caller.program.models[0];
    caller.program.models.push_back({"twin", fast.provider, fast.id, fast.options_json});
    caller.program.models.push_back({"other", fast.provider, "gpt-other", fast.options_json});
    caller.client = model::make_client(caller.program, caller.loop, {.seed = 1});
  }
  void start(uint32_t model, Answer& answer) {
    model::Request request = Caller::request();
    request.model = model;
    caller.client->start(std::move(request), answer);
  }
};

}  // namespace

TEST_CASE("models with the same endpoint, key and id share their limit; others do not") {
  Twins twins(R"(, "rpm": 1)");
  Answer fast, twin, other;
  twins.start(0, fast);
  twins.start(1, twin);
  twins.start(2, other);
  twins.caller.loop.run();
  REQUIRE((fast.is_done && twin.is_done && other.is_done));
  CHECK(fast.completion.waited.time == 0);
  CHECK(other.completion.waited.time == 0);
  CHECK(twin.completion.waited.time >= 60 * kSecond);
  CHECK(twin.completion.waited.why == "`rpm: 1`");
}

TEST_CASE("a wait for a turn is not the attempt's time") {
  Twins twins(R"(, "rpm": 1, "timeout": 30000000000)");
  Answer first, second;
  twins.start(0, first);
  twins.start(0, second);
  twins.caller.loop.run();
  CHECK(second.is_done);
}

TEST_CASE("what one call is told by a 429 holds for all of that model") {
  Twins twins("", {"--error", "429:1", "--retry-after", "7"});
  Answer twin, other;
  struct Starting : Answer {
    std::function<void()> on_retry;
    void retry(std::string_view why, int64_t delay_ns) override {
      Answer::retry(why, delay_ns);
      on_retry();
    }
  } first;
  first.on_retry = [&] {
    twins.start(1, twin);
    twins.start(2, other);
  };
  twins.start(0, first);
  twins.caller.loop.run();
  REQUIRE((first.is_done && twin.is_done && other.is_done));
  CHECK(twin.completion.waited.time == 7 * kSecond);
  CHECK(twin.completion.waited.why == "the provider's pause");
  CHECK(other.completion.waited.time == 0);
}

TEST_CASE("tokens of the answer correct what was counted for a call") {
  // The first call is estimated at far more than the mock's usage says it took.
  Twins twins(R"(, "tpm": 400)");
  Answer first, second;
  first.on_end = [&] { twins.start(0, second); };
  twins.start(0, first);
  twins.caller.loop.run();
  REQUIRE(second.is_done);
  CHECK(second.completion.waited.time == 0);
}

TEST_CASE("a call that is cancelled while it waits is not sent and takes nobody's place") {
  Twins twins(R"(, "rpm": 1)");
  Answer first, second, third;
  twins.start(0, first);
  model::Request request = Caller::request();
  const auto id = twins.caller.client->start(std::move(request), second);
  twins.start(0, third);
  twins.caller.client->cancel(id);
  twins.caller.loop.run();
  CHECK_FALSE(second.ended());
  REQUIRE(third.is_done);
  CHECK(third.completion.waited.time < 61 * kSecond);
  CHECK(twins.mock.stat("requests") == 2);
}

TEST_CASE("runs take turns for a place among `concurrency`, and the wait is told") {
  Twins twins(R"(, "concurrency": 1)");
  std::vector<int> order;
  Answer answers[5];
  for (int i = 0; i < 5; ++i) {
    answers[i].on_end = [&order, i] { order.push_back(i); };
    model::Request request = Caller::request();
    request.run = &kRuns[i == 4 ? 1 : 0];
    twins.caller.client->start(std::move(request), answers[i]);
  }
  twins.caller.loop.run();
  CHECK(order == std::vector<int>{0, 1, 4, 2, 3});
}
