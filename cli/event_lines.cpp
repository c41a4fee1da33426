#include "cli/event_lines.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "cli/output.h"
#include "runtime/program/errors.h"
#include "runtime/program/versioned.h"
#include "runtime/value/json.h"
#include "runtime/value/reply_plan.h"

namespace chain::cli {
namespace {

constexpr uint64_t kReplyBytes = uint64_t{64} << 20;

std::string_view kind_of(const program::External& callee) {
  using program::ExternalKind;
  if (callee.kind == ExternalKind::Search) return "search";
  const bool memory = callee.kind == ExternalKind::Remember || callee.kind == ExternalKind::Recall;
  return memory ? "memory" : "tool";
}

std::string_view word_of(model::Cached cached) {
  return cached == model::Cached::No ? "no" : model::to_string(cached);
}

}  // namespace

/// One event: `{"event":"delta","ms":12,"path":"main/ask","text":"..."}`.
class EventLines::Line {
 public:
  Line(const EventLines& lines, std::string_view event) {
    text_ = R"({"event":")";
    text_.append(event).append(R"(","ms":)");
    text_ += std::to_string((lines.loop_.now() - lines.began_) / 1'000'000);
  }
  Line& text(std::string_view name, std::string_view value) {
    add_name(name);
    value::append_json_string(text_, value);
    return *this;
  }
  Line& json(std::string_view name, std::string_view value) {
    add_name(name);
    text_ += value;
    return *this;
  }
  Line& number(std::string_view name, int64_t value) { return json(name, std::to_string(value)); }
  [[nodiscard]] std::string whole() const { return text_ + "}\n"; }

 private:
  void add_name(std::string_view name) { text_.append(",\"").append(name).append("\":"); }

  std::string text_;
};

EventLines::EventLines(const program::Program& program, EventLoop& loop, const model::Secrets& secrets)
    : program_(program),
      loop_(loop),
      secrets_(secrets),
      began_(loop.now()),
      context_(kReplyBytes),
      constraints_(program, context_) {
  context_.program = &program;
}

void EventLines::write(const Line& line) {
  if (!output_failed_) output_failed_ = !answer_json(line.whole());
}

void EventLines::run_started(const program::Chain& chain, const std::string& id, std::string arguments_json) {
  secrets_.redact(arguments_json);
  run_ = id;
  Line line(*this, "run_started");
  if (!id.empty()) line.text("run", id);
  line.text("chain", program::versioned(chain.name, chain.version));
  if (!chain.artifact.empty()) line.text("artifact", chain.artifact);
  write(line.json("arguments", arguments_json));
}

void EventLines::run_ended(const sched::RunResult& result) {
  Line line(*this, "run_ended");
  if (result.ok) return write(line.json("value", result.value_json));
  const sched::RunError& error = result.error;
  std::string object = "{\"kind\":";
  value::append_json_string(object, program::to_string(error.kind));
  object += ",\"message\":";
  value::append_json_string(object, error.message);
  object += ",\"path\":";
  value::append_json_string(object, error.path);
  if (error.line > 0 && error.file < program_.files.size()) {
    object += ",\"file\":";
    value::append_json_string(object, program_.files[error.file]);
    object += ",\"line\":" + std::to_string(error.line) + ",\"column\":" + std::to_string(error.column);
  }
  write(line.json("error", object + "}"));
}

void EventLines::run_waits(const sched::Question& question) {
  Line line(*this, "run_waits");
  if (!run_.empty()) line.text("run", run_);
  write(line.text("path", question.path)
            .text("kind", sched::to_string(question.kind))
            .json("question", question.request));
}

void EventLines::run_interrupted() {
  write(Line(*this, "run_interrupted"));
}

void EventLines::started(std::string_view path, const program::Prompt& prompt, const program::Model& model) {
  write(Line(*this, "step_started")
            .text("path", path)
            .text("prompt", program::versioned(prompt.name, prompt.version))
            .text("model", model.name));
}

void EventLines::sent(std::string_view path, std::string_view request) {
  write(Line(*this, "sent").text("path", path).text("request", request));
}

bool EventLines::is_text(const program::Prompt& prompt) const {
  return program_.types.base_kind(prompt.result) == program::TypeKind::String;
}

const value::ReplyPlan& EventLines::plan_of(const program::Prompt& prompt) {
  auto& plan = plans_[&prompt];
  if (!plan) plan = std::make_unique<const value::ReplyPlan>(program_.types, prompt.result);
  return *plan;
}

void EventLines::piece(std::string_view path, const program::Prompt& prompt, std::string_view text) {
  write(Line(*this, "delta").text("path", path).text("text", text));
  if (is_text(prompt)) return;
  auto& coming = coming_[std::string(path)];
  if (!coming) coming = std::make_unique<Coming>(plan_of(prompt));
  coming->parser.feed(text);
  tell_changes(path, *coming);
}

void EventLines::tell_changes(std::string_view path, Coming& coming) {
  const value::PartialReply partial = coming.parser.partial(false, &constraints_);
  for (const value::PartialChange& change : coming.changes.update(partial.json, partial.unchanged))
    write(Line(*this, "partial").text("path", path).json("at", change.at).json("value", change.value));
}

void EventLines::taken_back(std::string_view path) {
  coming_.erase(std::string(path));
  write(Line(*this, "reset").text("path", path));
}

void EventLines::retried(std::string_view path, std::string_view why, int64_t delay_ns) {
  write(Line(*this, "retried").text("path", path).text("why", why).number("delay_ms", delay_ns / 1'000'000));
}

void EventLines::repaired(std::string_view path, std::string_view complaint) {
  write(Line(*this, "repaired").text("path", path).text("complaint", complaint));
}

std::string EventLines::value_of(const program::Prompt& prompt, std::string_view reply) {
  value::Arena arena(kReplyBytes);
  std::vector<std::max_align_t> place(program_.types[prompt.result].size / sizeof(std::max_align_t) + 1);
  value::ReplyParser parser(plan_of(prompt));
  parser.feed(reply);
  if (!parser.finish(arena, place.data(), &constraints_).ok) return {};
  std::string json;
  value::write_json(program_.types, prompt.result, place.data(), json);
  return json;
}

void EventLines::ended(std::string_view path, const program::Prompt& prompt,
                       const model::Completion& completion) {
  coming_.erase(std::string(path));
  Line line(*this, "step_ended");
  line.text("path", path).text("model", completion.model).text("text", completion.text);
  if (!is_text(prompt)) {
    if (const std::string value = value_of(prompt, completion.text); !value.empty())
      line.json("value", value);
  }
  line.text("finish_reason", completion.finish_reason)
      .text("cache", word_of(completion.cached))
      .number("attempts", completion.attempts)
      .number("input_tokens", completion.usage.input_tokens)
      .number("output_tokens", completion.usage.output_tokens)
      .number("cached_tokens", completion.usage.cached_tokens)
      .number("reasoning_tokens", completion.usage.reasoning_tokens);
  write(line);
}

void EventLines::failed(std::string_view path, const program::Prompt&, const sched::RunError& error) {
  coming_.erase(std::string(path));
  tell_failure(path, error);
}

void EventLines::tell_failure(std::string_view path, const sched::RunError& error) {
  write(Line(*this, "step_failed")
            .text("path", path)
            .text("kind", program::to_string(error.kind))
            .text("message", error.message));
}

void EventLines::called(std::string_view path, const program::External& tool) {
  write(Line(*this, "step_started")
            .text("path", path)
            .text(kind_of(tool), program::versioned(tool.name, tool.version)));
}

void EventLines::returned(std::string_view path, const program::External&, const model::Completion& answer) {
  write(Line(*this, "step_ended")
            .text("path", path)
            .text("text", answer.text)
            .number("attempts", answer.attempts));
}

void EventLines::failed(std::string_view path, const program::External&, const sched::RunError& error) {
  tell_failure(path, error);
}

void EventLines::logged(std::string_view path, std::string_view text) {
  write(Line(*this, "log").text("path", path).text("text", text));
}

}  // namespace chain::cli
