// What untrusted text is shown to a model in, and the hash that routes go by.
#include "runtime/value/fence.h"
#include "runtime/library/call.h"

namespace chain::library {

LIBRARY(chain_lib_fence) {
  const std::string_view text = call.text(0);
  // A line break of one byte becomes three; nothing else grows as much.
  if (text.size() > kMaxResultBytes / 3) return call.fail_too_large();
  return call.give_text(value::fenced(text));
}

/// FNV-1a, its bits mixed once more so that the low ones are as good as the high ones. It never changes: what
/// a key was given stays its own.
LIBRARY(chain_lib_bucket) {
  const auto buckets = call.get<int64_t>(1);
  if (buckets < 1) return call.fail("`buckets` is below 1");
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : call.text(0)) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccd;
  hash ^= hash >> 33;
  return call.give(static_cast<int64_t>(hash % static_cast<uint64_t>(buckets)));
}

}  // namespace chain::library
