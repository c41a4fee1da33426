// What a run that waits for a person asks, and what counts as an answer.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/sched/run.h"
#include "runtime/store/records.h"

namespace chain::cli {

struct Question {
  using Kind = sched::Question::Kind;

  std::string run;  // its id
  store::StepRecord step;
  Kind kind = Kind::Ask;
  std::string text;                  // what is asked, or shown
  std::vector<std::string> choices;  // empty: any text will do
  // Of a server:
  std::string form;  // JSON Schema of what is to be filled in; empty for none
  std::string url;   // of a page that is to be opened; empty for none

  [[nodiscard]] bool of_server() const { return !form.empty() || !url.empty(); }
};

/// What the run waits for; nothing if it does not wait.
[[nodiscard]] std::optional<Question> question_of(store::Records& records, const store::RunRecord& run);

/// Shows the question and reads lines by `next`, which is given the prompt, until one is an answer. Nothing
/// if no line comes any more.
[[nodiscard]] std::optional<std::string> ask_for(
    const Question& question, const std::function<std::optional<std::string>(const char* prompt)>& next);

/// The question as it is shown, with its choices; ends with a line end. What is long is cut in its middle,
/// and `chain show` named, which has all of it.
[[nodiscard]] std::string shown(const Question& question);

/// What goes into the journal for what a person typed: a choice by its text or number, yes or no in any
/// spelling. Nothing, and why in `error`, if that is no answer.
[[nodiscard]] std::optional<std::string> answer_to(const Question& question, std::string_view typed,
                                                   std::string& error);

/// Writes the answer down. False, with all said, if it cannot be.
[[nodiscard]] bool keep_answer(store::Records& records, const store::RunRecord& run, const Question& question,
                               std::string answer);

/// The question as a program reads it.
[[nodiscard]] std::string to_json(const store::RunRecord& run, const Question& question);

/// Says that the run waits, and how it is answered.
void say_waiting(const store::RunRecord& run, const Question& question);

}  // namespace chain::cli
