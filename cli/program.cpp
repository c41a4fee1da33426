#include "cli/program.h"

#include <algorithm>

#include "cli/model_setting.h"
#include "cli/report.h"
#include "cli/verbs.h"
#include "compiler/driver/compile.h"
#include "runtime/http/client.h"
#include "runtime/program/providers.h"

namespace chain::cli {

namespace {

/// Requests will be sent, most likely: what takes longest to load is loaded while the program is made ready.
void prepare(const std::vector<program::Model>& models) {
  const auto is_asked = [](const program::Model& model) { return !program::is_stand_in(model.provider); };
  if (std::ranges::any_of(models, is_asked)) http::prepare_clients();
}

}  // namespace

std::shared_ptr<const program::Program> load_program(const std::string& file, const LoadOptions& options,
                                                     int& exit) {
  SourceMap sources;
  return load_program(file, options, exit, sources);
}

std::shared_ptr<const program::Program> load_program(const std::string& file, const LoadOptions& options,
                                                     int& exit, SourceMap& sources) {
  Diagnostics diagnostics;
  driver::CompileOptions how{.tests = options.tests, .profile = options.profile, .given = options.given};
  if (options.runs && options.models.empty()) how.models = prepare;
  auto program = driver::compile(file, sources, diagnostics, how);
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
