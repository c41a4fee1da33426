// Passing what is no code in source code: strings and comments. Internal to runtime/documents.
#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/documents/languages.h"

namespace chain::documents {

enum class Lexeme : uint8_t { Code, Comment, String };

class CodeScanner {
 public:
  CodeScanner(std::string_view code, const Language& language) : code_(code), language_(language) {}

  /// Passes a comment, a string, or one byte of code at `at`, which is moved behind it, but never beyond
  /// `end`. What never ends goes to the end of its line, or of the code if it may have several lines.
  Lexeme pass(uint64_t& at, uint64_t end) const;

 private:
  [[nodiscard]] bool is(uint64_t at, std::string_view what) const {
    return code_.substr(at).starts_with(what);
  }
  [[nodiscard]] char before(uint64_t at) const { return at > 0 ? code_[at - 1] : '\n'; }
  [[nodiscard]] uint64_t line_end(uint64_t at) const;
  [[nodiscard]] uint64_t behind(std::string_view what, uint64_t from) const;
  [[nodiscard]] uint64_t quoted_end(uint64_t at, bool many_lines) const;
  [[nodiscard]] uint64_t string_end(uint64_t at) const;
  [[nodiscard]] uint64_t single_quote_end(uint64_t at) const;
  [[nodiscard]] uint64_t raw_end(uint64_t at) const;
  [[nodiscard]] uint64_t regex_end(uint64_t at) const;

  std::string_view code_;
  const Language& language_;
};

}  // namespace chain::documents
