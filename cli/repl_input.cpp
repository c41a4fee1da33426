#include "cli/repl_input.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <span>
#include <utility>
#include <vector>

#include "cli/output.h"

namespace chain::cli {
namespace {

bool is_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

/// Follows brackets, strings, and the code inside strings.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  /// Whether something is still open at the end.
  bool open() {
    while (at_ < text_.size()) {
      if (in_string()) {
        string();
      } else {
        code();
      }
    }
    // A string that ends with the text ends with its line.
    if (in_string() && levels_.back() != Level::Block) levels_.pop_back();
    return !levels_.empty();
  }

  /// The last character of the code that is neither blank nor comment.
  [[nodiscard]] size_t last() const { return last_; }

 private:
  enum class Level : char { Bracket, Hole, Text, Block, RawText };

  [[nodiscard]] bool sees(std::string_view word) const { return text_.substr(at_).starts_with(word); }
  [[nodiscard]] bool in_string() const { return !levels_.empty() && levels_.back() >= Level::Text; }

  void code() {
    const char c = text_[at_];
    if (sees("//")) {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (sees("/*")) {
      const size_t end = text_.find("*/", at_ + 2);
      if (end == std::string_view::npos) levels_.push_back(Level::Bracket);  // never closed
      at_ = end == std::string_view::npos ? text_.size() : end + 2;
    } else if (c == '"') {
      last_ = at_;
      const bool raw = at_ > 0 && text_[at_ - 1] == 'r' && (at_ < 2 || !is_name(text_[at_ - 2]));
      const bool block = sees("\"\"\"");
      levels_.push_back(block ? Level::Block : raw ? Level::RawText : Level::Text);
      at_ += block ? 3 : 1;
    } else {
      if (std::isspace(static_cast<unsigned char>(c)) == 0) last_ = at_;
      bracket(c);
      ++at_;
    }
  }

  void bracket(char c) {
    if (c == '(' || c == '[' || c == '{') levels_.push_back(Level::Bracket);
    if (c != ')' && c != ']' && c != '}') return;
    if (levels_.empty()) return;  // one too many: the parser says so
    if (levels_.back() == Level::Hole) {
      if (sees("}}") || sees("%}")) ++at_;
      levels_.pop_back();
    } else {
      levels_.pop_back();
    }
  }

  void string() {
    const Level level = levels_.back();
    const char c = text_[at_];
    if (level != Level::RawText && (sees("{{") || sees("{%"))) {
      levels_.push_back(Level::Hole);
      at_ += 2;
    } else if (c == '\\' && level != Level::RawText) {
      at_ += 2;
    } else if (level == Level::Block && sees("\"\"\"")) {
      end_of_string(3);
    } else if (level != Level::Block && (c == '"' || c == '\n')) {
      end_of_string(1);  // at the end of a line too: the parser says what is missing
    } else {
      ++at_;
    }
  }

  void end_of_string(size_t size) {
    last_ = at_ + size - 1;
    at_ += size;
    levels_.pop_back();
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t last_ = 0;
  std::vector<Level> levels_;
};

std::string_view word_at(std::string_view text, size_t at) {
  size_t end = at;
  while (end < text.size() && is_name(text[end])) ++end;
  return text.substr(at, end - at);
}

size_t skip_blanks(std::string_view text, size_t at) {
  while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at])) != 0) ++at;
  return at;
}

/// Behind blanks and comments.
size_t begin_of_code(std::string_view text) {
  size_t at = skip_blanks(text, 0);
  while (text.substr(at).starts_with("//") || text.substr(at).starts_with("/*")) {
    const bool line = text[at + 1] == '/';
    const size_t end = text.find(line ? "\n" : "*/", at);
    if (end == std::string_view::npos) return text.size();
    at = skip_blanks(text, end + (line ? 1 : 2));
  }
  return at;
}

constexpr std::array<std::string_view, 18> kDeclarations = {
    "import",  "type", "enum", "const",  "fn",    "template", "model", "index", "memory",
    "dataset", "mcp",  "a2a",  "prompt", "chain", "tool",     "agent", "route", "profile"};

constexpr std::array<std::string_view, 4> kStatements = {"repeat", "return", "break", "expect"};

bool among(std::span<const std::string_view> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// The `=` of an assignment, at bracket depth 0 on the same line; npos if there is none.
size_t equals_sign(std::string_view text, size_t at) {
  for (; at < text.size() && text[at] != '\n'; ++at) {
    if (text[at] == '"' || text[at] == '(' || text[at] == '{') return std::string_view::npos;
    const bool alone = text[at] == '=' && text.substr(at, 2) != "==" && text.substr(at, 2) != "=>" &&
                       (at == 0 || std::string_view("=!<>").find(text[at - 1]) == std::string_view::npos);
    if (alone) return at;
  }
  return std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
  const size_t begin = skip_blanks(text, 0);
  size_t end = text.size();
  while (end > begin && std::isspace(static_cast<unsigned char>(text[end - 1])) != 0) --end;
  return text.substr(begin, end - begin);
}

/// `text` from `begin` on, with what stands before it made blank.
std::string blanked(std::string_view text, size_t begin) {
  std::string result(text);
  for (size_t i = 0; i < begin && i < result.size(); ++i) {
    if (result[i] != '\n') result[i] = ' ';
  }
  return result;
}

volatile std::sig_atomic_t interrupts = 0;

extern "C" void note_interrupt(int) {
  interrupts = 1;
}

}  // namespace

bool is_complete(std::string_view text) {
  Scanner scanner(text);
  if (scanner.open()) return false;
  const size_t last = scanner.last();
  if (last >= text.size()) return true;
  if (std::string_view("+*/=,|<.").find(text[last]) != std::string_view::npos) return false;
  size_t begin = last + 1;
  while (begin > 0 && is_name(text[begin - 1])) --begin;
  const std::string_view word = text.substr(begin, last + 1 - begin);
  return word != "and" && word != "or" && word != "not" && word != "in" && word != "of";
}

Input classify(std::string_view text) {
  Input input;
  const size_t begin = begin_of_code(text);
  if (begin >= text.size()) return input;
  input.text = input.whole = text;
  if (text[begin] == ':') {
    input.kind = InputKind::Command;
    input.name = word_at(text, begin + 1);
    input.text = trimmed(text.substr(begin + 1 + input.name.size()));
    return input;
  }
  const std::string_view word = word_at(text, begin);
  const size_t next = skip_blanks(text, begin + word.size());
  const bool apart = next > begin + word.size();
  const bool name_follows = apart && next < text.size() && (is_name(text[next]) || text[next] == '"');
  const std::string_view second = word_at(text, next);
  const bool operator_follows = second == "in" || second == "and" || second == "or";
  if (among(kDeclarations, word) && name_follows && !operator_follows) {
    input.kind = InputKind::Declaration;
    input.name = second;
    return input;
  }
  const bool let = (word == "let" || word == "var") && name_follows;
  const size_t name = let ? next : begin;
  const size_t after = name + word_at(text, name).size();
  const size_t equals = equals_sign(text, after);
  const std::string_view between =
      equals == std::string_view::npos ? "?" : trimmed(text.substr(after, equals - after));
  if (!word_at(text, name).empty() && (between.empty() || (let && between.front() == ':'))) {
    input.kind = let ? InputKind::Let : InputKind::Assign;
    input.name = word_at(text, name);
    if (!between.empty()) input.type = trimmed(between.substr(1));
    input.text = blanked(text, equals + 1);
    return input;
  }
  input.kind = among(kStatements, word) && name_follows ? InputKind::Statement : InputKind::Expression;
  return input;
}

LineReader::LineReader(LineEditor::Words words, std::string_view history)
    : terminal_(isatty(STDIN_FILENO) == 1) {
  struct sigaction action{};
  sigemptyset(&action.sa_mask);
  action.sa_handler = note_interrupt;  // without SA_RESTART: the read ends
  sigaction(SIGINT, terminal_ ? &action : nullptr, &before_);
  if (!terminal_ || isatty(STDERR_FILENO) != 1) return;
  editor_ = std::make_unique<LineEditor>([] { return std::exchange(interrupts, 0) != 0; }, std::move(words),
                                         history);
  if (!editor_->usable()) editor_.reset();
}

LineReader::~LineReader() {
  editor_.reset();  // puts the terminal back
  sigaction(SIGINT, &before_, nullptr);
}

LineReader::Got LineReader::next(std::string_view prompt, std::string& line) {
  if (editor_) return editor_->next(prompt, line);
  if (terminal_) say(prompt);
  for (;;) {
    if (const size_t end = buffer_.find('\n'); end != std::string::npos) {
      line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      if (line.ends_with('\r')) line.pop_back();
      return Got::Line;
    }
    if (ended_) {
      line = std::exchange(buffer_, {});
      return line.empty() ? Got::End : Got::Line;
    }
    char bytes[4096];
    const ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
    if (count > 0) {
      buffer_.append(bytes, static_cast<size_t>(count));
    } else if (count < 0 && errno == EINTR) {
      if (!std::exchange(interrupts, 0)) continue;
      buffer_.clear();
      say("\n");
      return Got::Interrupted;
    } else {
      ended_ = true;
    }
  }
}

}  // namespace chain::cli
