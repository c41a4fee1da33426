// What has changed between two texts, word by word.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace chain::cli {

struct WordRun {
  char mark = ' ';  // '+' is new, '-' is gone, ' ' is in both
  std::string text;
  friend bool operator==(const WordRun&, const WordRun&) = default;
};

/// The shortest difference between the words of two texts, white space a word of its own; runs of one mark
/// are one. Texts of more than 2,000 words are gone and new as a whole.
[[nodiscard]] std::vector<WordRun> word_differences(std::string_view before, std::string_view now);

/// One place where two texts differ: whole lines.
struct Hunk {
  std::vector<WordRun> runs;
};

/// The lines that differ, each place by its words.
[[nodiscard]] std::vector<Hunk> hunks(std::string_view before, std::string_view now);

/// "You triage [-tickets-]{+support tickets+}.", without the white space that all its lines begin with.
[[nodiscard]] std::string marked(const Hunk& hunk);

}  // namespace chain::cli
