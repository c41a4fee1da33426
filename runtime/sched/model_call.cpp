#include "runtime/sched/model_call.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "runtime/model/media_answer.h"
#include "runtime/sched/constraints.h"
#include "runtime/value/fence.h"
#include "runtime/value/reply_parser.h"

namespace chain::sched {

using program::TypeKind;

ModelCall::ModelCall(CallHost& host, model::Client& client, Tariff& tariff, Instance& instance, uint32_t task,
                     const program::Prompt& prompt, uint32_t model)
    : Call(instance, task),
      host_(host),
      client_(client),
      tariff_(tariff),
      prompt_(prompt),
      model_(model),
      budget_(instance.budget),
      own_(instance.run->memory_left()) {
  own_.program = instance.run->program;
  own_.run = instance.run;
  own_.history = instance.run->context.history;
}

ModelCall::~ModelCall() {
  if (waits_) std::erase(instance_.run->waiting, this);
  instance_.run->call_bytes -= counted_;
}

void ModelCall::send() {
  model::Request request = this->request();
  const RunOptions& options = instance_.run->options;
  if (options.journal || options.names_steps) name_step(request);
  if (budget_) {
    std::string error;
    auto most = tariff_.most(request, budget_->counts_cost(), budget_->counts_tokens(), error);
    if (!most) return host_.call_failed(*this, abi::ErrorKind::Failed, std::move(error));
    most->steps = is_step() ? 1 : 0;
    const Budget* refusing = nullptr;
    switch (budget_->reserve(*most, &refusing)) {
      case Budget::Answer::Reserved: break;
      case Budget::Answer::Wait: waits_ = true; return host_.wait(*this);
      case Budget::Answer::Never:
        refused_by = refusing;
        return host_.call_failed(*this, abi::ErrorKind::Budget, refusing->refusal(*most));
    }
    holds_ = true;
    reserved_ = *most;
    if (budget_->counts_tokens()) request.max_tokens = Tariff::kAnswer;
  }
  id_ = client_.start(std::move(request), *this);
}

void ModelCall::admit() {
  waits_ = false;
  send();
}

void ModelCall::cancel() {
  if (holds_) settle(tariff_.unanswered(request()));
  if (!waits_) client_.cancel(id_);
}

void ModelCall::settle(Amount taken) {
  holds_ = false;
  taken.steps = reserved_.steps;
  budget_->settle(reserved_, taken);
  host_.settled(*instance_.run);
}

void ModelCall::settle(const model::Completion& completion) {
  if (holds_) settle(tariff_.taken(request(), completion));
}

void ModelCall::failed(model::Failure failure) {
  if (holds_) settle(tariff_.unanswered(request()));
  host_.call_failed(*this, failure.kind, std::move(failure.message));
}

void ModelCall::sent(std::string_view request) {
  if (observer()) observer()->sent(path(), request);
}

void ModelCall::delta(std::string_view text) {
  const bool is_text = instance_.run->program->types[prompt_.result].kind != TypeKind::Media;
  if (!observer() || !is_text) return;
  streamed_ = true;
  if (streams_) observer()->streamed(text);
  if (instance_.run->options.stream_all && observer()) observer()->piece(path(), prompt_, text);
}

void ModelCall::retry(std::string_view why, int64_t delay_ns) {
  if (streamed_) take_back();
  if (observer()) observer()->retried(path(), why, delay_ns);
}

void ModelCall::waited(std::string_view why, int64_t time_ns) {
  if (observer()) observer()->waited(path(), why, time_ns);
}

void ModelCall::take_back() {
  streamed_ = false;
  if (streams_ && observer()) observer()->reset();
  if (instance_.run->options.stream_all && observer()) observer()->taken_back(path());
}

void ModelCall::fail_out_of_memory() {
  host_.call_failed(*this, abi::ErrorKind::Budget, instance_.run->memory_used_up());
}

void ModelCall::count_memory() {
  instance_.run->call_bytes += own_.arena.used() - counted_;
  counted_ = own_.arena.used();
}

std::string read_reply(Run& run, const program::Prompt& prompt, const value::ReplyPlan& plan,
                       std::string_view reply, std::byte* out) {
  const program::Type& type = run.program->types[prompt.result];
  if (type.kind == TypeKind::Media) {
    const value::Text copy = run.context.arena.copy(reply);
    std::memcpy(out, &copy, sizeof copy);
    return model::media_complaint(type.name, reply);
  }
  NativeConstraints constraints(*run.program, run.context);
  value::ReplyParser parser(plan);
  parser.feed(reply);
  const value::ReplyResult result = parser.finish(run.context.arena, out, &constraints);
  return result.ok ? std::string() : result.complaint;
}

std::string ask_for_correction(std::string_view complaint) {
  // What the model wrote may be in the words of whatever it read.
  return "That answer cannot be used. This is wrong with it:\n" + value::fenced(complaint) +
         "\nGive the whole answer again, corrected, and nothing else.";
}

}  // namespace chain::sched
