#include "runtime/sched/pick.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <string>

#include "runtime/retrieve/words.h"
#include "runtime/value/local_hash.h"

namespace chain::sched {

namespace {

using Counts = std::map<std::string, uint32_t, std::less<>>;

/// `find_order` and `findOrder` are words as well as names.
std::string name_in_words(std::string_view name) {
  std::string words;
  for (const char c : name) {
    const bool capital = c >= 'A' && c <= 'Z';
    if (capital && !words.empty()) words += ' ';
    words += c == '_' || c == '.' || c == '@' ? ' ' : c;
  }
  return words;
}

std::string text_of(const program::TypeTable& types, const program::AgentTool& tool) {
  std::string text = name_in_words(tool.source) + ' ' + name_in_words(tool.name) + ". " + tool.doc;
  for (const program::Field& field : types[tool.parameters].fields)
    text += "\n" + name_in_words(field.name) + ' ' + field.doc;
  return text;
}

Counts counts_of(std::string_view text) {
  Counts counts;
  retrieve::words(text, [&](std::string_view word, size_t, size_t) {
    auto found = counts.find(word);
    if (found == counts.end()) found = counts.emplace(word, 0).first;
    ++found->second;
  });
  return counts;
}

std::vector<double> by_words(const std::vector<std::string>& texts, std::string_view question) {
  constexpr double k1 = 1.2, b = 0.75;
  std::vector<Counts> all;
  std::vector<double> lengths;
  for (const std::string& text : texts) {
    all.push_back(counts_of(text));
    double length = 0;
    for (const auto& [word, count] : all.back()) length += count;
    lengths.push_back(length);
  }
  const double size = static_cast<double>(texts.size());
  const double average = std::max(1.0, std::accumulate(lengths.begin(), lengths.end(), 0.0) / size);
  std::vector<double> scores(texts.size(), 0);
  for (const auto& [word, times] : counts_of(question)) {
    const auto has = [&](const Counts& counts) { return counts.contains(word); };
    const auto holding = static_cast<double>(std::ranges::count_if(all, has));
    const double idf = std::log(1 + (size - holding + 0.5) / (holding + 0.5));
    for (size_t i = 0; i < all.size(); ++i) {
      const auto found = all[i].find(word);
      if (found == all[i].end()) continue;
      const double often = found->second;
      scores[i] += idf * often * (k1 + 1) / (often + k1 * (1 - b + b * lengths[i] / average));
    }
  }
  return scores;
}

std::vector<double> by_features(const std::vector<std::string>& texts, std::string_view question) {
  const value::LocalHash asked = value::local_hash(question);
  std::vector<double> scores;
  for (const std::string& text : texts) scores.push_back(value::cosine(asked, value::local_hash(text)));
  return scores;
}

/// What does not fit at all has no rank.
void add_ranks(const std::vector<double>& scores, std::vector<double>& sums) {
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, std::greater(), [&](size_t i) { return scores[i]; });
  for (size_t rank = 0; rank < order.size() && scores[order[rank]] > 0; ++rank)
    sums[order[rank]] += 1 / (60.0 + static_cast<double>(rank));
}

}  // namespace

std::vector<uint32_t> picked_tools(const program::TypeTable& types, const program::Agent& agent,
                                   std::string_view question) {
  std::vector<uint32_t> all, handoffs, left;
  std::vector<std::string> texts;
  for (uint32_t i = 0; i < agent.tools.size(); ++i) {
    all.push_back(i);
    (agent.tools[i].handoff ? handoffs : left).push_back(i);
    if (!agent.tools[i].handoff) texts.push_back(text_of(types, agent.tools[i]));
  }
  if (agent.pick == 0 || left.size() <= agent.pick) return all;
  std::vector<double> sums(left.size(), 0);
  add_ranks(by_words(texts, question), sums);
  add_ranks(by_features(texts, question), sums);
  std::vector<size_t> order(left.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, std::greater(), [&](size_t i) { return sums[i]; });
  order.resize(agent.pick);
  std::set<uint32_t> picked(handoffs.begin(), handoffs.end());
  for (const size_t each : order) picked.insert(left[each]);
  return {picked.begin(), picked.end()};
}

}  // namespace chain::sched
