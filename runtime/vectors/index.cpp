#include "runtime/vectors/index.h"

#include <algorithm>
#include <functional>
#include <new>

#include "runtime/vectors/index_file.h"

namespace chain::vectors {
namespace {

constexpr char kMagic[8] = {'c', 'h', 'a', 'i', 'n', 'v', 'e', 'c'};
constexpr uint32_t kVersion = 1;
constexpr uint32_t kByteOrder = 0x01020304;
constexpr uint32_t kMostDimensions = 1U << 20;

bool ascends(const std::vector<int64_t>& ids) {
  return std::adjacent_find(ids.begin(), ids.end(), std::greater_equal<>()) == ids.end();
}

bool is_permutation(const std::vector<uint32_t>& rows) {
  std::vector<bool> seen(rows.size());
  for (const uint32_t row : rows) {
    if (row >= rows.size() || seen[row]) return false;
    seen[row] = true;
  }
  return true;
}

bool are_sound(const Ids& ids) {
  if (!ascends(ids.no_direction)) return false;
  if (ids.by_id.empty()) return ascends(ids.of_row);
  if (ids.by_id.size() != ids.rows() || !is_permutation(ids.by_id)) return false;
  for (size_t i = 1; i < ids.rows(); ++i)
    if (ids.id_at(i - 1) >= ids.id_at(i)) return false;
  return true;
}

bool read_ids(FileReader& file, Ids& ids) {
  uint64_t rows = 0, ordered = 0, others = 0;
  return file.number(ids.dimensions) && ids.dimensions > 0 && ids.dimensions <= kMostDimensions &&
         file.number(rows) && rows <= UINT32_MAX && file.number(ordered) && file.number(others) &&
         file.items(ids.of_row, rows) && file.items(ids.by_id, ordered) &&
         file.items(ids.no_direction, others) && are_sound(ids);
}

void write_ids(FileWriter& file, const Ids& ids) {
  file.number(ids.dimensions);
  file.number(uint64_t{ids.rows()});
  file.number(uint64_t{ids.by_id.size()});
  file.number(uint64_t{ids.no_direction.size()});
  file.items(ids.of_row);
  file.items(ids.by_id);
  file.items(ids.no_direction);
}

bool read_head(FileReader& file, std::string_view stamp, uint32_t& kind) {
  std::vector<char> magic, written;
  uint32_t version = 0, order = 0;
  uint64_t size = 0;
  return file.items(magic, sizeof(kMagic)) && std::equal(magic.begin(), magic.end(), kMagic) &&
         file.number(version) && version == kVersion && file.number(order) && order == kByteOrder &&
         file.number(kind) && file.number(size) && size == stamp.size() && file.items(written, size) &&
         std::equal(written.begin(), written.end(), stamp.begin());
}

}  // namespace

Index::Index(Ids ids) : ids_(std::move(ids)), width_(width_of(ids_.dimensions)) {
  const size_t last = ids_.rows() - 1;
  gapless_ = ids_.rows() > 0 &&
             static_cast<uint64_t>(ids_.id_at(last)) - static_cast<uint64_t>(ids_.id_at(0)) == last;
}

size_t Index::bytes() const {
  return ids_.of_row.capacity() * sizeof(int64_t) + ids_.by_id.capacity() * sizeof(uint32_t) +
         ids_.no_direction.capacity() * sizeof(int64_t) + own_bytes();
}

std::vector<Hit> Index::search(std::span<const float> query, size_t top) const {
  if (query.size() != ids_.dimensions || top == 0) return {};
  std::vector<Hit> hits;
  Lines unit = lines_for(1, width_);
  if (!scale_to_unit(query, floats_of(unit))) {
    for (size_t i = 0; i < std::min(top, ids_.rows()); ++i) hits.push_back({ids_.id_at(i), 0});
  } else if (ids_.rows() > 0) {
    Best best(std::min(top, ids_.rows()));
    nearest(floats_of(unit), best);
    if (best.count() < best.top()) {  // cells are small, or parts of a graph cannot be reached
      best = Best(best.top());
      scan(rows(), ids_.of_row, floats_of(unit), best);
    }
    hits = best.take_all();
  }
  for (size_t i = 0; i < ids_.no_direction.size() && hits.size() < top; ++i)
    hits.push_back({ids_.no_direction[i], -1});
  return hits;
}

std::vector<Hit> Index::search_among(std::span<const float> query, size_t top,
                                     std::span<const int64_t> ids) const {
  if (query.size() != ids_.dimensions || top == 0) return {};
  Lines unit = lines_for(1, width_);
  const bool has_direction = scale_to_unit(query, floats_of(unit));
  const std::vector<Place> places = places_of(ids);
  Best best(std::min(top, places.size()));
  const View all = rows();
  const auto expect = [&](size_t i) {
    if (i >= places.size()) return;
    const float* row = all.row(places[i].row);
    for (size_t at = 0; at < all.width; at += 2 * kLane)
      __builtin_prefetch(row + at);  // it reads lines in pairs
  };
  // Rows that are far apart: the processor is told early which ones it will need.
  constexpr size_t kAhead = 4;
  const auto dot = kernels().dot;
  for (size_t i = 0; i < kAhead; ++i) expect(i);
  for (size_t i = 0; i < places.size(); ++i) {
    expect(i + kAhead);
    const float* row = all.row(places[i].row);
    best.offer({places[i].id, has_direction ? dot(floats_of(unit), row, all.width) : 0});
  }
  std::vector<Hit> hits = best.take_all();
  for (size_t i = 0; i < ids_.no_direction.size() && hits.size() < top; ++i)
    if (std::binary_search(ids.begin(), ids.end(), ids_.no_direction[i]))
      hits.push_back({ids_.no_direction[i], -1});
  return hits;
}

std::vector<Index::Place> Index::places_of(std::span<const int64_t> ids) const {
  std::vector<Place> places;
  if (ids_.rows() == 0) return places;
  places.reserve(std::min(ids.size(), ids_.rows()));
  const int64_t first = ids_.id_at(0);
  size_t next = 0;  // all before it have lower ids, or were found
  for (const int64_t id : ids) {
    if (next == ids_.rows()) break;
    const int64_t here = gapless_ ? first + static_cast<int64_t>(next) : ids_.id_at(next);
    if (here > id) continue;
    // An id that is higher by n stands n places on, if there are no gaps, and never farther.
    const uint64_t higher = static_cast<uint64_t>(id) - static_cast<uint64_t>(here);
    size_t end = higher < ids_.rows() - next ? next + higher : ids_.rows();
    if (gapless_ || (end < ids_.rows() && ids_.id_at(end) == id)) next = end;
    while (next < end) {
      const size_t middle = next + (end - next) / 2;
      if (ids_.id_at(middle) < id) {
        next = middle + 1;
      } else {
        end = middle;
      }
    }
    if (next < ids_.rows() && (gapless_ || ids_.id_at(next) == id))
      places.push_back({id, ids_.row_at(next++)});
  }
  return places;
}

bool Index::save(const std::string& path, std::string_view stamp, std::string& error) const {
  FileWriter file(path);
  file.bytes(kMagic, sizeof(kMagic));
  file.number(kVersion);
  file.number(kByteOrder);
  file.number(static_cast<uint32_t>(kind()));
  file.number(uint64_t{stamp.size()});
  file.bytes(stamp.data(), stamp.size());
  write_ids(file, ids_);
  write(file);
  return file.finish(error);
}

std::unique_ptr<VectorIndex> load(const std::string& path, std::string_view stamp) {
  FileReader file(path);
  uint32_t kind = 0;
  Ids ids;
  // What a damaged file's numbers ask for can still be more than there is memory for.
  try {
    if (!read_head(file, stamp, kind) || !read_ids(file, ids)) return nullptr;
    switch (static_cast<Kind>(kind)) {
      case Kind::Flat: return read_flat(std::move(ids), file);
      case Kind::Ivf: return read_ivf(std::move(ids), file);
      case Kind::Hnsw: return read_hnsw(std::move(ids), file);
      case Kind::Auto: break;
    }
  } catch (const std::bad_alloc&) {}
  return nullptr;
}

}  // namespace chain::vectors
