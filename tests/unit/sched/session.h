// Source text to results: compiles with the JIT and runs against a server.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/model/client.h"
#include "runtime/program/program.h"
#include "runtime/sched/event_loop.h"
#include "runtime/sched/run.h"

namespace chain::test {

class Session {
 public:
  /// Compiles `source`; throws std::runtime_error with the diagnostics if it is wrong. In it, `URL` stands
  /// for `base_url`.
  explicit Session(std::string source, const std::string& base_url = {}, model::ClientOptions options = {});
  /// Likewise, with another client around that one.
  using WrapClient = std::function<std::unique_ptr<model::Client>(std::unique_ptr<model::Client>,
                                                                  const program::Program&, EventLoop&)>;
  Session(std::string source, const std::string& base_url, const WrapClient& wrap);
  /// Likewise, with a client of its own.
  using MakeClient = std::function<std::unique_ptr<model::Client>(EventLoop&)>;
  Session(std::string source, const MakeClient& make_client);
  ~Session();

  /// Runs chain `name` to its end.
  sched::RunResult run(const std::string& name = "main", const std::string& arguments = "{}",
                       sched::RunOptions options = {});
  /// Runs `count` of them at once; the results in the order of starting.
  std::vector<sched::RunResult> run_many(size_t count, const std::string& name = "main",
                                         const std::string& arguments = "{}");

  /// From here on it makes the searches of indexes; it must outlive the session.
  void search_with(retrieve::Searches& searches);

  [[nodiscard]] uint32_t chain(const std::string& name) const;
  [[nodiscard]] const program::Program& program() const { return *program_; }
  EventLoop& loop() { return loop_; }
  sched::Scheduler& scheduler() { return *scheduler_; }

 private:
  void compile(const std::string& source);

  std::shared_ptr<const program::Program> program_;
  EventLoop loop_;
  std::unique_ptr<model::Client> client_;
  std::unique_ptr<sched::Scheduler> scheduler_;
};

/// A value as text: the result's JSON, or "KIND: MESSAGE".
std::string outcome(const sched::RunResult& result);

}  // namespace chain::test
