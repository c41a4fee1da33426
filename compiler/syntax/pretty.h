// A pretty-printer: a document of text and places where lines may break, laid out in a given width. Linear in
// the size of the document, after Oppen, "Prettyprinting" (1980).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace chain::syntax {

class Document {
 public:
  void text(std::string text);
  /// Goes to the end of the line it comes to stand on; it ends that line.
  void comment(std::string text);
  /// Text of several lines whose look depends on where it stands: `lines` gets the indentation of the line it
  /// begins on. `width` is what its first line takes.
  void lines(std::function<std::string(int indent)> lines, int width);

  /// In a group that fits on the line, `flat`; else a new line.
  void line(std::string flat);
  /// A new line if what follows, up to the next place to break, does not fit; else a space.
  void fill();
  /// A new line always, after `blank` empty ones. Every group around it breaks.
  void hard_line(int blank = 0);
  /// Text only if the innermost group fits on its line, or only if it does not.
  void if_flat(std::string text);
  void if_broken(std::string text);

  /// A line that is too long rather breaks in an `open_ended` group at its end than before it.
  void begin_group(bool open_ended = false);
  void end_group();
  /// Every group that is open will break.
  void break_groups();
  void indent();
  void dedent();

  [[nodiscard]] std::string print(int width) const;

 private:
  friend class Printer;
  enum class Kind : uint8_t {
    Text,
    Comment,
    Lines,
    Line,
    Fill,
    Hard,
    IfFlat,
    IfBroken,
    Begin,
    End,
    Indent,
    Dedent
  };
  struct Item {
    Kind kind;
    bool broken = false;      // Begin: must break
    bool open_ended = false;  // Begin
    int number = 0;           // Hard: blank lines; Lines: width
    std::string text;
    std::function<std::string(int)> lines;
  };
  Item& add(Kind kind, std::string text = {});

  std::vector<Item> items_;
  std::vector<size_t> open_;
};

/// Columns that `text` takes: its code points.
[[nodiscard]] int columns(std::string_view text);

}  // namespace chain::syntax
