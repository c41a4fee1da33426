// Texts to lists of texts, and back.
#include <unicode/brkiter.h>
#include <unicode/utext.h>

#include <memory>

#include "runtime/library/call.h"
#include "runtime/library/code_points.h"
#include "runtime/value/text.h"

namespace chain::library {

namespace {

struct CloseText {
  void operator()(UText* text) const { utext_close(text); }
};

/// Making one reads the rules, which takes longer than most texts; a copy for each thread is kept.
icu::BreakIterator* word_breaks() {
  thread_local const std::unique_ptr<icu::BreakIterator> breaks = [] {
    UErrorCode error = U_ZERO_ERROR;
    std::unique_ptr<icu::BreakIterator> result(
        icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), error));
    return U_SUCCESS(error) ? std::move(result) : nullptr;
  }();
  return breaks.get();
}

}  // namespace

LIBRARY(chain_lib_lines) {
  std::string_view text = call.text(0);
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return call.give_parts(lines);
}

LIBRARY(chain_lib_words) {
  const std::string_view text = call.text(0);
  if (text.size() > kMaxResultBytes) return call.fail_too_large();
  std::vector<std::string_view> words;
  icu::BreakIterator* breaks = word_breaks();
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<UText, CloseText> source(
      utext_openUTF8(nullptr, text.data() ? text.data() : "", static_cast<int64_t>(text.size()), &error));
  if (!breaks || U_FAILURE(error)) return call.fail("the text cannot be divided into words");
  breaks->setText(source.get(), error);
  if (U_FAILURE(error)) return call.fail("the text cannot be divided into words");
  int32_t begin = breaks->first();
  for (int32_t end = breaks->next(); end != icu::BreakIterator::DONE; begin = end, end = breaks->next()) {
    if (breaks->getRuleStatus() < UBRK_WORD_NONE_LIMIT) continue;  // spaces and punctuation
    words.push_back(text.substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin)));
  }
  return call.give_parts(words);
}

LIBRARY(chain_lib_chars) {
  const std::string_view text = call.text(0);
  if (count_code_points(text) > kMaxResultBytes / sizeof(Text)) return call.fail_too_large();
  std::vector<std::string_view> chars;
  for (size_t i = 0; i < text.size(); i += chars.back().size()) {
    chars.push_back(text.substr(i, front_length(text.substr(i))));
  }
  return call.give_parts(chars);
}

LIBRARY(chain_lib_join) {
  const Elements list = call.elements(0);
  const std::string_view separator = call.text(1);
  std::string result;
  for (uint64_t i = 0; i < list.size; ++i) {
    if (i > 0) result += separator;
    if (!value::append_text(call.types(), list.type, list[i], result)) return call.fail_too_deep();
    if (result.size() > kMaxResultBytes) return call.fail_too_large();
  }
  return call.give_text(result);
}

}  // namespace chain::library
