// Texts laid out in a width: centred, wrapped. Widths count code points.
#include "runtime/library/call.h"
#include "runtime/library/code_points.h"

namespace chain::library {

namespace {

/// Breaks one line after another; each is read once.
class Wrapping {
 public:
  explicit Wrapping(uint64_t width) : width_(width) {}

  void line(std::string_view text) {
    used_ = 0;
    bool first = true;
    while (!text.empty()) {
      const size_t begin = std::min(text.find_first_not_of(' '), text.size());
      const size_t end = std::min(text.find(' ', begin), text.size());
      if (begin < end) word(text.substr(0, begin), text.substr(begin, end - begin), first);
      text.remove_prefix(end);
      first = false;
    }
  }
  void next_line() { result_ += '\n'; }
  [[nodiscard]] const std::string& result() const { return result_; }

 private:
  void word(std::string_view spaces, std::string_view word, bool first) {
    const uint64_t length = count_code_points(word);
    if (used_ + spaces.size() + length <= width_) {
      result_.append(spaces).append(word);
      used_ += spaces.size() + length;
      return;
    }
    if (!first) next_line();
    for (uint64_t left = length; left > width_; left -= width_) {
      const size_t cut = offset_of(word, width_);
      result_.append(word.substr(0, cut));
      next_line();
      word.remove_prefix(cut);
    }
    result_.append(word);
    used_ = count_code_points(word);
  }

  uint64_t width_;
  uint64_t used_ = 0;  // of the line being written
  std::string result_;
};

void append_times(std::string& text, std::string_view fill, uint64_t times) {
  for (; times > 0; --times) text += fill;
}

}  // namespace

LIBRARY(chain_lib_center) {
  const std::string_view text = call.text(0);
  const auto width = call.get<int64_t>(1);
  const std::string_view fill = call.text(2);
  if (count_code_points(fill) != 1) return call.fail("`fill` must be one character");
  const uint64_t length = count_code_points(text);
  if (width <= 0 || static_cast<uint64_t>(width) <= length) return call.give_part(text);
  const uint64_t count = static_cast<uint64_t>(width) - length;
  if (count > kMaxResultBytes / fill.size()) return call.fail_too_large();
  std::string result;
  append_times(result, fill, count / 2);
  result += text;
  append_times(result, fill, count - count / 2);
  return call.give_text(result);
}

LIBRARY(chain_lib_wrap) {
  std::string_view text = call.text(0);
  const auto width = call.get<int64_t>(1);
  if (width < 1) return call.fail("`width` must be 1 or more");
  Wrapping wrapping(static_cast<uint64_t>(width));
  for (;;) {
    const size_t end = std::min(text.find('\n'), text.size());
    wrapping.line(text.substr(0, end));
    if (end == text.size()) break;
    wrapping.next_line();
    text.remove_prefix(end + 1);
  }
  return call.give_text(wrapping.result());
}

}  // namespace chain::library
