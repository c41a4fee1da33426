#include "runtime/sched/tool_call.h"

#include <utility>

namespace chain::sched {

ToolCall::~ToolCall() {
  if (instance_.run->writing == this) instance_.run->writing = nullptr;
}

const program::External& ToolCall::tool() const {
  return instance_.run->program->externals[instance_.region->tasks[task_].target];
}

void ToolCall::send(tool::Request request) {
  if (tool().effect == program::Effect::Writes) instance_.run->writing = this;
  request.asked = [this](tool::Inquiry inquiry) { host_.tool_asks(*this, std::move(inquiry)); };
  id_ = tools_.start(std::move(request), *this);
}

void ToolCall::cancel() {
  if (id_ != 0) tools_.cancel(id_);
}

void ToolCall::sent(std::string_view request) {
  request_ = request;
  if (observer()) observer()->sent(path_, request);
}

void ToolCall::retry(std::string_view why, int64_t delay_ns) {
  if (observer()) observer()->retried(path_, why, delay_ns);
}

}  // namespace chain::sched
