// Looking for one text in another. std::string_view::find is quadratic at worst, so searches go through
// Finder.
#include "runtime/library/call.h"
#include "runtime/library/code_points.h"
#include "runtime/library/finder.h"

namespace chain::library {

namespace {

uint64_t count_parts(std::string_view text, std::string_view part) {
  uint64_t count = 0;
  Finder finder(text, part);
  while (finder.next() != std::string_view::npos) ++count;
  return count;
}

}  // namespace

LIBRARY(chain_lib_len_text) {
  return call.give(count_code_points(call.text(0)));
}

LIBRARY(chain_lib_starts_with) {
  return call.give_flag(call.text(0).starts_with(call.text(1)));
}

LIBRARY(chain_lib_ends_with) {
  return call.give_flag(call.text(0).ends_with(call.text(1)));
}

LIBRARY(chain_lib_remove_prefix) {
  std::string_view text = call.text(0);
  if (text.starts_with(call.text(1))) text.remove_prefix(call.text(1).size());
  return call.give_part(text);
}

LIBRARY(chain_lib_remove_suffix) {
  std::string_view text = call.text(0);
  if (text.ends_with(call.text(1))) text.remove_suffix(call.text(1).size());
  return call.give_part(text);
}

LIBRARY(chain_lib_contains_text) {
  return call.give_flag(call.text(1).empty() ||
                        Finder(call.text(0), call.text(1)).next() != std::string_view::npos);
}

LIBRARY(chain_lib_index_of_text) {
  const std::string_view text = call.text(0);
  const size_t found = call.text(1).empty() ? 0 : Finder(text, call.text(1)).next();
  if (found == std::string_view::npos) return call.give_none();
  return call.give_some(count_code_points(text.substr(0, found)));
}

LIBRARY(chain_lib_before) {
  const std::string_view text = call.text(0);
  const size_t found = call.text(1).empty() ? 0 : Finder(text, call.text(1)).next();
  return call.give_part(text.substr(0, found));
}

LIBRARY(chain_lib_after) {
  const std::string_view text = call.text(0);
  const std::string_view part = call.text(1);
  const size_t found = part.empty() ? 0 : Finder(text, part).next();
  return call.give_part(found == std::string_view::npos ? std::string_view()
                                                        : text.substr(found + part.size()));
}

LIBRARY(chain_lib_is_empty_text) {
  return call.give_flag(call.text(0).empty());
}

LIBRARY(chain_lib_count_text) {
  if (call.text(1).empty()) return call.fail("`part` is empty: say what to count");
  return call.give(count_parts(call.text(0), call.text(1)));
}

LIBRARY(chain_lib_replace) {
  const std::string_view text = call.text(0);
  const std::string_view from = call.text(1);
  const std::string_view to = call.text(2);
  if (from.empty()) return call.fail("`from` is empty: say what to replace");
  const uint64_t count = count_parts(text, from);
  if (count == 0) return call.give_part(text);
  if (to.size() > from.size() && count > kMaxResultBytes / (to.size() - from.size()))
    return call.fail_too_large();
  const uint64_t size = text.size() - count * from.size() + count * to.size();
  auto* result = reinterpret_cast<char*>(call.allocate(size, 1));
  if (!result) return abi::kFailed;
  char* end = result;
  size_t begin = 0;
  Finder finder(text, from);
  for (size_t at = finder.next(); at != std::string_view::npos; at = finder.next()) {
    end += text.substr(begin, at - begin).copy(end, std::string_view::npos);
    end += to.copy(end, std::string_view::npos);
    begin = at + from.size();
  }
  text.substr(begin).copy(end, std::string_view::npos);
  return call.give(Text(result, size));
}

LIBRARY(chain_lib_split) {
  const std::string_view text = call.text(0);
  const std::string_view separator = call.text(1);
  if (separator.empty()) return call.fail("the separator is empty: use `chars` for the single characters");
  std::vector<std::string_view> parts;
  size_t begin = 0;
  Finder finder(text, separator);
  for (size_t at = finder.next(); at != std::string_view::npos; at = finder.next()) {
    parts.push_back(text.substr(begin, at - begin));
    begin = at + separator.size();
  }
  parts.push_back(text.substr(begin));
  return call.give_parts(parts);
}

}  // namespace chain::library
