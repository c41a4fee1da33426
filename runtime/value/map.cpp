#include "runtime/value/map.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>
#include <vector>

namespace chain::value {

namespace {

std::string_view key_at(const std::byte* entries, uint64_t number, uint32_t stride) {
  return load<Text>(entries + number * stride).view();
}

/// Places of an index for `count` entries: a power of two, at most half full.
uint64_t index_size(uint64_t count) {
  return std::bit_ceil(count * 2);
}

/// Open addressing with steps that grow by one.
struct Probe {
  uint64_t place;
  uint64_t mask;
  uint64_t step = 0;
  void next() { place = (place + ++step) & mask; }
};

/// Entries on their way into a map: `copy` holds `size` of them with different keys.
struct Building {
  std::byte* copy;
  uint64_t size = 0;
  uint32_t stride;

  [[nodiscard]] std::string_view key(uint64_t number) const { return key_at(copy, number, stride); }
  void put(uint64_t number, const std::byte* entry) {
    std::memcpy(copy + number * stride, entry, stride);
    if (number == size) ++size;
  }
};

void fill_small(Building& building, const std::byte* entries, uint64_t count) {
  for (uint64_t i = 0; i < count; ++i) {
    const std::byte* entry = entries + i * building.stride;
    uint64_t found = 0;
    while (found < building.size && building.key(found) != load<Text>(entry).view()) ++found;
    building.put(found, entry);
  }
}

/// False once it has taken more steps than honest keys ever need: FNV-1a has no secret, so whoever writes a
/// reply can choose keys that collide.
bool fill_indexed(Building& building, const std::byte* entries, uint64_t count, uint32_t* index,
                  uint64_t mask) {
  uint64_t steps_left = 64 + 16 * count;
  for (uint64_t i = 0; i < count; ++i) {
    const std::byte* entry = entries + i * building.stride;
    const std::string_view key = load<Text>(entry).view();
    Probe probe{hash_key(key) & mask, mask};
    while (index[probe.place] && building.key(index[probe.place] - 1) != key) {
      if (steps_left-- == 0) return false;
      probe.next();
    }
    if (!index[probe.place]) {
      index[probe.place] = static_cast<uint32_t>(building.size + 1);
      building.put(building.size, entry);
    } else {
      building.put(index[probe.place] - 1, entry);
    }
  }
  return true;
}

/// The same without an index, in n log n.
void fill_sorted(Building& building, const std::byte* entries, uint64_t count) {
  std::vector<uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return key_at(entries, a, building.stride) < key_at(entries, b, building.stride);
  });
  std::vector<uint32_t> last(count, UINT32_MAX);  // by the first entry of a key: the last one
  for (uint64_t begin = 0; begin < count;) {
    uint64_t end = begin + 1;
    const std::string_view key = key_at(entries, order[begin], building.stride);
    while (end < count && key_at(entries, order[end], building.stride) == key) ++end;
    last[order[begin]] = order[end - 1];
    begin = end;
  }
  for (uint64_t i = 0; i < count; ++i) {
    if (last[i] != UINT32_MAX) building.put(building.size, entries + uint64_t{last[i]} * building.stride);
  }
}

}  // namespace

const Map* build_map(Arena& arena, const void* entries, uint64_t count, uint32_t stride) {
  auto* map = static_cast<Map*>(arena.allocate(sizeof(Map)));
  if (!map || count > UINT32_MAX / 4) return nullptr;
  *map = {};
  if (count == 0) return map;
  Building building{static_cast<std::byte*>(arena.allocate(count * stride)), 0, stride};
  if (!building.copy) return nullptr;
  const auto* first = static_cast<const std::byte*>(entries);
  if (count <= kMapSmall) {
    fill_small(building, first, count);
    *map = {building.size, building.copy, nullptr, 0};
    return map;
  }
  const uint64_t mask = index_size(count) - 1;
  auto* index = static_cast<uint32_t*>(arena.allocate((mask + 1) * sizeof(uint32_t)));
  if (!index) return nullptr;
  std::memset(index, 0, (mask + 1) * sizeof(uint32_t));
  bool indexed = fill_indexed(building, first, count, index, mask);
  if (!indexed) {
    building.size = 0;
    fill_sorted(building, first, count);
  }
  indexed = indexed && building.size > kMapSmall;
  *map = {building.size, building.copy, indexed ? index : nullptr, indexed ? mask : 0};
  return map;
}

const void* find_in_map(const Map& map, uint32_t stride, std::string_view key) {
  if (map.index) {
    Probe probe{hash_key(key) & map.index_mask, map.index_mask};
    for (; map.index[probe.place]; probe.next()) {
      const uint64_t number = map.index[probe.place] - 1;
      if (key_at(map.entries, number, stride) == key) return map.entries + number * stride + kMapValueOffset;
    }
    return nullptr;
  }
  for (uint64_t i = 0; i < map.size; ++i) {
    if (key_at(map.entries, i, stride) == key) return map.entries + i * stride + kMapValueOffset;
  }
  return nullptr;
}

}  // namespace chain::value
