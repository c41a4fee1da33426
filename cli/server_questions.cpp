#include "cli/server_questions.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "cli/output.h"
#include "cli/terminal.h"
#include "runtime/sched/event_loop.h"

namespace chain::cli {

bool somebody_is_there() {
  return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
}

void ServerQuestions::ask(std::string text, std::string_view form, std::string url,
                          std::function<void(std::string json)> answer) {
  waiting_.push_back({std::move(text), FormDialog(form, std::move(url)), std::move(answer)});
  if (waiting_.size() == 1) begin();
}

void ServerQuestions::begin() {
  const Asked& asked = waiting_.front();
  say(printable(asked.text) + "\n" + printable(asked.dialog.begin()));
  if (asked.dialog.unreadable()) return settle(kDeclined);
  say("> ");
  listen(true);
}

void ServerQuestions::listen(bool on) {
  if (listening_ == on) return;
  listening_ = on;
  loop_.watch(STDIN_FILENO, on ? EPOLLIN : 0, [this](uint32_t) { read_some(); });
}

void ServerQuestions::read_some() {
  char buffer[4096];
  const ssize_t count = read(STDIN_FILENO, buffer, sizeof buffer);
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (count <= 0) return settle(kCancelled);
  typed_.append(buffer, static_cast<size_t>(count));
  for (size_t end = 0; !waiting_.empty() && (end = typed_.find('\n')) != std::string::npos;) {
    const std::string line = typed_.substr(0, end);
    typed_.erase(0, end + 1);
    std::string show;
    if (const auto answer = waiting_.front().dialog.take(line, show)) {
      settle(*answer);
    } else {
      say(show + "> ");
    }
  }
}

void ServerQuestions::settle(const std::string& json) {
  listen(false);
  const auto answer = std::move(waiting_.front().answer);
  waiting_.pop_front();
  answer(json);
  if (!waiting_.empty()) begin();
}

}  // namespace chain::cli
