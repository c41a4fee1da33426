// What a run shows while it goes on: running steps, requests under `--verbose`, text under `--stream`.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "cli/snapshots.h"
#include "cli/step_lines.h"
#include "runtime/sched/run.h"

namespace chain::cli {

enum class Stream {
  None,
  Answer,  // to standard output, as it is the answer
  Aside,   // to standard error: the answer is made of it later
  Events,  // to standard output, a JSON object a line: {"delta": "..."} or {"reset": true}
};

/// What is said after a run whose model `name` is none: of the provider `baseline` or `scripted`.
[[nodiscard]] std::string no_language_model(std::string_view name, std::string_view provider);

class RunObserver final : public sched::Observer {
 public:
  RunObserver(const program::Program& program, EventLoop& loop, bool verbose, Stream stream);

  void started(std::string_view path, const program::Prompt&, const program::Model& model) override;
  void ended(std::string_view path, const program::Prompt& prompt,
             const model::Completion& completion) override;
  void failed(std::string_view path, const program::Prompt& prompt, const sched::RunError& error) override;
  void called(std::string_view path, const program::External& tool) override;
  void returned(std::string_view path, const program::External& tool,
                const model::Completion& answer) override;
  void failed(std::string_view path, const program::External& tool, const sched::RunError& error) override;
  void sent(std::string_view path, std::string_view request) override;
  void retried(std::string_view path, std::string_view why, int64_t delay_ns) override;
  void waited(std::string_view path, std::string_view why, int64_t time_ns) override;
  void repaired(std::string_view path, std::string_view complaint) override;
  void streamed(std::string_view text) override;
  void reset() override;
  void logged(std::string_view path, std::string_view text) override;

  /// Keeps the display still while somebody types.
  void hold(bool on) {
    if (lines_) lines_->hold(on);
  }
  /// Ends the display. Says, if it is so and not `said` before, that no language model was used and how to go
  /// live. Whether it has been said now.
  bool finish(bool said = false);
  /// What of the answer has been written to standard output.
  [[nodiscard]] const std::string& written() const { return written_; }
  [[nodiscard]] bool output_failed() const { return output_failed_; }

 private:
  void note(std::string_view path, std::string_view what);
  void write(std::string_view text);

  const program::Program& program_;
  Snapshots snapshots_;
  std::unordered_map<std::string, const program::Model*> asked_;  // by path, while calls are under way
  bool verbose_;
  Stream stream_;
  std::optional<StepLines> lines_;
  std::map<std::string, std::string> offline_;  // names and providers of the stand-ins that were asked
  std::string written_;
  std::string unfinished_;  // the bytes of a character that has not come whole
  bool output_failed_ = false;
};

}  // namespace chain::cli
