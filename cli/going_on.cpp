#include "cli/going_on.h"

#include <fmt/format.h>
#include <unistd.h>

#include <iostream>
#include <optional>
#include <utility>

#include "cli/cache.h"
#include "cli/export_run.h"
#include "cli/kept_run.h"
#include "cli/output.h"
#include "cli/questions.h"
#include "cli/session.h"
#include "cli/taken_up.h"
#include "cli/verbs.h"

namespace chain::cli {
namespace {

/// Makes it go on: what failed is done again, what a `try` has caught stays as it was.
bool reopen(store::Records& records, const store::RunRecord& run) {
  if (run.state != store::RunState::Failed) return true;
  if (records.begin_transaction() && records.reopen(run) && records.commit()) return true;
  say_error(records.why());
  records.roll_back();
  return false;
}

/// What a person types; nothing if nobody does.
std::optional<std::string> ask(const Question& question) {
  return ask_for(question, [](const char* prompt) -> std::optional<std::string> {
    say(prompt);
    std::string typed;
    if (std::getline(std::cin, typed)) return typed;
    say("\n");
    return std::nullopt;
  });
}

}  // namespace

std::unique_ptr<store::RunLock> hold(const store::RunRecord& run) {
  std::string error;
  auto lock = store::RunLock::take(store::state_folder(), run.number, error);
  if (!lock) say_error(fmt::format("run {} cannot go on: {}", run.id, error));
  return lock;
}

int go_on(store::Records& records, store::RunRecord run, std::unique_ptr<store::RunLock> lock,
          const GoingOn& how) {
  const std::string folder = store::state_folder();  // before the working directory changes
  int exit = kOk;
  auto taken = take_up(records, run, how.verb, exit);
  if (!taken) return exit;
  if (!reopen(records, run)) return kFailed;
  std::vector<store::StepRecord> steps = records.steps(run.number);
  taken->client.verbose = taken->client.verbose || how.show.verbose || how.show.events;
  std::optional<Session> session(std::in_place, taken->program, std::move(taken->client),
                                 taken->settings.no_cache ? std::string() : answer_file(),
                                 taken->cassette.get());
  session->open_journal({.folder = folder});
  sched::RunOptions options;
  apply(taken->settings.talk, options);
  options.seed = run.seed;
  const std::string id = run.id, arguments = run.arguments;
  options.journal =
      &session->keep(std::move(run), std::move(steps), std::move(lock), !taken->settings.no_content);
  exit = carry_out(*session, taken->program, taken->chain, arguments, how.show, options, id);
  session.reset();  // all is written down then
  if (taken->cassette && !taken->cassette->save() && exit == kOk) exit = kFailed;
  if (exit != kInterrupted && exit != kWaiting) export_ended(id, how.trace_content);
  return exit;
}

int answer_and_go_on(store::Records& records, const store::RunRecord& run, const Question& question,
                     std::string answer, const GoingOn& how) {
  auto lock = hold(run);
  if (!lock) return kFailed;
  // Whoever held the lock until now may have answered.
  int exit = kOk;
  auto now = find_run(records, run.id, how.verb, exit);
  if (!now) return exit;
  const auto open = question_of(records, *now);
  if (!open || open->step.path != question.step.path) {
    say_error(fmt::format("run {} waits for this answer no more: somebody else gave one", run.id));
    return kFailed;
  }
  if (!keep_answer(records, *now, question, std::move(answer))) return kFailed;
  return how.later ? kOk : go_on(records, *std::move(now), std::move(lock), how);
}

int ask_here(const std::string& id, const GoingOn& how) {
  const bool terminal = isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
  int exit = kWaiting;
  while (exit == kWaiting) {
    const auto records = open_records(exit);
    if (!records) return exit;
    auto run = find_run(*records, id, how.verb, exit);
    if (!run) return exit;
    const auto question = question_of(*records, *run);
    if (!question) return kFailed;  // somebody was quicker
    const auto answer = terminal ? ask(*question) : std::nullopt;
    if (!answer) {
      say_waiting(*run, *question);
      if (!how.show.json) return kWaiting;
      const std::string object = to_json(*run, *question);
      return answer_json((how.show.stream ? object : pretty_json(object)) + "\n") ? kWaiting : kFailed;
    }
    exit = answer_and_go_on(*records, *run, *question, *answer, how);
  }
  return exit;
}

}  // namespace chain::cli
