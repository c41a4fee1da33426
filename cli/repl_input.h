// What is typed into `chain repl`: lines, and whether they are all of an input.
#pragma once

#include <csignal>
#include <memory>
#include <string>
#include <string_view>

#include "cli/line_editor.h"

namespace chain::cli {

/// Whether `text` is a whole input: every bracket and string is closed, and it does not end with an operator.
[[nodiscard]] bool is_complete(std::string_view text);

enum class InputKind { Nothing, Command, Declaration, Let, Assign, Statement, Expression };

struct Input {
  InputKind kind = InputKind::Nothing;
  std::string name;  // Command: "type"; Let, Assign: the name; Declaration: what it declares
  std::string type;  // Let: as written; empty if it is not
  /// Expression, Let, Assign: the expression, blanks in place of what stands before it, so that places stay.
  /// Command: what follows. Else all of it.
  std::string text;
  std::string whole;  // as it was typed
};

[[nodiscard]] Input classify(std::string_view text);

/// Standard input, line by line. On a terminal it prompts, lines can be edited, and Ctrl-C drops the line.
class LineReader {
 public:
  /// `words`: what a word can be completed to. `history`: the file of lines that are kept.
  explicit LineReader(LineEditor::Words words, std::string_view history = "repl_history");
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  using Got = LineEditor::Got;
  /// One line, without its end.
  [[nodiscard]] Got next(std::string_view prompt, std::string& line);
  [[nodiscard]] bool is_terminal() const { return terminal_; }

 private:
  bool terminal_;
  std::unique_ptr<LineEditor> editor_;  // on a terminal that can do it
  bool ended_ = false;
  std::string buffer_;
  struct sigaction before_;
};

}  // namespace chain::cli
