// Runs, judgements and queries of any bytes: read or refused with a line, and a run that was read survives
// being written.
#include <cstdint>
#include <cstdlib>

#include "runtime/metrics/trec_files.h"

using namespace chain::metrics;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string error;
  const auto judgements = read_judgements(text, error);
  const auto queries = read_queries(text, error);
  const auto run = read_run(text, error);
  if (!run && !error.starts_with("line ")) std::abort();
  if (!run) return 0;
  const auto written = write_run(*run, "fuzz", error);
  if (!written) std::abort();
  const auto again = read_run(*written, error);
  if (!again || again->size() != run->size()) std::abort();
  const Evaluation evaluation = evaluate(*run, judgements.value_or(Judgements()));
  if (!(evaluation.all.ndcg >= 0 && evaluation.all.ndcg <= 1.0001)) std::abort();
  return 0;
}
