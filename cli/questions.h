// What a run that waits for a person asks, and what counts as an answer.
#pragma once

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
};

/// What the run waits for; nothing if it does not wait.
[[nodiscard]] std::optional<Question> question_of(store::Records& records, const store::RunRecord& run);

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
