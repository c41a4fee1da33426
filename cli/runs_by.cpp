#include "cli/runs_by.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <map>

#include "cli/kept_run.h"
#include "cli/terminal.h"

namespace chain::cli {
namespace {

struct Group {
  VersionRow row;
  std::vector<int64_t> times;
};

using Groups = std::map<std::pair<std::string, std::string>, Group>;  // by kind and name

Group& group_of(Groups& groups, const std::string& kind, const std::string& name) {
  Group& group = groups[{kind, name}];
  group.row.kind = kind;
  group.row.name = name;
  return group;
}

int64_t median(std::vector<int64_t> times) {
  if (times.empty()) return 0;
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

void add_usage(model::Usage& sum, const model::Usage& usage) {
  sum.input_tokens += usage.input_tokens;
  sum.output_tokens += usage.output_tokens;
}

void add_steps(Groups& groups, Group& chain, const std::vector<store::StepRecord>& steps) {
  for (const store::StepRecord& step : steps) {
    if (step.kind != "prompt" || step.ended == 0 || step.end.dropped) continue;
    Group& prompt = group_of(groups, "prompt", step.name);
    const bool kept = model::is_kept(step.end.completion.cached);
    ++prompt.row.count;
    if (!step.end.ok) ++prompt.row.failed;
    if (step.path.find("/repair[") != std::string::npos) ++prompt.row.repaired;
    if (!kept) prompt.times.push_back(step.ended - step.started);
    if (kept || !step.end.ok) continue;
    add_usage(prompt.row.usage, step.end.completion.usage);
    prompt.row.cost += step.end.cost.value_or(0);
    chain.row.cost += step.end.cost.value_or(0);
  }
}

std::string dollars(int64_t cost) {
  return fmt::format("${:.6f}", static_cast<double>(cost) / 1e9);
}

}  // namespace

std::vector<VersionRow> by_version(store::Records& records, const std::vector<store::RunRecord>& runs) {
  Groups groups;
  for (const store::RunRecord& run : runs) {
    Group& chain = group_of(groups, "chain", run.file + ':' + run.chain);
    if (run.ended != 0) {
      ++chain.row.count;
      if (run.state == store::RunState::Failed) ++chain.row.failed;
      chain.times.push_back(run.ended - run.started);
      add_usage(chain.row.usage, run.usage);
    }
    add_steps(groups, chain, records.steps(run.number));
  }
  std::vector<VersionRow> rows;
  for (auto& [key, group] : groups) {
    group.row.took = median(std::move(group.times));
    if (group.row.count > 0) rows.push_back(std::move(group.row));
  }
  return rows;
}

std::string as_text(const std::vector<VersionRow>& rows) {
  size_t width = 7;
  for (const VersionRow& row : rows)
    width = std::max(width, row.kind.size() + 1 + display_width(one_line(row.name)));
  std::string text = fmt::format("{:<{}}  {:>6}  {:>6}  {:>6}  {:>10}  {:>9}  {:>9}  {:>11}\n", "VERSION",
                                 width, "COUNT", "FAILED", "REPAIR", "MEDIAN", "INPUT", "OUTPUT", "COST");
  for (const VersionRow& row : rows) {
    const std::string name = row.kind + ' ' + one_line(row.name);
    const std::string gap(width - std::min(width, display_width(name)), ' ');
    fmt::format_to(std::back_inserter(text), "{}{}  {:>6}  {:>6}  {:>6}  {:>10}  {:>9}  {:>9}  {:>11}\n",
                   name, gap, row.count, row.failed, row.repaired, shown_duration(row.took),
                   row.usage.input_tokens, row.usage.output_tokens, dollars(row.cost));
  }
  return text;
}

std::string as_json(const std::vector<VersionRow>& rows) {
  std::string text;
  for (const VersionRow& row : rows) {
    const nlohmann::json object = {{"kind", row.kind},
                                   {"name", row.name},
                                   {"count", row.count},
                                   {"failed", row.failed},
                                   {"repaired", row.repaired},
                                   {"median", row.took},
                                   {"input_tokens", row.usage.input_tokens},
                                   {"output_tokens", row.usage.output_tokens},
                                   {"cost", row.cost}};
    text += object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  }
  return text;
}

}  // namespace chain::cli
