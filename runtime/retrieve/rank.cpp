#include "runtime/retrieve/rank.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace chain::retrieve {
namespace {

constexpr size_t kCandidates = 10;       // for each passage that is wanted
constexpr size_t kLeastCandidates = 50;  // but no fewer
/// Of reciprocal rank fusion (Cormack, Clarke and Buettcher 2009): how little the first ranks differ.
constexpr double kFusion = 60;
/// If a filter leaves fewer than this share of the passages, comparing each is faster than looking for more
/// and more neighbours until enough have passed.
constexpr double kFewLeft = 0.2;

struct Filter {
  const std::vector<int64_t>* ids = nullptr;  // sorted; null for all
  [[nodiscard]] bool passes(int64_t id) const { return !ids || std::ranges::binary_search(*ids, id); }
};

std::vector<Ranked> by_words(store::PassageFile& file, const Query& query, const Filter& filter,
                             size_t count) {
  std::vector<Ranked> ranked;
  for (const store::WordHit& hit : file.find_words(query.text, count, filter.ids))
    ranked.push_back({hit.id, hit.score});
  return ranked;
}

/// What has nothing in common with the question, or is on the other side, does not answer it.
std::vector<Ranked> as_ranked(const std::vector<vectors::Hit>& hits, const Filter& filter, size_t count) {
  std::vector<Ranked> ranked;
  for (const vectors::Hit& hit : hits) {
    if (hit.score > 0 && ranked.size() < count && filter.passes(hit.id))
      ranked.push_back({hit.id, hit.score});
  }
  return ranked;
}

std::vector<Ranked> by_vectors(const vectors::VectorIndex& index, std::span<const float> embedded,
                               const Filter& filter, size_t count) {
  const size_t all = index.size();
  if (!filter.ids) return as_ranked(index.search(embedded, count), filter, count);
  const double share = static_cast<double>(filter.ids->size()) / static_cast<double>(all);
  if (share < kFewLeft) return as_ranked(index.search_among(embedded, count, *filter.ids), {}, count);
  auto wanted = static_cast<size_t>(1.2 * static_cast<double>(count) / share) + 1;
  while (true) {
    std::vector<Ranked> ranked = as_ranked(index.search(embedded, std::min(wanted, all)), filter, count);
    if (ranked.size() >= std::min(count, filter.ids->size())) return ranked;
    // Those that pass are the farther ones.
    if (wanted >= all / 4) return as_ranked(index.search_among(embedded, count, *filter.ids), {}, count);
    wanted *= 2;
  }
}

bool is_better(const Ranked& left, const Ranked& right) {
  return left.score > right.score || (left.score == right.score && left.id < right.id);
}

/// Each passage's score is the sum over the lists of weight / (60 + its place), from 1.
std::vector<Ranked> fuse(std::initializer_list<std::pair<const std::vector<Ranked>*, double>> lists) {
  std::vector<Ranked> fused;
  std::unordered_map<int64_t, size_t> places;
  for (const auto& [list, weight] : lists) {
    for (size_t i = 0; i < list->size(); ++i) {
      const auto [place, is_new] = places.emplace((*list)[i].id, fused.size());
      if (is_new) fused.push_back({(*list)[i].id, 0});
      fused[place->second].score += weight / (kFusion + static_cast<double>(i) + 1);
    }
  }
  std::ranges::sort(fused, is_better);
  return fused;
}

}  // namespace

size_t candidates_for(uint32_t top) {
  return std::max(kLeastCandidates, kCandidates * top);
}

std::vector<Ranked> rank(store::PassageFile& file, const vectors::VectorIndex* vectors,
                         std::span<const float> embedded, const Query& query) {
  std::vector<int64_t> ids;
  Filter filter;
  if (!query.where.empty()) {
    ids = file.ids_where(query.where);
    if (ids.empty()) return {};
    filter.ids = &ids;
  }
  const size_t count = candidates_for(query.top);
  const bool has_vectors =
      vectors != nullptr && vectors->size() > 0 && embedded.size() == vectors->dimensions();
  const bool wants_words = query.mode != Mode::Vectors && query.word_weight > 0;
  const bool wants_vectors = query.mode != Mode::Words && query.vector_weight > 0 && has_vectors;
  std::vector<Ranked> words, near;
  if (query.mode == Mode::Words || wants_words) words = by_words(file, query, filter, count);
  if (wants_vectors || (query.mode == Mode::Vectors && has_vectors))
    near = by_vectors(*vectors, embedded, filter, count);
  switch (query.mode) {
    case Mode::Words: return words;
    case Mode::Vectors: return near;
    case Mode::Hybrid: break;
  }
  return fuse({{&words, query.word_weight}, {&near, query.vector_weight}});
}

}  // namespace chain::retrieve
