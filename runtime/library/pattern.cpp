// Regular expressions, by RE2: linear in the text, bounded in memory.
#include <re2/re2.h>

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

}  // namespace

LIBRARY(chain_lib_matches) {
  thread_local PatternCache cache;
  const std::string_view text = call.text(0);
  const re2::RE2& pattern = cache.get(call.text(1));
  if (!pattern.ok()) return call.fail("the pattern is not well formed: " + pattern.error());
  return call.give_flag(re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), pattern));
}

}  // namespace chain::library
