// What the benchmarks of single parts share: programs from source text, and time.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/program/program.h"

namespace chain::bench {

/// Compiles the file for the run at hand: quickly made code, no artifact. Ends the process with the
/// diagnostics on standard error if it has mistakes.
[[nodiscard]] std::shared_ptr<const program::Program> compile_quick(const std::string& path);

/// The same program with the optimized code that a run from the artifact cache has.
[[nodiscard]] std::shared_ptr<const program::Program> compile_optimized(const std::string& path);

/// A file with this text, removed at the end.
class ScratchFile {
 public:
  explicit ScratchFile(const std::string& text);
  ~ScratchFile();
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// CPU time of this process in microseconds, all threads.
[[nodiscard]] double cpu_us();

/// The median, over `batches` batches of at least `batch_us` each, of the CPU microseconds of one call.
template <class Work>
[[nodiscard]] double time_each(Work&& work, int batches = 11, double batch_us = 60'000) {
  uint64_t calls = 1;
  for (;; calls *= 2) {
    const double begin = cpu_us();
    for (uint64_t i = 0; i < calls; ++i) work();
    if (cpu_us() - begin >= batch_us) break;
  }
  std::vector<double> each;
  for (int batch = 0; batch < batches; ++batch) {
    const double begin = cpu_us();
    for (uint64_t i = 0; i < calls; ++i) work();
    each.push_back((cpu_us() - begin) / static_cast<double>(calls));
  }
  std::nth_element(each.begin(), each.begin() + batches / 2, each.end());
  return each[batches / 2];
}

}  // namespace chain::bench
