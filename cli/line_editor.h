// Lines from a terminal, edited as they are typed, with completion and a history that is kept. libedit.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace chain::cli {

class LineEditor {
 public:
  /// The words that one can go on with.
  using Words = std::function<std::vector<std::string>()>;

  /// Reads standard input and shows on standard error. `interrupted` says, once, whether Ctrl-C was pressed.
  /// `history` names the file of lines that are kept.
  LineEditor(std::function<bool()> interrupted, Words words, std::string_view history_name);
  /// Keeps the history.
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  /// False if there is no such terminal; then nothing else may be called.
  [[nodiscard]] bool usable() const;

  enum class Got { Line, End, Interrupted };
  /// One line, without its end.
  [[nodiscard]] Got next(std::string_view prompt, std::string& line);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What `word` becomes when it is completed: what all of `words` that begin with it have in common. `choices`
/// are these, sorted, each once.
[[nodiscard]] std::string completed(std::string_view word, const std::vector<std::string>& words,
                                    std::vector<std::string>& choices);

}  // namespace chain::cli
