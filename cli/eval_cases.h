// The cases of an eval: the values of its dataset, held to its type before anything is asked.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "runtime/access/policy.h"
#include "runtime/program/program.h"

namespace chain::cli {

/// Cases on a line each, in a file without a name, so that whatever the dataset is read from is read once.
class EvalCases {
 public:
  EvalCases() = default;
  ~EvalCases();
  EvalCases(const EvalCases&) = delete;
  EvalCases& operator=(const EvalCases&) = delete;

  /// Reads the dataset, `limit` cases of it at most. False, with `error` set, if it cannot be had, has none,
  /// or some are no values of its type: then each is named with its line, ten at most.
  [[nodiscard]] bool read(const program::Program& program, uint32_t dataset,
                          const std::shared_ptr<const access::Policy>& policy, uint64_t limit,
                          std::string& error);

  [[nodiscard]] uint64_t count() const { return count_; }
  /// To be opened by whoever reads them; as many readers as there are need.
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::FILE* file_ = nullptr;
  std::string path_;
  uint64_t count_ = 0;
};

}  // namespace chain::cli
