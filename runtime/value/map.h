// Building and searching maps.
#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/value/arena.h"
#include "runtime/value/layout.h"
#include "runtime/value/value.h"

namespace chain::value {

/// A map of `count` entries, each a `Text` key with its value at `kMapValueOffset`, `entry_stride` bytes
/// apart (see `map_entry_stride`). The entries are copied, keys and values only as deep as that. Of equal
/// keys the last one's value counts, at the place of the first. Null once the arena's limit is passed.
[[nodiscard]] const Map* build_map(Arena& arena, const void* entries, uint64_t count, uint32_t entry_stride);

/// The value at `key`, or null.
[[nodiscard]] const void* find_in_map(const Map& map, uint32_t entry_stride, std::string_view key);

/// FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv): what `Map::index` is built with.
[[nodiscard]] constexpr uint64_t hash_key(std::string_view key) {
  uint64_t hash = 0xcbf29ce484222325;
  for (char c : key) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return hash;
}

/// Maps of at most this many entries have no index; nor do larger ones whose keys were made to collide, which
/// are searched from the front.
inline constexpr uint64_t kMapSmall = 8;

}  // namespace chain::value
