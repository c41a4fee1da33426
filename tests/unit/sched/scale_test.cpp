// Many runs in one process.
#include <sys/resource.h>
#include <catch2/catch.hpp>

#include <algorithm>

#include "tests/peers/peer.h"
#include "tests/unit/sched/session.h"

using namespace chain;
using chain::test::MockOpenAi;
using chain::test::Session;

namespace {

const std::string kThreeSteps = R"(
model m = openai("mock", base_url: "URL", concurrency: 100000)
prompt step@1.0(q: string) -> string {
  model: m
  user: "{{ q }}"
}
chain main() -> string {
  let a = step("begin")
  let b = step(a)
  return step(b)
}
)";

/// Sets the soft limit of open files while it lives.
class FileLimit {
 public:
  explicit FileLimit(rlim_t files) {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = std::min(files, before_.rlim_max);
    setrlimit(RLIMIT_NOFILE, &limit);
    granted = limit.rlim_cur;
  }
  ~FileLimit() { setrlimit(RLIMIT_NOFILE, &before_); }
  rlim_t granted = 0;

 private:
  rlimit before_{};
};

size_t succeeded(const std::vector<sched::RunResult>& results) {
  return static_cast<size_t>(
      std::count_if(results.begin(), results.end(), [](const auto& r) { return r.ok && r.text == "x"; }));
}

}  // namespace

TEST_CASE("ten thousand runs are in flight at once, and all end well") {
  const FileLimit files(20'000);
  constexpr size_t kRuns = 10'000;
  if (files.granted < 12'000) {
    WARN("the hard limit of open files is " << files.granted
                                            << ": fewer calls are pending at once than runs are in flight");
  }
  const bool all_pending = files.granted >= 12'000;
  const MockOpenAi server({"--hold", all_pending ? std::to_string(kRuns) : "1", "--reply", "x"});
  Session session(kThreeSteps, server.base_url());
  CHECK(succeeded(session.run_many(kRuns)) == kRuns);
  CHECK(server.stat("requests") == 3 * kRuns);
  if (all_pending) CHECK(server.stat("max_pending") == kRuns);
}

TEST_CASE("with 1024 open files 2,000 runs still all end well") {
  const FileLimit files(1024);
  const MockOpenAi server({"--reply", "x"});
  Session session(kThreeSteps, server.base_url());
  CHECK(succeeded(session.run_many(2'000)) == 2'000);
  CHECK(server.stat("requests") == 6'000);
}
