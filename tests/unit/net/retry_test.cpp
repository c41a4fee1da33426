#include "runtime/model/retry.h"

#include <catch2/catch.hpp>

using chain::abi::ErrorKind;
using namespace chain::model;

namespace {

constexpr int64_t kMillisecond = 1'000'000;

Problem transient() {
  return {ErrorKind::RateLimited, "busy", true, false};
}

RetryDecision decide(const Head& head, uint32_t attempt = 1, uint32_t attempts = 3,
                     Problem problem = transient()) {
  Random random(1);
  return decide_retry(problem, head, attempt, attempts, random);
}

}  // namespace

TEST_CASE("the wait doubles from half a second to eight, less up to a quarter") {
  const int64_t full[] = {500, 1000, 2000, 4000, 8000, 8000, 8000};
  Random random(42);
  for (uint32_t attempt = 1; attempt <= 7; ++attempt) {
    const RetryDecision decision = decide_retry(transient(), {}, attempt, 100, random);
    CHECK(decision.again);
    CHECK(decision.delay_ns <= full[attempt - 1] * kMillisecond);
    CHECK(decision.delay_ns > full[attempt - 1] * kMillisecond * 3 / 4);
  }
}

TEST_CASE("what the server asks for goes first") {
  Head head;
  head.retry_after = "7";
  CHECK(decide(head).delay_ns == 7000 * kMillisecond);
  head.retry_after_ms = "12.5";
  CHECK(decide(head).delay_ns == 12'500'000);
  head = {};
  head.retry_after = "Sun, 06 Nov 1994 08:49:47 GMT";
  head.date = "Sun, 06 Nov 1994 08:49:37 GMT";
  CHECK(decide(head).delay_ns == 10'000 * kMillisecond);
  head.date = "Sun, 06 Nov 1994 08:50:37 GMT";  // it is over
  CHECK(decide(head).delay_ns == 0);
  head.retry_after = "soon";
  CHECK(decide(head).delay_ns > 0);
  head.retry_after = "-3";
  CHECK(decide(head).delay_ns == 0);
}

TEST_CASE("more than a minute is not waited") {
  Head head;
  head.retry_after = "61";
  const RetryDecision decision = decide(head);
  CHECK_FALSE(decision.again);
  CHECK(decision.why_not == "it asks to wait for 61 s, and no more than 60 s are waited");
  head.retry_after = "60";
  CHECK(decide(head).again);
}

TEST_CASE("x-should-retry overrides the status but not a final answer") {
  Head head;
  head.should_retry = "false";
  CHECK_FALSE(decide(head).again);
  head.should_retry = "true";
  CHECK(decide(head, 1, 3, {ErrorKind::Failed, "odd", false, false}).again);
  CHECK_FALSE(decide(head, 1, 3, {ErrorKind::RateLimited, "no quota", true, true}).again);
}

TEST_CASE("attempts come to an end") {
  CHECK(decide({}, 2, 3).again);
  CHECK_FALSE(decide({}, 3, 3).again);
  CHECK_FALSE(decide({}, 1, 1).again);
}

TEST_CASE("dates are read as HTTP writes them") {
  CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == 784111777);
  CHECK(parse_http_date("Thu, 01 Jan 1970 00:00:00 GMT") == 0);
  CHECK_FALSE(parse_http_date("Sun, 32 Nov 1994 08:49:37 GMT"));
  CHECK_FALSE(parse_http_date("Sun, 06 Nov 1994 08:49:37 CET"));
  CHECK_FALSE(parse_http_date("Sun, -6 Nov 1994 08:49:37 GMT"));
  CHECK_FALSE(parse_http_date(""));
}
