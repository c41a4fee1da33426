#include "cli/report.h"

#include <fmt/format.h>
#include <unistd.h>

#include <iterator>

#include "cli/output.h"
#include "cli/terminal.h"
#include "compiler/diagnostics/render.h"

namespace chain::cli {
namespace {

/// A line of a file, from 1; nothing if it cannot be read.
std::optional<std::string> line_of(const std::string& path, uint32_t number) {
  std::string ignored;
  const auto text = read_file(path, ignored, size_t{4} << 20);
  if (!text) return std::nullopt;
  size_t begin = text->starts_with("\xEF\xBB\xBF") ? 3 : 0;
  for (uint32_t line = 1; line < number; ++line) {
    begin = text->find('\n', begin);
    if (begin == std::string::npos) return std::nullopt;
    ++begin;
  }
  std::string line = text->substr(begin, text->find('\n', begin) - begin);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

/// What stands before `column` (from 1, in code points).
std::string_view before(std::string_view line, uint32_t column) {
  size_t end = 0;
  for (uint32_t count = 1; count < column && end < line.size(); ++count) {
    ++end;
    while (end < line.size() && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) ++end;
  }
  return line.substr(0, end);
}

/// The source line with a caret under the column. Lines that do not fit are left out.
std::string excerpt(const std::string& path, uint32_t line, uint32_t column) {
  constexpr size_t kLongest = 200;
  const auto text = line_of(path, line);
  if (!text || text->size() > kLongest) return "";
  std::string indent(before(*text, column));
  const size_t width = display_width(printable(indent));
  std::string shown = *text;
  for (char& c : shown) c = c == '\t' ? ' ' : c;
  const std::string number = std::to_string(line);
  return fmt::format(" {} | {}\n {} | {}^\n", number, printable(shown), std::string(number.size(), ' '),
                     std::string(width, ' '));
}

}  // namespace

void report(const Diagnostics& diagnostics, const SourceMap& sources) {
  say(render_text(diagnostics, sources, {.color = has_color(STDERR_FILENO)}));
}

void report(const sched::RunError& error, const program::Program& program) {
  const bool color = has_color(STDERR_FILENO);
  std::string text = fmt::format("{}error{}: {}: {}\n", color ? "\x1b[1;31m" : "", color ? "\x1b[0m" : "",
                                 program::to_string(error.kind), printable(error.message));
  auto to = std::back_inserter(text);
  if (!error.path.empty()) fmt::format_to(to, "  in {}\n", printable(error.path));
  if (error.line > 0 && error.file < program.files.size()) {
    const std::string& path = program.files[error.file];
    fmt::format_to(to, "  at {}:{}:{}\n", printable(path), error.line, error.column);
    text += excerpt(path, error.line, error.column);
  }
  say(text);
}

}  // namespace chain::cli
