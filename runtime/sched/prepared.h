// What every call of a prompt needs and no run changes: made once for each program, when first needed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/abi/context.h"
#include "runtime/program/program.h"
#include "runtime/sched/conversation.h"
#include "runtime/value/reply_plan.h"

namespace chain::sched {

/// One prompt's fixed parts. Views point into the `Prepared` that made it.
struct PreparedPrompt {
  struct Message {
    program::Role role = program::Role::User;
    program::FunctionId render;  // invalid: `text` is the whole message
    std::string text;
    std::vector<abi::Attachment> media;  // of an example; what they point at is kept in `examples`
  };
  std::vector<Message> messages;
  uint32_t constant_messages = 0, constant_bytes = 0;   // as model::Request has them
  std::vector<std::unique_ptr<abi::Context>> examples;  // what examples are rendered from
  std::string schema;                                   // JSON Schema of the result; empty for a string
  std::unique_ptr<const value::ReplyPlan> plan;
  std::string error;  // why it cannot be called: an example that fails to render
};

/// One agent's fixed parts.
struct PreparedAgent {
  PreparedPrompt prompt;
  Conversation conversation;
  program::Chain bounded;            // its name and what its `within` allows
  std::vector<std::string> schemas;  // by tool: of its parameters
  std::string format;                // how its answer is to look; empty for text
  bool calls_tools = true;           // its model's provider knows how to
  size_t result_bytes = 0;           // of what a tool gives, at most, that its model is shown
};

class Prepared {
 public:
  explicit Prepared(const program::Program& program)
      : program_(program), prompts_(program.prompts.size()), agents_(program.agents.size()) {}
  [[nodiscard]] const PreparedPrompt& prompt(uint32_t index);
  /// Null if its loop is none: of a program that was not made by the compiler.
  [[nodiscard]] const PreparedAgent* agent(uint32_t index);

 private:
  [[nodiscard]] PreparedPrompt prepare(const program::Prompt& prompt);
  void add_example(PreparedPrompt& prepared, const program::Prompt& prompt, const program::Example& example);

  const program::Program& program_;
  std::vector<std::unique_ptr<PreparedPrompt>> prompts_;
  std::vector<std::unique_ptr<PreparedAgent>> agents_;
};

/// Calls a render function; the text lies in the context's arena.
[[nodiscard]] abi::Status render(const program::Program& program, program::FunctionId function,
                                 abi::Context& context, const std::byte* arguments, value::Text& out);

}  // namespace chain::sched
