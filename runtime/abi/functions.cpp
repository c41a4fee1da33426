// All of functions.def but chain_rt_given and chain_rt_expect, which belong to the scheduler's tests.
#include "runtime/abi/functions.h"

#include <pthread.h>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>

#include "runtime/abi/history.h"
#include "runtime/program/program.h"
#include "runtime/program/secret_source.h"
#include "runtime/value/equal.h"
#include "runtime/value/layout.h"
#include "runtime/value/map.h"
#include "runtime/value/text.h"

namespace chain::abi {

namespace {

const program::TypeTable& types_of(const Context& context) {
  return static_cast<const program::Program*>(context.program)->types;
}

Status append(Context* context, TextBuilder* text, std::string_view bytes) {
  if (text->capacity - text->size < bytes.size() && chain_rt_text_grow(context, text, bytes.size()) != kOk) {
    return kFailed;
  }
  if (!bytes.empty()) std::memcpy(text->data + text->size, bytes.data(), bytes.size());
  text->size += bytes.size();
  return kOk;
}

}  // namespace

void* chain_rt_allocate(Context* context, uint64_t size) noexcept {
  void* memory = context->arena.allocate(size);
  if (!memory) fail_out_of_memory(*context);
  return memory;
}

Status chain_rt_text_grow(Context* context, TextBuilder* text, uint64_t extra) noexcept {
  constexpr uint64_t smallest = 64;
  if (extra > UINT64_MAX / 4 - text->size) return fail_out_of_memory(*context);
  // Doubling keeps the copies of a text that is built piece by piece linear in its size.
  uint64_t capacity = text->capacity < smallest ? smallest : text->capacity * 2;
  if (capacity < text->size + extra) capacity = text->size + extra;
  auto* data = static_cast<char*>(chain_rt_allocate(context, capacity));
  if (!data) return kFailed;
  if (text->size > 0) std::memcpy(data, text->data, text->size);
  text->data = data;
  text->capacity = capacity;
  return kOk;
}

Status chain_rt_text_int(Context* context, TextBuilder* text, int64_t value) noexcept {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  return append(context, text, {digits, end});
}

Status chain_rt_text_float(Context* context, TextBuilder* text, double value) noexcept try {
  std::string digits;
  value::append_float(digits, value);
  return append(context, text, digits);
} catch (const std::exception&) { return fail_out_of_memory(*context); }

Status chain_rt_text_value(Context* context, TextBuilder* text, uint32_t type, const void* value) noexcept
    try {
  std::string shown;
  if (!value::append_text(types_of(*context), {type}, value, shown))
    return fail(*context, ErrorKind::InvalidValue, "the value is nested too deeply to be shown");
  return append(context, text, shown);
} catch (const std::exception&) { return fail_out_of_memory(*context); }

Status chain_rt_text_attach(Context* context, TextBuilder* text, uint32_t type,
                            const value::Text* source) noexcept try {
  assert(context->attachments);  // only messages show media
  context->attachments->push_back({text->size, {type}, *source});
  return kOk;
} catch (const std::exception&) { return fail_out_of_memory(*context); }

Status chain_rt_map_build(Context* context, uint32_t type, const void* entries, uint64_t count,
                          const value::Map** out) noexcept try {
  const program::TypeTable& types = types_of(*context);
  const uint32_t stride = value::map_entry_stride(types, types[{type}].element);
  *out = value::build_map(context->arena, entries, count, stride);
  return *out ? kOk : fail_out_of_memory(*context);
} catch (const std::exception&) { return fail_out_of_memory(*context); }

const void* chain_rt_map_find(const value::Map* map, uint32_t entry_stride, const value::Text* key) noexcept {
  return value::find_in_map(*map, entry_stride, key->view());
}

uint32_t chain_rt_equal(Context* context, uint32_t type, const void* a, const void* b) noexcept {
  return value::equal(types_of(*context), {type}, a, b) ? 1 : 0;
}

Status chain_rt_secret(Context* context, const value::Text* name, value::Text* out) noexcept try {
  const std::string variable(name->view());
  const std::string value = program::secret_value(variable);
  if (value.empty()) {
    return fail(*context, ErrorKind::NotFound,
                "the environment variable `" + variable + "` is not set, which the tool needs as a secret");
  }
  *out = context->arena.copy(value);
  return context->arena.exhausted() ? fail_out_of_memory(*context) : kOk;
} catch (const std::exception&) { return fail_out_of_memory(*context); }

Status chain_rt_history(Context* context, uint32_t type, value::List* out) noexcept {
  *out = {};
  const bool any = context->history && !context->history->empty();
  return any ? write_history(*context, {type}, *out) : kOk;
}

Status chain_rt_fail_index(Context* context, uint32_t site, int64_t index, uint64_t size) noexcept try {
  const std::string elements = size == 1 ? "1 element" : std::to_string(size) + " elements";
  return fail(*context, ErrorKind::InvalidValue,
              "index " + std::to_string(index) + " is out of range: the list has " + elements, site);
} catch (const std::exception&) { return fail_out_of_memory(*context); }

namespace {

/// Where the stack of this thread is used up but for what runtime functions need.
uintptr_t stack_limit() {
  static constexpr size_t kept = 512u << 10;
  thread_local const uintptr_t limit = [] {
    pthread_attr_t attributes;
    void* lowest = nullptr;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
      pthread_attr_getstack(&attributes, &lowest, &size);
      pthread_attr_destroy(&attributes);
    }
    return reinterpret_cast<uintptr_t>(lowest) + std::min(kept, size / 4);
  }();
  return limit;
}

}  // namespace

Status chain_rt_enter(Context* context, uint32_t site) noexcept {
  if (--context->steps < 0) return fail(*context, ErrorKind::Budget, kTooManySteps, site);
  if (reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) >= stack_limit()) return kOk;
  return fail(*context, ErrorKind::Budget,
              "functions call each other deeper than the stack of the process allows; bound them lower",
              site);
}

namespace {

/// Before the elements of a list that grows: how many there is room for, and how many the longest of the
/// lists that share this memory has. Only that one may grow in place.
struct Growing {
  uint64_t capacity;
  uint64_t used;
};

}  // namespace

Status chain_rt_list_append(Context* context, const value::List* list, const void* element, uint32_t size,
                            uint32_t stride, value::List* out) noexcept {
  const uint64_t count = list->size;
  auto* data = const_cast<std::byte*>(list->data);  // appended to behind what `list` shows
  Growing* head = count > 0 ? reinterpret_cast<Growing*>(data - sizeof(Growing)) : nullptr;
  if (!head || head->used != count || head->used == head->capacity) {
    const uint64_t capacity = std::max<uint64_t>(8, count * 2);
    auto* memory = static_cast<std::byte*>(chain_rt_allocate(context, sizeof(Growing) + capacity * stride));
    if (!memory) return kFailed;
    head = reinterpret_cast<Growing*>(memory);
    *head = {capacity, count};
    if (count > 0) std::memcpy(memory + sizeof(Growing), data, count * stride);
    data = memory + sizeof(Growing);
  }
  if (size > 0) std::memcpy(data + count * stride, element, size);
  ++head->used;
  *out = {data, count + 1};
  return kOk;
}

}  // namespace chain::abi
