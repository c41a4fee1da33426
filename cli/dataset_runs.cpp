// `chain dataset from-runs`: cases of what was asked and answered.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "cli/dataset.h"
#include "cli/kept_run.h"
#include "cli/output.h"
#include "cli/usage.h"
#include "cli/verbs.h"
#include "runtime/value/digest.h"
#include "runtime/value/json.h"
#include "runtime/value/json_text.h"

namespace chain::cli {
namespace {

constexpr uint64_t kUsualRuns = 1000;

/// `chain=reply`: what a run has under that name has to be so.
struct Condition {
  std::string name;
  std::string value;

  [[nodiscard]] bool holds(const store::RunRecord& run) const {
    if (name == "file") return run.file == value;
    if (name == "artifact") return run.artifact == value;
    if (name == "run") return run.id.starts_with(value);
    const bool versioned = value.find('@') != std::string::npos;
    return (versioned ? run.chain : run.chain.substr(0, run.chain.find('@'))) == value;
  }
};

/// Nothing, and `error`, if one is none.
std::optional<std::vector<Condition>> conditions_of(const std::vector<std::string>& where,
                                                    std::string& error) {
  static constexpr std::array<std::string_view, 4> kNames = {"chain", "file", "artifact", "run"};
  std::vector<Condition> conditions;
  for (const std::string& text : where) {
    const size_t equals = text.find('=');
    Condition condition{text.substr(0, equals), equals == std::string::npos ? "" : text.substr(equals + 1)};
    if (equals == std::string::npos) {
      error = "--where takes NAME=VALUE, as in --where chain=reply, and not `" + text + "`";
      return std::nullopt;
    }
    if (std::ranges::find(kNames, condition.name) == kNames.end()) {
      error =
          "--where knows no `" + condition.name + "`" + meant(condition.name, {kNames.begin(), kNames.end()});
      return std::nullopt;
    }
    conditions.push_back(std::move(condition));
  }
  return conditions;
}

/// The arguments as they were given, the result, and the run; nothing if its content was not kept.
std::optional<std::string> case_of(const store::RunRecord& run, const std::string& answer,
                                   std::string& error) {
  std::string message;
  const auto arguments = value::json_members(run.arguments, message);
  if (!arguments) return std::nullopt;
  std::string line = "{";
  const auto add = [&](std::string_view name, std::string_view json) {
    if (line.size() > 1) line += ", ";
    value::append_json_string(line, name);
    line.append(": ").append(json);
  };
  for (const value::JsonMember& argument : *arguments) {
    if (argument.key == answer)
      error =
          fmt::format("run {} has an argument `{}`: call the result something else, as in --answer expected",
                      run.id, answer);
    add(argument.key, argument.value);
  }
  std::string result = run.result;
  if (result.empty()) value::append_json_string(result, run.text);
  add(answer, result);
  return line;
}

}  // namespace

int dataset_from_runs(const DatasetCommand& command) {
  std::string error;
  const auto conditions = conditions_of(command.where, error);
  if (!conditions) return usage_error("dataset", error);
  int exit = kOk;
  const auto records = open_records(exit);
  if (!records) return exit;
  std::vector<store::RunRecord> runs = records->runs(command.most.value_or(kUsualRuns));
  std::ranges::reverse(runs);
  std::set<std::string> seen;  // digests of what was asked and answered
  uint64_t alike = 0, dropped = 0;
  for (const store::RunRecord& run : runs) {
    const auto holds = [&](const Condition& condition) { return condition.holds(run); };
    if (run.state != store::RunState::Done || !std::ranges::all_of(*conditions, holds)) continue;
    auto line = case_of(run, command.answer, error);
    if (!error.empty()) return usage_error("dataset", error);
    if (!line) {
      ++dropped;
      continue;
    }
    if (!seen.insert(value::sha256(value::canonical_json(*line + '}'))).second) {
      ++alike;
      continue;
    }
    if (!write_out(*line + ", \"run\": \"" + run.id + "\"}\n")) return kFailed;
  }
  say(fmt::format("{} case{}", seen.size(), seen.size() == 1 ? "" : "s"));
  if (alike > 0) say(fmt::format(", {} more run{} like one of them", alike, alike == 1 ? "" : "s"));
  if (dropped > 0) say(fmt::format(", {} whose content was not kept", dropped));
  say("\n");
  return kOk;
}

}  // namespace chain::cli
