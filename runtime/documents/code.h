// The symbols of source code, found by brackets or indentation. Internal to runtime/documents.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chain::documents {

/// A declaration with the comment right above it, or what stands between two declarations.
struct Symbol {
  uint64_t begin = 0, end = 0;
  std::string name;  // of a function or type; empty for what is neither
  /// Of a type or namespace: where its members are, so that it can be cut between them.
  uint64_t members_begin = 0, members_end = 0;
};

/// By the name of a file; empty if it is no source code: "cpp", "python".
[[nodiscard]] std::string language_of(std::string_view path);

/// The symbols of `code` from `begin` to `end`, which are all of a file, or a symbol's members. They follow
/// each other without a gap. Code that is not well formed gives fewer symbols, never less text. In linear
/// time.
[[nodiscard]] std::vector<Symbol> find_symbols(std::string_view code, std::string_view language,
                                               uint64_t begin, uint64_t end);

}  // namespace chain::documents
