#include "runtime/retrieve/search.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "runtime/retrieve/rank.h"
#include "runtime/retrieve/widen.h"

namespace chain::retrieve {
namespace {

std::string place_of(const store::PassageRow& passage) {
  if (passage.page > 0) return passage.source + ", page " + std::to_string(passage.page);
  if (passage.line > 0) return passage.source + ":" + std::to_string(passage.line);
  return passage.source;
}

/// One value a name: those of a list are joined.
void join_lists(std::vector<std::pair<std::string, std::string>>& meta) {
  size_t kept = 0;
  for (size_t i = 0; i < meta.size(); ++i) {
    if (kept > 0 && meta[kept - 1].first == meta[i].first) {
      meta[kept - 1].second += ", " + meta[i].second;
    } else {
      if (kept != i) meta[kept] = std::move(meta[i]);
      ++kept;
    }
  }
  meta.resize(kept);
}

/// The document's own come first: a field of a record may be called `title`.
std::vector<std::pair<std::string, std::string>> meta_of(const store::PassageRow& passage) {
  auto meta = passage.meta;
  const auto add = [&](const char* name, std::string value) {
    const bool is_there = std::ranges::any_of(meta, [&](const auto& entry) { return entry.first == name; });
    if (!value.empty() && !is_there) meta.emplace_back(name, std::move(value));
  };
  add("title", passage.title);
  add("heading", passage.headings);
  add("line", passage.line > 0 ? std::to_string(passage.line) : "");
  add("page", passage.page > 0 ? std::to_string(passage.page) : "");
  std::ranges::stable_sort(meta, {}, &std::pair<std::string, std::string>::first);
  join_lists(meta);
  return meta;
}

Found as_found(const store::PassageRow& found, const std::vector<store::PassageRow>& joined, double score) {
  store::PassageRow cited = found;
  cited.line = joined.front().line;
  cited.page = joined.front().page;
  std::string text = joined.front().text;
  uint64_t end = joined.front().end;
  for (size_t i = 1; i < joined.size(); ++i) {
    join(text, end, joined[i]);
    end = std::max(end, joined[i].end);
  }
  return {found.name, std::move(text), place_of(cited), score, meta_of(cited)};
}

}  // namespace

std::vector<Found> search(store::PassageFile& file, const vectors::VectorIndex* vectors,
                          std::span<const float> embedded, const Query& query) {
  std::vector<Found> results;
  if (query.top == 0) return results;
  std::vector<Ranked> ranked = rank(file, vectors, embedded, query);
  diversify(file, ranked, query.diversity, query.top);
  Widening widening(file, query);
  for (const Ranked& candidate : ranked) {
    if (results.size() == query.top) break;
    const std::optional<store::PassageRow> passage = file.passage(candidate.id);
    if (!passage) continue;  // dropped after the vectors were put in order
    const std::vector<store::PassageRow> joined = widening.around(*passage);
    if (!joined.empty()) results.push_back(as_found(*passage, joined, candidate.score));
  }
  return results;
}

}  // namespace chain::retrieve
