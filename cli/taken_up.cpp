#include "cli/taken_up.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "cli/output.h"
#include "cli/permission.h"
#include "cli/program.h"
#include "cli/target.h"
#include "cli/usage.h"
#include "cli/variables.h"
#include "cli/verbs.h"
#include "compiler/driver/compile.h"

namespace chain::cli {

namespace {

/// Compiles the sources that were kept with the run. False, with all said and `exit` set, if they make
/// another program than they did.
bool compile(const store::RunRecord& run, TakenUp& taken, int& exit) {
  std::vector<driver::SourceText> texts;
  for (const store::Source& each : taken.texts) texts.push_back({each.path, each.text});
  taken.program = load_program(
      run.file,
      {.profile = taken.settings.profile, .models = taken.settings.models, .given = &texts, .runs = true},
      exit, taken.sources);
  if (!taken.program) return false;
  std::string error;
  const auto chosen =
      choose_chain(*taken.program, {.file = run.file, .name = run.chain, .ends_early = false}, error);
  if (!chosen || taken.program->chains[*chosen].artifact != run.artifact) {
    say_error(
        fmt::format("run {} was begun by another version of chain, which reads `{}` otherwise: resume it "
                    "with that version",
                    run.id, run.file));
    exit = kFailed;
    return false;
  }
  taken.chain = *chosen;
  return true;
}

}  // namespace

std::optional<TakenUp> take_up(store::Records& records, const store::RunRecord& run, std::string_view verb,
                               int& exit) {
  auto settings = run_settings(run.settings);
  if (!settings || ::chdir(run.folder.c_str()) != 0) {
    say_error(
        fmt::format("run {} was begun in `{}`, which cannot be entered: {}; make it again, for paths of the "
                    "run begin there",
                    run.id, run.folder, std::strerror(errno)));
    exit = kFailed;
    return std::nullopt;
  }
  TakenUp taken{.settings = *std::move(settings), .texts = records.sources(run)};
  if (!compile(run, taken, exit)) return std::nullopt;
  std::string error;
  auto policy = policy_for(run.file, taken.settings.profile, taken.settings.permissions, error);
  if (!policy) {
    exit = usage_error(verb, error);
    return std::nullopt;
  }
  if (!permitted(*taken.program, taken.chain, run.file, *policy,
                 models_not_called(taken.settings, *taken.program), taken.sources)) {
    exit = kRefused;
    return std::nullopt;
  }
  auto variables = load_variables(run.file, taken.settings.env_files, error);
  if (!variables) {
    exit = usage_error(verb, error);
    return std::nullopt;
  }
  if (taken.settings.cassette.any() &&
      !(taken.cassette = CassetteFile::open(taken.settings.cassette, error))) {
    say_error(error);
    exit = kFailed;
    return std::nullopt;
  }
  taken.client = {.verbose = !taken.settings.no_content,
                  .access = std::make_shared<const access::Policy>(*std::move(policy)),
                  .variables = std::move(variables)};
  return taken;
}

}  // namespace chain::cli
