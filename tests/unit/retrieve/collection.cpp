#include "tests/unit/retrieve/collection.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace chain::retrieve::test {
namespace {

std::vector<Collection::Entry> read_entries(const std::string& path) {
  std::ifstream file(path);
  REQUIRE(file);
  std::vector<Collection::Entry> entries;
  for (std::string line; std::getline(file, line);) {
    const auto row = nlohmann::json::parse(line);
    entries.push_back({row.at("id"), row.value("title", ""), row.at("text")});
  }
  return entries;
}

}  // namespace

Collection read_collection(const std::string& folder) {
  Collection collection;
  collection.documents = read_entries(folder + "/documents.jsonl");
  collection.queries = read_entries(folder + "/queries.jsonl");
  std::ifstream judged(folder + "/qrels.tsv");
  REQUIRE(judged);
  std::string line;
  std::getline(judged, line);  // names of the columns
  while (std::getline(judged, line)) {
    std::istringstream row(line);
    std::string query, document;
    row >> query >> document;
    collection.relevant[query].insert(document);
  }
  return collection;
}

void fill(store::PassageFile& file, const Collection& collection, bool titled) {
  std::string error;
  REQUIRE(file.begin(0, error));
  for (const Collection::Entry& entry : collection.documents) {
    const std::string title = titled ? entry.title : "";
    file.put({.id = entry.id, .source = "documents.jsonl", .title = title},
             {{.name = entry.id, .text = entry.text, .hash = entry.id}});
  }
  REQUIRE(file.commit(error));
}

Quality measure(const Collection& collection,
                const std::function<std::vector<std::string>(std::string_view)>& ranking) {
  Quality quality;
  double judged = 0;
  for (const Collection::Entry& query : collection.queries) {
    const auto relevant = collection.relevant.find(query.id);
    if (relevant == collection.relevant.end()) continue;
    ++judged;
    const std::vector<std::string> ranked = ranking(query.text);
    double found = 0, precision = 0, gain = 0, ideal = 0;
    for (size_t i = 0; i < ranked.size(); ++i) {
      if (!relevant->second.contains(ranked[i])) continue;
      precision += ++found / static_cast<double>(i + 1);
      if (i < 10) gain += 1 / std::log2(static_cast<double>(i) + 2);
    }
    for (size_t i = 0; i < std::min<size_t>(10, relevant->second.size()); ++i)
      ideal += 1 / std::log2(static_cast<double>(i) + 2);
    quality.map += precision / static_cast<double>(relevant->second.size());
    quality.ndcg += gain / ideal;
  }
  quality.map /= judged;
  quality.ndcg /= judged;
  return quality;
}

Quality measure_words(store::PassageFile& file, const Collection& collection) {
  return measure(collection, [&](std::string_view text) {
    std::vector<std::string> names;
    for (const store::WordHit& hit : file.find_words(text, 1000, nullptr))
      names.push_back(file.passage(hit.id)->name);
    return names;
  });
}

}  // namespace chain::retrieve::test
