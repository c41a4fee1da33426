// What the indexes of a program are made of, as one hash.
#pragma once

#include <optional>
#include <string>

#include "compiler/graph/module.h"

namespace chain::cli {

/// SHA-256, in hexadecimal, over the names and bytes of the files that an index reads: of `documents`,
/// `jsonl`, `json` and `csv`. Nothing for what lies elsewhere (pages, databases), and, with a clause in
/// `error`, if there is nothing to read. `folder` is the project's.
[[nodiscard]] std::optional<std::string> data_hash(const graph::Resource& resource, const std::string& folder,
                                                   std::string& error);

}  // namespace chain::cli
