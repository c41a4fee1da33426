// What a memory says of itself: its declaration, read; and where it is kept.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "runtime/memory/memories.h"
#include "runtime/program/program.h"
#include "runtime/store/memory_file.h"

namespace chain::memory {

struct MemorySettings {
  std::string name;      // "notes"
  std::string file;      // whose declaration it is
  bool of_user = false;  // `scope: user`: one for all of a user's conversations
  uint32_t window = 20;
  uint32_t summary_model = UINT32_MAX;  // place in Program::models; UINT32_MAX for none
  uint32_t embed_model = UINT32_MAX;    // likewise; else `local_hash` makes the vectors
  uint32_t dimensions = 384;            // of a vector; 0 for what the model gives
  std::string embedder;                 // as of an index: vectors of the same name can be compared
};

/// Of `program.resources[resource]`, a memory.
[[nodiscard]] MemorySettings read_settings(const program::Program& program, uint32_t resource);

/// The file of the memory that the declaration names, wherever the process runs:
/// <state folder>/memories/notes-0123456789ab.db. Nothing, and `error`, if there is no folder for it.
[[nodiscard]] std::optional<std::string> path_of(const MemorySettings& settings, std::string& error);

/// The entries that belong to `owner`.
[[nodiscard]] store::MemoryFilter entries_of(const MemorySettings& settings, const Owner& owner);

/// Opens the file, or makes it. Null, and `error`, one sentence with the way out, otherwise.
[[nodiscard]] std::unique_ptr<store::MemoryFile> open_file(const MemorySettings& settings,
                                                           std::string& error);

}  // namespace chain::memory
