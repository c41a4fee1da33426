// `-a name=@path`: arguments whose values stand in files.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/program/types.h"

namespace chain::cli {

/// `settings`, of `-a`, with what a file holds in the place of each `name=@path`; `@-` is standard input,
/// once. For a string that is the file's text as it is, for an image, a sound, a video or a file its bytes as
/// a data URI, for `bytes` as base64, for any other type its text without white space around it.
/// `name=@@text` stays: it is the text `@text`. Nothing, with `error` set, if a file cannot be had. What is
/// wrong with names and values is left to `arguments_json`.
[[nodiscard]] std::optional<std::vector<std::string>> with_files(const program::TypeTable& types,
                                                                 program::TypeId parameters,
                                                                 const std::vector<std::string>& settings,
                                                                 bool stdin_read, std::string& error);

}  // namespace chain::cli
