// A program with one model, called against the mock on a virtual clock.
#pragma once

#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/model/client.h"
#include "runtime/sched/event_loop.h"
#include "tests/peers/peer.h"

namespace chain::test {

inline constexpr int64_t kSecond = 1'000'000'000;

/// An environment variable, set (or, with null, unset) for a test.
class Variable {
 public:
  Variable(std::string name, const char* value) : name_(std::move(name)) {
    const char* before = std::getenv(name_.c_str());
    had_ = before != nullptr;
    if (had_) before_ = before;
    put(value);
  }
  ~Variable() { put(had_ ? before_.c_str() : nullptr); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  void put(const char* value) {
    if (value != nullptr)
      setenv(name_.c_str(), value, 1);
    else
      unsetenv(name_.c_str());
  }

  std::string name_, before_;
  bool had_ = false;
};

struct Answer : model::Listener {
  std::string sent_text;
  std::vector<std::string> deltas;
  std::vector<std::string> retries;
  std::vector<int64_t> delays;
  bool is_done = false, is_failed = false;
  model::Completion completion;
  model::Failure failure;
  std::function<void()> on_delta = [] {};
  std::function<void()> on_end = [] {};

  void sent(std::string_view request) override { sent_text = request; }
  void delta(std::string_view text) override {
    deltas.emplace_back(text);
    on_delta();
  }
  void retry(std::string_view why, int64_t delay_ns) override {
    deltas.clear();
    retries.emplace_back(why);
    delays.push_back(delay_ns);
  }
  void done(model::Completion result) override {
    completion = std::move(result);
    is_done = true;
    on_end();
  }
  void failed(model::Failure result) override {
    failure = std::move(result);
    is_failed = true;
    on_end();
  }
  [[nodiscard]] bool ended() const { return is_done || is_failed; }
  [[nodiscard]] std::string streamed() const {
    std::string text;
    for (const std::string& delta : deltas) text += delta;
    return text;
  }
};

struct Caller {
  VirtualClock clock;
  EventLoop loop{&clock};
  program::Program program;
  std::unique_ptr<model::Client> client;

  explicit Caller(const std::string& options_json, model::ClientOptions options = {}) {
    program.models.push_back({"fast", "openai", "gpt-5-mini", options_json});
    options.seed = 1;
    client = model::make_client(program, loop, options);
  }
  /// For a server, with more options: `, "retry": 3`.
  explicit Caller(const Peer& peer, const std::string& more = {}, model::ClientOptions options = {})
      : Caller(R"({"base_url": ")" + peer.base_url() + '"' + more + '}', options) {}

  static model::Request request(std::string_view text = "hi", bool stream = false) {
    model::Request request;
    request.messages.push_back({program::Role::User, text});
    request.stream = stream;
    return request;
  }

  Answer call(model::Request request) {
    Answer answer;
    client->start(std::move(request), answer);
    loop.run();
    return answer;
  }
  Answer call(std::string_view text = "hi", bool stream = false) { return call(request(text, stream)); }
};

}  // namespace chain::test
