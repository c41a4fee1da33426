#include "compiler/diagnostics/render.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "compiler/diagnostics/display.h"

namespace chain {
namespace {

constexpr int kWindow = 100;  // columns of a source line that are shown
constexpr int kMargin = 20;   // shown before the caret when a line is cut

struct Palette {
  std::string_view error, warning, place, mark, help, plain;
};

constexpr Palette kColors = {"\x1b[1;31m", "\x1b[1;33m", "\x1b[1m", "\x1b[1;31m", "\x1b[1;36m", "\x1b[0m"};
constexpr Palette kNoColors = {};

std::string_view word(Severity severity) {
  return severity == Severity::Error ? "error" : "warning";
}

/// The part of a line around the caret, and the run of carets under it.
struct Excerpt {
  std::string line;
  int caret_column = 0;
  int caret_width = 1;
};

struct Cell {
  Glyph glyph;
  int column;
  size_t at;
};

Excerpt excerpt_of(std::string_view line, size_t begin, size_t end) {
  // A line may be megabytes long; only what can come near the caret is looked at.
  constexpr size_t kReach = 4096;
  size_t from = begin > kReach ? begin - kReach : 0;
  while (from > 0 && from < line.size() && (static_cast<unsigned char>(line[from]) & 0xC0) == 0x80) --from;
  const size_t to = std::min(line.size(), begin + kReach);
  std::vector<Cell> cells;
  int column = 0;
  int caret = -1;
  int caret_end = -1;
  for (size_t at = from; at < to;) {
    if (at >= begin && caret < 0) caret = column;
    if (at >= end && caret_end < 0) caret_end = column;
    Cell cell{glyph_at(line, at, column), column, at};
    at += cell.glyph.bytes;
    column += cell.glyph.columns;
    cells.push_back(std::move(cell));
  }
  if (caret < 0) caret = column;
  if (caret_end < 0) caret_end = column;
  const bool whole = column <= kWindow && from == 0 && to == line.size();
  const int first = whole ? 0 : std::max(0, caret - kMargin);
  const int last = whole ? column : first + kWindow;
  Excerpt result;
  const bool cut_before = first > 0 || from > 0;
  if (cut_before) result.line = "...";
  const int shift = cut_before ? 3 - first : 0;
  int shown = 0;
  for (const Cell& cell : cells) {
    if (cell.column < first || cell.column + cell.glyph.columns > last) continue;
    if (shown == 0 && cell.column > first) result.line.append(static_cast<size_t>(cell.column - first), ' ');
    result.line += cell.glyph.text;
    ++shown;
  }
  if (last < column || to < line.size()) result.line += "...";
  result.caret_column = caret + shift;
  result.caret_width = std::max(1, std::min(caret_end, last) - caret);
  return result;
}

class TextRenderer {
 public:
  TextRenderer(const SourceMap& sources, const Palette& palette) : sources_(sources), palette_(palette) {}

  void diagnostic(const Diagnostic& item);
  void count(const Diagnostics& diagnostics, size_t errors, size_t warnings);
  std::string out;

 private:
  [[nodiscard]] std::string place(Span span) const;
  void source(Span span, char mark);
  void fix(const Fix& fix);

  const SourceMap& sources_;
  const Palette& palette_;
};

std::string TextRenderer::place(Span span) const {
  const SourceFile& file = sources_.file(span.file);
  const Position position = file.position(span.begin);
  return fmt::format("{}:{}:{}", displayable(file.path()), position.line, position.column);
}

void TextRenderer::source(Span span, char mark) {
  const SourceFile& file = sources_.file(span.file);
  if (file.text().empty()) return;  // it could not be read: there is nothing to point at
  const uint32_t number = file.position(span.begin).line;
  const std::string_view line = file.line(number);
  const uint32_t start = file.line_start(number);
  const size_t begin = std::min<size_t>(span.begin - start, line.size());
  const size_t end = std::clamp<size_t>(span.end - start, begin, line.size());
  const Excerpt excerpt = excerpt_of(line, begin, end);
  const std::string margin = std::to_string(number);
  out += fmt::format("  {} | {}\n", margin, excerpt.line);
  out += fmt::format("  {} | {}{}{}{}\n", std::string(margin.size(), ' '),
                     std::string(static_cast<size_t>(excerpt.caret_column), ' '), palette_.mark,
                     std::string(static_cast<size_t>(excerpt.caret_width), mark), palette_.plain);
}

void TextRenderer::fix(const Fix& fix) {
  const std::string message = fix.message.empty() ? "change this" : fix.message;
  out += fmt::format("  {}help:{} {}", palette_.help, palette_.plain, displayable(message));
  const std::string_view before = sources_.text(fix.span);
  const auto brief = [](std::string_view text) {
    return text.size() <= 60 && text.find('\n') == std::string_view::npos;
  };
  if (brief(before) && brief(fix.replacement)) {
    if (fix.replacement.empty()) {
      out += fmt::format(" (remove `{}`)", displayable(before));
    } else if (before.empty()) {
      out += fmt::format(" (add `{}`)", displayable(fix.replacement));
    } else {
      out += fmt::format(" (`{}` becomes `{}`)", displayable(before), displayable(fix.replacement));
    }
  }
  out += '\n';
}

void TextRenderer::diagnostic(const Diagnostic& item) {
  const std::string_view color = item.severity == Severity::Error ? palette_.error : palette_.warning;
  out += fmt::format("{}{}:{} {}{}[{}]:{} {}\n", palette_.place, place(item.span), palette_.plain, color,
                     word(item.severity), item.code, palette_.plain, displayable(item.message));
  source(item.span, '^');
  for (const Note& note : item.notes) {
    out += fmt::format("  {}{}:{} note: {}\n", palette_.place, place(note.span), palette_.plain,
                       displayable(note.message));
    source(note.span, '-');
  }
  for (const Fix& item_fix : item.fixes) fix(item_fix);
  out += '\n';
}

void TextRenderer::count(const Diagnostics& diagnostics, size_t errors, size_t warnings) {
  const auto plural = [](size_t n, std::string_view what) {
    return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
  };
  if (errors + warnings == 0) return;
  std::string line = errors > 0 ? plural(errors, "error") : "";
  if (warnings > 0) line += (line.empty() ? "" : " and ") + plural(warnings, "warning");
  if (diagnostics.dropped() > 0) line += fmt::format(" shown, {} more not", diagnostics.dropped());
  out += line + '\n';
}

nlohmann::json place_json(const SourceMap& sources, Span span) {
  const SourceFile& file = sources.file(span.file);
  const Position begin = file.position(span.begin);
  const Position end = file.position(span.end);
  return {{"file", file.path()},
          {"line", begin.line},
          {"column", begin.column},
          {"end_line", end.line},
          {"end_column", end.column}};
}

nlohmann::json json_of(const Diagnostic& item, const SourceMap& sources) {
  nlohmann::json result = place_json(sources, item.span);
  result["code"] = item.code;
  result["severity"] = word(item.severity);
  result["message"] = item.message;
  result["notes"] = nlohmann::json::array();
  for (const Note& note : item.notes) {
    nlohmann::json entry = place_json(sources, note.span);
    entry["message"] = note.message;
    result["notes"].push_back(std::move(entry));
  }
  result["fixes"] = nlohmann::json::array();
  for (const Fix& fix : item.fixes) {
    result["fixes"].push_back({{"file", sources.file(fix.span.file).path()},
                               {"begin", fix.span.begin},
                               {"end", fix.span.end},
                               {"replacement", fix.replacement},
                               {"message", fix.message}});
  }
  return result;
}

}  // namespace

std::string render_text(const Diagnostics& diagnostics, const SourceMap& sources, RenderOptions options) {
  TextRenderer renderer(sources, options.color ? kColors : kNoColors);
  size_t errors = 0;
  size_t warnings = 0;
  for (const Diagnostic* item : diagnostics.sorted()) {
    renderer.diagnostic(*item);
    ++(item->severity == Severity::Error ? errors : warnings);
  }
  renderer.count(diagnostics, errors, warnings);
  return std::move(renderer.out);
}

std::string render_json(const Diagnostics& diagnostics, const SourceMap& sources) {
  nlohmann::json result;
  result["diagnostics"] = nlohmann::json::array();
  for (const Diagnostic* item : diagnostics.sorted())
    result["diagnostics"].push_back(json_of(*item, sources));
  result["errors"] = diagnostics.error_count();
  // Text from outside may hold anything; what is not UTF-8 is shown as such.
  return result.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

}  // namespace chain
