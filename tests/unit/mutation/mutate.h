// Programs that are nearly right: real ones, changed in a few places along the grammar.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace chain::mutation {

/// A token and what stands between it and the one before.
struct Piece {
  std::string gap;
  std::string text;
  char bracket = 0;  // the token if it is one of ( ) [ ] { }
  bool is_name = false;
  bool is_number = false;
  bool is_string = false;
};

using Pieces = std::vector<Piece>;

[[nodiscard]] std::string text_of(const Pieces& pieces);

/// What is mutated, and where the parts come from that are put in.
struct Corpus {
  struct File {
    std::string path;
    std::string text;
    Pieces pieces;
  };
  std::vector<File> files;
  std::vector<File> right;              // those of them that are meant to be without mistakes
  std::vector<std::string> vocabulary;  // every token of the files, once
};

/// Cuts each text, known by its path, into pieces.
[[nodiscard]] Corpus corpus_of(const std::map<std::string, std::string>& texts);

struct Mutant {
  std::string origin;  // the path of the file that it was
  std::string text;
  std::string changes;  // what was done to it: "swap, deepen"
};

/// The same mutant for the same corpus and seed.
[[nodiscard]] Mutant mutant(const Corpus& corpus, uint64_t seed);

}  // namespace chain::mutation
