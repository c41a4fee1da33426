// `chain answer RUN [ANSWER]`: says what a run asks that waits for a person, answers, and goes on with it.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <iterator>
#include <optional>

#include "cli/export_run.h"
#include "cli/going_on.h"
#include "cli/kept_run.h"
#include "cli/output.h"
#include "cli/questions.h"
#include "cli/terminal.h"
#include "cli/usage.h"
#include "cli/verbs.h"

namespace chain::cli {
namespace {

struct AnswerSettings {
  std::string id;
  std::optional<std::string> answer;
  GoingOn how{.verb = "answer"};
};

/// Every run that waits, the newest first.
int list(store::Records& records, bool json) {
  std::string text;
  for (const store::RunRecord& run : records.waiting()) {
    const auto question = question_of(records, run);
    if (!question) continue;
    if (json) {
      text += to_json(run, *question) + "\n";
    } else {
      fmt::format_to(std::back_inserter(text), "{} of `{}`, asked {} UTC\n{}\n", run.id, one_line(run.chain),
                     shown_time(question->step.started), shown(*question));
    }
  }
  if (text.empty() && !json) say("no run waits for an answer\n");
  if (text.empty()) return kOk;
  return (json ? answer_json(text) : write_out(text)) ? kOk : kFailed;
}

/// What was typed behind the run's id, or came in by standard input; without its last line end then.
std::optional<std::string> typed_answer(const std::string& given, std::string& error) {
  if (given != "-") return given;
  std::optional<std::string> text = read_stdin(error);
  if (text && text->ends_with('\n')) text->pop_back();
  if (text && text->ends_with('\r')) text->pop_back();
  return text;
}

int answer_run(store::Records& records, const store::RunRecord& run, const AnswerSettings& settings) {
  const auto question = question_of(records, run);
  if (!question) {
    const std::string_view state = state_word(run);
    return usage_error("answer", fmt::format("run {} asks nothing: it is {}{}", run.id, state,
                                             state == "stopped" ? "; `chain resume` goes on with it" : ""));
  }
  if (!settings.answer) {
    if (!settings.how.show.json) return ask_here(run.id, settings.how);
    return answer_json(pretty_json(to_json(run, *question)) + "\n") ? kWaiting : kFailed;
  }
  std::string error;
  const auto typed = typed_answer(*settings.answer, error);
  const auto answer = typed ? answer_to(*question, *typed, error) : std::nullopt;
  if (!answer) return usage_error("answer", error);
  const int exit = answer_and_go_on(records, run, *question, *answer, settings.how);
  return exit == kWaiting ? ask_here(run.id, settings.how) : exit;
}

}  // namespace

int answer(Arguments arguments) {
  CLI::App app(
      "Says what a run asks that waits for a person, takes the answer, and goes on with the run.\nWithout "
      "RUN "
      "lists every run that waits.",
      "chain answer");
  AnswerSettings settings;
  app.add_option("run", settings.id, "the run, or how its id begins; `last` for the newest")
      ->option_text("RUN");
  app.add_option(
         "answer", settings.answer,
         "the answer: text, a choice or its number, `yes` or `no`; `-` for standard input. Asked for on "
         "the terminal unless given")
      ->option_text("ANSWER");
  app.add_flag("--later", settings.how.later,
               "keep the answer, no more: `chain resume` goes on with the run");
  declare_show(app, settings.how.show);
  declare_trace_content(app, settings.how.trace_content);
  if (const auto code = read_options(app, arguments)) return *code;

  int exit = kOk;
  const auto records = open_records(exit);
  if (!records) return exit;
  if (settings.id.empty()) return list(*records, settings.how.show.json);
  const auto run = find_run(*records, settings.id, "answer", exit);
  return run ? answer_run(*records, *run, settings) : exit;
}

}  // namespace chain::cli
