#include "runtime/metrics/chrf.h"

#include <algorithm>
#include <string>
#include <vector>

#include "runtime/metrics/sequences.h"
#include "runtime/metrics/text_units.h"

namespace chain::metrics {
namespace {

constexpr uint32_t kMostOrders = 16;

/// Of one order.
struct Counts {
  double answer = 0, reference = 0, same = 0;
};
using Orders = std::vector<Counts>;

/// A text as n-grams of characters, and of words where asked for.
struct Grams {
  std::vector<GramCounts> characters, words;
};

/// Words, and the punctuation before or behind them as words of its own.
std::vector<std::string_view> words_apart(std::string_view text) {
  std::vector<std::string_view> result;
  for (const std::string_view word : words_of(text)) {
    const size_t size = word.size();
    const bool single = code_points(word.substr(0, 4)).size() == 1 && size <= 4;
    if (!single && is_ascii_punctuation(word.back())) {
      result.push_back(word.substr(0, size - 1));
      result.push_back(word.substr(size - 1));
    } else if (!single && is_ascii_punctuation(word.front())) {
      result.push_back(word.substr(0, 1));
      result.push_back(word.substr(1));
    } else {
      result.push_back(word);
    }
  }
  return result;
}

class Counter {
 public:
  explicit Counter(const ChrfOptions& options)
      : options_(options),
        characters_(std::min(options.characters, kMostOrders)),
        words_(std::min(options.words, kMostOrders)) {}

  /// `text` has to outlive the counter.
  Grams count(std::string_view text) {
    Tokens tokens;
    for (const char32_t c : code_points(text))
      if (options_.whitespace || !is_blank(c)) tokens.push_back(static_cast<uint32_t>(c));
    Grams result{characters_.count(tokens), {}};
    if (options_.words > 0) result.words = words_.count(vocabulary_.tokens(words_apart(text)));
    return result;
  }

 private:
  const ChrfOptions& options_;
  Ngrams characters_, words_;
  Vocabulary vocabulary_;
};

void compare(const std::vector<GramCounts>& answer, const std::vector<GramCounts>& reference, Orders& out) {
  for (size_t n = 0; n < answer.size(); ++n) {
    const auto of_reference = static_cast<double>(total(reference[n]));
    // What the answer has does not count where the reference is too short for it.
    out.push_back({of_reference > 0 ? static_cast<double>(total(answer[n])) : 0, of_reference,
                   static_cast<double>(matches(answer[n], reference[n]))});
  }
}

double score(const Orders& orders, const ChrfOptions& options) {
  constexpr double kEpsilon = 1e-16;
  const double factor = options.beta * options.beta;
  double sum = 0, precisions = 0, recalls = 0, count = 0;
  for (const Counts& order : orders) {
    const double precision = order.answer > 0 ? order.same / order.answer : kEpsilon;
    const double recall = order.reference > 0 ? order.same / order.reference : kEpsilon;
    const double below = factor * precision + recall;
    sum += below > 0 ? (1 + factor) * precision * recall / below : kEpsilon;
    if (order.answer == 0 || order.reference == 0) continue;
    precisions += precision;
    recalls += recall;
    ++count;
  }
  if (orders.empty()) return 0;
  if (options.epsilon) return 100 * sum / static_cast<double>(orders.size());
  if (count == 0 || precisions + recalls == 0) return 0;
  const double precision = precisions / count, recall = recalls / count;
  return 100 * ((1 + factor) * precision * recall / (factor * precision + recall));
}

std::string prepared(std::string_view text, const ChrfOptions& options) {
  return options.lowercase ? lowercase(text) : std::string(text);
}

/// Against the reference that scores best, the first of equal ones.
Orders best_of(const Segment& segment, const ChrfOptions& options) {
  std::vector<std::string> texts{prepared(segment.answer, options)};
  for (const std::string_view reference : segment.references) texts.push_back(prepared(reference, options));
  Counter counter(options);
  const Grams answer = counter.count(texts.front());
  Orders best;
  double best_score = -1;
  for (size_t i = 1; i < texts.size(); ++i) {
    const Grams reference = counter.count(texts[i]);
    Orders orders;
    compare(answer.characters, reference.characters, orders);
    compare(answer.words, reference.words, orders);
    if (const double one = score(orders, options); one > best_score) {
      best_score = one;
      best = std::move(orders);
    }
  }
  return best;
}

}  // namespace

double chrf(std::span<const Segment> segments, const ChrfOptions& options) {
  Orders sums(std::min(options.characters, kMostOrders) + std::min(options.words, kMostOrders));
  for (const Segment& segment : segments) {
    const Orders one = best_of(segment, options);
    for (size_t i = 0; i < one.size(); ++i) {
      sums[i].answer += one[i].answer;
      sums[i].reference += one[i].reference;
      sums[i].same += one[i].same;
    }
  }
  return score(sums, options);
}

}  // namespace chain::metrics
