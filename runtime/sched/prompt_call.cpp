#include "runtime/sched/prompt_call.h"

#include "runtime/program/versioned.h"
#include "runtime/value/fence.h"

namespace chain::sched {

using program::Role;

PromptCall::PromptCall(CallHost& host, model::Client& client, const PreparedPrompt& prepared, Tariff& tariff,
                       Instance& instance, uint32_t task, uint32_t model)
    : ModelCall(host, client, tariff, instance, task,
                instance.run->program->prompts[instance.region->tasks[task].target], model),
      prepared_(prepared) {
  streams_ = instance.run->options.stream && instance.tail && instance.region->tasks[task].tail;
}

bool PromptCall::start() {
  const Run& run = *instance_.run;
  const auto* arguments =
      reinterpret_cast<const std::byte*>(instance_.frame) + instance_.region->tasks[task_].input_offset;
  messages_.reserve(prepared_.messages.size() + 2);
  for (const PreparedPrompt::Message& part : prepared_.messages) {
    value::Text text{std::string_view(part.text)};
    std::vector<abi::Attachment> media;
    own_.attachments = &media;
    if (part.render.valid() && render(*run.program, part.render, own_, arguments, text) != abi::kOk)
      return false;
    messages_.push_back({part.role, text.view(), part.render.valid() ? std::move(media) : part.media});
  }
  own_.attachments = nullptr;
  count_memory();
  send();
  return true;
}

void PromptCall::name_step(model::Request& request) const {
  request.step = path();
  if (anew_) request.step += "/anew";
  if (repairs_ > 0) request.step += "/repair[" + std::to_string(repairs_) + ']';
  request.step_name = program::versioned(prompt_.name, prompt_.version);
  request.row = instance_.run->options.row;
}

model::Request PromptCall::request() const {
  const Run& run = *instance_.run;
  model::Request request;
  request.model = model_;
  request.messages = messages_;
  if (!prepared_.schema.empty()) {
    request.schema_name = prompt_.name;
    request.schema = prepared_.schema;
  }
  request.constant_messages = prepared_.constant_messages;
  request.constant_bytes = prepared_.constant_bytes;
  request.stream = streams_ || run.options.stream_all;
  request.again = repairs_ > 0;
  request.cache = cache();
  request.similar = similar();
  if (request.cache > 0) request.repeat = repeat();
  request.run = &run;
  request.program = run.program;
  request.prompt = &prompt_;
  request.arguments =
      reinterpret_cast<const std::byte*>(instance_.frame) + instance_.region->tasks[task_].input_offset;
  return request;
}

int64_t PromptCall::cache() const {
  const int64_t of_call = instance_.region->tasks[task_].cache;
  return of_call >= 0 ? of_call : prompt_.cache;
}

uint32_t PromptCall::similar() const {
  const program::Task& task = instance_.region->tasks[task_];
  return task.cache >= 0 ? task.similar : prompt_.similar;
}

std::string PromptCall::repeat() const {
  std::string repeat;
  for (const Scope* scope = instance_.scope; scope; scope = scope->outer) {
    const bool sample =
        scope->holder && scope->holder->region->tasks[scope->task].kind == program::TaskKind::Sample;
    if (sample) repeat += "sample " + std::to_string(scope->ordinal) + '\n';
  }
  if (repairs_ > 0) repeat += "repair " + std::to_string(repairs_) + '\n';
  return repeat;
}

void PromptCall::done(model::Completion completion) {
  settle(completion);
  const std::string complaint = read(completion);
  if (repairs_ == 0) keep_ = std::move(completion.keep);
  if (complaint.empty()) {
    if (keep_) keep_(completion);
    if (observer()) observer()->ended(path(), prompt_, completion);
    host_.call_succeeded(*this);
    return;
  }
  if (instance_.run->context.arena.exhausted()) return fail_out_of_memory();
  if (completion.forget && !anew_) return ask_anew(completion.forget);
  // Where thinking alone used the tokens up, asking again would do the same.
  const bool hopeless = completion.cut_off && completion.text.empty();
  if (repairs_ < prompt_.repair && !hopeless) {
    ask_again(std::move(completion.text), complaint);
  } else {
    give_up(completion, complaint);
  }
}

void PromptCall::ask_anew(const std::function<void()>& forget) {
  anew_ = true;
  forget();
  if (streamed_) take_back();
  if (!instance_.run->cancelled) send();
}

void PromptCall::give_up(const model::Completion& completion, const std::string& complaint) {
  const program::Program& program = *instance_.run->program;
  const std::string asked = repairs_ == 0 ? ""
                                          : " (after asking again " + std::to_string(repairs_) +
                                                (repairs_ == 1 ? " time)" : " times)");
  const std::string advice =
      completion.cut_off ? "; raise `max_tokens` of model `" + program.models[prompt_.model].name + "`" : "";
  host_.call_failed(*this, abi::ErrorKind::InvalidOutput,
                    "the reply to `" + prompt_.name + "` is no " + program.types.to_string(prompt_.result) +
                        asked + ": " + complaint + advice);
}

std::string PromptCall::read(const model::Completion& completion) {
  auto* out = reinterpret_cast<std::byte*>(instance_.frame) + instance_.region->tasks[task_].result_offset;
  std::string complaint = read_reply(*instance_.run, prompt_, *prepared_.plan, completion.text, out);
  if (!completion.cut_off) return complaint;
  if (completion.text.empty()) return "it was cut off at the token limit before any text came";
  return complaint.empty() ? complaint : "it was cut off at the token limit; " + complaint;
}

void PromptCall::ask_again(std::string reply, const std::string& complaint) {
  ++repairs_;
  if (streamed_) take_back();
  if (observer()) observer()->repaired(path(), complaint);
  if (instance_.run->cancelled) return;  // by the observer
  const std::string request = ask_for_correction(complaint);
  reply = value::without_reserved(reply);
  messages_.push_back({Role::Assistant, own_.arena.copy(reply).view(), {}});
  messages_.push_back({Role::User, own_.arena.copy(request).view(), {}});
  if (own_.arena.exhausted()) return fail_out_of_memory();
  count_memory();
  send();
}

}  // namespace chain::sched
