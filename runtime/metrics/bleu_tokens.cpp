// The tokenizers of mteval-v13a and mteval-v14, as sacrebleu restates them with regular expressions: each
// pass below is one of them, and like them never looks twice at a character that it has matched.
#include <unicode/uchar.h>

#include "runtime/metrics/bleu.h"
#include "runtime/metrics/text_units.h"

namespace chain::metrics {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_point(char c) {
  return c == '.' || c == ',';
}

/// Punctuation that stands for itself wherever it is: all but apostrophes, commas, dashes, points and
/// slashes, which the ranges of the original leave out, but for the slash.
bool stands_alone(char c) {
  return (c >= '{' && c <= '~') || (c >= '[' && c <= '`') || (c >= ' ' && c <= '&') ||
         (c >= '(' && c <= '+') || (c >= ':' && c <= '@') || c == '/';
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  std::string result;
  size_t begin = 0;
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, begin)) {
    result.append(text, begin, at - begin).append(to);
    begin = at + from.size();
  }
  return begin == 0 ? text : result.append(text, begin);
}

std::string apart(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (stands_alone(c)) {
      result += ' ';
      result += c;
      result += ' ';
    } else {
      result += c;
    }
  }
  return result;
}

/// Where `first` and `second` take a character and the next one, writes both with blanks between the parts
/// that `join` appends. Bytes of a character beyond ASCII are like any other that is no digit.
template <class First, class Second, class Join>
std::string pairs(std::string_view text, First first, Second second, Join join) {
  std::string result;
  size_t i = 0;
  while (i < text.size()) {
    if (i + 1 < text.size() && first(text[i]) && second(text[i + 1])) {
      join(result, text[i], text[i + 1]);
      i += 2;
    } else {
      result += text[i++];
    }
  }
  return result;
}

std::string mteval_13a(std::string_view line) {
  std::string text = replaced(std::string(line), "<skipped>", "");
  text = replaced(std::move(text), "-\n", "");
  text = replaced(std::move(text), "\n", " ");
  text = replaced(std::move(text), "&quot;", "\"");
  text = replaced(std::move(text), "&amp;", "&");
  text = replaced(std::move(text), "&lt;", "<");
  text = replaced(std::move(text), "&gt;", ">");
  text = apart(" " + text + " ");
  const auto not_digit = [](char c) { return !is_digit(c); };
  text = pairs(text, not_digit, is_point,
               [](std::string& out, char a, char b) { out.append({a, ' ', b, ' '}); });
  text = pairs(text, is_point, not_digit,
               [](std::string& out, char a, char b) { out.append({' ', a, ' ', b}); });
  text = pairs(
      text, is_digit, [](char c) { return c == '-'; },
      [](std::string& out, char a, char b) { out.append({a, ' ', b, ' '}); });
  return single_blanks(text);
}

bool is_of(char32_t c, uint32_t kinds) {
  return (U_MASK(u_charType(static_cast<UChar32>(c))) & kinds) != 0;
}

std::string international(std::string_view line) {
  const auto punctuation = [](char32_t c) { return is_of(c, U_GC_P_MASK); };
  const auto not_number = [](char32_t c) { return !is_of(c, U_GC_N_MASK); };
  std::u32string text = code_points(line), next;
  for (size_t i = 0; i < text.size(); ++i) {
    next += text[i];
    if (i + 1 < text.size() && not_number(text[i]) && punctuation(text[i + 1])) {
      next += {U' ', text[++i], U' '};
    }
  }
  text.swap(next);
  next.clear();
  for (size_t i = 0; i < text.size(); ++i) {
    if (i + 1 < text.size() && punctuation(text[i]) && not_number(text[i + 1])) {
      next += {U' ', text[i], U' '};
      ++i;
    }
    next += text[i];
  }
  std::string result;
  for (const char32_t c : next) {
    const bool symbol = is_of(c, U_GC_S_MASK);
    if (symbol) result += ' ';
    append_code_point(result, c);
    if (symbol) result += ' ';
  }
  return single_blanks(result);
}

std::string characters(std::string_view line) {
  std::string result;
  for (const char32_t c : code_points(line)) {
    if (is_blank(c)) continue;
    if (!result.empty()) result += ' ';
    append_code_point(result, c);
  }
  return result;
}

}  // namespace

std::string bleu_tokens(std::string_view line, BleuTokens tokens) {
  switch (tokens) {
    case BleuTokens::Mteval13a: return mteval_13a(line);
    case BleuTokens::International: return international(line);
    case BleuTokens::Characters: return characters(line);
    case BleuTokens::Blanks: break;
  }
  return single_blanks(line);
}

}  // namespace chain::metrics
