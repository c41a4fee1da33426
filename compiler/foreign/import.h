// Prompt files of other tools, made into `.chain` files.
//
// Dotprompt: https://google.github.io/dotprompt. Prompty: https://prompty.ai, versions 1 and 2.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/foreign/shape.h"

namespace chain::foreign {

enum class Format : uint8_t { Dotprompt, Prompty };

/// By the file's ending: `.prompt`, `.prompty`.
[[nodiscard]] std::optional<Format> format_of(std::string_view path);

struct Imported {
  std::string text;             // a `.chain` file, not yet in the standard layout
  std::vector<Remark> remarks;  // what could not be carried over, and what had to be decided
};

/// `path` gives the prompt its name where the file does not. Nothing, and a message with its line, if the
/// front matter cannot be read, or the text is no UTF-8 or larger than 4 MB.
[[nodiscard]] std::optional<Imported> import_prompt(std::string_view path, std::string_view text,
                                                    Format format, std::string& error);

}  // namespace chain::foreign
