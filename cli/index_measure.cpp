// `chain index eval` and `stats`: how well an index finds, how large and how fast it is.
#include <fmt/format.h>
#include <sys/resource.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <optional>
#include <span>

#include "cli/amounts.h"
#include "cli/index.h"
#include "cli/kept_run.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "cli/usage.h"
#include "cli/verbs.h"
#include "runtime/retrieve/index.h"
#include "runtime/retrieve/local_hash.h"

namespace chain::cli {
namespace {

using nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr uint32_t kUsualDocuments = 1000, kCoverageCut = 10;
constexpr size_t kSample = 100;  // passages that `stats` searches with
constexpr size_t kNearest = 10;

std::string dump(const ordered_json& json) {
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

// ---- eval ------------------------------------------------------------------------------------

ordered_json as_json(const metrics::Evaluation& evaluation, const metrics::Coverage& coverage,
                     uint64_t asked) {
  const metrics::Measures& all = evaluation.all;
  ordered_json json = {{"queries", asked},
                       {"judged", evaluation.queries.size()},
                       {"map", all.average_precision},
                       {"mrr", all.reciprocal_rank},
                       {"ndcg", all.ndcg},
                       {"r_precision", all.r_precision},
                       {"bpref", all.bpref}};
  for (const metrics::AtCut& at : all.at) {
    const std::string k = "@" + std::to_string(at.cut);
    json["ndcg" + k] = at.ndcg;
    json["precision" + k] = at.precision;
    json["recall" + k] = at.recall;
    json["hit_rate" + k] = at.success;
  }
  json["coverage"] = {{"cut", kCoverageCut},
                      {"documents", coverage.documents},
                      {"relevant", coverage.relevant},
                      {"judged", coverage.judged}};
  return json;
}

std::string as_text(const metrics::Evaluation& evaluation, const metrics::Coverage& coverage,
                    uint64_t asked) {
  const metrics::Measures& all = evaluation.all;
  std::string text = fmt::format("{} asked, {} of them judged\n\nMAP          {:.4f}\nMRR          {:.4f}\n",
                                 asked == 1 ? "1 query" : fmt::format("{} queries", asked),
                                 evaluation.queries.size(), all.average_precision, all.reciprocal_rank);
  const auto row = [&](std::string_view name, double metrics::AtCut::* measure) {
    fmt::format_to(std::back_inserter(text), "{:<11}", name);
    for (const metrics::AtCut& at : all.at) fmt::format_to(std::back_inserter(text), "  {:.4f}", at.*measure);
    text += '\n';
  };
  text += "\nfirst      ";
  for (const metrics::AtCut& at : all.at) fmt::format_to(std::back_inserter(text), "  {:>6}", at.cut);
  text += '\n';
  row("nDCG", &metrics::AtCut::ndcg);
  row("precision", &metrics::AtCut::precision);
  row("recall", &metrics::AtCut::recall);
  row("hit rate", &metrics::AtCut::success);
  fmt::format_to(
      std::back_inserter(text),
      "\ncoverage of the first {}: {:.1f}% of the documents, {:.1f}% of the relevant ones; {:.1f}% of "
      "what was found is judged\n",
      kCoverageCut, 100 * coverage.documents, 100 * coverage.relevant, 100 * coverage.judged);
  return text;
}

/// ", as in `q1` and `1`", if both have some.
std::string ids_of(const std::vector<metrics::QueryText>& queries, const metrics::Judgements& judgements) {
  if (queries.empty() || judgements.empty()) return {};
  return fmt::format(", as in `{}` and `{}`", printable(queries.front().id),
                     printable(judgements.begin()->first));
}

// ---- stats -----------------------------------------------------------------------------------

struct Times {
  double median = 0, slow = 0;  // seconds; of 20 queries the slowest
};

Times times_of(std::vector<double> times) {
  if (times.empty()) return {};
  std::ranges::sort(times);
  return {times[times.size() / 2], times[std::min(times.size() - 1, times.size() * 95 / 100)]};
}

/// Passages from all over the index, each with its vector if it has one.
struct Sample {
  int64_t id = 0;
  std::string text;
  std::vector<float> vector;
};

/// As long as questions are: the first words of a passage.
std::string question_of(const std::string& text) {
  constexpr size_t kWords = 12;
  size_t end = 0;
  for (size_t i = 0; i < kWords && end < text.size(); ++i) {
    const size_t begin = text.find_first_not_of(" \n\t", end);
    end = std::min(text.find_first_of(" \n\t", begin), text.size());
  }
  return text.substr(0, end);
}

std::vector<Sample> sample_of(retrieve::Index& index) {
  std::vector<int64_t> ids;
  if (index.vectors()) {
    index.file().each_vector([&](int64_t id, std::span<const float>) { ids.push_back(id); });
  } else {
    ids = index.file().ids_where({});
  }
  std::vector<Sample> sample;
  const size_t count = std::min(kSample, ids.size());
  for (size_t i = 0; i < count; ++i) {
    const int64_t id = ids[i * ids.size() / count];
    if (const auto passage = index.file().passage(id))
      sample.push_back({id, question_of(passage->text), index.file().vector_of(id)});
  }
  return sample;
}

/// Of the ten passages that are nearest to one, how many a search finds, itself left out.
double recall_of(retrieve::Index& index, const std::vector<Sample>& sample) {
  std::vector<int64_t> ids;
  index.file().each_vector([&](int64_t id, std::span<const float>) { ids.push_back(id); });
  std::ranges::sort(ids);
  size_t found = 0, nearest = 0;
  for (const Sample& each : sample) {
    const auto exact = index.vectors()->search_among(each.vector, kNearest + 1, ids);
    const auto quick = index.vectors()->search(each.vector, kNearest + 1);
    for (const vectors::Hit& hit : exact) {
      if (hit.id == each.id) continue;
      ++nearest;
      found += static_cast<size_t>(std::ranges::count(quick, hit.id, &vectors::Hit::id));
    }
  }
  return nearest == 0 ? 1 : static_cast<double>(found) / static_cast<double>(nearest);
}

Times time_searches(retrieve::Index& index, const retrieve::IndexSettings& settings,
                    const std::vector<Sample>& sample, retrieve::Mode mode) {
  std::vector<double> times;
  for (const Sample& each : sample) {
    const auto began = Clock::now();
    retrieve::Query query{.text = each.text, .top = kNearest, .mode = mode};
    query.word_weight = settings.word_weight;
    query.vector_weight = settings.vector_weight;
    const auto made =
        settings.asks_model() ? each.vector : retrieve::local_hash(each.text, settings.dimensions);
    (void)index.search(made, query);
    times.push_back(std::chrono::duration<double>(Clock::now() - began).count());
  }
  return times_of(std::move(times));
}

std::string_view name_of(vectors::Kind kind) {
  switch (kind) {
    case vectors::Kind::Auto: break;
    case vectors::Kind::Flat: return "flat";
    case vectors::Kind::Ivf: return "ivf";
    case vectors::Kind::Hnsw: return "hnsw";
  }
  return "none";
}

uint64_t size_of(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  return error ? 0 : size;
}

uint64_t memory_of_process() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
}

struct Stats {
  store::PassageCounts counts;
  uint64_t vector_file_bytes = 0, vector_bytes = 0, memory = 0;
  std::string_view kind = "none";
  double open = 0, build = 0;  // seconds
  std::optional<double> recall;
  Times words, vectors, hybrid;
};

std::optional<Stats> stats_of(const IndexTarget& target, std::string& error) {
  Stats stats;
  const auto began = Clock::now();
  const auto index = retrieve::Index::open(target.settings, target.place, error);
  if (!index || !index->load_vectors(false, nullptr, error)) return std::nullopt;
  stats.open = std::chrono::duration<double>(Clock::now() - began).count();
  stats.counts = index->file().counts();
  const auto seconds = [&](const char* name) {
    return std::strtod(index->file().setting(name).c_str(), nullptr) / 1e9;
  };
  stats.build = seconds("took") + seconds("ordered");
  const std::vector<Sample> sample = sample_of(*index);
  stats.words = time_searches(*index, target.settings, sample, retrieve::Mode::Words);
  if (index->vectors()) {
    stats.kind = name_of(index->vectors()->kind());
    stats.vector_file_bytes = size_of(target.place.vectors);
    stats.vector_bytes = index->vectors()->bytes();
    stats.vectors = time_searches(*index, target.settings, sample, retrieve::Mode::Vectors);
    stats.hybrid = time_searches(*index, target.settings, sample, retrieve::Mode::Hybrid);
    stats.recall = recall_of(*index, sample);
  }
  stats.memory = memory_of_process();
  return stats;
}

ordered_json as_json(const Times& times) {
  return {{"p50_seconds", times.median}, {"p95_seconds", times.slow}};
}

ordered_json as_json(const IndexTarget& target, const Stats& stats) {
  ordered_json json = {{"index", target.settings.name},
                       {"documents", stats.counts.documents},
                       {"passages", stats.counts.passages},
                       {"vectors", stats.counts.vectors},
                       {"file_bytes", stats.counts.bytes},
                       {"vector_kind", stats.kind},
                       {"vector_file_bytes", stats.vector_file_bytes},
                       {"vector_memory_bytes", stats.vector_bytes},
                       {"process_memory_bytes", stats.memory},
                       {"build_seconds", stats.build},
                       {"open_seconds", stats.open},
                       {"bm25", as_json(stats.words)}};
  if (!stats.recall) return json;
  json["vector"] = as_json(stats.vectors);
  json["hybrid"] = as_json(stats.hybrid);
  json["recall@10"] = *stats.recall;
  return json;
}

std::string milliseconds(const Times& times) {
  return fmt::format("{:.2f} ms, the slowest 5% {:.2f} ms or more", times.median * 1e3, times.slow * 1e3);
}

std::string as_text(const IndexTarget& target, const Stats& stats) {
  std::string text = fmt::format(
      "index      {}\ndocuments  {}\npassages   {}\nfile       {}\nbuilt in   {}\nopened in  {:.1f} ms\n",
      target.name(), stats.counts.documents, stats.counts.passages, bytes_text(stats.counts.bytes),
      shown_duration(static_cast<int64_t>(stats.build * 1e9)), stats.open * 1e3);
  if (stats.recall)
    text += fmt::format("vectors    {}, {} in memory; recall@10 {:.3f} of what comparing all finds\n",
                        stats.kind, bytes_text(stats.vector_bytes), *stats.recall);
  text += fmt::format("memory     {} of this process at most\nbm25       {}\n", bytes_text(stats.memory),
                      milliseconds(stats.words));
  if (stats.recall)
    text += fmt::format("vector     {}\nhybrid     {}\n", milliseconds(stats.vectors),
                        milliseconds(stats.hybrid));
  return text;
}

}  // namespace

int evaluate_index(const IndexTarget& target, const IndexCommand& command) {
  std::string error;
  const auto request = request_of(target, command, kUsualDocuments, error);
  if (!request) return usage_error("index", error);
  const auto query_text = read_file(command.queries, error);
  const auto judged_text = query_text ? read_file(command.qrels, error) : std::nullopt;
  if (!judged_text) return say_error(error), kFailed;
  const auto queries = metrics::read_queries(*query_text, error);
  if (!queries) return say_error(fmt::format("`{}`: {}", command.queries, error)), kFailed;
  const auto judgements = metrics::read_judgements(*judged_text, error);
  if (!judgements) return say_error(fmt::format("`{}`: {}", command.qrels, error)), kFailed;
  const auto judged = [&](const metrics::QueryText& query) { return judgements->contains(query.id); };
  if (std::ranges::none_of(*queries, judged)) {
    say_error(fmt::format("no query of `{}` is judged in `{}`: their ids have nothing in common{}",
                          printable(command.queries), printable(command.qrels),
                          ids_of(*queries, *judgements)));
    return kFailed;
  }
  int exit = kOk;
  const auto run = run_queries(target, *queries, *request, exit);
  if (!run) return exit;
  if (!command.run.empty() && !write_run_file(target, *run, command.run)) return kFailed;
  const auto file = retrieve::open_file(target.place, error);
  if (!file) return say_error(error), kFailed;
  // A judged query that finds nothing counts, with 0.
  const metrics::Evaluation evaluation = metrics::evaluate(*run, *judgements);
  const metrics::Coverage coverage =
      metrics::coverage(*run, *judgements, kCoverageCut, file->counts().documents);
  const bool written = command.json ? answer_json(dump(as_json(evaluation, coverage, queries->size())))
                                    : answer_text(as_text(evaluation, coverage, queries->size()));
  return written ? kOk : kFailed;
}

int index_stats(const IndexTarget& target, const IndexCommand& command) {
  std::string error;
  const auto stats = stats_of(target, error);
  if (!stats) return say_error(error), kFailed;
  const bool written =
      command.json ? answer_json(dump(as_json(target, *stats))) : answer_text(as_text(target, *stats));
  return written ? kOk : kFailed;
}

}  // namespace chain::cli
