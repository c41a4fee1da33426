// Reading and writing values at the places that runtime/program/types.h gives them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "runtime/program/types.h"
#include "runtime/value/value.h"

namespace chain::value {

/// The `T` at `place`, which need not be aligned for it.
template <typename T>
[[nodiscard]] T load(const void* place) {
  T result;
  std::memcpy(static_cast<void*>(&result), place, sizeof(T));
  return result;
}

template <typename T>
void store(void* place, const T& value) {
  std::memcpy(place, static_cast<const void*>(&value), sizeof(T));
}

[[nodiscard]] inline const std::byte* at(const void* base, uint64_t offset) {
  return static_cast<const std::byte*>(base) + offset;
}

[[nodiscard]] inline std::byte* at(void* base, uint64_t offset) {
  return static_cast<std::byte*>(base) + offset;
}

/// Where an optional keeps whether it holds something.
[[nodiscard]] inline uint32_t present_offset(const program::TypeTable& types, program::TypeId optional) {
  return types[types[optional].element].size;
}

[[nodiscard]] inline bool is_present(const program::TypeTable& types, program::TypeId optional,
                                     const void* value) {
  return load<uint8_t>(at(value, present_offset(types, optional))) != 0;
}

/// Where a union keeps the index of its member: the last 8 bytes begin with it.
[[nodiscard]] inline uint32_t member_offset(const program::TypeTable& types, program::TypeId id) {
  return types[id].size - 8;
}

[[nodiscard]] inline uint32_t union_member(const program::TypeTable& types, program::TypeId id,
                                           const void* value) {
  return load<uint32_t>(at(value, member_offset(types, id)));
}

/// Bytes between the entries of a map whose values are of type `element`.
[[nodiscard]] inline uint32_t map_entry_stride(const program::TypeTable& types, program::TypeId element) {
  return (kMapValueOffset + types[element].size + 7) & ~uint32_t{7};
}

}  // namespace chain::value
