// `chain runs`: the runs that are written down, the newest first; `--delete` forgets old ones.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>

#include "cli/kept_run.h"
#include "cli/output.h"
#include "cli/runs_by.h"
#include "cli/terminal.h"
#include "cli/usage.h"
#include "cli/verbs.h"
#include "cli/waterfall.h"
#include "runtime/sched/ambient.h"

namespace chain::cli {
namespace {

constexpr int64_t kDay = 86'400'000'000'000;

std::string as_text(const std::vector<store::RunRecord>& runs) {
  size_t width = 5;
  for (const store::RunRecord& run : runs) width = std::max(width, display_width(one_line(run.chain)));
  std::string text = fmt::format("{:<11} {:<8} {:<19}  {:>9}  {:>5}  {:<{}}  {}\n", "RUN", "STATE",
                                 "STARTED (UTC)", "TOOK", "STEPS", "CHAIN", width, "FILE");
  for (const store::RunRecord& run : runs) {
    const std::string chain = one_line(run.chain);
    const std::string gap(width - std::min(width, display_width(chain)), ' ');
    const std::string took = run.ended ? shown_duration(run.ended - run.started) : "";
    fmt::format_to(std::back_inserter(text), "{:<11} {:<8} {:<19}  {:>9}  {:>5}  {}{}  {}\n", run.id,
                   state_word(run), shown_time(run.started), took, run.steps, chain, gap, one_line(run.file));
  }
  return text;
}

std::string as_json(const std::vector<store::RunRecord>& runs) {
  std::string text;
  for (const store::RunRecord& run : runs) {
    nlohmann::json object = {{"run", run.id},
                             {"state", state_word(run)},
                             {"file", run.file},
                             {"folder", run.folder},
                             {"chain", run.chain},
                             {"started", run.started},
                             {"steps", run.steps},
                             {"input_tokens", run.usage.input_tokens},
                             {"output_tokens", run.usage.output_tokens}};
    if (run.ended) object["ended"] = run.ended;
    text += object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  }
  return text;
}

int forget(store::Records& records, int64_t days, bool waiting) {
  const int64_t removed =
      records.remove_before(sched::wall_clock() - days * kDay, store::state_folder(), waiting);
  if (removed < 0) {
    say_error(records.why());
    return kFailed;
  }
  say(fmt::format("{} run{} forgotten\n", removed, removed == 1 ? "" : "s"));
  if (const size_t left = waiting ? 0 : records.waiting().size(); left > 0)
    say(fmt::format("{} wait{} for a person and {} kept, but for --waiting\n", left, left == 1 ? "s" : "",
                    left == 1 ? "is" : "are"));
  return kOk;
}

}  // namespace

int runs(Arguments arguments) {
  CLI::App app("Lists the runs that are written down, the newest first.", "chain runs");
  size_t most = 20;
  bool json = false, remove = false, waiting = false;
  std::string by;
  int64_t days = 0;
  app.add_option("-n,--number", most, "at most so many")
      ->capture_default_str()
      ->option_text("N")
      ->check(CLI::Range(size_t{1}, size_t{1'000'000}));
  app.add_flag("--json", json, "print JSON, an object a line; times are nanoseconds since 1970");
  auto* sums = app.add_option("--by", by, "compare the runs by `version`, of chains and of prompts")
                   ->option_text("version")
                   ->check(CLI::IsMember({"version"}));
  auto* removes = app.add_flag(
      "--delete", remove,
      "forget every run that neither goes on nor waits for a person, or those that --older says");
  removes->excludes(sums);
  app.add_option("--older", days, "with --delete: those of so many days ago or earlier")
      ->option_text("DAYS")
      ->needs(removes)
      ->check(CLI::Range(int64_t{0}, int64_t{36'500}));
  app.add_flag("--waiting", waiting, "with --delete: those that wait for a person as well")->needs(removes);
  if (const auto code = read_options(app, arguments)) return *code;

  int exit = kOk;
  const auto records = open_records(exit);
  if (!records) return exit;
  if (remove) return forget(*records, days, waiting);
  const std::vector<store::RunRecord> found = records->runs(most);
  if (!by.empty()) {
    const std::vector<VersionRow> rows = by_version(*records, found);
    return (json ? answer_json(as_json(rows)) : write_out(as_text(rows))) ? kOk : kFailed;
  }
  const bool written = json ? answer_json(as_json(found)) : write_out(as_text(found));
  return written ? kOk : kFailed;
}

}  // namespace chain::cli
