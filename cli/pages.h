// The pages of docs/errors, built into the program.
#pragma once

#include <span>
#include <string_view>

namespace chain::cli {

struct Page {
  std::string_view code;  // "E0101"
  std::string_view text;  // Markdown
};

/// Every page, by code. Made from docs/errors/*.md by EmbedPages.cmake.
[[nodiscard]] std::span<const Page> pages();

}  // namespace chain::cli
