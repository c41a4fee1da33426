// A passage with what stands around it: its neighbours, its section, or its document.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/retrieve/search.h"

namespace chain::retrieve {

/// So many passages are joined into one at most.
inline constexpr uint32_t kMostJoined = 256;

/// Adds the text of `next` to `text`, which ends at the byte `end` of the same source, without what both have
/// where they overlap.
void join(std::string& text, uint64_t end, const store::PassageRow& next);

/// Gives each passage once: what one result holds is in no later one.
class Widening {
 public:
  Widening(store::PassageFile& file, const Query& query) : file_(file), query_(query) {}

  /// The passages to be joined, in the order of the document; empty if `found` was given already.
  [[nodiscard]] std::vector<store::PassageRow> around(const store::PassageRow& found);

 private:
  [[nodiscard]] bool is_parent(const store::PassageRow& found, const store::PassageRow& other) const;
  [[nodiscard]] std::optional<store::PassageRow> free_at(const std::string& document, int64_t number);

  store::PassageFile& file_;
  const Query& query_;
  std::map<std::string, std::set<uint32_t>, std::less<>> given_;  // numbers, by document
};

}  // namespace chain::retrieve
