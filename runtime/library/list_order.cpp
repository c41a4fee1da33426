// What needs order or equality among a list's elements.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include "runtime/library/call.h"
#include "runtime/library/order.h"
#include "runtime/value/equal.h"
#include "runtime/value/map.h"

namespace chain::library {

namespace {

/// The elements at `places`, as a list.
Status picked(Call& call, const Elements& list, const std::vector<uint32_t>& places) {
  std::byte* data = call.allocate(places.size(), list.stride);
  if (!data) return abi::kFailed;
  for (size_t i = 0; i < places.size(); ++i)
    std::memcpy(data + i * list.stride, list[places[i]], list.stride);
  return call.give_list(data, places.size());
}

/// The place of the first of the elements, of which there is one, that none stands before (`direction` 1) or
/// behind (-1).
uint64_t extreme_place(Call& call, const Elements& list, int direction) {
  uint64_t best = 0;
  for (uint64_t i = 1; i < list.size; ++i) {
    if (compare(call.types(), list.type, list[i], list[best]) * direction < 0) best = i;
  }
  return best;
}

bool is_nan(const Call& call, TypeId type, const void* value) {
  return call.types()[type].kind == TypeKind::Float && std::isnan(value::load<double>(value));
}

/// Which of the first `count` arguments is a NaN; `count` if none is.
size_t first_nan(const Call& call, size_t count) {
  size_t place = 0;
  while (place < count && !is_nan(call, call.type(place), call.argument(place))) ++place;
  return place;
}

Status extreme(Call& call, int direction) {
  const Elements list = call.elements(0);
  if (list.size == 0) return call.give_none();
  for (uint64_t i = 0; i < list.size && call.types()[list.type].kind == TypeKind::Float; ++i) {
    if (is_nan(call, list.type, list[i])) return call.give_some(list[i], list.type);
  }
  return call.give_some(list[extreme_place(call, list, direction)], list.type);
}

Status place_of_extreme(Call& call, int direction) {
  const Elements list = call.elements(0);
  return list.size == 0 ? call.give_none() : call.give_some(extreme_place(call, list, direction));
}

/// `places` as a list of ints.
Status listed(Call& call, const std::vector<uint32_t>& places) {
  std::byte* data = call.allocate(places.size(), sizeof(int64_t));
  if (!data) return abi::kFailed;
  for (size_t i = 0; i < places.size(); ++i) value::store(data + i * sizeof(int64_t), int64_t{places[i]});
  return call.give_list(data, places.size());
}

std::vector<uint32_t> all_places(const Elements& list) {
  std::vector<uint32_t> places(list.size);
  std::iota(places.begin(), places.end(), 0U);
  return places;
}

}  // namespace

namespace {

std::vector<uint32_t> sorted_places(Call& call, const Elements& list) {
  std::vector<uint32_t> places = all_places(list);
  const int direction = call.flag(1) ? -1 : 1;
  std::stable_sort(places.begin(), places.end(), [&](uint32_t a, uint32_t b) {
    return compare(call.types(), list.type, list[a], list[b]) * direction < 0;
  });
  return places;
}

/// Of equal elements the first, in their order.
std::vector<uint32_t> unique_places(Call& call, const Elements& list) {
  // Sorted by hash, equal elements stand in one run; the first of each is kept, then the order restored.
  std::vector<uint64_t> hashes(list.size);
  for (uint64_t i = 0; i < list.size; ++i) hashes[i] = hash(call.types(), list.type, list[i]);
  std::vector<uint32_t> places = all_places(list);
  std::stable_sort(places.begin(), places.end(),
                   [&](uint32_t a, uint32_t b) { return hashes[a] < hashes[b]; });
  std::vector<uint32_t> kept;
  size_t run = 0;  // where in `kept` the elements of this hash begin
  for (size_t i = 0; i < places.size(); ++i) {
    if (i == 0 || hashes[places[i]] != hashes[places[i - 1]]) run = kept.size();
    const auto same = [&](uint32_t other) {
      return value::equal(call.types(), list.type, list[places[i]], list[other]);
    };
    if (std::none_of(kept.begin() + static_cast<std::ptrdiff_t>(run), kept.end(), same))
      kept.push_back(places[i]);
  }
  std::sort(kept.begin(), kept.end());
  return kept;
}

bool too_large(const Elements& list) {
  return list.size > kMaxResultBytes / std::max<uint64_t>(list.stride, sizeof(int64_t));
}

}  // namespace

LIBRARY(chain_lib_sort) {
  const Elements list = call.elements(0);
  return too_large(list) ? call.fail_too_large() : picked(call, list, sorted_places(call, list));
}
LIBRARY(chain_lib_sort_places) {
  const Elements list = call.elements(0);
  return too_large(list) ? call.fail_too_large() : listed(call, sorted_places(call, list));
}

LIBRARY(chain_lib_unique) {
  const Elements list = call.elements(0);
  return too_large(list) ? call.fail_too_large() : picked(call, list, unique_places(call, list));
}
LIBRARY(chain_lib_unique_places) {
  const Elements list = call.elements(0);
  return too_large(list) ? call.fail_too_large() : listed(call, unique_places(call, list));
}

LIBRARY(chain_lib_min_place) {
  return place_of_extreme(call, 1);
}
LIBRARY(chain_lib_max_place) {
  return place_of_extreme(call, -1);
}

/// Lists of groups lie one behind the other in one piece of memory: counted first, then filled.
LIBRARY(chain_lib_group) {
  const Elements list = call.elements(0);
  const Elements keys = call.elements(1);
  if (keys.size != list.size) return call.fail("there must be a key for each element");
  std::unordered_map<std::string_view, uint32_t> groups;
  std::vector<uint32_t> group_of(list.size);
  std::vector<uint64_t> sizes;
  std::vector<std::string_view> names;
  for (uint64_t i = 0; i < list.size; ++i) {
    const std::string_view key = value::load<Text>(keys[i]).view();
    const auto [group, is_new] = groups.try_emplace(key, static_cast<uint32_t>(sizes.size()));
    if (is_new) sizes.push_back(0), names.push_back(key);
    ++sizes[group_of[i] = group->second];
  }
  const TypeId lists = call.types()[call.result_type()].element;
  const uint32_t stride = value::map_entry_stride(call.types(), lists);
  std::byte* data = call.allocate(list.size, list.stride);
  std::byte* entries = call.allocate(sizes.size(), stride);
  if (!data || !entries) return abi::kFailed;
  std::vector<std::byte*> next;
  for (size_t group = 0; group < sizes.size(); ++group) {
    next.push_back(data);
    value::store(entries + group * stride, Text(names[group]));
    value::store(entries + group * stride + value::kMapValueOffset, List{data, sizes[group]});
    data += sizes[group] * list.stride;
  }
  for (uint64_t i = 0; i < list.size; ++i) {
    std::memcpy(next[group_of[i]], list[i], list.stride);
    next[group_of[i]] += list.stride;
  }
  const Map* made = value::build_map(call.context().arena, entries, sizes.size(), stride);
  return made ? call.give(made) : abi::fail_out_of_memory(call.context());
}

LIBRARY(chain_lib_min_list) {
  return extreme(call, 1);
}
LIBRARY(chain_lib_max_list) {
  return extreme(call, -1);
}

LIBRARY(chain_lib_min) {
  if (const size_t nan = first_nan(call, 2); nan < 2) return call.give_argument(nan);
  return call.give_argument(compare(call.types(), call.type(0), call.argument(1), call.argument(0)) < 0 ? 1
                                                                                                        : 0);
}

LIBRARY(chain_lib_max) {
  if (const size_t nan = first_nan(call, 2); nan < 2) return call.give_argument(nan);
  return call.give_argument(compare(call.types(), call.type(0), call.argument(1), call.argument(0)) > 0 ? 1
                                                                                                        : 0);
}

LIBRARY(chain_lib_clamp) {
  if (const size_t nan = first_nan(call, 3); nan < 3) return call.give_argument(nan);
  const auto before = [&](size_t a, size_t b) {
    return compare(call.types(), call.type(0), call.argument(a), call.argument(b)) < 0;
  };
  if (before(2, 1)) return call.fail("`low` is above `high`");
  return call.give_argument(before(0, 1) ? 1 : before(2, 0) ? 2 : 0);
}

}  // namespace chain::library
