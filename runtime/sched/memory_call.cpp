#include "runtime/sched/memory_call.h"

#include <utility>

#include "runtime/value/json.h"

namespace chain::sched {

namespace {

std::string texts_json(const std::vector<memory::Entry>& entries) {
  std::string json = "[";
  for (const memory::Entry& entry : entries) {
    if (json.size() > 1) json += ',';
    value::append_json_string(json, entry.text);
  }
  return json + ']';
}

}  // namespace

MemoryCall::~MemoryCall() {
  if (holds_) settle({});
  if (waits_) std::erase(instance_.run->waiting, this);
}

const program::External& MemoryCall::callee() const {
  return instance_.run->program->externals[instance_.region->tasks[task_].target];
}

uint32_t MemoryCall::embed_model() const {
  return instance_.run->program->resources[callee().resource].embed_model;
}

void MemoryCall::admit() {
  waits_ = false;
  go();
}

void MemoryCall::cancel() {
  if (id_ != 0) memories_.cancel(id_);
}

void MemoryCall::go() {
  if (!reserve()) return;
  const auto failed = [this](model::Failure failure) { this->failed(std::move(failure)); };
  if (callee().kind == program::ExternalKind::Recall) {
    id_ = memories_.recall(
        callee().resource, request_.owner, request_.text, request_.top,
        {.done = [this](const std::vector<memory::Entry>& entries) { ended(texts_json(entries)); },
         .failed = failed});
    return;
  }
  memory::Entry entry = request_.entry;
  entry.text = request_.text;
  id_ = memories_.remember(callee().resource, request_.owner, {std::move(entry)}, request_.key,
                           {.done = [this](bool) { ended("null"); }, .failed = failed});
}

bool MemoryCall::reserve() {
  Budget* const budget = instance_.budget;
  if (!budget || !budget->counts_tokens() || embed_model() == UINT32_MAX) return true;
  std::string error;
  const auto most = tariff_.most_embedded(embed_model(), request_.text, budget->counts_cost(), error);
  if (!most) return host_.memory_failed(*this, {abi::ErrorKind::Failed, std::move(error)}), false;
  const Budget* refusing = nullptr;
  switch (budget->reserve(*most, &refusing)) {
    case Budget::Answer::Reserved: break;
    case Budget::Answer::Wait: waits_ = true; return host_.memory_waits(*this), false;
    case Budget::Answer::Never:
      return host_.memory_failed(*this, {abi::ErrorKind::Budget, refusing->refusal(*most)}), false;
  }
  holds_ = true;
  reserved_ = *most;
  return true;
}

void MemoryCall::settle(const model::Usage& usage) {
  holds_ = false;
  instance_.budget->settle(reserved_, tariff_.embedded(embed_model(), request_.text, usage));
  host_.memory_settled(*instance_.run);
}

model::Usage MemoryCall::usage() const {
  model::Usage usage;
  for (const memory::Taken& taken : memories_.taken()) {
    usage.input_tokens += taken.usage.input_tokens;
    usage.output_tokens += taken.usage.output_tokens;
    usage.cached_tokens += taken.usage.cached_tokens;
  }
  return usage;
}

void MemoryCall::ended(std::string answer) {
  model::Completion completion;
  completion.text = std::move(answer);
  completion.usage = usage();
  completion.attempts = 1;
  if (holds_) settle(completion.usage);
  host_.memory_ended(*this, std::move(completion));
}

void MemoryCall::failed(model::Failure failure) {
  if (holds_) settle({});
  host_.memory_failed(*this, std::move(failure));
}

}  // namespace chain::sched
