// `web_search`: what a model says of the searches that its provider makes for it, and how each API is told.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/model/options.h"
#include "runtime/program/program.h"

namespace chain::model {

struct WebSearch {
  bool on = false;
  std::vector<std::string> domains;  // that are searched; empty for all
  int64_t most = 0;                  // searches for one answer; 0 if nothing bounds them
};

[[nodiscard]] WebSearch web_search_of(const Options& options);

/// The most searches that `model` makes for one answer, where it is bounded: by the model itself, or as its
/// API searches once for each question. 0 if it does not search.
[[nodiscard]] std::optional<int64_t> most_searches(const program::Model& model, const Options& options);

/// How often the model reads what there is so far when it makes that many searches, and writes on: a paused
/// answer is asked for again, with all that was found.
struct SearchRounds {
  int64_t reads = 1;
  int64_t writes = 1;
};
[[nodiscard]] SearchRounds rounds_of(const program::Model& model, int64_t searches);

/// What stands among the tools of a request of the Responses API.
[[nodiscard]] std::string responses_search(const WebSearch& search);
/// Likewise of Anthropic's messages. `left`: searches that may still be made; 0 if nothing bounds them.
[[nodiscard]] std::string anthropic_search(const WebSearch& search, int64_t left);
/// Likewise of Gemini's.
[[nodiscard]] std::string gemini_search(const WebSearch& search);

/// Whether a Gemini model is paid by the search, not by the question that it searches for.
[[nodiscard]] bool pays_each_search(std::string_view gemini_id);

}  // namespace chain::model
