// Making texts out of others: cut, padded, repeated, indented.
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "runtime/library/call.h"
#include "runtime/library/code_points.h"

namespace chain::library {

namespace {

std::string_view trimmed_start(std::string_view text) {
  int32_t i = 0;
  const auto size = static_cast<int32_t>(text.size());
  while (i < size) {
    int32_t next = i;
    UChar32 c = 0;
    U8_NEXT(text.data(), next, size, c);
    if (c < 0 || !u_isUWhiteSpace(c)) break;
    i = next;
  }
  return text.substr(static_cast<size_t>(i));
}

std::string_view trimmed_end(std::string_view text) {
  auto i = static_cast<int32_t>(text.size());
  while (i > 0) {
    int32_t before = i;
    UChar32 c = 0;
    U8_PREV(text.data(), 0, before, c);
    if (c < 0 || !u_isUWhiteSpace(c)) break;
    i = before;
  }
  return text.substr(0, static_cast<size_t>(i));
}

/// `text` and `count` fills, in front of it or behind it.
Status padded(Call& call, bool left) {
  const std::string_view text = call.text(0);
  const auto width = call.get<int64_t>(1);
  const std::string_view fill = call.text(2);
  if (count_code_points(fill) != 1) return call.fail("`fill` must be one character");
  const uint64_t length = count_code_points(text);
  if (width <= 0 || static_cast<uint64_t>(width) <= length) return call.give_part(text);
  const uint64_t count = static_cast<uint64_t>(width) - length;
  if (count > kMaxResultBytes / fill.size()) return call.fail_too_large();
  const uint64_t size = text.size() + count * fill.size();
  auto* result = reinterpret_cast<char*>(call.allocate(size, 1));
  if (!result) return abi::kFailed;
  char* end = result;
  if (!left) end += text.copy(end, text.size());
  for (uint64_t i = 0; i < count; ++i) end += fill.copy(end, fill.size());
  if (left) text.copy(end, text.size());
  return call.give(Text(result, size));
}

}  // namespace

LIBRARY(chain_lib_trim) {
  return call.give_part(trimmed_end(trimmed_start(call.text(0))));
}
LIBRARY(chain_lib_trim_start) {
  return call.give_part(trimmed_start(call.text(0)));
}
LIBRARY(chain_lib_trim_end) {
  return call.give_part(trimmed_end(call.text(0)));
}

LIBRARY(chain_lib_repeat) {
  const std::string_view text = call.text(0);
  const auto times = call.get<int64_t>(1);
  if (times <= 0 || text.empty()) return call.give(Text());
  std::byte* result = call.allocate(static_cast<uint64_t>(times), text.size());
  if (!result) return abi::kFailed;
  const uint64_t size = static_cast<uint64_t>(times) * text.size();
  for (uint64_t i = 0; i < size; i += text.size()) std::memcpy(result + i, text.data(), text.size());
  return call.give(Text(reinterpret_cast<const char*>(result), size));
}

LIBRARY(chain_lib_truncate) {
  const std::string_view text = call.text(0);
  const auto length = call.get<int64_t>(1);
  const std::string_view ending = call.text(2);
  if (length < 0) return call.fail("`length` is negative");
  const auto limit = static_cast<uint64_t>(length);
  if (count_code_points(text) <= limit) return call.give_part(text);
  const uint64_t ending_length = count_code_points(ending);
  if (ending_length >= limit) return call.give_part(ending.substr(0, offset_of(ending, limit)));
  return call.give_text(std::string(text.substr(0, offset_of(text, limit - ending_length))).append(ending));
}

LIBRARY(chain_lib_indent) {
  const std::string_view text = call.text(0);
  const auto width = call.get<int64_t>(1);
  if (width < 0) return call.fail("`width` is negative");
  std::string result;
  bool first = true;
  for (size_t begin = 0; begin < text.size(); first = false) {
    const size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    const std::string_view line = text.substr(begin, end - begin);
    const bool empty = line == "\n" || line == "\r\n";
    if (!empty && (!first || call.flag(2))) {
      if (static_cast<uint64_t>(width) > kMaxResultBytes - result.size()) return call.fail_too_large();
      result.append(static_cast<size_t>(width), ' ');
    }
    result += line;
    if (result.size() > kMaxResultBytes) return call.fail_too_large();
    begin = end;
  }
  return call.give_text(result);
}

LIBRARY(chain_lib_slice_text) {
  const std::string_view text = call.text(0);
  const uint64_t length = count_code_points(text);
  const bool open = !value::is_present(call.types(), call.type(2), call.argument(2));
  const Range range = clip(call.get<int64_t>(1), open ? INT64_MAX : call.get<int64_t>(2), length);
  const size_t begin = offset_of(text, range.begin);
  const std::string_view rest = text.substr(begin);
  return call.give_part(rest.substr(0, offset_of(rest, range.end - range.begin)));
}

LIBRARY(chain_lib_reverse_text) {
  const std::string_view text = call.text(0);
  if (text.empty()) return call.give(Text());
  auto* result = reinterpret_cast<char*>(call.allocate(text.size(), 1));
  if (!result) return abi::kFailed;
  char* place = result + text.size();
  for (size_t i = 0; i < text.size();) {
    const size_t length = front_length(text.substr(i));
    place -= length;
    text.copy(place, length, i);
    i += length;
  }
  return call.give(Text(result, text.size()));
}

LIBRARY(chain_lib_pad_left) {
  return padded(call, true);
}
LIBRARY(chain_lib_pad_right) {
  return padded(call, false);
}

}  // namespace chain::library
