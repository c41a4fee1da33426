// `chain dataset check|show|from-runs`: the datasets of a program.
#include "cli/dataset.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>

#include "cli/output.h"
#include "cli/program.h"
#include "cli/target.h"
#include "cli/terminal.h"
#include "cli/usage.h"
#include "cli/variables.h"
#include "cli/verbs.h"
#include "runtime/access/policy.h"
#include "runtime/access/project_files.h"
#include "runtime/datasets/dataset.h"
#include "runtime/value/json.h"

namespace chain::cli {
namespace {

constexpr uint64_t kUsualProblems = 20, kUsualValues = 10;

constexpr const char* kAbout =
    "Checks and shows the datasets that a file declares, and makes cases of runs.\n"
    "  check      reads all values by their type, and names the lines that are wrong\n"
    "  show       the first values, as JSON, one a line\n"
    "  from-runs  the arguments and the result of each run that is done, one a line";

void declare(CLI::App& app, DatasetCommand& command) {
  app.add_option("action", command.action, "what to do")->option_text("check|show|from-runs");
  app.add_option("target", command.target, "the file, and the dataset in it unless it has only one")
      ->option_text("FILE[:DATASET]");
  app.add_option("-n,--number", command.most,
                 "so many: values of `show`, 10 unless said; wrong lines of `check`, 20; runs of "
                 "`from-runs`, the last "
                 "1000")
      ->check(CLI::Range(uint64_t{1}, uint64_t{10'000'000}))
      ->option_text("N");
  app.add_option(
         "--where", command.where,
         "of `from-runs`: only runs of which this is so; may repeat. Names are chain, file, artifact and run")
      ->allow_extra_args(false)
      ->option_text("NAME=VALUE ...");
  app.add_option("--answer", command.answer, "of `from-runs`: the field for the result; `answer` unless said")
      ->option_text("NAME");
  app.add_option("--profile", command.profile, "the profile whose resources take the place of the file's own")
      ->option_text("NAME");
  declare_permissions(app, command.permissions);
  declare_env_files(app, command.env_files);
  app.add_flag("--json", command.json, "of `check`: print JSON");
}

/// A dataset that is open, and what it reads from.
struct OpenDataset {
  std::shared_ptr<const program::Program> program;
  std::string name;  // FILE:DATASET
  datasets::Source source;
  std::shared_ptr<const access::ProjectFiles> files;
  datasets::Surroundings around;
  std::unique_ptr<datasets::Reader> reader;
};

/// Nothing, with `exit` set and everything said, if there is no such dataset, or it cannot be read.
std::optional<OpenDataset> open_dataset(const DatasetCommand& command, int& exit) {
  const Target named = split_target(command.target);
  std::string error;
  exit = kUsage;
  if (named.ends_early) return usage_error("dataset", missing_name(named, "golden")), std::nullopt;
  SourceMap sources;
  OpenDataset open;
  open.program = load_program(named.file, {.profile = command.profile}, exit, sources);
  if (!open.program) return std::nullopt;
  exit = kUsage;
  const auto dataset = choose_resource("dataset", *open.program, named, error);
  if (!dataset) return usage_error("dataset", error), std::nullopt;
  auto policy = policy_for(named.file, command.profile, command.permissions, error);
  if (!policy || !load_variables(named.file, command.env_files, error))
    return usage_error("dataset", error), std::nullopt;
  exit = kRefused;
  if (!permitted(*open.program, needs_of(*open.program, "dataset", *dataset), named.file, *policy, {},
                 sources))
    return std::nullopt;
  exit = kFailed;
  const program::Resource& resource = open.program->resources[*dataset];
  open.name = named.file + ':' + resource.name;
  open.files = std::make_shared<const access::ProjectFiles>(policy->folder);
  open.around.files = open.files.get();
  open.around.access = std::make_shared<const access::Policy>(*std::move(policy));
  const auto element = datasets::element_of(*open.program, resource);
  auto source = datasets::source_of(resource, error);
  if (element && source) {
    open.source = *std::move(source);
    open.reader = datasets::open(open.source, open.program->types, *element, open.around, error);
  }
  if (!open.reader) return say_error(error), std::nullopt;
  exit = kOk;
  return open;
}

/// Where a record stands, as compilers write it.
std::string place_of(const OpenDataset& open, const datasets::Record& record) {
  const auto* file = std::get_if<datasets::FromFile>(&open.source);
  return file != nullptr ? fmt::format("{}:{}", file->file, record.line)
                         : fmt::format("row {}", record.number);
}

/// What `check` finds.
struct Findings {
  uint64_t values = 0, wrong = 0;
  nlohmann::ordered_json problems = nlohmann::ordered_json::array();
  std::string hash;
};

/// False, with all said, if the dataset cannot be read to its end.
bool find_problems(OpenDataset& open, uint64_t most, bool quiet, Findings& found) {
  datasets::Record record;
  std::string error;
  uint64_t told = 0;
  while (open.reader->next(record, error)) {
    const bool wrong = !record.problem.empty();
    ++(wrong ? found.wrong : found.values);
    if ((!wrong && record.unknown.empty()) || told == most) continue;
    ++told;
    const std::string what =
        wrong ? record.problem : "warning: the type has no " + record.unknown + ", which is dropped";
    if (!quiet) say(one_line(place_of(open, record) + ": " + what) + "\n");
    found.problems.push_back({{"number", record.number},
                              {"line", record.line},
                              {wrong ? "problem" : "unknown", wrong ? record.problem : record.unknown}});
  }
  if (error.empty()) {
    const auto hash = datasets::content_hash(open.source, open.around, error);
    if (hash) found.hash = *hash;
  }
  if (!error.empty()) say_error(error);
  return error.empty();
}

int check_dataset(const DatasetCommand& command) {
  int exit = kOk;
  auto open = open_dataset(command, exit);
  if (!open) return exit;
  Findings found;
  const uint64_t most = command.most.value_or(kUsualProblems);
  if (!find_problems(*open, most, command.json, found)) return kFailed;
  bool written = false;
  if (command.json) {
    const nlohmann::ordered_json json = {{"dataset", open->name},
                                         {"values", found.values},
                                         {"wrong", found.wrong},
                                         {"hash", found.hash},
                                         {"problems", found.problems}};
    written = answer_json(json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  } else {
    const std::string wrong = found.wrong == 0 ? "" : fmt::format(", {} wrong", found.wrong);
    written = answer_text(fmt::format("{}: {} value{}{}\nsha256 {}\n", open->name, found.values,
                                      found.values == 1 ? "" : "s", wrong, found.hash));
  }
  return written && found.wrong == 0 ? kOk : kFailed;
}

int show_dataset(const DatasetCommand& command) {
  int exit = kOk;
  auto open = open_dataset(command, exit);
  if (!open) return exit;
  const uint64_t most = command.most.value_or(kUsualValues);
  datasets::Record record;
  std::string error;
  for (uint64_t shown = 0; shown < most && open->reader->next(record, error);) {
    if (!record.problem.empty()) {
      say(one_line(place_of(*open, record) + ": " + record.problem) + "\n");
      exit = kFailed;
      continue;
    }
    ++shown;
    if (!answer_json(record.json + "\n")) return kFailed;
  }
  if (error.empty()) return exit;
  say_error(error);
  return kFailed;
}

}  // namespace

int dataset(Arguments arguments) {
  CLI::App app(kAbout, "chain dataset");
  DatasetCommand command;
  declare(app, command);
  if (const auto code = read_options(app, arguments)) return *code;
  const std::string& action = command.action;
  const std::vector<std::string_view> names = {"check", "show", "from-runs"};
  if (action.empty())
    return usage_error("dataset", "what? `chain dataset check FILE:DATASET`, `show` or `from-runs`");
  if (std::ranges::find(names, action) == names.end())
    return usage_error("dataset", "unknown action `" + action + "`" + meant(action, names));
  if (action == "from-runs") {
    if (command.target.empty()) return dataset_from_runs(command);
    return usage_error("dataset", "`from-runs` takes no file; say `--where file=" + command.target + "`");
  }
  if (!command.where.empty()) return usage_error("dataset", "--where goes with `from-runs`");
  if (command.target.empty())
    return usage_error("dataset", "which file? as in: chain dataset " + action + " support.chain:golden");
  return action == "check" ? check_dataset(command) : show_dataset(command);
}

}  // namespace chain::cli
