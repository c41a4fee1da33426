// What servers want to know before they answer a call. A person is asked as by `human.ask`: the run stops,
// and the call is made again, with the answers, by whichever process finds them in the journal.
#include <utility>

#include "runtime/sched/journal.h"
#include "runtime/sched/journalled_calls.h"
#include "runtime/sched/scheduler_state.h"
#include "runtime/value/json.h"

namespace chain::sched {

namespace {

constexpr uint32_t kMostQuestions = 100;  // of one call, over all its inquiries

std::string asked_path(const std::string& path, uint32_t question) {
  return path + "/asks[" + std::to_string(question) + ']';
}

/// Where it is noted that the call is made again with the answers to so many questions.
std::string told_path(const std::string& path, uint32_t questions) {
  return path + "/told[" + std::to_string(questions) + ']';
}

void append_member(std::string& json, std::string_view name, std::string_view text) {
  json += json.ends_with('{') ? "\"" : ",\"";
  json.append(name) += "\":";
  value::append_json_string(json, text);
}

void append_form(std::string& json, const tool::Inquiry::Question& question) {
  if (!question.url.empty()) return append_member(json, "url", question.url);
  json.append(",\"form\":") += question.form.empty() ? "{}" : question.form;
}

/// As the journal keeps the question at `at`, with all that is needed to go on when it is answered.
std::string request_of(const tool::Inquiry& inquiry, size_t at) {
  std::string json = "{";
  append_member(json, "question", inquiry.questions[at].text);
  append_form(json, inquiry.questions[at]);
  json += ",\"at\":" + std::to_string(at) + ",\"questions\":[";
  for (const tool::Inquiry::Question& each : inquiry.questions) {
    json += json.ends_with('[') ? "{" : ",{";
    append_member(json, "question", each.text);
    append_form(json, each);
    json += '}';
  }
  return json + "],\"token\":" + inquiry.token + '}';
}

using Members = std::vector<value::JsonMember>;

Members members_of(std::string_view json) {
  std::string ignored;
  return value::json_members(json, ignored).value_or(Members());
}

/// Back from `request_of`; without questions if it is none.
tool::Inquiry inquiry_of(std::string_view request) {
  tool::Inquiry inquiry;
  for (const value::JsonMember& member : members_of(request)) {
    if (member.key == "token") inquiry.token = member.value;
    if (member.key != "questions") continue;
    std::string ignored;
    for (const std::string_view item :
         value::json_items(member.value, ignored).value_or(std::vector<std::string_view>())) {
      tool::Inquiry::Question question;
      for (const value::JsonMember& part : members_of(item)) {
        if (part.key == "question") question.text = value::json_string(part.value).value_or("");
        if (part.key == "url") question.url = value::json_string(part.value).value_or("");
        if (part.key == "form") question.form = part.value;
      }
      inquiry.questions.push_back(std::move(question));
    }
  }
  return inquiry;
}

}  // namespace

uint32_t Scheduler::State::questions_answered(const Journal& journal, const std::string& path) {
  uint32_t count = 0;
  while (journal.find(asked_path(path, count + 1))) ++count;
  return count;
}

bool Scheduler::State::waits_for_answer(const Journal& journal, const std::string& path) {
  return journal.in_doubt(asked_path(path, questions_answered(journal, path) + 1)).has_value();
}

bool Scheduler::State::asked_before(Instance& instance, uint32_t index, const std::string& path, Told told) {
  const Journal& journal = *instance.run->options.journal;
  const Journal::Recorded* const recorded = journal.find(asked_path(path, told.questions + 1));
  if (!recorded || journal.forks()) return false;
  tool::Inquiry inquiry = inquiry_of(recorded->end.request);
  if (inquiry.questions.empty()) return false;
  told.answers.clear();
  ask_next(instance, index, path, std::move(inquiry), std::move(told));
  return true;
}

void Scheduler::State::ask_next(Instance& instance, uint32_t index, const std::string& path,
                                tool::Inquiry inquiry, Told told) {
  const program::External& tool = program.externals[instance.region->tasks[index].target];
  Question question{.kind = Question::Kind::Ask,
                    .path = asked_path(path, told.questions + 1),
                    .request = request_of(inquiry, told.answers.size())};
  ask(instance, index, std::move(question), tool.name,
      [this, &instance, index, path, inquiry = std::move(inquiry),
       told = std::move(told)](const std::string& answer) {
        Told now = told;
        now.answers.push_back(answer);
        ++now.questions;
        if (now.answers.size() < inquiry.questions.size())
          return ask_next(instance, index, path, inquiry, std::move(now));
        now.token = inquiry.token;
        call_told(instance, index, path, std::move(now));
      });
}

void Scheduler::State::call_told(Instance& instance, uint32_t index, const std::string& path, Told told) {
  Run& run = *instance.run;
  const Journal& journal = *run.options.journal;
  if (asked_before(instance, index, path, told)) return;  // it asked on
  const program::External& tool = program.externals[instance.region->tasks[index].target];
  const bool once = tool.effect == program::Effect::Writes && !tool.idempotent && !journal.forks();
  if (once && journal.find(told_path(path, told.questions)) && !waits_for_answer(journal, path))
    return ask_doubt(instance, index, {});
  run.journalled->when_live([this, id = run.id, &instance, index, path, told = std::move(told)] {
    if (runs.contains(id) && !dropped(instance)) begin_tool_call(instance, index, path, told);
  });
}

void Scheduler::State::note_told(Journal& journal, const std::string& path, const Told& told) {
  if (told.token.empty()) return;
  const std::string noted = told_path(path, told.questions);
  journal.note({.path = noted, .kind = "log", .name = {}, .digest = {}, .model = {}},
               "the server is told what was answered");
}

void Scheduler::State::tool_asks(ToolCall& call, tool::Inquiry inquiry) {
  Instance& instance = call.instance();
  Run& run = *instance.run;
  const std::string& name = call.tool().name;
  if (!run.options.journal) {
    return tool_failed(call, {.kind = abi::ErrorKind::Denied,
                              .message = "tool `" + name + "`: " + inquiry.questions.front().text +
                                         "\nThe run would stop until a person answers, for which it must be "
                                         "written down: run it without --no-journal"});
  }
  if (call.questions() >= kMostQuestions) {
    return tool_failed(call, {.kind = abi::ErrorKind::ToolFailed,
                              .message = "tool `" + name + "`: it asked " + std::to_string(kMostQuestions) +
                                         " questions and did not answer"});
  }
  const uint32_t task = call.task();
  const std::string path = call.path();
  Told told{.questions = call.questions(), .answers = {}, .token = {}};
  forget(call);
  if (let_end(run) && !dropped(instance)) ask_next(instance, task, path, std::move(inquiry), std::move(told));
  drain();
}

}  // namespace chain::sched
