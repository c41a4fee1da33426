// `chain resume RUN`: goes on with a run that was interrupted, or that failed.
#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <cerrno>
#include <cstring>
#include <optional>

#include "cli/cache.h"
#include "cli/carry_out.h"
#include "cli/export_run.h"
#include "cli/kept_run.h"
#include "cli/output.h"
#include "cli/permission.h"
#include "cli/program.h"
#include "cli/target.h"
#include "cli/terminal.h"
#include "cli/usage.h"
#include "cli/variables.h"
#include "cli/verbs.h"
#include "compiler/driver/compile.h"
#include "runtime/store/run_lock.h"

namespace chain::cli {
namespace {

using store::RunRecord;

/// The chain of the run, as it was: compiled from the sources that were kept with it.
std::shared_ptr<const program::Program> program_of(const RunRecord& run, const RunSettings& settings,
                                                   const std::vector<driver::SourceText>& texts,
                                                   SourceMap& sources, uint32_t& chain, int& exit) {
  auto program = load_program(
      run.file, {.profile = settings.profile, .models = settings.models, .given = &texts}, exit, sources);
  if (!program) return nullptr;
  std::string error;
  const auto chosen =
      choose_chain(*program, {.file = run.file, .name = run.chain, .ends_early = false}, error);
  if (!chosen || program->chains[*chosen].artifact != run.artifact) {
    say_error(
        fmt::format("run {} was begun by another version of chain, which reads `{}` otherwise: resume it "
                    "with that version",
                    run.id, run.file));
    exit = kFailed;
    return nullptr;
  }
  chain = *chosen;
  return program;
}

/// The answer of a run that is done.
int print_done(const RunRecord& run, const ShowSettings& show) {
  say(fmt::format("run {} is done; its answer:\n", run.id));
  if (run.result.empty()) {
    say("it was run with --no-content: its text was not kept\n");
    return kFailed;
  }
  if (show.events)
    return answer_json("{\"event\":\"run_ended\",\"ms\":0,\"value\":" + run.result + "}\n") ? kOk : kFailed;
  if (show.json && show.stream) return answer_json("{\"result\":" + run.result + "}\n") ? kOk : kFailed;
  const program::TypeKind kind = run.result.front() == '"' ? program::TypeKind::String
                                 : run.result == "null"    ? program::TypeKind::Void
                                                           : program::TypeKind::Record;
  return print_value(run.result, run.text, kind, show.json);
}

/// Makes it go on: what failed is done again, what a `try` has caught stays as it was.
bool reopen(store::Records& records, const RunRecord& run) {
  if (run.state != store::RunState::Failed) return true;
  if (records.begin_transaction() && records.reopen(run) && records.commit()) return true;
  say_error(records.why());
  records.roll_back();
  return false;
}

int go_on(store::Records& records, RunRecord run, std::unique_ptr<store::RunLock> lock,
          const ShowSettings& show, trace::Content trace_content) {
  const std::string folder = store::state_folder();  // before the working directory changes
  const auto settings = run_settings(run.settings);
  if (!settings || ::chdir(run.folder.c_str()) != 0) {
    say_error(
        fmt::format("run {} was begun in `{}`, which cannot be entered: {}; make it again, for paths of the "
                    "run begin there",
                    run.id, run.folder, std::strerror(errno)));
    return kFailed;
  }
  std::vector<driver::SourceText> texts;
  for (store::Source& each : records.sources(run))
    texts.push_back({std::move(each.path), std::move(each.text)});
  int exit = kOk;
  uint32_t chain = 0;
  SourceMap sources;
  const auto program = program_of(run, *settings, texts, sources, chain, exit);
  if (!program) return exit;
  std::string error;
  auto policy = policy_for(run.file, settings->profile, settings->permissions, error);
  if (!policy) return usage_error("resume", error);
  if (!permitted(*program, chain, run.file, *policy, models_not_called(*settings, *program), sources))
    return kRefused;

  std::unique_ptr<CassetteFile> cassette;
  if (settings->cassette.any() && !(cassette = CassetteFile::open(settings->cassette, error))) {
    say_error(error);
    return kFailed;
  }
  const auto variables = load_variables(run.file, settings->env_files, error);
  if (!variables) return usage_error("resume", error);
  if (!reopen(records, run)) return kFailed;
  std::vector<store::StepRecord> steps = records.steps(run.number);
  model::ClientOptions client{.verbose = true,
                              .access = std::make_shared<const access::Policy>(*std::move(policy)),
                              .variables = variables};
  std::optional<Session> session(std::in_place, program, std::move(client),
                                 settings->no_cache ? std::string() : answer_file(), cassette.get());
  session->open_journal({.folder = folder});
  sched::RunOptions options;
  options.seed = run.seed;
  const std::string id = run.id, arguments = run.arguments;
  options.journal = &session->keep(std::move(run), std::move(steps), std::move(lock), !settings->no_content);
  exit = carry_out(*session, program, chain, arguments, show, options, id);
  session.reset();  // all is written down then
  if (cassette && !cassette->save() && exit == kOk) exit = kFailed;
  if (exit != kInterrupted) export_ended(id, trace_content);
  return exit;
}

}  // namespace

int resume(Arguments arguments) {
  CLI::App app("Goes on with a run that was interrupted, or failed: nothing that has ended is done again.",
               "chain resume");
  std::string id;
  ShowSettings show;
  trace::Content trace_content = trace::Content::Omitted;
  app.add_option("run", id, "the run, or how its id begins; `last` for the newest")
      ->required()
      ->option_text("RUN");
  declare_show(app, show);
  declare_trace_content(app, trace_content);
  if (const auto code = read_options(app, arguments)) return *code;

  int exit = kOk;
  const auto records = open_records(exit);
  if (!records) return exit;
  auto run = find_run(*records, id, "resume", exit);
  if (!run) return exit;
  std::string error;
  auto lock = store::RunLock::take(store::state_folder(), run->number, error);
  if (!lock) {
    say_error(fmt::format("run {} cannot go on: {}", run->id, error));
    return kFailed;
  }
  // Whoever held the lock until now may have brought it to its end.
  run = find_run(*records, run->id, "resume", exit);
  if (!run) return exit;
  if (run->state == store::RunState::Done) return print_done(*run, show);
  return go_on(*records, *std::move(run), std::move(lock), show, trace_content);
}

}  // namespace chain::cli
