// Questions of servers that hold their connection open for the answer, put to the person at the terminal.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "cli/form_dialog.h"

namespace chain {
class EventLoop;
}

namespace chain::cli {

/// Whether there is somebody to be asked: standard input and standard error are a terminal.
[[nodiscard]] bool somebody_is_there();

/// One after the other, typed while the loop goes on.
class ServerQuestions {
 public:
  explicit ServerQuestions(EventLoop& loop) : loop_(loop) {}
  ~ServerQuestions() { listen(false); }
  ServerQuestions(const ServerQuestions&) = delete;
  ServerQuestions& operator=(const ServerQuestions&) = delete;

  /// `text` says who asks; `answer` takes the JSON of an ElicitResult.
  void ask(std::string text, std::string_view form, std::string url,
           std::function<void(std::string json)> answer);

 private:
  struct Asked {
    std::string text;
    FormDialog dialog;
    std::function<void(std::string)> answer;
  };

  void begin();
  void listen(bool on);
  void read_some();
  void settle(const std::string& json);

  EventLoop& loop_;
  std::deque<Asked> waiting_;
  std::string typed_;
  bool listening_ = false;
};

}  // namespace chain::cli
