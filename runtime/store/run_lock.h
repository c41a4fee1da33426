// Which process carries out a run: a lock that ends with the process, however that ends.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace chain::store {

class RunLock {
 public:
  /// Null if another process holds it; `error` then says so, or why the lock's file cannot be opened.
  [[nodiscard]] static std::unique_ptr<RunLock> take(const std::string& folder, int64_t run,
                                                     std::string& error);
  /// Whether a process carries out the run at this moment.
  [[nodiscard]] static bool is_held(const std::string& folder, int64_t run);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

 private:
  struct File;
  RunLock(std::shared_ptr<File> file, int64_t run) : file_(std::move(file)), run_(run) {}

  std::shared_ptr<File> file_;  // one for all runs of the process
  int64_t run_;
};

}  // namespace chain::store
