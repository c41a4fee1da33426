// Runs and steps as the journal holds them, for tests.
#pragma once

#include <string>

#include "runtime/store/records.h"

namespace chain::test {

inline store::RunRecord kept_run(int64_t started, int64_t ended) {
  return {.id = "wvbkwcg8a4",
          .state = store::RunState::Done,
          .chain = "main@1.2",
          .artifact = "abc",
          .arguments = R"({"q":"secret question"})",
          .started = started,
          .ended = ended,
          .result = R"("secret result")"};
}

/// One that has not ended, for `ended` 0.
inline store::StepRecord kept_step(std::string path, int64_t started, int64_t ended,
                                   std::string kind = "prompt") {
  store::StepRecord step{.path = std::move(path),
                         .kind = std::move(kind),
                         .name = "ask@2.0",
                         .model = "fast",
                         .started = started,
                         .ended = ended};
  step.end.completion.model = "m-2026";
  step.end.completion.finish_reason = "stop";
  step.end.completion.text = "secret answer";
  step.end.completion.usage = {12, 3, 4, 0};
  return step;
}

}  // namespace chain::test
