// chrF and chrF++ (Popović 2015, 2017), equal to those of sacrebleu 2.6.
#pragma once

#include <cstdint>
#include <span>

#include "runtime/metrics/bleu.h"

namespace chain::metrics {

struct ChrfOptions {
  uint32_t characters = 6;  // the longest n-gram of characters, at most 16
  uint32_t words = 0;       // and of words, at most 16; 2 for chrF++
  double beta = 2;          // how much more recall counts than precision
  bool lowercase = false;
  bool whitespace = false;  // blanks are characters
  bool epsilon = false;     // average F over all orders, as chrF++.py does
};

/// From 0 to 100, of a whole corpus: the counts of the reference that is best for each answer are added up.
/// Linear in the size of all texts, times the orders.
[[nodiscard]] double chrf(std::span<const Segment> segments, const ChrfOptions& options = {});

}  // namespace chain::metrics
