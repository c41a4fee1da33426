#include "runtime/sched/prompt_call.h"

#include <cstring>

#include "runtime/model/media_answer.h"
#include "runtime/program/versioned.h"
#include "runtime/sched/constraints.h"
#include "runtime/value/fence.h"
#include "runtime/value/reply_parser.h"

namespace chain::sched {

using program::Role;
using program::TypeKind;

PromptCall::PromptCall(CallHost& host, model::Client& client, const PreparedPrompt& prepared, Tariff& tariff,
                       Instance& instance, uint32_t task, uint32_t model)
    : Call(instance, task),
      host_(host),
      client_(client),
      prepared_(prepared),
      tariff_(tariff),
      model_(model),
      prompt_(instance.run->program->prompts[instance.region->tasks[task].target]),
      own_(instance.run->memory_left()) {
  Run& run = *instance.run;
  own_.program = run.program;
  own_.run = &run;
  own_.history = run.context.history;
  streams_ = run.options.stream && instance.tail && instance.region->tasks[task].tail;
}

PromptCall::~PromptCall() {
  if (holds_) settle(tariff_.unanswered(request()));
  if (waits_) std::erase(instance_.run->waiting, this);
  instance_.run->call_bytes -= counted_;
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

void PromptCall::send() {
  model::Request request = this->request();
  const RunOptions& options = instance_.run->options;
  if (options.journal || options.names_steps) name_step(request);
  if (Budget* const budget = instance_.budget) {
    std::string error;
    const auto most = tariff_.most(request, budget->counts_cost(), budget->counts_tokens(), error);
    if (!most) return host_.call_failed(*this, abi::ErrorKind::Failed, std::move(error));
    const Budget* refusing = nullptr;
    switch (budget->reserve(*most, &refusing)) {
      case Budget::Answer::Reserved: break;
      case Budget::Answer::Wait: waits_ = true; return host_.wait(*this);
      case Budget::Answer::Never:
        return host_.call_failed(*this, abi::ErrorKind::Budget, refusing->refusal(*most));
    }
    holds_ = true;
    reserved_ = *most;
    if (budget->counts_tokens()) request.max_tokens = Tariff::kAnswer;
  }
  id_ = client_.start(std::move(request), *this);
}

void PromptCall::name_step(model::Request& request) const {
  request.step = path();
  if (anew_) request.step += "/anew";
  if (repairs_ > 0) request.step += "/repair[" + std::to_string(repairs_) + ']';
  request.step_name = program::versioned(prompt_.name, prompt_.version);
  request.row = instance_.run->options.row;
}

void PromptCall::admit() {
  waits_ = false;
  send();
}

void PromptCall::settle(const Amount& taken) {
  holds_ = false;
  instance_.budget->settle(reserved_, taken);
  host_.settled(*instance_.run);
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

void PromptCall::cancel() {
  if (!waits_) client_.cancel(id_);
}

void PromptCall::sent(std::string_view request) {
  if (observer()) observer()->sent(path(), request);
}

void PromptCall::delta(std::string_view text) {
  const bool is_text = instance_.run->program->types[prompt_.result].kind != TypeKind::Media;
  if (!observer() || !is_text) return;
  streamed_ = true;
  if (streams_) observer()->streamed(text);
  if (instance_.run->options.stream_all && observer()) observer()->piece(path(), prompt_, text);
}

void PromptCall::retry(std::string_view why, int64_t delay_ns) {
  if (streamed_) take_back();
  if (observer()) observer()->retried(path(), why, delay_ns);
}

void PromptCall::waited(std::string_view why, int64_t time_ns) {
  if (observer()) observer()->waited(path(), why, time_ns);
}

void PromptCall::take_back() {
  streamed_ = false;
  if (streams_ && observer()) observer()->reset();
  if (instance_.run->options.stream_all && observer()) observer()->taken_back(path());
}

void PromptCall::done(model::Completion completion) {
  if (holds_) settle(tariff_.taken(request(), completion));
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

void PromptCall::failed(model::Failure failure) {
  if (holds_) settle(tariff_.unanswered(request()));
  host_.call_failed(*this, failure.kind, std::move(failure.message));
}

std::string PromptCall::read(const model::Completion& completion) {
  std::string complaint = read(std::string_view(completion.text));
  if (!completion.cut_off) return complaint;
  if (completion.text.empty()) return "it was cut off at the token limit before any text came";
  return complaint.empty() ? complaint : "it was cut off at the token limit; " + complaint;
}

std::string PromptCall::read(std::string_view reply) {
  Run& run = *instance_.run;
  auto* out = reinterpret_cast<std::byte*>(instance_.frame) + instance_.region->tasks[task_].result_offset;
  const program::Type& type = run.program->types[prompt_.result];
  if (type.kind == program::TypeKind::Media) {
    const value::Text copy = run.context.arena.copy(reply);
    std::memcpy(out, &copy, sizeof copy);
    return model::media_complaint(type.name, reply);
  }
  NativeConstraints constraints(*run.program, run.context);
  value::ReplyParser parser(*prepared_.plan);
  parser.feed(reply);
  const value::ReplyResult result = parser.finish(run.context.arena, out, &constraints);
  return result.ok ? std::string() : result.complaint;
}

void PromptCall::ask_again(std::string reply, const std::string& complaint) {
  ++repairs_;
  if (streamed_) take_back();
  if (observer()) observer()->repaired(path(), complaint);
  if (instance_.run->cancelled) return;  // by the observer
  // What the model wrote may be in the words of whatever it read.
  const std::string request = "That answer cannot be used. This is wrong with it:\n" +
                              value::fenced(complaint) +
                              "\nGive the whole answer again, corrected, and nothing else.";
  reply = value::without_reserved(reply);
  messages_.push_back({Role::Assistant, own_.arena.copy(reply).view(), {}});
  messages_.push_back({Role::User, own_.arena.copy(request).view(), {}});
  if (own_.arena.exhausted()) return fail_out_of_memory();
  count_memory();
  send();
}

void PromptCall::fail_out_of_memory() {
  host_.call_failed(*this, abi::ErrorKind::Budget, instance_.run->memory_used_up());
}

void PromptCall::count_memory() {
  instance_.run->call_bytes += own_.arena.used() - counted_;
  counted_ = own_.arena.used();
}

}  // namespace chain::sched
