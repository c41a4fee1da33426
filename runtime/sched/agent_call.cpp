#include "runtime/sched/agent_call.h"

#include <algorithm>
#include <utility>

#include "runtime/sched/journal.h"

namespace chain::sched {

namespace {

/// So many places that text came from are named.
constexpr size_t kNamedOrigins = 3;

}  // namespace

AgentCall::AgentCall(Instance& instance, uint32_t task, uint32_t index, const PreparedAgent& prepared,
                     AgentCall* around, memory::Memories* memories)
    : Call(instance, task),
      index(index),
      prepared(&prepared),
      around(around),
      speaks(index),
      speaker_prepared(&prepared),
      memories_(memories) {}

/// Of a run that is to be taken up it stays open.
void AgentCall::cancel() {
  if (Journal* const journal = instance_.run->options.journal; journal && !instance_.run->stays_open) {
    StepEnd end{.ok = false, .dropped = true};
    end.failure.kind = abi::ErrorKind::Cancelled;
    end.failure.message = "it had no answer, or none was needed any more";
    journal->end(path(), std::move(end));
  }
  if (remembering != 0) memories_->cancel(remembering);
}

const program::Agent& AgentCall::agent() const {
  return instance_.run->program->agents[index];
}

const program::Agent& AgentCall::speaker() const {
  return instance_.run->program->agents[speaks];
}

const program::External& AgentCall::external() const {
  return instance_.run->program->externals[agent().external];
}

const std::byte* AgentCall::arguments() const {
  return reinterpret_cast<const std::byte*>(instance_.frame) + instance_.region->tasks[task_].input_offset;
}

int64_t AgentCall::depth() const {
  int64_t depth = 0;
  for (const AgentCall* each = this; each; each = each->around) depth += each->index == index ? 1 : 0;
  return depth;
}

void AgentCall::taint(std::string origin) {
  untrusted_ = true;
  if (std::ranges::find(origins_, origin) != origins_.end()) return;
  if (origins_.size() < kNamedOrigins) {
    origins_.push_back(std::move(origin));
  } else {
    ++more_origins_;
  }
}

std::string AgentCall::origins() const {
  if (!untrusted_) return {};
  std::string text = "Text that somebody else wrote is in the conversation, from ";
  for (size_t i = 0; i < origins_.size(); ++i) text += (i > 0 ? ", " : "") + origins_[i];
  if (more_origins_ > 0) text += " and " + std::to_string(more_origins_) + " more";
  return text;
}

std::shared_ptr<const model::Turn> AgentCall::turn(Record message, SpokenMessage& spoken) {
  auto& known = turns_[message];
  if (!known) {
    known = std::make_shared<const model::Turn>(model::Turn{.calls = std::move(spoken.calls),
                                                            .state = std::move(spoken.state),
                                                            .results = std::move(spoken.results)});
  }
  return known;
}

}  // namespace chain::sched
