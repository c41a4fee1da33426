// bench_vectors curves COUNT... | tops COUNT | filter COUNT | pair COUNT: indexes of vectors of 128
// dimensions in 1,000 Gaussian clusters of a 24-dimensional space (tests/unit/vectors/clusters.h), asked with
// 1,000 others of the same clusters for the ten nearest, on one thread. Times are of the processor.
//   curves  for each count, every kind: time to build, memory, and what each effort finds how fast; as a
//   table filter  a filter that leaves 1%: exactly, and by a search that asks for so much that ten are left
//   pair    our graph and hnswlib's own with the same numbers, taking turns; prints a JSON object
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/vectors/kernels.h"
#include "runtime/vectors/vector_index.h"
#include "tests/bench/hnswlib_peer.h"
#include "tests/unit/vectors/clusters.h"

using namespace chain::vectors;
using chain::test::Clusters;
using chain::test::vector_at;

namespace {

constexpr size_t kQueries = 1000, kTop = 10;
const Clusters kData;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double seconds_of(const std::function<void()>& work) {
  const double begin = cpu_seconds();
  work();
  return cpu_seconds() - begin;
}

using Answers = std::vector<std::vector<int64_t>>;

double recall_of(const Answers& found, const Answers& exact) {
  size_t count = 0, wanted = 0;
  for (size_t i = 0; i < exact.size(); ++i) {
    wanted += exact[i].size();
    for (const int64_t id : found[i]) count += std::count(exact[i].begin(), exact[i].end(), id) > 0 ? 1 : 0;
  }
  return static_cast<double>(count) / static_cast<double>(wanted);
}

struct Bench {
  std::vector<float> vectors, queries = kData.vectors(kQueries, 1);
  Answers exact;

  explicit Bench(size_t count) : vectors(kData.vectors(count)) { exact = ask(*built({.kind = Kind::Flat})); }

  [[nodiscard]] size_t count() const { return vectors.size() / kData.dimensions; }
  [[nodiscard]] std::span<const float> query(size_t at) const {
    return vector_at(queries, at, kData.dimensions);
  }
  [[nodiscard]] std::unique_ptr<VectorIndex> built(const Settings& settings) const {
    const auto builder = make_builder(static_cast<uint32_t>(kData.dimensions), settings, count());
    for (size_t i = 0; i < count(); ++i)
      builder->add(static_cast<int64_t>(i), vector_at(vectors, i, kData.dimensions));
    return builder->build();
  }
  [[nodiscard]] Answers ask(const VectorIndex& index, size_t top = kTop) const {
    Answers answers;
    for (size_t i = 0; i < kQueries; ++i) {
      answers.emplace_back();
      for (const Hit& hit : index.search(query(i), top)) answers.back().push_back(hit.id);
    }
    return answers;
  }
  [[nodiscard]] Answers ask(HnswlibPeer* peer, size_t ef) const {
    Answers answers;
    uint64_t labels[kTop];
    for (size_t i = 0; i < kQueries; ++i) {
      const size_t found = hnswlib_peer_search(peer, query(i).data(), kTop, ef, labels);
      answers.emplace_back(labels, labels + found);
    }
    return answers;
  }
};

/// The best of several turns: what others do on the machine only slows down.
double per_second(const std::function<void()>& ask_all, int turns = 5) {
  double best = 1e9;
  for (int i = 0; i < turns; ++i) best = std::min(best, seconds_of(ask_all));
  return kQueries / best;
}

void print_curve(const Bench& bench, const char* name, const Settings& settings,
                 const std::vector<uint32_t>& efforts) {
  std::unique_ptr<VectorIndex> index;
  const double build = seconds_of([&] { index = bench.built(settings); });
  const uint32_t chosen = index->effort();
  std::vector<uint32_t> all = efforts;
  if (chosen > 0) all.push_back(chosen);
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  if (all.empty()) all.push_back(0);
  for (const uint32_t effort : all) {
    if (effort > 0) index->set_effort(effort);
    const double recall = recall_of(bench.ask(*index), bench.exact);
    const double speed = per_second([&] { (void)bench.ask(*index); });
    fmt::print("| {} | {} | {:.2f} s | {:.1f} MB | {}{} | {:.3f} | {:.0f} | {:.1f} µs |\n", bench.count(),
               name, build, static_cast<double>(index->bytes()) / 1e6, effort,
               effort == chosen && effort > 0 ? " (chosen)" : "", recall, speed, 1e6 / speed);
    std::fflush(stdout);
  }
}

void curves(const std::vector<size_t>& counts) {
  fmt::print(
      "kernels: {}\n| Vectors | Kind | Build | Memory | Effort | Recall@10 | Searches/s | A search |\n"
      "|---|---|---|---|---|---|---|---|\n",
      kernels().name);
  for (const size_t count : counts) {
    const Bench bench(count);
    print_curve(bench, "flat", {.kind = Kind::Flat}, {});
    print_curve(bench, "ivf", {.kind = Kind::Ivf}, {1, 2, 4, 8, 16, 32});
    print_curve(bench, "hnsw", {.kind = Kind::Hnsw}, {10, 16, 24, 32, 48, 64, 96, 128, 256});
  }
}

void filter(size_t count) {
  const Bench bench(count);
  std::vector<int64_t> among;
  for (size_t i = 0; i < count; i += 100) among.push_back(static_cast<int64_t>(i + i / 100 % 37));
  const auto index = bench.built({.kind = Kind::Hnsw});
  const auto ask_among = [&] {
    Answers answers;
    for (size_t i = 0; i < kQueries; ++i) {
      answers.emplace_back();
      for (const Hit& hit : index->search_among(bench.query(i), kTop, among))
        answers.back().push_back(hit.id);
    }
    return answers;
  };
  const Answers exact = ask_among();
  const double exactly = per_second([&] { (void)ask_among(); });
  const double unfiltered = per_second([&] { (void)bench.ask(*index); });
  fmt::print("exactly among {} of {}: {:.1f} µs; the graph without a filter: {:.1f} µs\n", among.size(),
             count, 1e6 / exactly, 1e6 / unfiltered);
  for (const size_t top : {500, 1000, 2000}) {
    const auto ask_more = [&] {
      Answers answers = bench.ask(*index, top);
      for (auto& ids : answers) {
        std::erase_if(ids, [&](int64_t id) { return !std::binary_search(among.begin(), among.end(), id); });
        ids.resize(std::min(ids.size(), kTop));
      }
      return answers;
    };
    const double recall = recall_of(ask_more(), exact);
    fmt::print("the graph's {} best, filtered: {:.1f} µs, recall {:.3f}\n", top,
               1e6 / per_second([&] { (void)ask_more(); }, 2), recall);
  }
}

/// What the effort that was chosen for ten finds of more.
void tops(size_t count) {
  const Bench bench(count);
  const auto flat = bench.built({.kind = Kind::Flat});
  for (const Kind kind : {Kind::Ivf, Kind::Hnsw}) {
    const auto index = bench.built({.kind = kind});
    for (const size_t top : {1, 10, 20, 50, 100, 200}) {
      const double recall = recall_of(bench.ask(*index, top), bench.ask(*flat, top));
      fmt::print("{} {}, effort {}, recall@{}: {:.3f}, {:.1f} µs\n", count,
                 kind == Kind::Ivf ? "ivf" : "hnsw", index->effort(), top, recall,
                 1e6 / per_second([&] { (void)bench.ask(*index, top); }, 2));
    }
  }
}

void pair(size_t count) {
  const Bench bench(count);
  constexpr uint32_t kM = 16, kEfConstruction = 200;
  std::unique_ptr<VectorIndex> ours;
  HnswlibPeer* theirs = nullptr;
  const double our_build = seconds_of(
      [&] { ours = bench.built({.kind = Kind::Hnsw, .m = kM, .ef_construction = kEfConstruction}); });
  const double their_build = seconds_of([&] {
    theirs = hnswlib_peer_build(bench.vectors.data(), count, kData.dimensions, kM, kEfConstruction);
  });
  const uint32_t chosen = ours->effort();
  uint32_t ef = kTop;
  while (recall_of(bench.ask(theirs, ef), bench.exact) < 0.95) ++ef;
  const auto measured = [&](const char* name) {
    ours->set_effort(ef);
    double our_best = 1e9, their_best = 1e9;
    for (int round = 0; round < 15; ++round) {
      our_best = std::min(our_best, seconds_of([&] { (void)bench.ask(*ours); }));
      their_best = std::min(their_best, seconds_of([&] { (void)bench.ask(theirs, ef); }));
    }
    fmt::print(stderr, "{}: ef {}, ours {:.0f}/s, hnswlib {:.0f}/s\n", name, ef, kQueries / our_best,
               kQueries / their_best);
    return std::pair(kQueries / our_best, kQueries / their_best);
  };
  const double recall = (ours->set_effort(ef), recall_of(bench.ask(*ours), bench.exact));
  const double their_recall = recall_of(bench.ask(theirs, ef), bench.exact);
  const auto [our_speed, their_speed] = measured("turns");
  hnswlib_peer_free(theirs);
  fmt::print(
      R"({{"ef":{},"chosen_ef":{},"per_s":{:.0f},"hnswlib_per_s":{:.0f},"ratio":{:.3f},"recall":{:.4f},)"
      R"("hnswlib_recall":{:.4f},"build_s":{:.1f},"hnswlib_build_s":{:.1f}}})"
      "\n",
      ef, chosen, our_speed, their_speed, our_speed / their_speed, recall, their_recall, our_build,
      their_build);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<size_t> counts;
  for (int i = 2; i < argc; ++i) counts.push_back(std::strtoull(argv[i], nullptr, 10));
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "curves" && !counts.empty()) {
    curves(counts);
  } else if (what == "filter" && counts.size() == 1) {
    filter(counts[0]);
  } else if (what == "tops" && counts.size() == 1) {
    tops(counts[0]);
  } else if (what == "pair" && counts.size() == 1) {
    pair(counts[0]);
  } else {
    fmt::print(stderr, "usage: bench_vectors curves COUNT... | tops COUNT | filter COUNT | pair COUNT\n");
    return 2;
  }
  return 0;
}
