#include "cli/eval_arms.h"

#include <algorithm>
#include <vector>

namespace chain::cli {
namespace {

/// The program of a column: calls of `instead` lead to `target`.
std::shared_ptr<program::Program> with_arm(const std::shared_ptr<const program::Program>& program,
                                           const program::EvalArm& arm) {
  auto changed = std::make_shared<program::Program>(*program);  // the tables; the native code is shared
  const auto is = [&](uint32_t place) { return std::ranges::find(arm.instead, place) != arm.instead.end(); };
  if (arm.kind == program::ArmKind::Model) {
    for (program::Prompt& prompt : changed->prompts)
      prompt.model = is(prompt.model) ? arm.target : prompt.model;
    for (program::Agent& agent : changed->agents)
      agent.prompt.model = is(agent.prompt.model) ? arm.target : agent.prompt.model;
  }
  const program::TaskKind kind = arm.kind == program::ArmKind::Prompt  ? program::TaskKind::Prompt
                                 : arm.kind == program::ArmKind::Chain ? program::TaskKind::Call
                                                                       : program::TaskKind::External;
  for (program::Region& region : changed->regions) {
    for (program::Task& task : region.tasks) {
      if (arm.kind == program::ArmKind::Model) {
        if (task.kind == program::TaskKind::Prompt && task.model != UINT32_MAX && is(task.model))
          task.model = arm.target;
      } else if (task.kind == kind && is(task.target)) {
        task.target = arm.target;
      }
    }
  }
  return changed;
}

/// The models that judge are not those that are compared: judgements of all columns come from the same ones.
void keep_judges(const program::Program& before, const program::Eval& eval, program::Program& changed) {
  std::vector<uint32_t> open = {before.chains[eval.score].body};
  while (!open.empty()) {
    const uint32_t region = open.back();
    open.pop_back();
    for (size_t i = 0; i < before.regions[region].tasks.size(); ++i) {
      const program::Task& task = before.regions[region].tasks[i];
      program::Task& other = changed.regions[region].tasks[i];
      other.target = task.target;
      other.model = task.model;
      if (task.kind == program::TaskKind::Prompt && task.model == UINT32_MAX)
        other.model = before.prompts[task.target].model;
      open.insert(open.end(), task.regions.begin(), task.regions.end());
    }
  }
}

}  // namespace

std::shared_ptr<const program::Program> program_of_arm(const std::shared_ptr<const program::Program>& program,
                                                       const program::Eval& eval, uint32_t arm) {
  auto changed = with_arm(program, eval.arms[arm]);
  keep_judges(*program, eval, *changed);
  return changed;
}

}  // namespace chain::cli
