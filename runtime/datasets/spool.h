// Records of a source, before a type is laid over them, one at a time. Internal to runtime/datasets.
#pragma once

#include <memory>

#include "runtime/datasets/cells.h"
#include "runtime/datasets/dataset.h"

namespace chain::datasets {

/// JSON as it stands, on one line, or what is wrong with it.
struct RawRecord {
  uint64_t line = 0;
  std::string_view json;  // until the next call
  std::string problem;
};

class RawReader {
 public:
  virtual ~RawReader() = default;
  /// As Reader::next.
  [[nodiscard]] virtual bool next(RawRecord& record, std::string& error) = 0;
};

/// Null, and `error`, if the source cannot be had. `type` says how cells are read.
[[nodiscard]] std::unique_ptr<RawReader> open_raw(const Source& source, const RowType& type,
                                                  const Surroundings& around, std::string& error);

}  // namespace chain::datasets
