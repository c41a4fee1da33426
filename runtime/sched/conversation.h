// Conversations of agents as values of the program: the built-in records Message, ToolCall, ToolResult and
// Tool, and what model::Client is sent of them. Internal to runtime/sched.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/model/client.h"
#include "runtime/program/types.h"
#include "runtime/value/arena.h"
#include "runtime/value/value.h"

namespace chain::sched {

/// A record of the program.
using Record = const std::byte*;

/// As an agent's loop is told of a tool.
struct ToolSketch {
  std::string_view name, doc;
  std::string_view parameters;  // JSON Schema
  bool writes = false;
};

/// One message, read. Views point into the program's values.
struct SpokenMessage {
  std::string_view role;  // "system", "user", "assistant", "tool"
  std::string text;       // what its parts say
  std::vector<abi::Attachment> media;
  std::vector<model::ToolCall> calls;
  std::vector<model::ToolResult> results;
  model::ProviderState state;
};

/// Reads and makes the records. What is made lies in the arena that is given; null if that is used up.
class Conversation {
 public:
  /// Nothing if `loop_parameters`, of a chain that can be an agent's loop, are not (messages: Message[],
  /// tools: Tool[]) with the fields that Message and Tool have.
  static std::optional<Conversation> of(const program::TypeTable& types, program::TypeId loop_parameters);

  [[nodiscard]] SpokenMessage read(Record message) const;
  [[nodiscard]] std::string_view role(Record message) const;
  /// The text of its parts.
  [[nodiscard]] std::string text(Record message) const;
  [[nodiscard]] bool has_calls(Record message) const;

  [[nodiscard]] Record message(value::Arena& arena, std::string_view role, std::string_view text,
                               const std::vector<abi::Attachment>& media = {}) const;
  /// A model's turn.
  [[nodiscard]] Record turn(value::Arena& arena, const model::Completion& completion) const;
  /// The role "tool".
  [[nodiscard]] Record results(value::Arena& arena, const std::vector<model::ToolResult>& results) const;
  [[nodiscard]] Record tool(value::Arena& arena, const ToolSketch& tool) const;
  /// What a loop begins with.
  [[nodiscard]] std::byte* parameters(value::Arena& arena, const std::vector<Record>& messages,
                                      const std::vector<Record>& tools) const;

  /// The name of a Tool.
  [[nodiscard]] std::string_view tool_name(Record tool) const;
  /// The records of a list.
  [[nodiscard]] static std::vector<Record> records(const value::List& list);

 private:
  Conversation(const program::TypeTable& types, program::TypeId parameters);
  [[nodiscard]] std::byte* make(value::Arena& arena, program::TypeId record) const;
  /// False if there is no memory.
  [[nodiscard]] bool put_parts(value::Arena& arena, std::byte* message, std::string_view text,
                               const std::vector<abi::Attachment>& media) const;

  const program::TypeTable* types_;
  program::TypeId parameters_, message_, part_, call_, result_, tool_;
};

}  // namespace chain::sched
