// A conversation with a chain: what was said, kept from one day to the next, and the runs that answer.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/carry_out.h"
#include "cli/repl_input.h"
#include "compiler/source/source.h"
#include "runtime/model/variables.h"
#include "runtime/program/program.h"
#include "runtime/store/conversation_file.h"
#include "runtime/trace/span.h"

namespace chain::cli {

struct ChatSettings {
  std::string target;                  // FILE[:chain]
  std::vector<std::string> arguments;  // what the chain takes besides what is said
  RunSettings run;
  bool fresh = false;  // `--new`
  bool list = false;
  bool verbose = false;
  trace::Content trace_content = trace::Content::Omitted;
};

/// How a turn ended.
enum class TurnEnd : uint8_t { Answered, Failed, Interrupted, Waiting };

/// All of it says on standard error what goes wrong.
class ChatSession {
 public:
  ChatSession(ChatSettings settings, LineReader& lines) : settings_(std::move(settings)), lines_(lines) {}

  /// Compiles the file, and finds the chain and what of it takes what is said. An exit code, kOk if all is
  /// there.
  [[nodiscard]] int load();
  /// Takes the conversation up that the settings name, or begins one. False if it cannot be kept.
  [[nodiscard]] bool open();
  /// Begins another one; `name` may be empty. False, and the old one stays, if there is one of that name.
  [[nodiscard]] bool begin(const std::string& name);
  [[nodiscard]] TurnEnd say_turn(const std::string& text);

  /// From here on another model has the name: `fast=openai("gpt-5-mini")`.
  [[nodiscard]] bool set_model(const std::string& setting);
  [[nodiscard]] bool show_models() const;
  [[nodiscard]] bool show_tools() const;
  [[nodiscard]] bool show_history();
  [[nodiscard]] bool show_cost();
  /// The run of the last turn; empty before the first.
  [[nodiscard]] const std::string& last_run() const { return last_run_; }
  [[nodiscard]] const store::Conversation& conversation() const { return conversation_; }
  [[nodiscard]] const program::Program& program() const { return *program_; }
  [[nodiscard]] const program::Chain& chain() const { return program_->chains[chain_]; }

 private:
  [[nodiscard]] std::string user() const;
  [[nodiscard]] bool find_parameter(std::string& error);
  /// As JSON, with `text` where the chain takes it.
  [[nodiscard]] std::optional<std::string> arguments_with(const std::string& text);
  [[nodiscard]] std::optional<std::vector<store::ConversationTurn>> turns();
  void shorten(std::vector<program::HistoryTurn>& history);
  /// Runs the chain, and asks what it asks.
  [[nodiscard]] int run(const std::string& id, const std::string& arguments, bool& waits);
  /// Asks on the terminal what the run asks, and goes on with it.
  [[nodiscard]] int ask(const std::string& id, bool& waits);
  /// Takes what is done now into the conversation, whoever brought it to its end: `chain answer` and `chain
  /// resume` do so outside of it.
  [[nodiscard]] bool take_ended();
  [[nodiscard]] bool end_turn(store::Records& records, const store::RunRecord& run, const std::string& text,
                              bool untrusted);

  ChatSettings settings_;
  LineReader& lines_;
  std::string file_;  // as the user named it
  std::shared_ptr<const program::Program> program_;
  SourceMap sources_;
  uint32_t chain_ = 0;
  std::string parameter_;  // that takes what is said
  enum class Takes : uint8_t { Text, Message, Messages } takes_ = Takes::Text;
  std::shared_ptr<const model::Variables> variables_;
  std::unique_ptr<store::ConversationFile> kept_;
  store::Conversation conversation_;
  bool offline_said_ = false;
  bool shortened_said_ = false;
  std::string last_run_;
  std::vector<std::string> runs_;  // of this sitting
};

/// Lists conversations of a file and target, and of a user, or of all where that is empty. Gives the exit
/// code.
[[nodiscard]] int list_conversations(const std::string& target, const std::string& user);

}  // namespace chain::cli
