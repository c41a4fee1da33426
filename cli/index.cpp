// `chain index build|status|search|eval|stats|drop FILE:NAME`: the indexes of a program.
#include "cli/index.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cmath>

#include "cli/action.h"
#include "cli/output.h"
#include "cli/program.h"
#include "cli/report.h"
#include "cli/target.h"
#include "cli/usage.h"
#include "cli/variables.h"
#include "cli/verbs.h"

namespace chain::cli {
namespace {

constexpr Action<int(const IndexTarget&, const IndexCommand&)> kActions[] = {
    {"build", build_index},   {"status", index_status}, {"search", search_index},
    {"eval", evaluate_index}, {"stats", index_stats},   {"drop", drop_index}};

constexpr const char* kAbout =
    "Builds, searches and measures the indexes that a file declares.\n"
    "  build    reads its documents and brings it up to date\n"
    "  status   says what is built, and what has changed since\n"
    "  search   the passages that answer a query; or, with --queries and --run, a run file\n"
    "  eval     searches, and measures the answers by judgements\n"
    "  stats    sizes and times, and how much of what is nearest a search finds\n"
    "  drop     removes what was built";

void declare(CLI::App& app, IndexCommand& command) {
  app.add_option("action", command.action, "what to do")->option_text("build|status|search|eval|stats|drop");
  app.add_option("target", command.target, "the file, and the index in it unless it has only one")
      ->option_text("FILE[:INDEX]");
  app.add_option("query", command.query, "of `search`: what to look for")->option_text("QUERY");
  app.add_option("--top", command.top,
                 "so many passages; 5 unless said. With --queries documents, 1000 unless said")
      ->check(CLI::Range(uint32_t{1}, uint32_t{100'000}))
      ->option_text("N");
  app.add_option("--mode", command.mode, "how to search; as the index says unless said")
      ->option_text("bm25|vector|hybrid");
  app.add_option("--where", command.where, "only documents whose metadata say so; may repeat")
      ->allow_extra_args(false)
      ->option_text("NAME=VALUE ...");
  app.add_option("--mmr", command.mmr, "spread the passages out: from 0, which is for the best, to 1")
      ->check(CLI::Range(0.0, 1.0))
      ->option_text("0.3");
  app.add_option("--neighbours", command.neighbours, "join so many passages before and behind to each")
      ->check(CLI::Range(uint32_t{0}, uint32_t{10}))
      ->option_text("N");
  app.add_flag("--parent", command.parent, "give the whole section of each passage");
  app.add_flag("--rerank", command.rerank, "let the index's `rerank:` rank the passages anew");
  app.add_option("--queries", command.queries,
                 "a query a line: {\"id\": ..., \"text\": ...}, or id, tab and text")
      ->option_text("FILE");
  app.add_option("--run", command.run, "where the run goes, as TREC has it")->option_text("FILE");
  app.add_option("--qrels", command.qrels, "of `eval`: the judgements, as TREC has them")
      ->option_text("FILE");
  app.add_option("--profile", command.profile, "the profile whose resources take the place of the file's own")
      ->option_text("NAME");
  declare_permissions(app, command.permissions);
  declare_env_files(app, command.env_files);
  app.add_flag("--json", command.json, "print JSON");
}

/// What of the options goes with what; empty if all does.
std::string wrong_options(const IndexCommand& command) {
  const bool searches = command.action == "search", evaluates = command.action == "eval";
  const bool batch = !command.queries.empty();
  const bool asks = command.top || !command.mode.empty() || !command.where.empty() || command.mmr > 0 ||
                    command.neighbours > 0 || command.parent || command.rerank || batch ||
                    !command.run.empty();
  if (asks && !searches && !evaluates) return "options of searches go with `search` and `eval`";
  if (std::isnan(command.mmr)) return "`--mmr` takes a number from 0 to 1";
  if (!command.query.empty() && (!searches || batch)) return "one query goes with `search` alone";
  if (searches && !batch && command.query.empty())
    return "what to look for? `chain index search FILE:INDEX \"...\"`";
  if (searches && batch != !command.run.empty())
    return batch ? "--queries needs --run: where does the run go?" : "--run goes with --queries";
  if (evaluates && (!batch || command.qrels.empty())) return "`eval` needs --queries and --qrels";
  if (!command.qrels.empty() && !evaluates) return "--qrels goes with `eval`";
  return {};
}

}  // namespace

std::optional<IndexTarget> open_target(const IndexCommand& command, int& exit) {
  const Target named = split_target(command.target);
  std::string error;
  exit = kUsage;
  if (named.ends_early) return usage_error("index", missing_name(named, "handbook")), std::nullopt;
  SourceMap sources;
  IndexTarget target;
  target.program = load_program(named.file, {.profile = command.profile}, exit, sources);
  if (!target.program) return std::nullopt;
  exit = kUsage;
  const auto index = choose_resource("index", *target.program, named, error);
  if (!index) return usage_error("index", error), std::nullopt;
  target.resource = *index;
  auto policy = policy_for(named.file, command.profile, command.permissions, error);
  if (policy) target.variables = load_variables(named.file, command.env_files, error);
  if (!target.variables) return usage_error("index", error), std::nullopt;
  exit = kRefused;
  if (!permitted(*target.program, needs_of(*target.program, "index", *index), named.file, *policy, {},
                 sources))
    return std::nullopt;
  exit = kFailed;
  target.files = std::make_shared<const access::ProjectFiles>(policy->folder);
  target.access = std::make_shared<const access::Policy>(*std::move(policy));
  auto settings = retrieve::read_settings(*target.program, *index, error);
  auto place = settings ? retrieve::place_of(*settings, error) : std::nullopt;
  if (!place) return say_error(error), std::nullopt;
  target.settings = *std::move(settings);
  target.place = *std::move(place);
  exit = kOk;
  return target;
}

int index(Arguments arguments) {
  CLI::App app(kAbout, "chain index");
  IndexCommand command;
  declare(app, command);
  if (const auto code = read_options(app, arguments)) return *code;
  const auto* const action =
      chosen_action("index", command.action, kActions,
                    "`chain index build FILE:INDEX`, `status`, `search`, `eval`, `stats` or `drop`");
  if (!action) return kUsage;
  if (command.target.empty())
    return usage_error("index",
                       "which file? as in: chain index " + command.action + " support.chain:handbook");
  if (const std::string wrong = wrong_options(command); !wrong.empty()) return usage_error("index", wrong);
  int exit = kOk;
  const auto target = open_target(command, exit);
  return target ? action->run(*target, command) : exit;
}

}  // namespace chain::cli
