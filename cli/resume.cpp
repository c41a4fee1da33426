// `chain resume RUN`: goes on with a run that was interrupted, waits for a person, or failed.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/carry_out.h"
#include "cli/export_run.h"
#include "cli/going_on.h"
#include "cli/kept_run.h"
#include "cli/output.h"
#include "cli/usage.h"
#include "cli/verbs.h"

namespace chain::cli {
namespace {

using store::RunRecord;

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
  auto lock = hold(*run);
  if (!lock) return kFailed;
  // Whoever held the lock until now may have brought it to its end.
  run = find_run(*records, run->id, "resume", exit);
  if (!run) return exit;
  if (run->state == store::RunState::Done) return print_done(*run, show);
  const GoingOn how{.verb = "resume", .show = show, .trace_content = trace_content};
  const std::string whole = run->id;
  exit = go_on(*records, *std::move(run), std::move(lock), how);
  return exit == kWaiting ? ask_here(whole, how) : exit;
}

}  // namespace chain::cli
