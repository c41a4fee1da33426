#include "runtime/vectors/calibrate.h"

#include <algorithm>

namespace chain::vectors {
namespace {

constexpr size_t kTop = 10;
constexpr double kRecall = 0.95;

/// The nearest of each query, by comparing all: block by block, so that each block is read from memory once.
std::vector<std::vector<Hit>> nearest_of_all(const Trial& trial, size_t top) {
  constexpr size_t kBlock = 256;
  const View& rows = trial.rows;
  std::vector<Best> best(trial.queries.count, Best(std::min(top, rows.count)));
  for (size_t begin = 0; begin < rows.count; begin += kBlock) {
    const size_t count = std::min(kBlock, rows.count - begin);
    const View block{rows.row(begin), rows.step, rows.width, count};
    for (size_t i = 0; i < trial.queries.count; ++i)
      scan(block, trial.ids.subspan(begin, count), trial.queries.row(i), best[i]);
  }
  std::vector<std::vector<Hit>> all;
  for (Best& one : best) all.push_back(one.take_all());
  return all;
}

double recall_of(const Trial& trial, uint32_t effort, const std::vector<std::vector<Hit>>& exact) {
  size_t found = 0, wanted = 0;
  for (size_t i = 0; i < trial.queries.count; ++i) {
    Best best(exact[i].size());
    trial.search(trial.queries.row(i), effort, best);
    const std::vector<Hit> hits = best.take_all();
    for (size_t k = trial.queries_are_rows ? 1 : 0; k < exact[i].size(); ++k) {
      const auto is_it = [&](const Hit& hit) { return hit.id == exact[i][k].id; };
      found += std::any_of(hits.begin(), hits.end(), is_it) ? 1 : 0;
      ++wanted;
    }
  }
  return wanted == 0 ? 1 : static_cast<double>(found) / static_cast<double>(wanted);
}

}  // namespace

uint32_t calibrate(const Trial& trial, const Stop& stop) {
  if (stop && stop()) return 0;
  const auto exact = nearest_of_all(trial, trial.queries_are_rows ? kTop + 1 : kTop);
  const auto is_enough = [&](uint32_t effort) { return recall_of(trial, effort, exact) >= kRecall; };
  // In steps that double, then between the last two.
  uint32_t enough = trial.least, too_little = trial.least - 1;
  while (enough < trial.most && !is_enough(enough)) {
    if (stop && stop()) return 0;
    too_little = enough;
    enough = enough > trial.most / 2 ? trial.most : enough * 2;
  }
  while (enough - too_little > 1) {
    if (stop && stop()) return 0;
    const uint32_t middle = too_little + (enough - too_little) / 2;
    (is_enough(middle) ? enough : too_little) = middle;
  }
  return enough;
}

std::vector<uint32_t> rows_evenly(size_t count, size_t of) {
  std::vector<uint32_t> rows(count);
  for (size_t i = 0; i < count; ++i) rows[i] = static_cast<uint32_t>(i * of / count);
  return rows;
}

Lines copies_of(const Sorted& vectors, std::span<const uint32_t> rows) {
  const size_t width = vectors.blocks.width();
  Lines copies = lines_for(rows.size(), width);
  for (size_t i = 0; i < rows.size(); ++i)
    std::copy_n(vectors.blocks.row(vectors.places[rows[i]]), width, floats_of(copies) + i * width);
  return copies;
}

}  // namespace chain::vectors
