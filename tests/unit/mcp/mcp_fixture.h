// A client on a loop, asked and waited for.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/access/policy.h"
#include "runtime/mcp/client.h"
#include "runtime/sched/event_loop.h"

namespace chain::test {

constexpr int64_t kMillisecond = 1'000'000;
constexpr int64_t kSecond = 1000 * kMillisecond;

/// Collects what servers send, and answers their questions.
struct Heard final : mcp::Handler {
  std::vector<std::string> progress_messages, logs, changes;
  std::vector<mcp::Elicitation> questions;
  std::function<std::string(const mcp::Elicitation&)> answer_with = [](const mcp::Elicitation&) {
    return R"({"action":"decline"})";
  };

  std::function<void()> on_progress = [] {};
  bool holds_answers = false;
  std::vector<std::function<void(std::string)>> held;

  void progress(std::string_view, double done, std::optional<double> total,
                std::string_view message) override {
    progress_messages.push_back(std::to_string(static_cast<int>(done)) + "/" +
                                std::to_string(static_cast<int>(total.value_or(-1))) + " " +
                                std::string(message));
    on_progress();
  }
  void logged(std::string_view, std::string_view level, std::string_view text) override {
    logs.push_back(std::string(level) + ": " + std::string(text));
  }
  void list_changed(std::string_view, std::string_view list) override { changes.emplace_back(list); }
  void elicit(std::string_view, const mcp::Elicitation& question,
              std::function<void(std::string)> answer) override {
    questions.push_back(question);
    if (holds_answers) return held.push_back(std::move(answer));
    answer(answer_with(question));
  }
};

inline mcp::Server stdio_server(std::vector<std::string> command) {
  mcp::Server server;
  server.name = "shop";
  server.command = std::move(command);
  return server;
}

inline mcp::Server http_server(std::string url) {
  mcp::Server server;
  server.name = "shop";
  server.url = std::move(url);
  return server;
}

/// Asks a server and runs the loop until it has answered.
struct Asking {
  EventLoop loop;
  Heard heard;
  std::unique_ptr<mcp::Client> client;

  explicit Asking(
      mcp::Server server, std::function<void(mcp::Options&)> change = [](mcp::Options&) {},
      const Clock* clock = nullptr)
      : loop(clock) {
    mcp::Options options;
    access::Policy policy;
    policy.allow.push_back({program::CapabilityKind::Host, "127.0.0.1"});
    options.access = std::make_shared<access::Policy>(policy);
    options.handler = &heard;
    change(options);
    client = mcp::make_client(loop, std::move(server), std::move(options));
  }

  mcp::Answer ask(std::string method, std::string params) {
    std::optional<mcp::Answer> got;
    client->request(std::move(method), std::move(params), [&](mcp::Answer answer) {
      got = std::move(answer);
      loop.stop();
    });
    CHECK_FALSE(got);
    loop.run();
    REQUIRE(got);
    return *std::move(got);
  }
  mcp::Answer call(const std::string& tool, const std::string& arguments = "{}") {
    std::optional<mcp::Answer> got;
    client->call_tool(tool, arguments, [&](mcp::Answer answer) {
      got = std::move(answer);
      loop.stop();
    });
    loop.run();
    REQUIRE(got);
    return *std::move(got);
  }
  template <class Element>
  std::vector<Element> list(
      void (mcp::Client::*ask_for)(std::function<void(std::vector<Element>, std::string)>),
      std::string* error = nullptr) {
    std::optional<std::vector<Element>> got;
    (client.get()->*ask_for)([&](std::vector<Element> elements, std::string problem) {
      if (error == nullptr) CHECK(problem.empty());
      if (error != nullptr) *error = problem;
      got = std::move(elements);
      loop.stop();
    });
    loop.run();
    REQUIRE(got);
    return *std::move(got);
  }
  std::vector<mcp::Tool> tools(std::string* error = nullptr) { return list(&mcp::Client::list_tools, error); }
  void close() {
    bool closed = false;
    client->close([&] { closed = true; });
    CHECK_FALSE(closed);
    loop.run();  // nothing is left that keeps it going
    CHECK(closed);
  }
};

}  // namespace chain::test
