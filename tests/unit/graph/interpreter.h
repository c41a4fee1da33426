// The oracle: walks the untransformed graph node by node, in the order of the text, over values of its own.
// What native code and the scheduler do must agree with it. It shares the library, JSON and the text of
// values with the real runtime, and nothing else.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/graph/module.h"
#include "runtime/abi/context.h"

namespace chain::oracle {

/// What the clock says, and what chance gives, in runs that are compared.
inline constexpr int64_t kNow = 1'780'000'000'123'456'789;
inline constexpr uint64_t kChance = 0x6b8b4567327b23c6;

/// What a prompt call gives: JSON of the prompt's result type, or the kind of its failure.
struct Answer {
  std::string json;
  std::optional<abi::ErrorKind> error;
};

/// Answers calls of `Module::prompts[prompt]`. Must be a function of its arguments alone: the order of calls
/// is free.
using Answers = std::function<Answer(uint32_t prompt, std::string_view arguments_json)>;

struct Expected {
  uint32_t expectation = 0;
  bool holds = false;
};

struct Outcome {
  bool ok = false;
  std::string json;  // of the chain's result; "null" for Void
  abi::ErrorKind kind = abi::ErrorKind::Failed;
  program::Site site;   // of the node that failed
  uint32_t calls = 0;   // of prompts
  uint32_t caught = 0;  // failures that the program went on after
  std::vector<std::string> logged;
  std::vector<std::string> requests;  // what each call that went out would send: see `request_text`
  std::vector<Expected> expected;
  uint32_t unanswered = 0;  // calls that a test has no `given` for
};

/// Runs `Module::chains[chain]` with a JSON object of arguments, as the scheduler's `start` does. In a test
/// no prompt is answered but by `given`. Nodes for which `needed` is false are passed over: if anything then
/// asks for the value of one, the program ends.
[[nodiscard]] Outcome interpret(const graph::Module& module, uint32_t chain, std::string_view arguments_json,
                                const Answers& answers, bool test = false,
                                const std::vector<bool>& needed = {});

/// A medium of a message, for comparing: where it stands, what it is and where it comes from, on a line.
[[nodiscard]] std::string media_text(uint64_t offset, std::string_view kind, std::string_view source);

/// One message of a request, for comparing: prompt, role and text on a line.
[[nodiscard]] std::string request_text(uint32_t prompt, program::Role role, std::string_view text);

/// Renders part `message` of a prompt for these arguments: what the model would be sent.
[[nodiscard]] Outcome render(const graph::Module& module, uint32_t prompt, uint32_t message,
                             std::string_view arguments_json);

}  // namespace chain::oracle
