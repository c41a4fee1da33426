// `--events`: all that happens in a run, as JSON, a line each. docs/cli.md has the table.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "runtime/abi/context.h"
#include "runtime/model/secrets.h"
#include "runtime/sched/constraints.h"
#include "runtime/sched/event_loop.h"
#include "runtime/sched/run.h"
#include "runtime/value/partial_changes.h"
#include "runtime/value/reply_parser.h"

namespace chain::cli {

/// Writes each event to standard output before it comes back: a reader that is slow makes the run slow, and
/// nothing gathers in memory.
class EventLines final : public sched::Observer {
 public:
  /// `secrets` are left out of the run's arguments. What is given must outlive the object.
  EventLines(const program::Program& program, EventLoop& loop, const model::Secrets& secrets);

  /// `id` names the run in the journal; empty without one.
  void run_started(const program::Chain& chain, const std::string& id, std::string arguments_json);
  void run_ended(const sched::RunResult& result);
  /// It stops at a question to a person.
  void run_waits(const sched::Question& question);
  void run_interrupted();
  /// Something could not be written, which was said.
  [[nodiscard]] bool output_failed() const { return output_failed_; }

  void started(std::string_view path, const program::Prompt& prompt, const program::Model& model) override;
  void ended(std::string_view path, const program::Prompt& prompt,
             const model::Completion& completion) override;
  void failed(std::string_view path, const program::Prompt& prompt, const sched::RunError& error) override;
  void called(std::string_view path, const program::External& tool) override;
  void returned(std::string_view path, const program::External& tool,
                const model::Completion& answer) override;
  void failed(std::string_view path, const program::External& tool, const sched::RunError& error) override;
  void sent(std::string_view path, std::string_view request) override;
  void retried(std::string_view path, std::string_view why, int64_t delay_ns) override;
  void repaired(std::string_view path, std::string_view complaint) override;
  void piece(std::string_view path, const program::Prompt& prompt, std::string_view text) override;
  void taken_back(std::string_view path) override;
  void logged(std::string_view path, std::string_view text) override;

 private:
  /// A reply that is coming.
  struct Coming {
    explicit Coming(const value::ReplyPlan& plan) : parser(plan) {}
    value::ReplyParser parser;
    value::PartialChanges changes;
  };

  class Line;
  void write(const Line& line);
  void tell_failure(std::string_view path, const sched::RunError& error);
  void tell_changes(std::string_view path, Coming& coming);
  [[nodiscard]] bool is_text(const program::Prompt& prompt) const;
  [[nodiscard]] const value::ReplyPlan& plan_of(const program::Prompt& prompt);
  /// The value of a whole reply as JSON; empty if it is none.
  [[nodiscard]] std::string value_of(const program::Prompt& prompt, std::string_view reply);

  const program::Program& program_;
  EventLoop& loop_;
  const model::Secrets& secrets_;
  const int64_t began_;
  std::string run_;  // its id in the journal
  abi::Context context_;
  sched::NativeConstraints constraints_;
  std::unordered_map<const program::Prompt*, std::unique_ptr<const value::ReplyPlan>> plans_;
  std::unordered_map<std::string, std::unique_ptr<Coming>> coming_;  // by path
  bool output_failed_ = false;
};

}  // namespace chain::cli
