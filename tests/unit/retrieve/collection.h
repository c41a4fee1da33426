// A collection to measure searches by: documents, questions, and which documents answer them.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/store/passage_file.h"

namespace chain::retrieve::test {

struct Collection {
  struct Entry {
    std::string id, title, text;
  };
  std::vector<Entry> documents, queries;
  std::map<std::string, std::set<std::string>> relevant;  // documents of each query
};

struct Quality {
  double map = 0;   // mean average precision
  double ndcg = 0;  // of the first 10
};

/// Of a folder with documents.jsonl, queries.jsonl and qrels.tsv; every judgement is 1.
[[nodiscard]] Collection read_collection(const std::string& folder);

/// Puts each document as one passage, with its title if `titled`.
void fill(store::PassageFile& file, const Collection& collection, bool titled);

/// Over the queries that have judgements; `ranking` gives the documents' ids for a query's text, best first.
[[nodiscard]] Quality measure(const Collection& collection,
                              const std::function<std::vector<std::string>(std::string_view)>& ranking);

/// By words alone.
[[nodiscard]] Quality measure_words(store::PassageFile& file, const Collection& collection);

}  // namespace chain::retrieve::test
