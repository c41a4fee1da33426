// `chain doctor`: the parts that the verb is made of.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/access/policy.h"
#include "runtime/model/known_endpoints.h"
#include "runtime/model/variables.h"
#include "runtime/program/program.h"

namespace chain::cli {

/// Where what was found out about endpoints is kept; empty if there is no place.
[[nodiscard]] std::string endpoint_file();
/// What is in it; null if there is nothing.
[[nodiscard]] std::shared_ptr<const model::KnownEndpoints> known_endpoints();

struct DoctorSettings {
  std::string file;
  std::string model;  // of `--model`: of this one alone; empty for all
  std::string profile;
  bool live = false;
  bool json = false;
  int64_t timeout = 0;  // nanoseconds, of each question
  access::Policy policy;
  std::shared_ptr<const model::Variables> variables = nullptr;  // of files; null for the environment alone
};

/// Looks at the models of `program`, says what works, and keeps what was found. The exit code.
[[nodiscard]] int examine_models(const program::Program& program, const DoctorSettings& settings);

/// Looks at the installation. The exit code.
[[nodiscard]] int examine_installation(bool json);

}  // namespace chain::cli
