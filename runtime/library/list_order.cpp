// What needs order or equality among a list's elements.
#include <algorithm>
#include <numeric>

#include "runtime/library/call.h"
#include "runtime/library/order.h"
#include "runtime/value/equal.h"

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

/// The first of the elements that none stands before (`direction` 1) or behind (-1).
Status extreme(Call& call, int direction) {
  const Elements list = call.elements(0);
  if (list.size == 0) return call.give_none();
  uint64_t best = 0;
  for (uint64_t i = 1; i < list.size; ++i) {
    if (compare(call.types(), list.type, list[i], list[best]) * direction < 0) best = i;
  }
  return call.give_some(list[best], list.type);
}

std::vector<uint32_t> all_places(const Elements& list) {
  std::vector<uint32_t> places(list.size);
  std::iota(places.begin(), places.end(), 0U);
  return places;
}

}  // namespace

LIBRARY(chain_lib_sort) {
  const Elements list = call.elements(0);
  if (list.size > kMaxResultBytes / list.stride) return call.fail_too_large();
  std::vector<uint32_t> places = all_places(list);
  const int direction = call.flag(1) ? -1 : 1;
  std::stable_sort(places.begin(), places.end(), [&](uint32_t a, uint32_t b) {
    return compare(call.types(), list.type, list[a], list[b]) * direction < 0;
  });
  return picked(call, list, places);
}

LIBRARY(chain_lib_unique) {
  const Elements list = call.elements(0);
  if (list.size > kMaxResultBytes / list.stride) return call.fail_too_large();
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
  return picked(call, list, kept);
}

LIBRARY(chain_lib_min_list) {
  return extreme(call, 1);
}
LIBRARY(chain_lib_max_list) {
  return extreme(call, -1);
}

LIBRARY(chain_lib_min) {
  return call.give_argument(compare(call.types(), call.type(0), call.argument(1), call.argument(0)) < 0 ? 1
                                                                                                        : 0);
}

LIBRARY(chain_lib_max) {
  return call.give_argument(compare(call.types(), call.type(0), call.argument(1), call.argument(0)) > 0 ? 1
                                                                                                        : 0);
}

LIBRARY(chain_lib_clamp) {
  const auto before = [&](size_t a, size_t b) {
    return compare(call.types(), call.type(0), call.argument(a), call.argument(b)) < 0;
  };
  if (before(2, 1)) return call.fail("`low` is above `high`");
  return call.give_argument(before(0, 1) ? 1 : before(2, 0) ? 2 : 0);
}

}  // namespace chain::library
