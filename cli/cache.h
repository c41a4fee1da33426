// The answers that are kept for later runs, as verbs see them.
#pragma once

#include <cstdint>
#include <string>

namespace chain::cli {

/// The file of kept answers, `cache.db` in the folder of artifacts; empty if there is no such folder.
[[nodiscard]] std::string answer_file();

/// "12 seconds", "1 minute", "3 days": the largest unit of which there is one.
[[nodiscard]] std::string age_text(int64_t nanoseconds);

}  // namespace chain::cli
