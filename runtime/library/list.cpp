// Lists cut, joined and searched. Elements are copied as bytes: what they point at is never changed.
#include "runtime/library/call.h"
#include "runtime/library/code_points.h"
#include "runtime/value/equal.h"

namespace chain::library {

namespace {

Status element_or_none(Call& call, const Elements& list, int64_t index) {
  const uint64_t back = uint64_t{0} - static_cast<uint64_t>(index);
  const uint64_t place = index >= 0          ? static_cast<uint64_t>(index)
                         : back <= list.size ? list.size - back
                                             : list.size;
  return place < list.size ? call.give_some(list[place], list.type) : call.give_none();
}

/// The first index at or behind `from` of an element that equals argument 1; the size if there is none.
uint64_t find_item(Call& call, const Elements& list, uint64_t from = 0) {
  while (from < list.size && !value::equal(call.types(), list.type, list[from], call.argument(1))) ++from;
  return from;
}

std::byte* append(std::byte* to, const Elements& list) {
  if (list.size > 0) std::memcpy(to, list.data, list.size * list.stride);
  return to + list.size * list.stride;
}

Status joined(Call& call, const Elements& first, const Elements& second) {
  std::byte* data = call.allocate(first.size + second.size, first.stride);
  if (!data) return abi::kFailed;
  append(append(data, first), second);
  return call.give_list(data, first.size + second.size);
}

}  // namespace

LIBRARY(chain_lib_len_list) {
  return call.give(call.get<List>(0).size);
}

LIBRARY(chain_lib_contains_list) {
  const Elements list = call.elements(0);
  return call.give_flag(find_item(call, list) < list.size);
}

LIBRARY(chain_lib_index_of_list) {
  const Elements list = call.elements(0);
  const uint64_t found = find_item(call, list);
  return found < list.size ? call.give_some(found) : call.give_none();
}

LIBRARY(chain_lib_count_list) {
  const Elements list = call.elements(0);
  uint64_t count = 0;
  for (uint64_t i = find_item(call, list); i < list.size; i = find_item(call, list, i + 1)) ++count;
  return call.give(count);
}

LIBRARY(chain_lib_slice_list) {
  const Elements list = call.elements(0);
  const bool open = !value::is_present(call.types(), call.type(2), call.argument(2));
  const Range range = clip(call.get<int64_t>(1), open ? INT64_MAX : call.get<int64_t>(2), list.size);
  return call.give_list(list[range.begin], range.end - range.begin);
}

LIBRARY(chain_lib_take) {
  const Elements list = call.elements(0);
  const auto count = call.get<int64_t>(1);
  if (count < 0) return call.fail("`count` is negative");
  return call.give_list(list.data, std::min(static_cast<uint64_t>(count), list.size));
}

LIBRARY(chain_lib_drop) {
  const Elements list = call.elements(0);
  const auto count = call.get<int64_t>(1);
  if (count < 0) return call.fail("`count` is negative");
  const uint64_t dropped = std::min(static_cast<uint64_t>(count), list.size);
  return call.give_list(list[dropped], list.size - dropped);
}

LIBRARY(chain_lib_batch) {
  const Elements list = call.elements(0);
  const auto size = call.get<int64_t>(1);
  if (size < 1) return call.fail("`size` must be 1 or more");
  const auto most = static_cast<uint64_t>(size);
  const uint64_t count = list.size / most + (list.size % most > 0 ? 1 : 0);
  std::byte* data = call.allocate(count, sizeof(List));
  if (!data) return abi::kFailed;
  for (uint64_t i = 0; i < count; ++i) {
    const List part{list[i * most], std::min(most, list.size - i * most)};
    value::store(data + i * sizeof(List), part);
  }
  return call.give_list(data, count);
}

LIBRARY(chain_lib_windows) {
  const Elements list = call.elements(0);
  const auto size = call.get<int64_t>(1);
  if (size < 1) return call.fail("`size` must be 1 or more");
  const auto width = static_cast<uint64_t>(size);
  const uint64_t count = list.size < width ? 0 : list.size - width + 1;
  std::byte* data = call.allocate(count, sizeof(List));
  if (!data) return abi::kFailed;
  for (uint64_t i = 0; i < count; ++i) value::store(data + i * sizeof(List), List{list[i], width});
  return call.give_list(data, count);
}

LIBRARY(chain_lib_is_empty_list) {
  return call.give_flag(call.get<List>(0).size == 0);
}

LIBRARY(chain_lib_first) {
  return element_or_none(call, call.elements(0), 0);
}
LIBRARY(chain_lib_last) {
  return element_or_none(call, call.elements(0), -1);
}
LIBRARY(chain_lib_get_list) {
  return element_or_none(call, call.elements(0), call.get<int64_t>(1));
}

LIBRARY(chain_lib_append) {
  const Elements list = call.elements(0);
  return joined(call, list, {static_cast<const std::byte*>(call.argument(1)), 1, list.stride, list.type});
}

LIBRARY(chain_lib_concat) {
  return joined(call, call.elements(0), call.elements(1));
}

LIBRARY(chain_lib_flatten) {
  const Elements lists = call.elements(0);
  const TypeId type = call.types()[lists.type].element;
  const uint32_t stride = call.types().stride(type);
  uint64_t size = 0;
  for (uint64_t i = 0; i < lists.size; ++i) size += value::load<List>(lists[i]).size;
  std::byte* data = call.allocate(size, stride);
  if (!data) return abi::kFailed;
  std::byte* end = data;
  for (uint64_t i = 0; i < lists.size; ++i) {
    const auto list = value::load<List>(lists[i]);
    end = append(end, {list.data, list.size, stride, type});
  }
  return call.give_list(data, size);
}

LIBRARY(chain_lib_compact) {
  const Elements list = call.elements(0);
  const TypeId type = call.types()[list.type].element;
  const uint32_t stride = call.types().stride(type);
  std::byte* data = call.allocate(list.size, stride);
  if (!data) return abi::kFailed;
  uint64_t size = 0;
  for (uint64_t i = 0; i < list.size; ++i) {
    if (value::is_present(call.types(), list.type, list[i])) {
      std::memcpy(data + size++ * stride, list[i], call.types()[type].size);
    }
  }
  return call.give_list(data, size);
}

LIBRARY(chain_lib_reverse_list) {
  const Elements list = call.elements(0);
  std::byte* data = call.allocate(list.size, list.stride);
  if (!data) return abi::kFailed;
  for (uint64_t i = 0; i < list.size; ++i)
    std::memcpy(data + (list.size - 1 - i) * list.stride, list[i], list.stride);
  return call.give_list(data, list.size);
}

LIBRARY(chain_lib_any) {
  const Elements list = call.elements(0);
  uint64_t i = 0;
  while (i < list.size && !value::load<uint8_t>(list[i])) ++i;
  return call.give_flag(i < list.size);
}

LIBRARY(chain_lib_all) {
  const Elements list = call.elements(0);
  uint64_t i = 0;
  while (i < list.size && value::load<uint8_t>(list[i])) ++i;
  return call.give_flag(i == list.size);
}

LIBRARY(chain_lib_range) {
  const auto end = call.get<int64_t>(0);
  const uint64_t size = end > 0 ? static_cast<uint64_t>(end) : 0;
  std::byte* data = call.allocate(size, sizeof(int64_t));
  if (!data) return abi::kFailed;
  for (uint64_t i = 0; i < size; ++i) value::store(data + i * sizeof(int64_t), i);
  return call.give_list(data, size);
}

LIBRARY(chain_lib_range_from) {
  // In uint64_t, where differences of far apart numbers do not overflow.
  const auto start = call.get<int64_t>(0);
  const auto end = call.get<int64_t>(1);
  const auto step = call.get<int64_t>(2);
  if (step == 0) return call.fail("`step` is 0");
  const bool up = step > 0;
  const uint64_t distance = up ? static_cast<uint64_t>(end) - static_cast<uint64_t>(start)
                               : static_cast<uint64_t>(start) - static_cast<uint64_t>(end);
  const uint64_t stride = up ? static_cast<uint64_t>(step) : uint64_t{0} - static_cast<uint64_t>(step);
  const bool empty = up ? end <= start : end >= start;
  const uint64_t size = empty ? 0 : (distance - 1) / stride + 1;
  std::byte* data = call.allocate(size, sizeof(int64_t));
  if (!data) return abi::kFailed;
  for (uint64_t i = 0; i < size; ++i) {
    value::store(data + i * sizeof(int64_t), static_cast<uint64_t>(start) + i * static_cast<uint64_t>(step));
  }
  return call.give_list(data, size);
}

}  // namespace chain::library
