#include "runtime/tool/relevance.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <unordered_map>
#include <utility>

#include "runtime/retrieve/local_hash.h"
#include "runtime/retrieve/words.h"
#include "runtime/value/stop_words.h"

namespace chain::tool {
namespace {

/// As indexes have them (store/passage_words.h, retrieve/rank.cpp).
constexpr double kSaturation = 0.9, kLengthWeight = 0.4, kFusion = 60, kHashWeight = 0.3;
/// A word of the name is as many of the rest.
constexpr double kName = 3;
/// Enough that words seldom share a place: a tool is described in a few dozen.
constexpr uint32_t kDimensions = 1024;
/// Texts without a word in common come this near by chance: the runs of characters that they share, and
/// places that two features share.
constexpr double kNear = 0.12;
constexpr size_t kMostQuestion = 65536;  // bytes that are looked at

/// "findOrder" as "find Order", "HTTPServer" as "HTTP Server".
std::string parted(std::string_view name) {
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto lower = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  std::string text;
  for (size_t i = 0; i < name.size(); ++i) {
    const bool begins =
        i > 0 && upper(name[i]) &&
        (lower(name[i - 1]) || (upper(name[i - 1]) && i + 1 < name.size() && lower(name[i + 1])));
    if (begins) text += ' ';
    text += name[i];
  }
  return text;
}

using Counts = std::unordered_map<std::string, double>;

/// Adds the words of `text`, each as `weight`, and gives how many there were.
double count(std::string_view text, double weight, Counts& counts) {
  double length = 0;
  size_t before = std::string_view::npos;
  retrieve::words(text, [&](std::string_view word, size_t begin, size_t) {
    counts[std::string(word)] += weight;
    if (begin != before) length += weight;  // else another form of the same word
    before = begin;
  });
  return length;
}

struct Document {
  Counts counts;
  double length = 0;
};

Document document_of(const ToolText& tool) {
  Document document;
  document.length = count(parted(tool.name), kName, document.counts) + count(tool.doc, 1, document.counts) +
                    count(tool.parameters, 1, document.counts);
  return document;
}

/// Without those that every text has, unless there are no others.
std::set<std::string> terms_of(std::string_view question) {
  Counts all, stop_words;
  count(question, 1, all);
  count(value::kStopWords, 1, stop_words);
  std::set<std::string> terms;
  for (const auto& [word, times] : all)
    if (!stop_words.contains(word)) terms.insert(word);
  if (terms.empty())
    for (const auto& [word, times] : all) terms.insert(word);
  return terms;
}

void sort(std::vector<Relevance>& list) {
  std::ranges::sort(list, [](const Relevance& left, const Relevance& right) {
    return left.score > right.score || (left.score == right.score && left.tool < right.tool);
  });
}

std::vector<Relevance> by_words(std::span<const ToolText> tools, std::string_view question) {
  std::vector<Document> documents;
  double sum = 0;
  for (const ToolText& tool : tools) sum += documents.emplace_back(document_of(tool)).length;
  const double all = static_cast<double>(tools.size()), average = std::max(sum / std::max(all, 1.0), 1.0);
  std::vector<double> scores(tools.size());
  for (const std::string& term : terms_of(question)) {
    const auto with = static_cast<double>(std::ranges::count_if(
        documents, [&](const Document& document) { return document.counts.contains(term); }));
    const double weight = std::log(1 + (all - with + 0.5) / (with + 0.5));
    for (size_t i = 0; i < documents.size(); ++i) {
      const auto found = documents[i].counts.find(term);
      if (found == documents[i].counts.end()) continue;
      const double length = 1 - kLengthWeight + kLengthWeight * documents[i].length / average;
      scores[i] += weight * found->second / (found->second + kSaturation * length);
    }
  }
  std::vector<Relevance> list;
  for (size_t i = 0; i < scores.size(); ++i)
    if (scores[i] > 0) list.push_back({static_cast<uint32_t>(i), scores[i]});
  sort(list);
  return list;
}

std::vector<Relevance> by_hashes(std::span<const ToolText> tools, std::string_view question) {
  const std::vector<float> asked = retrieve::local_hash(question, kDimensions);
  std::vector<Relevance> list;
  for (size_t i = 0; i < tools.size(); ++i) {
    const std::string text = parted(tools[i].name) + '\n' + tools[i].doc + '\n' + tools[i].parameters;
    const std::vector<float> hash = retrieve::local_hash(text, kDimensions);
    const double near = std::inner_product(asked.begin(), asked.end(), hash.begin(), 0.0);
    if (near >= kNear) list.push_back({static_cast<uint32_t>(i), near});
  }
  sort(list);
  return list;
}

}  // namespace

std::vector<Relevance> relevant_tools(std::span<const ToolText> tools, std::string_view question) {
  question = question.substr(0, kMostQuestion);
  std::vector<double> scores(tools.size());
  const auto add = [&](const std::vector<Relevance>& list, double weight) {
    for (size_t i = 0; i < list.size(); ++i)
      scores[list[i].tool] += weight / (kFusion + static_cast<double>(i) + 1);
  };
  add(by_words(tools, question), 1);
  add(by_hashes(tools, question), kHashWeight);
  std::vector<Relevance> fused;
  for (size_t i = 0; i < scores.size(); ++i)
    if (scores[i] > 0) fused.push_back({static_cast<uint32_t>(i), scores[i]});
  sort(fused);
  return fused;
}

std::vector<uint32_t> most_relevant(std::span<const ToolText> tools, std::string_view question, size_t most) {
  std::vector<uint32_t> places;
  std::vector<bool> taken(tools.size());
  for (const Relevance& each : relevant_tools(tools, question)) {
    if (places.size() == most) return places;
    places.push_back(each.tool);
    taken[each.tool] = true;
  }
  for (uint32_t i = 0; i < tools.size() && places.size() < most; ++i)
    if (!taken[i]) places.push_back(i);
  return places;
}

}  // namespace chain::tool
