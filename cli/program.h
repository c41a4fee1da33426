// From a path on the command line to a program that runs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "compiler/driver/compile.h"
#include "compiler/source/source.h"
#include "runtime/program/program.h"

namespace chain::cli {

struct LoadOptions {
  bool tests = false;
  std::string profile = {};              // of `--profile`
  std::vector<std::string> models = {};  // of `--model`: "fast=baseline", "fast=openai(\"gpt-5-mini\")"
  const std::vector<driver::SourceText>* given = nullptr;  // in place of what is on disk
  bool runs = false;                                       // its models will be called, most likely
};

/// Compiles `file` and puts the models of `--model` in place of its own. Null, with `exit` set and everything
/// said on standard error, if the file or a setting is wrong. Its sources go to `sources`, which is empty
/// before.
[[nodiscard]] std::shared_ptr<const program::Program> load_program(const std::string& file,
                                                                   const LoadOptions& options, int& exit,
                                                                   SourceMap& sources);
[[nodiscard]] std::shared_ptr<const program::Program> load_program(const std::string& file,
                                                                   const LoadOptions& options, int& exit);

}  // namespace chain::cli
