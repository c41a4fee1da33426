#include "runtime/value/map.h"

#include "runtime/library/call.h"

namespace chain::library {

namespace {

TypeId value_type(Call& call) {
  return call.types()[call.type(0)].element;
}

uint32_t entry_stride(Call& call) {
  return value::map_entry_stride(call.types(), value_type(call));
}

const void* found(Call& call) {
  return value::find_in_map(call.map(0), entry_stride(call), call.text(1));
}

}  // namespace

LIBRARY(chain_lib_len_map) {
  return call.give(call.map(0).size);
}

LIBRARY(chain_lib_contains_map) {
  return call.give_flag(found(call) != nullptr);
}

LIBRARY(chain_lib_get_map) {
  const void* at = found(call);
  return at ? call.give_some(at, value_type(call)) : call.give_none();
}

LIBRARY(chain_lib_get_map_or) {
  const void* at = found(call);
  return at ? call.give_bytes(at, call.types()[call.result_type()].size) : call.give_argument(2);
}

LIBRARY(chain_lib_keys) {
  const Map& map = call.map(0);
  const uint32_t stride = entry_stride(call);
  std::byte* data = call.allocate(map.size, sizeof(Text));
  if (!data) return abi::kFailed;
  for (uint64_t i = 0; i < map.size; ++i)
    std::memcpy(data + i * sizeof(Text), map.entries + i * stride, sizeof(Text));
  return call.give_list(data, map.size);
}

LIBRARY(chain_lib_values) {
  const Map& map = call.map(0);
  const uint32_t stride = entry_stride(call);
  const uint32_t element_stride = call.types().stride(value_type(call));
  const uint32_t size = call.types()[value_type(call)].size;
  std::byte* data = call.allocate(map.size, element_stride);
  if (!data) return abi::kFailed;
  for (uint64_t i = 0; i < map.size; ++i) {
    std::memcpy(data + i * element_stride, map.entries + i * stride + value::kMapValueOffset, size);
  }
  return call.give_list(data, map.size);
}

LIBRARY(chain_lib_merge) {
  const Map& first = call.map(0);
  const Map& second = call.map(1);
  const uint32_t stride = entry_stride(call);
  std::byte* entries = call.allocate(first.size + second.size, stride);
  if (!entries) return abi::kFailed;
  if (first.size > 0) std::memcpy(entries, first.entries, first.size * stride);
  if (second.size > 0) std::memcpy(entries + first.size * stride, second.entries, second.size * stride);
  const Map* merged = value::build_map(call.context().arena, entries, first.size + second.size, stride);
  return merged ? call.give(merged) : abi::fail_out_of_memory(call.context());
}

LIBRARY(chain_lib_is_empty_map) {
  return call.give_flag(call.map(0).size == 0);
}

LIBRARY(chain_lib_without) {
  const Map& map = call.map(0);
  const auto* entry = static_cast<const std::byte*>(found(call));
  if (!entry) return call.give_argument(0);
  const uint32_t stride = entry_stride(call);
  const uint64_t place = static_cast<uint64_t>(entry - map.entries) / stride;
  std::byte* entries = call.allocate(map.size, stride);
  if (!entries) return abi::kFailed;
  std::memcpy(entries, map.entries, place * stride);
  std::memcpy(entries + place * stride, map.entries + (place + 1) * stride, (map.size - place - 1) * stride);
  const Map* made = value::build_map(call.context().arena, entries, map.size - 1, stride);
  return made ? call.give(made) : abi::fail_out_of_memory(call.context());
}

LIBRARY(chain_lib_to_map) {
  const Elements keys = call.elements(0);
  const Elements values = call.elements(1);
  if (keys.size != values.size) return call.fail("there must be as many keys as values");
  const uint32_t stride = value::map_entry_stride(call.types(), values.type);
  const uint32_t size = call.types()[values.type].size;
  std::byte* entries = call.allocate(keys.size, stride);
  if (!entries) return abi::kFailed;
  for (uint64_t i = 0; i < keys.size; ++i) {
    std::memcpy(entries + i * stride, keys[i], sizeof(Text));
    std::memcpy(entries + i * stride + value::kMapValueOffset, values[i], size);
  }
  const Map* made = value::build_map(call.context().arena, entries, keys.size, stride);
  return made ? call.give(made) : abi::fail_out_of_memory(call.context());
}

LIBRARY(chain_lib_default) {
  const bool present = value::is_present(call.types(), call.type(0), call.argument(0));
  return present ? call.give_bytes(call.argument(0), call.types()[call.result_type()].size)
                 : call.give_argument(1);
}

}  // namespace chain::library
