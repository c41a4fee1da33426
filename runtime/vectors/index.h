// What all kinds of index have in common: ids, vectors without a direction, exact search, files.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/vectors/blocks.h"
#include "runtime/vectors/rows.h"
#include "runtime/vectors/vector_index.h"

namespace chain::vectors {

class FileReader;
class FileWriter;

using Stop = std::function<bool()>;

/// The ids of an index's vectors.
struct Ids {
  uint32_t dimensions = 0;
  std::vector<int64_t> of_row;  // of those that have a direction
  std::vector<uint32_t> by_id;  // rows in the order of their ids; empty if that is the order of the rows
  std::vector<int64_t> no_direction;  // sorted

  [[nodiscard]] size_t rows() const { return of_row.size(); }
  [[nodiscard]] uint32_t row_at(size_t place) const {
    return by_id.empty() ? static_cast<uint32_t>(place) : by_id[place];
  }
  [[nodiscard]] int64_t id_at(size_t place) const { return of_row[row_at(place)]; }
};

/// Vectors of unit length in the order of their ids, each id once.
struct Sorted {
  Ids ids;                       // `by_id` is empty
  std::vector<uint32_t> places;  // of each row in `blocks`
  Blocks blocks;
};

class Index : public VectorIndex {
 public:
  explicit Index(Ids ids);

  [[nodiscard]] size_t size() const final { return ids_.rows() + ids_.no_direction.size(); }
  [[nodiscard]] uint32_t dimensions() const final { return ids_.dimensions; }
  [[nodiscard]] size_t bytes() const final;
  [[nodiscard]] std::vector<Hit> search(std::span<const float> query, size_t top) const final;
  [[nodiscard]] std::vector<Hit> search_among(std::span<const float> query, size_t top,
                                              std::span<const int64_t> ids) const final;
  [[nodiscard]] bool save(const std::string& path, std::string_view stamp, std::string& error) const final;

 protected:
  [[nodiscard]] const Ids& ids() const { return ids_; }
  [[nodiscard]] size_t width() const { return width_; }

  [[nodiscard]] virtual View rows() const = 0;
  /// Offers what may be nearest to `query`, which is padded and of unit length. There is at least one row.
  /// If it offers fewer than are wanted, all are compared.
  virtual void nearest(const float* query, Best& best) const = 0;
  [[nodiscard]] virtual size_t own_bytes() const = 0;
  virtual void write(FileWriter& file) const = 0;

 private:
  struct Place {
    int64_t id = 0;
    uint32_t row = 0;
  };
  [[nodiscard]] std::vector<Place> places_of(std::span<const int64_t> ids) const;

  Ids ids_;
  size_t width_;
  bool gapless_;  // the ids follow each other
};

/// What `Kind::Auto` stands for.
[[nodiscard]] Kind kind_for(size_t vectors, uint32_t dimensions);

// Each gives null if `stop` said so. Memory that is short is an exception, for the builder.
[[nodiscard]] std::unique_ptr<VectorIndex> build_flat(Sorted vectors, const Stop& stop);
[[nodiscard]] std::unique_ptr<VectorIndex> build_ivf(Sorted vectors, const Settings& settings,
                                                     const Stop& stop);
[[nodiscard]] std::unique_ptr<VectorIndex> build_hnsw(Sorted vectors, const Settings& settings,
                                                      const Stop& stop, const Progress& progress);

// Each reads what its kind's `write` wrote, to the file's end; null if anything is not as it must be.
[[nodiscard]] std::unique_ptr<VectorIndex> read_flat(Ids ids, FileReader& file);
[[nodiscard]] std::unique_ptr<VectorIndex> read_ivf(Ids ids, FileReader& file);
[[nodiscard]] std::unique_ptr<VectorIndex> read_hnsw(Ids ids, FileReader& file);

}  // namespace chain::vectors
