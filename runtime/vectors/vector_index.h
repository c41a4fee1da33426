// Nearest vectors by cosine: all compared (flat), in cells (ivf), or by a graph (hnsw). An index is a cache
// of vectors that are kept elsewhere, and can always be made again.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace chain::vectors {

enum class Kind : uint8_t { Auto, Flat, Ivf, Hnsw };

struct Settings {
  Kind kind = Kind::Auto;  // by size: flat up to 16 million floats (20,000 vectors of 768), else hnsw
  uint32_t lists = 0;      // ivf: cells; 0 for the square root of the count
  uint32_t probes = 0;     // ivf: cells that a search looks into; 0 for what gives about .95 recall
  uint32_t m = 16;         // hnsw: links of a vector, from 2 to 512
  uint32_t ef_construction = 200;
  uint32_t ef = 0;  // hnsw: breadth of a search; 0 for what gives about .95 recall
};

struct Hit {
  int64_t id = 0;
  float score = 0;  // cosine, from -1 to 1
};

/// Searches may run on several threads at once, while nothing is added.
class VectorIndex {
 public:
  virtual ~VectorIndex() = default;
  [[nodiscard]] virtual Kind kind() const = 0;
  [[nodiscard]] virtual size_t size() const = 0;
  [[nodiscard]] virtual uint32_t dimensions() const = 0;
  [[nodiscard]] virtual size_t bytes() const = 0;  // of memory
  /// The `top` nearest, best first; of equal scores the lower id. None for a query of other dimensions. To a
  /// query of all zeros all are equal.
  [[nodiscard]] virtual std::vector<Hit> search(std::span<const float> query, size_t top) const = 0;
  /// The nearest of `ids`, which are sorted: exactly, by comparing them all. Unknown ids are left out.
  [[nodiscard]] virtual std::vector<Hit> search_among(std::span<const float> query, size_t top,
                                                      std::span<const int64_t> ids) const = 0;
  /// How much a search looks at: cells of ivf, candidates of hnsw, 0 for what compares all.
  [[nodiscard]] virtual uint32_t effort() const { return 0; }
  /// Changes that, at least to 1. Not while there are searches.
  virtual void set_effort(uint32_t) {}
  /// Writes it to a new file and renames that to `path`; `stamp` says of what it was made. False and `error`
  /// otherwise.
  [[nodiscard]] virtual bool save(const std::string& path, std::string_view stamp,
                                  std::string& error) const = 0;
};

using Progress = std::function<void(size_t done, size_t total)>;

/// Takes vectors in; they need not be of unit length. All zeros, and what is not finite, are taken and found
/// last, with a score of -1.
class Builder {
 public:
  virtual ~Builder() = default;
  /// In place of an earlier one of the same id. One of other dimensions is not taken.
  virtual void add(int64_t id, std::span<const float> vector) = 0;
  /// Takes out all that was added; the index is the same each time, whatever the order was. `stop` may end it
  /// early: null then, and also if there is not enough memory. Without a vector it is flat. `progress` hears
  /// now and then how many of all are in a graph; the other kinds take less than a hundredth of its time.
  [[nodiscard]] virtual std::unique_ptr<VectorIndex> build(const std::function<bool()>& stop = {},
                                                           const Progress& progress = {}) = 0;
};

[[nodiscard]] std::unique_ptr<Builder> make_builder(uint32_t dimensions, const Settings& settings,
                                                    size_t expected);

/// The index that was saved with this stamp; null if there is none, if it was made of something else, or if
/// the file is damaged in any way.
[[nodiscard]] std::unique_ptr<VectorIndex> load(const std::string& path, std::string_view stamp);

}  // namespace chain::vectors
