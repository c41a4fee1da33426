// Vectors in cells around centres (inverted file; Jégou, Douze and Schmid 2011): a search looks into the
// cells whose centres are nearest.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "runtime/vectors/calibrate.h"
#include "runtime/vectors/index.h"
#include "runtime/vectors/index_file.h"
#include "runtime/vectors/kmeans.h"

namespace chain::vectors {
namespace {

constexpr size_t kSampleOfCell = 64;  // rows that centres are made of
constexpr size_t kChosenFor = 10;     // results, when probes are chosen

struct Cells {
  Lines centres;
  std::vector<uint32_t> begins;  // the first row of each cell, and the end of the last
  Lines lines;                   // cell after cell
  uint32_t probes = 1;
  uint8_t grows = 0;  // whether searches for more than ten look into more
};

class IvfIndex final : public Index {
 public:
  IvfIndex(Ids ids, Cells cells) : Index(std::move(ids)), cells_(std::move(cells)) {}

  [[nodiscard]] Kind kind() const override { return Kind::Ivf; }
  [[nodiscard]] uint32_t effort() const override { return cells_.probes; }
  void set_effort(uint32_t probes) override {
    cells_.probes = std::max<uint32_t>(probes, 1);
    cells_.grows = 0;
  }
  /// False if `stop` said so.
  [[nodiscard]] bool choose_probes(const Lines& queries, const Stop& stop) {
    cells_.probes = calibrate(
        {.rows = rows(),
         .ids = ids().of_row,
         .queries = view_of(queries, width()),
         .queries_are_rows = true,
         .most = static_cast<uint32_t>(count()),
         .search = [&](const float* query, uint32_t probes, Best& best) { look(query, probes, best); }},
        stop);
    cells_.grows = 1;
    return cells_.probes > 0;
  }

 protected:
  [[nodiscard]] View rows() const override { return view_of(cells_.lines, width()); }
  void nearest(const float* query, Best& best) const override { look(query, probes_for(best.top()), best); }
  [[nodiscard]] size_t own_bytes() const override {
    return (cells_.lines.capacity() + cells_.centres.capacity()) * sizeof(Line) +
           cells_.begins.capacity() * sizeof(uint32_t);
  }
  void write(FileWriter& file) const override {
    file.number(uint64_t{count()});
    file.number(cells_.probes);
    file.number(cells_.grows);
    file.items(cells_.begins);
    file.items(cells_.centres);
    file.items(cells_.lines);
  }

 private:
  [[nodiscard]] size_t count() const { return cells_.begins.size() - 1; }
  /// What was chosen for ten is too little for more: with its square root the recall stays about the same.
  [[nodiscard]] uint32_t probes_for(size_t top) const {
    if (cells_.grows == 0 || top <= kChosenFor) return cells_.probes;
    const double growth = std::sqrt(static_cast<double>(top) / kChosenFor);
    return static_cast<uint32_t>(std::min(std::ceil(cells_.probes * growth), static_cast<double>(count())));
  }

  void look(const float* query, uint32_t probes, Best& best) const {
    std::vector<float> scores(count());
    kernels().dots(query, floats_of(cells_.centres), width(), count(), width(), scores.data());
    std::vector<uint32_t> order(count());
    std::iota(order.begin(), order.end(), 0);
    const auto nearer = [&](uint32_t a, uint32_t b) {
      return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
    };
    const size_t wanted = std::min<size_t>(probes, count());
    std::partial_sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(wanted), order.end(), nearer);
    for (size_t i = 0; i < wanted; ++i) {
      const size_t begin = cells_.begins[order[i]], end = cells_.begins[order[i] + 1];
      scan({rows().row(begin), width(), width(), end - begin},
           std::span(ids().of_row).subspan(begin, end - begin), query, best);
    }
  }

  Cells cells_;
};

/// Moves the vectors into their cells, in the order of their ids within each.
void fill(Cells& cells, Ids& ids, Sorted vectors, const std::vector<uint32_t>& cell_of) {
  const size_t width = vectors.blocks.width();
  for (const uint32_t cell : cell_of) ++cells.begins[cell + 1];
  std::partial_sum(cells.begins.begin(), cells.begins.end(), cells.begins.begin());
  std::vector<uint32_t> next(cells.begins.begin(), cells.begins.end() - 1);
  cells.lines = lines_for(cell_of.size(), width);
  ids.of_row.resize(cell_of.size());
  ids.by_id.resize(cell_of.size());
  for (size_t i = 0; i < cell_of.size(); ++i) {
    const uint32_t row = next[cell_of[i]]++;
    ids.of_row[row] = vectors.ids.of_row[i];
    ids.by_id[i] = row;
    std::copy_n(vectors.blocks.row(vectors.places[i]), width, floats_of(cells.lines) + row * width);
    vectors.blocks.give_back(vectors.places[i]);
  }
}

bool are_sound(const Ids& ids, const Cells& cells) {
  return cells.begins.front() == 0 && cells.begins.back() == ids.rows() && cells.probes > 0 &&
         std::is_sorted(cells.begins.begin(), cells.begins.end());
}

}  // namespace

std::unique_ptr<VectorIndex> build_ivf(Sorted vectors, const Settings& settings, const Stop& stop) {
  const size_t rows = vectors.ids.rows(), width = vectors.blocks.width();
  if (rows == 0) return build_flat(std::move(vectors), stop);
  const auto root = static_cast<size_t>(std::lround(std::sqrt(static_cast<double>(rows))));
  const size_t wanted = std::clamp<size_t>(settings.lists == 0 ? root : settings.lists, 1, rows);
  const Lines queries = copies_of(vectors, rows_evenly(std::min(rows, kCalibrationQueries), rows));
  Cells cells;
  {
    const Lines sample = copies_of(vectors, rows_evenly(std::min(rows, wanted * kSampleOfCell), rows));
    cells.centres = centres_of(view_of(sample, width), static_cast<uint32_t>(wanted), stop);
  }
  if (cells.centres.empty()) return nullptr;
  const View centres = view_of(cells.centres, width);
  std::vector<uint32_t> cell_of(rows);
  std::vector<float> scores(wanted);
  for (size_t row = 0; row < rows; ++row) {
    if (row % 1024 == 0 && stop && stop()) return nullptr;
    cell_of[row] = nearest_centre(vectors.blocks.row(vectors.places[row]), centres, scores);
  }
  Ids ids;
  ids.dimensions = vectors.ids.dimensions;
  ids.no_direction = vectors.ids.no_direction;
  cells.begins.resize(wanted + 1);
  cells.probes = std::min(settings.probes, static_cast<uint32_t>(wanted));
  fill(cells, ids, std::move(vectors), cell_of);
  auto index = std::make_unique<IvfIndex>(std::move(ids), std::move(cells));
  if (settings.probes == 0 && !index->choose_probes(queries, stop)) return nullptr;
  return index;
}

std::unique_ptr<VectorIndex> read_ivf(Ids ids, FileReader& file) {
  const size_t lines = width_of(ids.dimensions) / kLane;
  Cells cells;
  uint64_t count = 0;
  if (!file.number(count) || count == 0 || count > ids.rows() || !file.number(cells.probes) ||
      !file.number(cells.grows) || !file.items(cells.begins, count + 1) ||
      !file.items(cells.centres, count * lines) || !file.items(cells.lines, ids.rows() * lines) ||
      !file.ends_well() || !are_sound(ids, cells))
    return nullptr;
  return std::make_unique<IvfIndex>(std::move(ids), std::move(cells));
}

}  // namespace chain::vectors
