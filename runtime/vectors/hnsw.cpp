// Vectors as a graph of near ones, in layers (hierarchical navigable small world; Malkov and Yashunin 2018).
// hnswlib makes the graph and walks its lowest layer; inner products, the way down to that layer, files and
// memory are ours. The library defines functions in its headers: no second file of a program may include
// them.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <stdexcept>
#include <unordered_map>

#include <hnswlib/hnswlib.h>

#include "runtime/vectors/calibrate.h"
#include "runtime/vectors/index.h"
#include "runtime/vectors/index_file.h"

namespace chain::vectors {
namespace {

constexpr size_t kSeed = 100;
constexpr uint32_t kLeastLinks = 2, kMostLinks = 512;
constexpr uint32_t kLeastBreadth = 10, kMostBreadth = 2048;  // of what is chosen by itself

using Link = hnswlib::tableint;

class Space final : public hnswlib::SpaceInterface<float> {
 public:
  explicit Space(size_t width) : width_(width) {}

  size_t get_data_size() override { return width_ * sizeof(float); }
  hnswlib::DISTFUNC<float> get_dist_func() override { return kernels().distance; }
  void* get_dist_func_param() override { return &width_; }

 private:
  size_t width_;
};

/// The library's graph, whose parts are all public, with what it lacks. Rows are its "internal ids".
class Graph final : public hnswlib::HierarchicalNSW<float> {
 public:
  Graph(Space& space, size_t rows, uint32_t m, uint32_t ef_construction)
      : HierarchicalNSW(&space, std::max<size_t>(rows, 1), m, ef_construction, kSeed) {
    // The library puts a vector behind its links, wherever that is. Here it begins with a cache line, and its
    // label stands in the gap: no load of the widest registers then needs two lines.
    label_offset_ = size_links_level0_;
    offsetData_ = lines_of(size_links_level0_ + sizeof(hnswlib::labeltype));
    size_data_per_element_ = offsetData_ + lines_of(data_size_);
    free(data_level0_memory_);
    const size_t size = max_elements_ * size_data_per_element_;
    data_level0_memory_ = static_cast<char*>(std::aligned_alloc(sizeof(Line), size));
    if (data_level0_memory_ == nullptr) throw std::bad_alloc();
    // Walks leap about in it: with large pages a search takes a tenth to a quarter less time.
    const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const auto begin = reinterpret_cast<uintptr_t>(data_level0_memory_);
    const auto first = (begin + page - 1) / page * page;
    if (begin + size > first)
      (void)madvise(reinterpret_cast<void*>(first), begin + size - first, MADV_HUGEPAGE);
  }

  [[nodiscard]] View rows() const {
    return {reinterpret_cast<const float*>(data_level0_memory_ + offsetData_),
            size_data_per_element_ / sizeof(float), data_size_ / sizeof(float), cur_element_count};
  }
  /// Frees what only additions need.
  void finish() {
    std::vector<std::mutex>().swap(link_list_locks_);
    std::vector<std::mutex>().swap(link_list_update_locks_);
    std::unordered_map<hnswlib::labeltype, Link>().swap(label_lookup_);
  }
  [[nodiscard]] size_t upper_links() const { return size_links_per_element_ / sizeof(Link); }
  /// The links of a row on a level, behind their count.
  [[nodiscard]] std::span<const Link> links(size_t row, int level) const {
    Link* list = get_linklist_at_level(static_cast<Link>(row), level);
    return {list + 1, getListCount(list)};
  }

  void walk(const float* query, size_t breadth, std::span<const int64_t> ids, Best& best) const;

 private:
  static size_t lines_of(size_t bytes) { return (bytes + sizeof(Line) - 1) / sizeof(Line) * sizeof(Line); }
};

/// What `searchKnn` does, but for its counters, which threads would share, and for its breadth, which is one
/// for all searches.
void Graph::walk(const float* query, size_t breadth, std::span<const int64_t> ids, Best& best) const {
  const auto distance_of = [&](Link row) {
    return fstdistfunc_(query, getDataByInternalId(row), dist_func_param_);
  };
  Link here = enterpoint_node_;
  float distance = distance_of(here);
  for (int level = maxlevel_; level > 0; --level) {
    for (bool moved = true; moved;) {
      moved = false;
      for (const Link other : links(here, level)) {
        const float nearer = distance_of(other);
        if (nearer >= distance) continue;
        distance = nearer;
        here = other;
        moved = true;
      }
    }
  }
  auto candidates = searchBaseLayerST<false>(here, query, std::max(breadth, best.top()));
  for (; !candidates.empty(); candidates.pop())
    best.offer({ids[candidates.top().second], -candidates.top().first});
}

class HnswIndex final : public Index {
 public:
  HnswIndex(Ids ids, std::unique_ptr<Space> space, std::unique_ptr<Graph> graph, uint32_t ef)
      : Index(std::move(ids)), space_(std::move(space)), graph_(std::move(graph)), ef_(ef) {}

  [[nodiscard]] Kind kind() const override { return Kind::Hnsw; }
  [[nodiscard]] uint32_t effort() const override { return ef_; }
  void set_effort(uint32_t ef) override { ef_ = std::max<uint32_t>(ef, 1); }

 protected:
  [[nodiscard]] View rows() const override { return graph_->rows(); }
  void nearest(const float* query, Best& best) const override {
    graph_->walk(query, ef_, ids().of_row, best);
  }
  [[nodiscard]] size_t own_bytes() const override {
    size_t upper = 0;
    for (size_t row = 0; row < ids().rows(); ++row)
      upper += static_cast<size_t>(graph_->element_levels_[row]);
    return ids().rows() * (graph_->size_data_per_element_ + sizeof(char*) + sizeof(int)) +
           upper * graph_->size_links_per_element_;
  }
  void write(FileWriter& file) const override;

 private:
  std::unique_ptr<Space> space_;  // the graph points to it
  std::unique_ptr<Graph> graph_;
  uint32_t ef_;
};

void HnswIndex::write(FileWriter& file) const {
  const Graph& graph = *graph_;
  file.number(static_cast<uint32_t>(graph.M_));
  file.number(static_cast<uint32_t>(graph.ef_construction_));
  file.number(ef_);
  file.number(static_cast<uint32_t>(graph.enterpoint_node_));
  for (size_t row = 0; row < ids().rows(); ++row)
    file.number(static_cast<uint8_t>(graph.element_levels_[row]));
  file.bytes(graph.data_level0_memory_, ids().rows() * graph.size_data_per_element_);
  for (size_t row = 0; row < ids().rows(); ++row)
    if (graph.element_levels_[row] > 0)
      file.bytes(graph.linkLists_[row],
                 static_cast<size_t>(graph.element_levels_[row]) * graph.size_links_per_element_);
}

/// Whether every link leads to a row that has the level, and the way down begins on the highest.
bool is_sound(const Graph& graph, const std::vector<uint8_t>& levels) {
  const auto holds = [&](std::span<const Link> links, size_t most, int level) {
    return links.size() <= most && std::all_of(links.begin(), links.end(), [&](Link link) {
             return link < levels.size() && levels[link] >= level;
           });
  };
  if (graph.enterpoint_node_ >= levels.size() || levels[graph.enterpoint_node_] != graph.maxlevel_)
    return false;
  for (size_t row = 0; row < levels.size(); ++row)
    for (int level = 0; level <= levels[row]; ++level)
      if (!holds(graph.links(row, level), level == 0 ? graph.maxM0_ : graph.maxM_, level)) return false;
  return true;
}

/// Gives the graph its upper layers, which follow each other in `links`.
void take_upper(Graph& graph, const std::vector<uint8_t>& levels, const std::vector<Link>& links) {
  const Link* next = links.data();
  for (size_t row = 0; row < levels.size(); ++row) {
    graph.maxlevel_ = std::max(graph.maxlevel_, int{levels[row]});
    const size_t size = levels[row] * graph.size_links_per_element_;
    if (size > 0) {
      // The library frees what has a level, and reads one link beyond the end.
      graph.linkLists_[row] = static_cast<char*>(malloc(size + sizeof(Link)));
      if (graph.linkLists_[row] == nullptr) throw std::bad_alloc();
      std::memcpy(graph.linkLists_[row], next, size);
    }
    graph.element_levels_[row] = levels[row];
    graph.cur_element_count = row + 1;
    next += levels[row] * graph.upper_links();
  }
}

/// Adds the vectors. If the breadth is to be chosen, some come last: until then they are queries that the
/// graph has not seen, as those to come. With vectors that it has, it finds more than it will.
class Construction {
 public:
  Construction(Sorted& vectors, const Settings& settings, const Progress& progress)
      : vectors_(vectors),
        progress_(progress),
        m_(std::clamp(settings.m, kLeastLinks, kMostLinks)),
        ef_(settings.ef),
        space_(std::make_unique<Space>(vectors.blocks.width())),
        graph_(std::make_unique<Graph>(*space_, rows(), m_, std::max(settings.ef_construction, m_))) {
    if (ef_ == 0) kept_back_ = rows_evenly(std::min(kCalibrationQueries, rows() / 4), rows());
    ids_.dimensions = vectors.ids.dimensions;
    ids_.of_row.reserve(rows());
    ids_.by_id.resize(kept_back_.empty() ? 0 : rows());
  }

  [[nodiscard]] std::unique_ptr<VectorIndex> run(const Stop& stop) {
    const Lines queries = copies_of(vectors_, kept_back_);
    for (uint32_t i = 0, back = 0; i < rows(); ++i) {
      if (back < kept_back_.size() && kept_back_[back] == i) {
        ++back;
      } else if (!add(i, stop)) {
        return nullptr;
      }
    }
    if (ef_ == 0) {
      const auto search = [&](const float* query, uint32_t ef, Best& best) {
        graph_->walk(query, ef, ids_.of_row, best);
      };
      ef_ = calibrate({.rows = graph_->rows(),
                       .ids = ids_.of_row,
                       .queries = view_of(queries, vectors_.blocks.width()),
                       .least = kLeastBreadth,
                       .most = kMostBreadth,
                       .search = search},
                      stop);
    }
    if (ef_ == 0) return nullptr;
    for (const uint32_t row : kept_back_)
      if (!add(row, stop)) return nullptr;
    graph_->finish();
    ids_.no_direction = std::move(vectors_.ids.no_direction);
    return std::make_unique<HnswIndex>(std::move(ids_), std::move(space_), std::move(graph_), ef_);
  }

 private:
  [[nodiscard]] size_t rows() const { return vectors_.ids.rows(); }
  /// False if `stop` said so.
  [[nodiscard]] bool add(uint32_t i, const Stop& stop) {
    const size_t row = ids_.of_row.size();
    if (row % 64 == 0 && stop && stop()) return false;
    if (row % 64 == 0 && progress_) progress_(row, rows());
    ids_.of_row.push_back(vectors_.ids.of_row[i]);
    if (!ids_.by_id.empty()) ids_.by_id[i] = static_cast<uint32_t>(row);
    graph_->addPoint(vectors_.blocks.row(vectors_.places[i]), row);
    vectors_.blocks.give_back(vectors_.places[i]);
    return true;
  }

  Sorted& vectors_;
  const Progress& progress_;
  uint32_t m_, ef_;
  std::unique_ptr<Space> space_;
  std::unique_ptr<Graph> graph_;
  std::vector<uint32_t> kept_back_;
  Ids ids_;
};

}  // namespace

std::unique_ptr<VectorIndex> build_hnsw(Sorted vectors, const Settings& settings, const Stop& stop,
                                        const Progress& progress) {
  if (vectors.ids.rows() == 0) return build_flat(std::move(vectors), stop);
  try {
    Construction construction(vectors, settings, progress);
    return construction.run(stop);
  } catch (const std::runtime_error&) {
    return nullptr;  // what the library throws, where memory is short
  }
}

std::unique_ptr<VectorIndex> read_hnsw(Ids ids, FileReader& file) {
  const size_t rows = ids.rows(), width = width_of(ids.dimensions);
  uint32_t m = 0, ef_construction = 0, ef = 0, entry = 0;
  std::vector<uint8_t> levels;
  if (rows == 0 || !file.number(m) || m < kLeastLinks || m > kMostLinks || !file.number(ef_construction) ||
      !file.number(ef) || ef == 0 || !file.number(entry) || !file.items(levels, rows) ||
      file.left() / rows < width * sizeof(float))
    return nullptr;
  try {
    auto space = std::make_unique<Space>(width);
    auto graph = std::make_unique<Graph>(*space, rows, m, ef_construction);
    size_t upper = 0;
    for (const uint8_t level : levels) upper += level;
    std::vector<Link> links;
    if (!file.bytes(graph->data_level0_memory_, rows * graph->size_data_per_element_) ||
        !file.items(links, upper * graph->upper_links()) || !file.ends_well())
      return nullptr;
    take_upper(*graph, levels, links);
    graph->enterpoint_node_ = entry;
    if (!is_sound(*graph, levels)) return nullptr;
    graph->finish();
    return std::make_unique<HnswIndex>(std::move(ids), std::move(space), std::move(graph), ef);
  } catch (const std::exception&) { return nullptr; }
}

}  // namespace chain::vectors
