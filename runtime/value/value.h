// How values lie in memory. Native code relies on every offset here; tests/unit/layout_test.cpp
// compares them with what the code generator assumes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace chain::value {

/// UTF-8 bytes, not null-terminated, in an arena or static data. `data` may be null when empty.
struct Text {
  const char* data = nullptr;
  uint64_t size = 0;

  Text() = default;
  Text(const char* bytes, uint64_t count) : data(bytes), size(count) {}
  Text(std::string_view text) : data(text.data()), size(text.size()) {}  // NOLINT: meant to be implicit
  [[nodiscard]] std::string_view view() const { return {data, size}; }
};

/// `size` elements, `TypeTable::stride(element)` bytes apart.
struct List {
  const std::byte* data = nullptr;
  uint64_t size = 0;
};

/// Entries in the order they were put in; each is a `Text` key and the value at `kMapValueOffset`,
/// `map_entry_stride` bytes apart. With more than eight entries `index` is an open-addressed table
/// of entry numbers plus one (0 is free) of `index_mask + 1` places, by FNV-1a of the key.
struct Map {
  uint64_t size = 0;
  const std::byte* entries = nullptr;
  const uint32_t* index = nullptr;
  uint64_t index_mask = 0;
};

inline constexpr uint32_t kMapValueOffset = 16;

static_assert(sizeof(Text) == 16 && sizeof(List) == 16 && sizeof(Map) == 32);

}  // namespace chain::value
