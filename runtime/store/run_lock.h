// Which process carries out a run: a lock that ends with the process, however that ends.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

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
  explicit RunLock(int file) : file_(file) {}
  int file_;
};

}  // namespace chain::store
