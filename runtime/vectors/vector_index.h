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
  Kind kind = Kind::Auto;  // by size: flat below 20,000 vectors (or what measures better), else hnsw
  uint32_t lists = 0;      // ivf: cells; 0 for the square root of the count
  uint32_t probes = 0;     // ivf: cells that a search looks into; 0 for what gives about .95 recall
  uint32_t m = 16;         // hnsw: links of a vector
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
  /// The `top` nearest, best first; of equal scores the lower id.
  [[nodiscard]] virtual std::vector<Hit> search(std::span<const float> query, size_t top) const = 0;
  /// The nearest of `ids`, which are sorted: exactly, by comparing them all. Unknown ids are left out.
  [[nodiscard]] virtual std::vector<Hit> search_among(std::span<const float> query, size_t top,
                                                      std::span<const int64_t> ids) const = 0;
  /// Writes it to a new file and renames that to `path`; `stamp` says of what it was made. False and `error`
  /// otherwise.
  [[nodiscard]] virtual bool save(const std::string& path, std::string_view stamp,
                                  std::string& error) const = 0;
};

/// Takes vectors in; they need not be of unit length. All zeros are taken and found last.
class Builder {
 public:
  virtual ~Builder() = default;
  virtual void add(int64_t id, std::span<const float> vector) = 0;
  /// `seed` makes it the same each time. `stop` may end it early: null then.
  [[nodiscard]] virtual std::unique_ptr<VectorIndex> build(const std::function<bool()>& stop = {}) = 0;
};

[[nodiscard]] std::unique_ptr<Builder> make_builder(uint32_t dimensions, const Settings& settings,
                                                    size_t expected);

/// The index that was saved with this stamp; null if there is none, if it was made of something else, or if
/// the file is damaged in any way.
[[nodiscard]] std::unique_ptr<VectorIndex> load(const std::string& path, std::string_view stamp);

}  // namespace chain::vectors
