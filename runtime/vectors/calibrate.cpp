#include "runtime/vectors/calibrate.h"

#include <algorithm>
#include <numeric>

namespace chain::vectors {
namespace {

constexpr size_t kQueries = 200;
constexpr size_t kTop = 10;
constexpr double kRecall = 0.95;

/// `count` of the rows, evenly apart.
Lines some_rows(const View& rows, size_t count) {
  Lines some = lines_for(count, rows.width);
  for (size_t i = 0; i < count; ++i)
    std::copy_n(rows.row(i * rows.count / count), rows.width, floats_of(some) + i * rows.width);
  return some;
}

/// The nearest of each query, by comparing all: block by block, so that each block is read from memory once.
std::vector<std::vector<Hit>> nearest_of_all(const View& rows, std::span<const int64_t> ids,
                                             const View& queries, size_t top) {
  constexpr size_t kBlock = 256;
  std::vector<Best> best(queries.count, Best(top));
  for (size_t begin = 0; begin < rows.count; begin += kBlock) {
    const size_t count = std::min(kBlock, rows.count - begin);
    const View block{rows.row(begin), rows.step, rows.width, count};
    for (size_t i = 0; i < queries.count; ++i)
      scan(block, ids.subspan(begin, count), queries.row(i), best[i]);
  }
  std::vector<std::vector<Hit>> all;
  for (Best& one : best) all.push_back(one.take_all());
  return all;
}

/// Moves each query half-way to one of its nearest rows: a row itself would be found too easily.
void move_between(const View& rows, Lines& queries, const View& view) {
  constexpr size_t kNeighbour = 5;
  std::vector<int64_t> places(rows.count);
  std::iota(places.begin(), places.end(), 0);
  const auto nearest = nearest_of_all(rows, places, view, kNeighbour);
  for (size_t i = 0; i < view.count; ++i) {
    float* query = floats_of(queries) + i * view.width;
    const float* other = rows.row(static_cast<size_t>(nearest[i].back().id));
    for (size_t k = 0; k < view.width; ++k) query[k] += other[k];
    // Opposite ones cancel out; any row does then.
    if (!scale_to_unit({query, view.width}, query)) std::copy_n(rows.row(0), view.width, query);
  }
}

double recall_of(const std::vector<std::vector<Hit>>& exact, const View& queries, uint32_t effort,
                 const Attempt& attempt) {
  size_t found = 0, wanted = 0;
  for (size_t i = 0; i < queries.count; ++i) {
    Best best(exact[i].size());
    attempt(queries.row(i), effort, best);
    const std::vector<Hit> hits = best.take_all();
    wanted += exact[i].size();
    for (const Hit& hit : exact[i])
      found +=
          std::any_of(hits.begin(), hits.end(), [&](const Hit& one) { return one.id == hit.id; }) ? 1 : 0;
  }
  return wanted == 0 ? 1 : static_cast<double>(found) / static_cast<double>(wanted);
}

}  // namespace

std::vector<uint32_t> efforts_between(uint32_t least, uint32_t most) {
  std::vector<uint32_t> efforts;
  for (uint64_t power = 1; power < most; power *= 2)
    for (const uint64_t effort : {power, power + power / 2})
      if (effort >= least && effort < most && (efforts.empty() || effort > efforts.back()))
        efforts.push_back(static_cast<uint32_t>(effort));
  efforts.push_back(most);
  return efforts;
}

uint32_t calibrate(const View& rows, std::span<const int64_t> ids, const std::vector<uint32_t>& efforts,
                   const Attempt& attempt, const Stop& stop) {
  const size_t count = std::min(kQueries, rows.count);
  Lines queries = some_rows(rows, count);
  const View view{floats_of(queries), rows.width, rows.width, count};
  move_between(rows, queries, view);
  if (stop && stop()) return 0;
  const auto exact = nearest_of_all(rows, ids, view, kTop);
  for (const uint32_t effort : efforts) {
    if (stop && stop()) return 0;
    if (recall_of(exact, view, effort, attempt) >= kRecall) return effort;
  }
  return efforts.back();
}

}  // namespace chain::vectors
