// All vectors side by side; a search compares the query with each.
#include <algorithm>

#include "runtime/vectors/index.h"
#include "runtime/vectors/index_file.h"

namespace chain::vectors {
namespace {

class FlatIndex final : public Index {
 public:
  FlatIndex(Ids ids, Lines lines) : Index(std::move(ids)), lines_(std::move(lines)) {}

  [[nodiscard]] Kind kind() const override { return Kind::Flat; }

 protected:
  [[nodiscard]] View rows() const override { return view_of(lines_, width()); }
  void nearest(const float* query, Best& best) const override { scan(rows(), ids().of_row, query, best); }
  [[nodiscard]] size_t own_bytes() const override { return lines_.capacity() * sizeof(Line); }
  void write(FileWriter& file) const override { file.items(lines_); }

 private:
  Lines lines_;
};

}  // namespace

std::unique_ptr<VectorIndex> build_flat(Sorted vectors, const Stop& stop) {
  const size_t width = vectors.blocks.width();
  Lines lines = lines_for(vectors.ids.rows(), width);
  for (size_t row = 0; row < vectors.ids.rows(); ++row) {
    if (row % 4096 == 0 && stop && stop()) return nullptr;
    std::copy_n(vectors.blocks.row(vectors.places[row]), width, floats_of(lines) + row * width);
    vectors.blocks.give_back(vectors.places[row]);
  }
  return std::make_unique<FlatIndex>(std::move(vectors.ids), std::move(lines));
}

std::unique_ptr<VectorIndex> read_flat(Ids ids, FileReader& file) {
  Lines lines;
  if (!ids.by_id.empty() || !file.items(lines, ids.rows() * (width_of(ids.dimensions) / kLane)) ||
      !file.ends_well())
    return nullptr;
  return std::make_unique<FlatIndex>(std::move(ids), std::move(lines));
}

}  // namespace chain::vectors
