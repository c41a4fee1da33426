#include "cli/new_run.h"

#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "cli/kept_models.h"
#include "compiler/driver/compile.h"
#include "runtime/program/versioned.h"
#include "runtime/sched/ambient.h"

namespace chain::cli {

store::RunRecord new_record(const RunSettings& settings, const std::string& file,
                            const program::Program& program, const program::Chain& chain,
                            const std::string& arguments) {
  std::error_code error;
  return {.id = store::fresh_id(),
          .file = file,
          .folder = std::filesystem::current_path(error).string(),
          .chain = program::versioned(chain.name, chain.version),
          .artifact = chain.artifact,
          .arguments = arguments,
          .settings = with_models(to_json(settings), program.models),
          .seed = sched::fresh_seed(),
          .started = sched::wall_clock()};
}

store::Sources kept_sources(const SourceMap& sources) {
  std::vector<store::Source> kept;
  for (driver::SourceText& each : driver::texts_of(sources))
    kept.push_back(store::source_of(std::move(each.path), std::move(each.text)));
  return std::make_shared<const std::vector<store::Source>>(std::move(kept));
}

}  // namespace chain::cli
