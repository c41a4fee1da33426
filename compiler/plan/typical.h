// What calls of prompts usually come to, guessed from texts and types: for costs, as long as no run tells.
#pragma once

#include <cstdint>

#include "compiler/graph/module.h"
#include "compiler/plan/count.h"

namespace chain::plan {

/// Tokens of one request and its answer.
struct TypicalTokens {
  uint64_t request = 0;
  uint64_t answer = 0;
};

/// The prompt's text as it is written, with the longer arm of each branch and texts of a paragraph in its
/// holes; an answer of the length that its type usually has.
[[nodiscard]] TypicalTokens typical_tokens(const graph::Module& module, const graph::Prompt& prompt);

/// `count` for lists of five elements, or fewer where their types say so.
[[nodiscard]] uint64_t typical_count(const Count& count);

}  // namespace chain::plan
