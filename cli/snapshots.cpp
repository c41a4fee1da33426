#include "cli/snapshots.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "cli/output.h"
#include "cli/report.h"
#include "cli/terminal.h"
#include "compiler/diagnostics/diagnostics.h"
#include "compiler/lock/lock.h"
#include "runtime/access/project.h"

namespace chain::cli {

Snapshots::Snapshots(const program::Program& program) : program_(program) {
  if (program.files.empty()) return;
  const std::string path = access::project_folder(program.files.front()) + "/chain.lock";
  if (::access(path.c_str(), R_OK) != 0) return;
  std::string error;
  std::optional<std::string> text = read_file(path, error);
  if (!text || text->find("\"models\"") == std::string::npos) return;
  SourceMap sources;
  Diagnostics diagnostics;
  const FileId file = sources.add(path, *std::move(text));
  const auto lock = lock::read_lock(sources, file, diagnostics);
  if (!lock) {
    report(diagnostics, sources);
    return;
  }
  for (const auto& [name, model] : lock->models) answered_.emplace(name, model.answered);
}

void Snapshots::note(const program::Model& asked, const model::Completion& answer) {
  if (answered_.empty() || answer.model.empty() || model::is_kept(answer.cached)) return;
  const auto by = std::ranges::find(program_.models, answer.answered_by, &program::Model::name);
  const program::Model& model = by == program_.models.end() ? asked : *by;
  const auto known = answered_.find(model.provider + '/' + model.id);
  if (known == answered_.end() || known->second == answer.model || !told_.insert(known->first).second) return;
  say(printable(
      fmt::format("warning: `{}` answered as `{}`, and chain.lock has `{}`: what was tried with that may "
                  "not hold for this\n",
                  model.name, answer.model, known->second)));
}

}  // namespace chain::cli
