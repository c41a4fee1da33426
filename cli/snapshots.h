// The snapshots of models that `chain.lock` has, held against those that answer.
#pragma once

#include <map>
#include <set>
#include <string>

#include "runtime/model/client.h"
#include "runtime/program/program.h"

namespace chain::cli {

class Snapshots {
 public:
  /// Those of the lock of the project that the program's file is in; none if there is no lock.
  explicit Snapshots(const program::Program& program);

  /// Says, once for each model, that another snapshot has answered than the lock has. `asked` is the model
  /// that the prompt asked.
  void note(const program::Model& asked, const model::Completion& answer);

 private:
  const program::Program& program_;
  std::map<std::string, std::string> answered_;  // by provider and id
  std::set<std::string> told_;
};

}  // namespace chain::cli
