// Measures of rankings, each equal to that of NIST's trec_eval 9.0.8
// (https://github.com/usnistgov/trec_eval), whose names stand beside ours.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace chain::metrics {

struct Ranked {
  std::string document;
  double score = 0;
};

/// What was found for each query, in any order: scores rank, and of equal ones the name that is higher byte
/// by byte comes first, as in trec_eval. A document that stands twice counts where it ranks first.
using Run = std::map<std::string, std::vector<Ranked>>;

/// How relevant documents are to a query: 0 for not at all, below 0 for looked at and not judged. Documents
/// without a judgement are not relevant.
using Judgements = std::map<std::string, std::map<std::string, int64_t>>;

struct Options {
  std::vector<uint32_t> cuts = {1, 3, 5, 10};
  int64_t relevant_from = 1;  // -l: the least judgement, at least 1, that is relevant where it is yes or no
  bool complete = false;      // -c: judged queries of which the run knows nothing count, with 0
};

/// Of the first `cut` results. Each from 0 to 1.
struct AtCut {
  uint32_t cut = 0;
  double precision = 0;          // P_k: over `cut`, even if fewer were found
  double recall = 0;             // recall_k
  double average_precision = 0;  // map_cut_k
  double ndcg = 0;               // ndcg_cut_k: gains are the judgements themselves, discounts log2(rank + 1)
  double success = 0;            // success_k, the hit rate: whether any of them is relevant
};

struct Measures {
  double relevant = 0;           // num_rel: a count
  double relevant_found = 0;     // num_rel_ret: a count
  double average_precision = 0;  // map
  double r_precision = 0;        // Rprec
  double bpref = 0;              // bpref (Buckley and Voorhees 2004)
  double reciprocal_rank = 0;    // recip_rank, whose mean is the MRR
  double ndcg = 0;               // ndcg (Järvelin and Kekäläinen 2002)
  double set_precision = 0;      // set_P: of all that was found
  double set_recall = 0;         // set_recall
  double set_f = 0;              // set_F
  std::vector<AtCut> at;         // in the order of Options::cuts
};

struct Evaluation {
  std::map<std::string, Measures> queries;  // those that were both asked and judged
  Measures all;                             // means over queries, but sums of the two counts
};

/// Queries without a judgement are left out. Without any query, all is 0.
[[nodiscard]] Evaluation evaluate(const Run& run, const Judgements& judgements, const Options& options = {});

/// How much of a collection its results reach, looking at the first `cut` of each query. 0 where there is
/// nothing to have a share of.
struct Coverage {
  double documents = 0;  // of the collection's documents, those in any result (Ge et al. 2010)
  double relevant = 0;   // of the documents that are relevant to any query, those in any result
  double judged = 0;     // of the results of judged queries, those with a judgement from 0 on ("judged@k")
};

/// `documents` is how many the collection has.
[[nodiscard]] Coverage coverage(const Run& run, const Judgements& judgements, uint32_t cut,
                                uint64_t documents, int64_t relevant_from = 1);

/// How far up the relevant ones of the passages that a context was made of stand: the mean, over those that
/// are relevant, of the precision up to each, from 0 to 1. `relevant` is in the order of the passages. As
/// RAGAS has it, whose 1e-10 beside the count keeps it a little below 1.
[[nodiscard]] double context_precision(const std::vector<bool>& relevant);

}  // namespace chain::metrics
