// How well answers from a fixed set are told apart.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chain::metrics {

/// Each from 0 to 1, and 0 where there is nothing to divide by.
struct ClassScore {
  std::string name;
  uint64_t support = 0;   // cases that are of this class
  uint64_t answered = 0;  // cases that were said to be
  uint64_t right = 0;
  double precision = 0;
  double recall = 0;
  double f1 = 0;
};

struct MeanScore {
  double precision = 0;
  double recall = 0;
  double f1 = 0;
};

/// How often each class was answered where each was expected, without the zeros: answers that are free text
/// make many classes.
struct Confusion {
  std::vector<std::string> names;                            // in the order of their bytes
  std::map<std::pair<uint32_t, uint32_t>, uint64_t> counts;  // (expected, answered), places in `names`

  [[nodiscard]] uint64_t count(uint32_t expected, uint32_t answered) const;
};

struct Classification {
  Confusion confusion;
  std::vector<ClassScore> classes;  // in the order of `confusion.names`
  double accuracy = 0;
  MeanScore macro;     // each class counts alike, if it was expected or answered at all
  MeanScore micro;     // each case counts alike; equal to the accuracy where each has one answer
  MeanScore weighted;  // each class by its support
};

/// Counts pairs as they come, so that no case has to be kept: memory goes with the number of pairs of
/// classes.
class ClassCounts {
 public:
  /// A class that should be listed even if no case is of it.
  void declare(std::string_view name);
  void add(std::string_view expected, std::string_view answered);
  [[nodiscard]] Classification result() const;

 private:
  uint32_t number_of(std::string_view name);
  std::map<std::string, uint32_t, std::less<>> numbers_;
  std::map<std::pair<uint32_t, uint32_t>, uint64_t> counts_;  // by number
};

}  // namespace chain::metrics
