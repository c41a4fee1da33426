// Regular expressions, by RE2: linear in the text, bounded in memory.
#include "runtime/library/pattern.h"

#include <re2/re2.h>

#include <algorithm>
#include <list>
#include <memory>
#include <unordered_map>

#include "runtime/library/call.h"

namespace chain::library {

namespace {

/// The patterns that this thread used last, compiled: most stand in the source and come again and again.
class PatternCache {
 public:
  const re2::RE2& get(std::string_view pattern) {
    if (const auto found = places_.find(pattern); found != places_.end()) {
      recent_.splice(recent_.begin(), recent_, found->second);
      return *recent_.front();
    }
    if (recent_.size() >= kMost) {
      places_.erase(recent_.back()->pattern());
      recent_.pop_back();
    }
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kMaxMemory);
    recent_.push_front(std::make_unique<re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options));
    places_.emplace(recent_.front()->pattern(), recent_.begin());  // the key views the pattern's own copy
    return *recent_.front();
  }

 private:
  static constexpr size_t kMost = 64;
  static constexpr int64_t kMaxMemory = 4 << 20;

  std::list<std::unique_ptr<re2::RE2>> recent_;
  std::unordered_map<std::string_view, std::list<std::unique_ptr<re2::RE2>>::iterator> places_;
};

const re2::RE2& compiled(std::string_view pattern) {
  thread_local PatternCache cache;
  return cache.get(pattern);
}

/// The pattern that is argument 1; null, and the error set, if it is none.
const re2::RE2* pattern_of(Call& call) {
  const re2::RE2& pattern = compiled(call.text(1));
  if (pattern.ok()) return &pattern;
  (void)call.fail("the pattern is not well formed: " + pattern.error());
  return nullptr;
}

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

/// The next match at or behind `from`: the whole of it, and what counts of it. False if there is none.
bool next_match(const re2::RE2& pattern, std::string_view text, size_t from, std::string_view& whole,
                std::string_view& part) {
  re2::StringPiece found[2];
  const int groups = std::min(pattern.NumberOfCapturingGroups(), 1);
  if (!pattern.Match(piece(text), from, text.size(), re2::RE2::UNANCHORED, found, groups + 1)) return false;
  whole = {found[0].data(), found[0].size()};
  const re2::StringPiece& chosen = found[groups];
  part = chosen.data() ? std::string_view(chosen.data(), chosen.size()) : std::string_view();
  return true;
}

/// Bytes of the code point at the start of `text`.
size_t code_point_size(std::string_view text) {
  size_t size = 1;
  while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) ++size;
  return size;
}

}  // namespace

std::string pattern_problem(std::string_view pattern) {
  const re2::RE2& expression = compiled(pattern);
  return expression.ok() ? std::string() : expression.error();
}

bool pattern_found(std::string_view pattern, std::string_view text) {
  const re2::RE2& expression = compiled(pattern);
  return expression.ok() && re2::RE2::PartialMatch(piece(text), expression);
}

LIBRARY(chain_lib_matches) {
  const re2::RE2* pattern = pattern_of(call);
  if (!pattern) return abi::kFailed;
  return call.give_flag(re2::RE2::PartialMatch(piece(call.text(0)), *pattern));
}

LIBRARY(chain_lib_find_match) {
  const re2::RE2* pattern = pattern_of(call);
  if (!pattern) return abi::kFailed;
  std::string_view whole, part;
  if (!next_match(*pattern, call.text(0), 0, whole, part)) return call.give_none();
  return call.give_some(Text(part));
}

LIBRARY(chain_lib_find_matches) {
  const re2::RE2* pattern = pattern_of(call);
  if (!pattern) return abi::kFailed;
  const std::string_view text = call.text(0);
  std::vector<std::string_view> parts;
  std::string_view whole, part;
  for (size_t from = 0; from <= text.size() && next_match(*pattern, text, from, whole, part);) {
    parts.push_back(part);
    from = static_cast<size_t>(whole.data() - text.data()) + whole.size();
    if (whole.empty()) from += from < text.size() ? code_point_size(text.substr(from)) : 1;
  }
  return call.give_parts(parts);
}

LIBRARY(chain_lib_replace_matches) {
  const re2::RE2* pattern = pattern_of(call);
  if (!pattern) return abi::kFailed;
  const std::string_view text = call.text(0);
  const std::string_view to = call.text(2);
  std::string why;
  if (!pattern->CheckRewriteString(piece(to), &why)) return call.fail("`to` is not well formed: " + why);
  re2::StringPiece groups[10];
  const int count = 1 + re2::RE2::MaxSubmatch(piece(to));
  std::string out;
  size_t from = 0;
  while (from <= text.size() &&
         pattern->Match(piece(text), from, text.size(), re2::RE2::UNANCHORED, groups, count)) {
    const auto begin = static_cast<size_t>(groups[0].data() - text.data());
    out += text.substr(from, begin - from);
    pattern->Rewrite(&out, piece(to), groups, count);
    from = begin + groups[0].size();
    if (groups[0].empty()) {  // goes on behind one more code point, or for ever
      const size_t next = from < text.size() ? code_point_size(text.substr(from)) : 1;
      if (from < text.size()) out += text.substr(from, next);
      from += next;
    }
    if (out.size() > kMaxResultBytes) return call.fail_too_large();
  }
  if (from < text.size()) out += text.substr(from);
  return call.give_text(out);
}

}  // namespace chain::library
