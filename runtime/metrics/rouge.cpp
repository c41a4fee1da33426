#include "runtime/metrics/rouge.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "runtime/metrics/sequences.h"
#include "runtime/metrics/stem.h"
#include "runtime/metrics/text_units.h"

namespace chain::metrics {
namespace {

/// Words of a text, which it holds.
class RougeWords {
 public:
  RougeWords(std::string_view text, RougeOptions options) {
    // Lower case first: the Kelvin sign becomes a "k", which then counts.
    std::string word;
    for (const char c : lowercase(text)) {
      if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
        word += c;
      else
        end(word, options);
    }
    end(word, options);
  }
  [[nodiscard]] std::vector<std::string_view> views() const { return {words_.begin(), words_.end()}; }

 private:
  void end(std::string& word, RougeOptions options) {
    if (word.empty()) return;
    words_.push_back(options.stem && word.size() > 3 ? porter_stem(word) : std::move(word));
    word.clear();
  }
  std::vector<std::string> words_;
};

Overlap overlap(uint64_t same, uint64_t in_answer, uint64_t in_reference) {
  Overlap result;
  result.precision = static_cast<double>(same) / static_cast<double>(std::max<uint64_t>(in_answer, 1));
  result.recall = static_cast<double>(same) / static_cast<double>(std::max<uint64_t>(in_reference, 1));
  if (same > 0) result.f1 = 2 * result.precision * result.recall / (result.precision + result.recall);
  return result;
}

/// The lines of a text that have any character.
std::vector<RougeWords> lines_of(std::string_view text, RougeOptions options) {
  std::vector<RougeWords> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    if (end > begin) lines.emplace_back(text.substr(begin, end - begin), options);
    begin = end + 1;
  }
  return lines;
}

std::vector<Tokens> tokens_of(const std::vector<RougeWords>& lines, Vocabulary& vocabulary) {
  std::vector<Tokens> result;
  for (const RougeWords& line : lines) result.push_back(vocabulary.tokens(line.views()));
  return result;
}

/// Words of all lines, and how often each stands.
std::pair<uint64_t, GramCounts> count(const std::vector<Tokens>& lines) {
  std::pair<uint64_t, GramCounts> result;
  for (const Tokens& line : lines) {
    result.first += line.size();
    for (const uint32_t token : line) ++result.second[token];
  }
  return result;
}

uint64_t steps(const std::vector<Tokens>& reference, const std::vector<Tokens>& answer) {
  uint64_t columns = 0, rows = 0;
  for (const Tokens& line : answer) columns += 1 + line.size() / 64;
  for (const Tokens& line : reference) rows += 1 + line.size();
  return rows > kMostRougeSteps || columns > kMostRougeSteps ? UINT64_MAX : rows * columns;
}

}  // namespace

Overlap rouge_n(std::string_view answer, std::string_view reference, uint32_t n, RougeOptions options) {
  n = std::clamp(n, 1U, 9U);
  const RougeWords of_answer(answer, options), of_reference(reference, options);
  Vocabulary vocabulary;
  Ngrams ngrams(n);
  const GramCounts a = ngrams.count(vocabulary.tokens(of_answer.views())).back();
  const GramCounts r = ngrams.count(vocabulary.tokens(of_reference.views())).back();
  return overlap(matches(a, r), total(a), total(r));
}

std::optional<Overlap> rouge_l(std::string_view answer, std::string_view reference, RougeOptions options) {
  const RougeWords of_answer(answer, options), of_reference(reference, options);
  Vocabulary vocabulary;
  const Tokens a = vocabulary.tokens(of_answer.views()), r = vocabulary.tokens(of_reference.views());
  const auto same = common_subsequence(r, a);
  if (!same) return std::nullopt;
  return overlap(*same, a.size(), r.size());
}

std::optional<Overlap> rouge_lsum(std::string_view answer, std::string_view reference, RougeOptions options) {
  const auto answer_lines = lines_of(answer, options), reference_lines = lines_of(reference, options);
  Vocabulary vocabulary;
  const auto a = tokens_of(answer_lines, vocabulary), r = tokens_of(reference_lines, vocabulary);
  if (steps(r, a) > kMostRougeSteps) return std::nullopt;
  auto [in_answer, left_of_answer] = count(a);
  auto [in_reference, left_of_reference] = count(r);
  uint64_t same = 0;
  for (const Tokens& line : r) {
    std::set<uint32_t> places;
    for (const Tokens& other : a) {
      const auto common = common_places(line, other);
      if (!common) return std::nullopt;
      places.insert(common->begin(), common->end());
    }
    for (const uint32_t place : places) {
      uint64_t& mine = left_of_answer[line[place]];
      uint64_t& theirs = left_of_reference[line[place]];
      if (mine == 0 || theirs == 0) continue;
      ++same;
      --mine;
      --theirs;
    }
  }
  return overlap(same, in_answer, in_reference);
}

}  // namespace chain::metrics
