// Parts of the JSON that a tool is answered with. Internal to runtime/tool.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/program/program.h"

namespace chain::tool {

/// The part of `json` to which `path` leads, names of members and places in lists joined by points
/// ("data.items.0"), as it is written. Nothing if there is none; then `error` says what is there instead, as
/// what follows "it".
[[nodiscard]] std::optional<std::string_view> json_at(std::string_view json, std::string_view path,
                                                      std::string& error);

/// What `tool` answers with, of an answer's `text`: all of it, or by the option `at`, of which a text is
/// decoded for a tool that gives one. Nothing, and `error`, a clause, if that is not there; for a tool whose
/// type is optional it is `null` then.
[[nodiscard]] std::optional<std::string> selected(const program::Program& program,
                                                  const program::External& tool, std::string text,
                                                  std::string& error);

/// The option `name` of `tool`, a constant text; empty if it is not there.
[[nodiscard]] std::string text_option(const program::External& tool, std::string_view name);

}  // namespace chain::tool
