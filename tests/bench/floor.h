// The three-step chain that every row of the throughput benchmark makes: plan, write, edit; each step's
// prompt holds the answer before it. Shared by the programs that measure what lies beneath the runtime.
#pragma once

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace floor_bench {

inline constexpr std::string_view kWanted = "The quick brown fox jumps over the lazy dog.";

struct Load {
  int port = 0;
  int concurrent = 0;
  int total = 0;
};

/// `PORT CONCURRENT TOTAL` or `PORT --inflight N`.
inline Load read_load(int argc, char** argv) {
  Load load;
  if (argc != 4) {
    fmt::print(stderr, "usage: {0} PORT CONCURRENT TOTAL | {0} PORT --inflight N\n", argv[0]);
    std::exit(2);
  }
  load.port = std::atoi(argv[1]);
  load.total = std::atoi(argv[3]);
  load.concurrent = std::strcmp(argv[2], "--inflight") == 0 ? load.total : std::atoi(argv[2]);
  return load;
}

inline void allow_many_files() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// The prompt of step 0, 1 or 2.
inline std::string prompt(int step, int topic, std::string_view previous) {
  switch (step) {
    case 0:
      return fmt::format(
          "You are a planner. Audience: busy engineers. Write an outline about topic {}. Constraints: be "
          "brief, cite nothing, three bullets, no preamble.",
          topic);
    case 1:
      return fmt::format(
          "You are a writer. Expand this outline for busy engineers:\n{}\nTopic: topic {}. Keep to one "
          "paragraph.",
          previous, topic);
    default:
      return fmt::format(
          "You are an editor. Tighten the following text on topic {} for busy engineers:\n{}\nReturn only "
          "the text.",
          topic, previous);
  }
}

/// Collects latencies and prints the result as one line of JSON.
class Report {
 public:
  explicit Report(const Load& load) : load_(load) { latencies_.reserve(static_cast<size_t>(load.total)); }

  using Clock = std::chrono::steady_clock;
  void finished(Clock::time_point began, bool good) {
    latencies_.push_back(std::chrono::duration<double, std::milli>(Clock::now() - began).count());
    bad_ += good ? 0 : 1;
  }
  [[nodiscard]] int count() const { return static_cast<int>(latencies_.size()); }

  /// 0 if every chain ended well.
  [[nodiscard]] int print(std::string_view implementation) {
    const double wall = std::chrono::duration<double>(Clock::now() - began_).count();
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto ms = [](timeval time) {
      return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
    };
    std::sort(latencies_.begin(), latencies_.end());
    const auto percentile = [&](double part) {
      return latencies_[static_cast<size_t>(part * static_cast<double>(latencies_.size() - 1))];
    };
    fmt::print(
        R"({{"impl":"{}","conc":{},"total":{},"bad":{},"wall_s":{:.3f},"chains_per_s":{:.0f},"cpu_ms_per_chain":{:.4f},)"
        R"("p50_ms":{:.3f},"p99_ms":{:.3f},"maxrss_mb":{:.1f}}})"
        "\n",
        implementation, load_.concurrent, load_.total, bad_, wall, load_.total / wall,
        (ms(usage.ru_utime) + ms(usage.ru_stime)) / load_.total, percentile(0.5), percentile(0.99),
        static_cast<double>(usage.ru_maxrss) / 1024);
    return bad_ == 0 ? 0 : 1;
  }

 private:
  Load load_;
  Clock::time_point began_ = Clock::now();
  std::vector<double> latencies_;
  int bad_ = 0;
};

}  // namespace floor_bench
