#include "cli/step_lines.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "cli/output.h"
#include "cli/terminal.h"

namespace chain::cli {
namespace {

constexpr int64_t kTick = 100'000'000;
constexpr size_t kMostRunning = 8;  // lines that are redrawn
constexpr size_t kMostLeft = 50;    // lines that stay; a run of thousands must not scroll everything away

std::string seconds(int64_t nanoseconds) {
  return fmt::format("{:.1f} s", static_cast<double>(nanoseconds) / 1e9);
}

std::string line(std::string_view path, std::string_view rest) {
  const std::string safe = printable(path);
  const size_t width = columns(STDERR_FILENO);
  const size_t room = width > rest.size() + 6 ? width - rest.size() - 6 : 0;
  return fmt::format("  {}  {}\n", cut_to_width(safe, room), rest);
}

}  // namespace

StepLines::~StepLines() {
  stop();
}

void StepLines::begin(std::string_view path) {
  running_.push_back({std::string(path), loop_.now()});
  arm();
}

void StepLines::end(std::string_view path, std::string_view outcome) {
  const auto step =
      std::find_if(running_.begin(), running_.end(), [&](const Step& s) { return s.path == path; });
  if (step == running_.end()) return;
  const int64_t took = loop_.now() - step->began_ns;
  const bool worth_a_line = took >= kTick || drawn_ > 0;
  if (worth_a_line && left_ < kMostLeft) {
    ended_.push_back(line(path, seconds(took) + (outcome.empty() ? "" : "  " + printable(outcome))));
    ++left_;
  }
  running_.erase(step);
}

void StepLines::clear() {
  if (drawn_ > 0) say(fmt::format("\x1b[{}A\x1b[J", drawn_));
  drawn_ = 0;
}

void StepLines::hold(bool on) {
  held_ = on;
  if (on) clear();
}

void StepLines::stop() {
  if (stopped_) return;
  stopped_ = true;
  if (armed_) loop_.cancel_timer(timer_);
  clear();
  for (const std::string& ended : ended_) say(ended);
}

void StepLines::arm() {
  if (armed_ || stopped_) return;
  armed_ = true;
  timer_ = loop_.after(kTick, [this] { tick(); });
}

void StepLines::tick() {
  armed_ = false;
  if (!held_) draw();
  if (!running_.empty()) arm();
}

void StepLines::draw() {
  std::string text = drawn_ > 0 ? fmt::format("\x1b[{}A\x1b[J", drawn_) : "";
  for (const std::string& ended : ended_) text += ended;
  ended_.clear();
  const size_t shown = std::min(running_.size(), kMostRunning);
  for (size_t i = 0; i < shown; ++i)
    text += line(running_[i].path, seconds(loop_.now() - running_[i].began_ns));
  drawn_ = shown;
  if (running_.size() > shown) {
    text += fmt::format("  and {} more\n", running_.size() - shown);
    ++drawn_;
  }
  say(text);
}

}  // namespace chain::cli
