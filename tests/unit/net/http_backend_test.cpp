// The queue of calls in front of a model.
#include "runtime/model/http_backend.h"

#include <catch2/catch.hpp>

#include "tests/unit/net/model_fixture.h"

using namespace chain;
using test::Answer;

namespace {

/// Where nobody listens; counts the requests that are written, which is when a call's turn has come.
class NowhereDialect final : public model::Dialect {
 public:
  explicit NowhereDialect(int& written) : written_(written) {}
  http::Endpoint endpoint() const override {
    return {.url = "http://127.0.0.1:" + std::to_string(test::unused_port()) + "/"};
  }
  std::string shown_head() const override { return {}; }
  std::string redacted(std::string text) const override { return text; }
  std::string refuses(const model::Medium&) const override { return {}; }
  std::string refuses(const model::Request&) const override { return {}; }
  model::Form write(const model::Request&, std::span<const model::Medium>, std::string& body) override {
    ++written_;
    body += "x";
    return {};
  }
  std::unique_ptr<model::Reply> open(const model::Request&, const model::Form&, const model::Head&) override {
    return nullptr;
  }
  model::Problem explain(const model::Head&, std::string_view) const override { return {}; }
  bool adapt(const model::Form&, const model::Head&, std::string_view) override { return false; }

 private:
  int& written_;
};

struct OneAtATime {
  int written = 0;
  VirtualClock clock;
  EventLoop loop{&clock};
  http::Client http{loop};
  model::Random random{1};
  model::ClientOptions options;
  model::HttpBackend backend{"m",
                             std::make_unique<NowhereDialect>(written),
                             {.attempts = 1, .concurrency = 1},
                             {loop, [this]() -> http::Client& { return http; }, random, options}};
};

}  // namespace

TEST_CASE("cancelling all calls begins none of those that wait") {
  OneAtATime model;
  Answer answers[3];
  for (uint64_t id = 0; id < 3; ++id) model.backend.start(id + 1, {}, answers[id]);
  CHECK(model.written == 1);
  for (uint64_t id = 0; id < 3; ++id) model.backend.cancel(id + 1);
  model.loop.run();
  CHECK(model.written == 1);
  for (const Answer& answer : answers) CHECK_FALSE(answer.ended());
}

TEST_CASE("a failure that makes its listener cancel the others begins none of them") {
  OneAtATime model;
  Answer answers[3];
  answers[0].on_end = [&] {
    model.backend.cancel(2);
    model.backend.cancel(3);
  };
  for (uint64_t id = 0; id < 3; ++id) model.backend.start(id + 1, {}, answers[id]);
  model.loop.run();
  CHECK(answers[0].is_failed);
  CHECK(model.written == 1);
}

TEST_CASE("calls that wait begin in order, and one that asks again goes before them") {
  OneAtATime model;
  Answer answers[4];
  std::vector<int> order;
  for (int i = 0; i < 4; ++i) answers[i].on_end = [&order, i] { order.push_back(i); };
  answers[0].on_end = [&] {
    order.push_back(0);
    model.backend.start(3, {}, answers[2]);
    model.backend.start(4, {.again = true}, answers[3]);
  };
  model.backend.start(1, {}, answers[0]);
  model.backend.start(2, {}, answers[1]);
  model.loop.run();
  CHECK(order == std::vector<int>{0, 3, 1, 2});
  CHECK(model.written == 4);
}
