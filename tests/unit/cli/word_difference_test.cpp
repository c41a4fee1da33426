// What has changed between two texts, word by word.
#include "cli/word_difference.h"

#include <catch2/catch.hpp>

namespace {

using chain::cli::hunks;
using chain::cli::marked;
using chain::cli::word_differences;
using chain::cli::WordRun;

/// Each place where two texts differ, a line each.
std::string shown(const std::string& before, const std::string& now) {
  std::string all;
  for (const auto& hunk : hunks(before, now)) all += (all.empty() ? "" : "\n") + marked(hunk);
  return all;
}

}  // namespace

TEST_CASE("words that are new, gone and in both") {
  CHECK(word_differences("a b c", "a x c") ==
        std::vector<WordRun>{{' ', "a "}, {'-', "b"}, {'+', "x"}, {' ', " c"}});
  CHECK(word_differences("", "") == std::vector<WordRun>{});
  CHECK(word_differences("a", "") == std::vector<WordRun>{{'-', "a"}});
  CHECK(word_differences("same words", "same words") == std::vector<WordRun>{{' ', "same words"}});
  // Punctuation is no part of a word.
  CHECK(word_differences("tickets.", "tickets, now.") ==
        std::vector<WordRun>{{' ', "tickets"}, {'+', ", now"}, {' ', "."}});
}

TEST_CASE("places where two texts differ") {
  CHECK(shown("one\ntwo\nthree\n", "one\ntwo and a half\nthree\n") == "two{+ and a half+}");
  CHECK(shown("a\nb\nc\nd\ne\nf\ng\n", "A\nb\nc\nd\ne\nf\nG\n") == "[-a-]{+A+}\n[-g-]{+G+}");
  CHECK(shown("a\n", "a\nnew line\n") == "{+new line+}");
  CHECK(shown("a\n", "a\n").empty());
}

TEST_CASE("long texts are gone and new as a whole") {
  std::string before, now;
  for (int i = 0; i < 1500; ++i) before += "a ", now += "b ";
  CHECK(word_differences(before, now) == std::vector<WordRun>{{'-', before}, {'+', now}});
}
