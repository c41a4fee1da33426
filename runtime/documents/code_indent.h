// Symbols of Python, by indentation. Internal to runtime/documents.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "runtime/documents/code.h"
#include "runtime/documents/languages.h"

namespace chain::documents {

/// As `find_symbols`.
[[nodiscard]] std::vector<Symbol> find_indented(std::string_view code, const Language& language,
                                                uint64_t begin, uint64_t end);

}  // namespace chain::documents
