// Takes vectors in, and picks the kind of index.
#include <algorithm>
#include <limits>
#include <new>
#include <utility>

#include "runtime/vectors/index.h"

namespace chain::vectors {
namespace {

// docs/decisions/vectors.md has the measurements.
constexpr size_t kFlatFloats = size_t{1} << 24;  // up to which comparing all takes a few milliseconds
constexpr size_t kFlatRows = 5'000;

class Collector final : public Builder {
 public:
  Collector(uint32_t dimensions, const Settings& settings, size_t expected)
      : dimensions_(dimensions), settings_(settings), blocks_(width_of(dimensions)) {
    entries_.reserve(std::min(expected, kMostRows));
  }

  void add(int64_t id, std::span<const float> vector) override;
  [[nodiscard]] std::unique_ptr<VectorIndex> build(const std::function<bool()>& stop,
                                                   const Progress& progress) override;

 private:
  static constexpr size_t kMostRows = std::numeric_limits<uint32_t>::max();
  static constexpr uint32_t kNoPlace = std::numeric_limits<uint32_t>::max();

  struct Entry {
    int64_t id = 0;
    uint32_t place = kNoPlace;  // in `blocks_`
  };

  /// Leaves nothing behind.
  [[nodiscard]] Sorted sort();

  uint32_t dimensions_;
  Settings settings_;
  Blocks blocks_;
  std::vector<Entry> entries_;
};

void Collector::add(int64_t id, std::span<const float> vector) {
  if (vector.size() != dimensions_ || blocks_.count() + 1 >= kMostRows) return;
  const auto place = static_cast<uint32_t>(blocks_.count());
  const bool has_direction = scale_to_unit(vector, blocks_.add());
  if (!has_direction) blocks_.drop_last();
  entries_.push_back({id, has_direction ? place : kNoPlace});
}

Sorted Collector::sort() {
  std::vector<Entry> entries = std::move(entries_);
  entries_.clear();
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.id < b.id; });
  Sorted sorted{{}, {}, std::exchange(blocks_, Blocks(blocks_.width()))};
  sorted.ids.dimensions = dimensions_;
  for (size_t i = 0; i < entries.size(); ++i) {
    const Entry& entry = entries[i];
    const bool again = i + 1 < entries.size() && entries[i + 1].id == entry.id;
    if (again && entry.place != kNoPlace) sorted.blocks.give_back(entry.place);
    if (again) continue;
    if (entry.place == kNoPlace) {
      sorted.ids.no_direction.push_back(entry.id);
    } else {
      sorted.ids.of_row.push_back(entry.id);
      sorted.places.push_back(entry.place);
    }
  }
  return sorted;
}

std::unique_ptr<VectorIndex> Collector::build(const std::function<bool()>& stop, const Progress& progress) {
  try {
    Sorted vectors = sort();
    const Kind kind =
        settings_.kind == Kind::Auto ? kind_for(vectors.ids.rows(), dimensions_) : settings_.kind;
    if (kind == Kind::Ivf) return build_ivf(std::move(vectors), settings_, stop);
    if (kind == Kind::Hnsw) return build_hnsw(std::move(vectors), settings_, stop, progress);
    return build_flat(std::move(vectors), stop);
  } catch (const std::bad_alloc&) { return nullptr; }
}

}  // namespace

Kind kind_for(size_t vectors, uint32_t dimensions) {
  return vectors <= std::max(kFlatRows, kFlatFloats / width_of(dimensions)) ? Kind::Flat : Kind::Hnsw;
}

std::unique_ptr<Builder> make_builder(uint32_t dimensions, const Settings& settings, size_t expected) {
  return std::make_unique<Collector>(std::max<uint32_t>(dimensions, 1), settings, expected);
}

}  // namespace chain::vectors
