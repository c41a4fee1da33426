#include "cli/program.h"

#include "cli/model_setting.h"
#include "cli/report.h"
#include "cli/verbs.h"
#include "compiler/driver/compile.h"

namespace chain::cli {

std::shared_ptr<const program::Program> load_program(const std::string& file, const LoadOptions& options,
                                                     int& exit) {
  SourceMap sources;
  return load_program(file, options, exit, sources);
}

std::shared_ptr<const program::Program> load_program(const std::string& file, const LoadOptions& options,
                                                     int& exit, SourceMap& sources) {
  Diagnostics diagnostics;
  auto program =
      driver::compile(file, sources, diagnostics,
                      {.tests = options.tests, .profile = options.profile, .given = options.given});
  report(diagnostics, sources);
  if (program == nullptr) {
    exit = kWrongFile;
    return nullptr;
  }
  if (options.models.empty()) return program;
  // A copy of the tables; the native code is shared.
  auto changed = std::make_shared<program::Program>(*program);
  if (!set_models(*changed, options.models)) {
    exit = kUsage;
    return nullptr;
  }
  return changed;
}

}  // namespace chain::cli
