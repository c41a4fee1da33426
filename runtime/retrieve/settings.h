// What an index says of itself: its declaration, read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "runtime/documents/chunk.h"
#include "runtime/documents/load.h"
#include "runtime/model/vectors.h"
#include "runtime/program/program.h"
#include "runtime/retrieve/search.h"
#include "runtime/vectors/vector_index.h"

namespace chain::retrieve {

using Source =
    std::variant<documents::FromFiles, documents::FromRecords, documents::FromWeb, documents::FromDatabase>;

struct IndexSettings {
  std::string name;  // "handbook"
  std::string file;  // whose declaration it is
  Source source;
  documents::Splitter splitter;
  uint32_t embed_model = UINT32_MAX;  // place in Program::models; else `local_hash` makes the vectors
  uint32_t dimensions = 384;          // of a vector; 0 for what the model gives
  bool images = false;                // the model takes them too
  uint32_t rerank_model = UINT32_MAX;
  Mode mode = Mode::Hybrid;
  double word_weight = 1, vector_weight = 1;
  vectors::Settings vectors;

  /// A call of a model makes the vectors, which may cost money.
  [[nodiscard]] bool asks_model() const { return embed_model != UINT32_MAX; }
  [[nodiscard]] bool has_vectors() const { return mode != Mode::Words; }
  /// "local_hash/1 384", "openai/text-embedding-3-small 512": vectors of the same name can be compared. Empty
  /// for an index that is searched by words alone.
  std::string embedder;
  /// Names splitter and embedder: what was built by others is built anew.
  std::string recipe;
};

/// Of `program.resources[resource]`, an index. Nothing, and `error`, if a secret that it needs is not set, or
/// its options are none of resources.def.
[[nodiscard]] std::optional<IndexSettings> read_settings(const program::Program& program, uint32_t resource,
                                                         std::string& error);

}  // namespace chain::retrieve
