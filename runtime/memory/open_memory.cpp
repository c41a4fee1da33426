#include "runtime/memory/open_memory.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "runtime/retrieve/local_hash.h"

namespace chain::memory {
namespace {

using store::MemoryFilter;
using store::MemoryRow;

/// As in searches of indexes: of reciprocal rank fusion (Cormack, Clarke and Buettcher 2009), how little the
/// first ranks differ; how much hashed words count beside words; how many of each list are looked at.
constexpr double kFusion = 60, kLocalHashWeight = 0.3;
constexpr size_t kCandidates = 10, kLeastCandidates = 50;
/// Of one owner so many vectors are compared, the newest ones: a recall takes as long as these are many.
/// Words find what is older.
constexpr uint64_t kMostCompared = 50'000;
/// Vectors that are made within one transaction.
constexpr size_t kAtOnce = 512;
/// Entries that are looked at at once to be summed up.
constexpr uint64_t kMostOpen = 1024;

double cosine(std::span<const float> left, std::span<const float> right) {
  if (left.size() != right.size()) return 0;
  double dot = 0, of_left = 0, of_right = 0;
  for (size_t i = 0; i < left.size(); ++i) {
    dot += double{left[i]} * double{right[i]};
    of_left += double{left[i]} * double{left[i]};
    of_right += double{right[i]} * double{right[i]};
  }
  const double length = std::sqrt(of_left * of_right);
  return length > 0 && std::isfinite(dot) ? dot / length : 0;
}

struct Ranked {
  int64_t id = 0;
  double score = 0;
};

bool is_better(const Ranked& left, const Ranked& right) {
  return left.score > right.score || (left.score == right.score && left.id > right.id);  // the newer one
}

void add(std::map<int64_t, double>& scores, const std::vector<Ranked>& list, double weight) {
  for (size_t i = 0; i < list.size(); ++i)
    scores[list[i].id] += weight / (kFusion + static_cast<double>(i) + 1);
}

}  // namespace

Entry entry_of(MemoryRow row, double score) {
  return {.id = row.id,
          .time = row.time,
          .role = row.role,
          .text = std::move(row.text),
          .source = std::move(row.source),
          .run = std::move(row.run),
          .untrusted = row.untrusted,
          .score = score};
}

size_t batch_of(const MemorySettings& settings) {
  return std::max<size_t>(1, settings.window / 2);
}

bool OpenMemory::open(std::string& error) {
  if (!file_) file_ = open_file(settings_, error);
  return file_ != nullptr;
}

bool OpenMemory::fail(std::string& error) const {
  error = file_->why();
  return false;
}

bool OpenMemory::keep(const std::vector<MemoryRow>& rows, std::string& error) {
  uint64_t added = 0;
  if (!open(error)) return false;
  if (!file_->add(rows, added)) return fail(error);
  if (rows.empty() || asks_model()) return true;
  std::vector<MemoryRow> bare;
  return without_vector({.user = rows.front().user, .session = rows.front().session}, SIZE_MAX, bare, error);
}

bool OpenMemory::without_vector(const MemoryFilter& filter, size_t most, std::vector<MemoryRow>& rows,
                                std::string& error) {
  if (!open(error)) return false;
  const size_t at_once = asks_model() ? most : kAtOnce;
  while (true) {
    rows.clear();
    if (!file_->without_vector(settings_.embedder, filter, at_once, rows)) return fail(error);
    if (asks_model() || rows.empty()) return true;
    std::vector<std::pair<int64_t, std::vector<float>>> vectors;
    for (const MemoryRow& row : rows)
      vectors.emplace_back(row.id, retrieve::local_hash(row.text, settings_.dimensions));
    if (!put_vectors(vectors, error)) return false;
  }
}

bool OpenMemory::put_vectors(const std::vector<std::pair<int64_t, std::vector<float>>>& vectors,
                             std::string& error) {
  if (vectors.empty()) return true;
  if (!file_->begin()) return fail(error);
  for (const auto& [id, vector] : vectors) {
    if (file_->put_vector(id, settings_.embedder, vector)) continue;
    (void)fail(error);
    file_->roll_back();
    return false;
  }
  return file_->commit() || fail(error);
}

bool OpenMemory::recall(const MemoryFilter& filter, std::string_view query, std::vector<float> vector,
                        uint32_t top, std::vector<Entry>& entries, std::string& error) {
  std::vector<MemoryRow> bare;
  if (!open(error)) return false;
  if (!file_->only_reads() && !without_vector(filter, 1, bare, error)) return false;
  if (!asks_model()) vector = retrieve::local_hash(query, settings_.dimensions);
  std::vector<int64_t> ids;
  if (!file_->ids(filter, ids)) return fail(error);
  const size_t most = std::max(kLeastCandidates, kCandidates * top);
  std::vector<store::WordHit> hits;
  if (!file_->find_words(query, most, ids, hits)) return fail(error);
  std::vector<Ranked> words, near;
  for (const store::WordHit& hit : hits) words.push_back({hit.id, hit.score});
  const bool read = file_->each_vector(settings_.embedder, filter, kMostCompared,
                                       [&](int64_t id, std::span<const float> each) {
                                         const double score = cosine(vector, each);
                                         if (score > 0) near.push_back({id, score});
                                       });
  if (!read) return fail(error);
  std::ranges::sort(near, is_better);
  near.resize(std::min(near.size(), most));
  std::map<int64_t, double> scores;
  add(scores, words, 1);
  add(scores, near, asks_model() ? 1 : kLocalHashWeight);
  std::vector<Ranked> ranked;
  for (const auto& [id, score] : scores) ranked.push_back({id, score});
  std::ranges::sort(ranked, is_better);
  for (const Ranked& each : ranked) {
    if (entries.size() == top) break;
    if (auto row = file_->entry(each.id)) entries.push_back(entry_of(*std::move(row), each.score));
  }
  return true;
}

bool OpenMemory::stand(const Owner& owner, Standing& standing, std::string& error) {
  if (!open(error)) return false;
  MemoryFilter filter = entries_of(settings_, owner);
  standing.summary = file_->summary(owner.user, settings_.of_user ? "" : owner.session);
  if (!file_->last(filter, settings_.window, standing.window)) return fail(error);
  // Without a model that sums up, what is older is searched for alone.
  if (settings_.summary_model == UINT32_MAX) return true;
  if (!standing.window.empty()) filter.before_id = standing.window.front().id;
  filter.after_id = standing.summary ? standing.summary->upto : 0;
  const auto add = [&](MemoryRow row) { standing.open.push_back(std::move(row)); };
  return file_->list(filter, add, kMostOpen) || fail(error);
}

bool OpenMemory::put_summary(const Owner& owner, int64_t before, const store::MemorySummary& summary,
                             std::string& error) {
  if (!open(error)) return false;
  return file_->put_summary(owner.user, settings_.of_user ? "" : owner.session, before, summary) ||
         fail(error);
}

}  // namespace chain::memory
