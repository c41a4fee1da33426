// What has changed between two states of a program, in the language's terms.
#pragma once

#include <string>
#include <vector>

#include "cli/program_sides.h"
#include "cli/word_difference.h"

namespace chain::cli {

/// One declaration that is new, gone, or not as it was.
struct Altered {
  std::string kind;
  std::string before, now;             // titles; one is empty if it is gone or new
  std::string verdict;                 // "MAJOR", "MINOR"; empty for what has no versions
  std::vector<std::string> why;        // what callers see of it; of a type, what has changed in it
  std::vector<Hunk> words;             // of its text
  std::vector<std::string> by_way_of;  // labels of other declarations that changed and that it is made of
};

struct Affected {
  std::string kind, title;
  std::string why;  // "calls `classify@2.1`, which is not as it was"
};

struct ProgramDifference {
  std::vector<Altered> altered;
  std::vector<Affected> affected;
  [[nodiscard]] bool empty() const { return altered.empty() && affected.empty(); }
};

[[nodiscard]] ProgramDifference difference(const Side& before, const Side& now);
/// Of two versions of one name.
[[nodiscard]] ProgramDifference difference(const Declared& before, const Side& in, const Declared& now,
                                           const Side& with);

[[nodiscard]] std::string as_text(const ProgramDifference& difference);
[[nodiscard]] std::string as_markdown(const ProgramDifference& difference);
[[nodiscard]] std::string as_json(const ProgramDifference& difference);

}  // namespace chain::cli
