// A line for each step that runs, on a terminal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/sched/event_loop.h"

namespace chain::cli {

/// Draws on standard error, at most ten times a second and nothing in the first tenth, so that quick runs
/// stay quiet. Steps that have ended leave a line with the time they took; running ones are redrawn in place.
class StepLines {
 public:
  explicit StepLines(EventLoop& loop) : loop_(loop) {}
  ~StepLines();
  StepLines(const StepLines&) = delete;
  StepLines& operator=(const StepLines&) = delete;

  void begin(std::string_view path);
  void end(std::string_view path, std::string_view outcome);
  /// Takes the running steps off the screen until the next tick; call it before anything else is printed.
  void clear();
  /// Nothing is drawn while `on`: somebody types.
  void hold(bool on);
  /// Nothing is drawn any more: something else writes to the terminal.
  void stop();

 private:
  struct Step {
    std::string path;
    int64_t began_ns;
  };

  void arm();
  void tick();
  void draw();

  EventLoop& loop_;
  std::vector<Step> running_;
  std::vector<std::string> ended_;  // lines that are not on the screen yet
  size_t drawn_ = 0;                // lines on the screen that will be redrawn
  size_t left_ = 0;                 // lines left behind so far
  EventLoop::TimerId timer_ = 0;
  bool armed_ = false;
  bool held_ = false;
  bool stopped_ = false;
};

}  // namespace chain::cli
