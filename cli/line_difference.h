// What has changed between two texts, line by line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace chain::cli {

struct LineDifference {
  char mark = ' ';  // '+' is new, '-' is gone, ' ' stands around; '~' stands for lines that are left out
  std::string text;
};

/// The shortest difference (longest common subsequence), with `around` lines around each change. Texts of
/// more than 2,000 lines are shown as gone and new as a whole.
[[nodiscard]] std::vector<LineDifference> line_differences(std::string_view before, std::string_view now,
                                                           size_t around);

}  // namespace chain::cli
