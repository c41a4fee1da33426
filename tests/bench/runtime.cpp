// Whole chains against a chat-completions server on loopback, in one process and on one event loop.
//
//   bench_runtime PORT CONCURRENT TOTAL REPEATS     the three-step chain, so many at once
//   bench_runtime PORT --inflight N                 N runs of it, all started at once
//
// A last word, `normal` or `full`, has the runs written down as `chain run` does, and says what commits wait
// for.
//
// Compiled in a child process and run from the artifact, as a server starts: LLVM is never in this process.
// Prints one JSON object: chains a second, CPU milliseconds a chain, latencies, peak memory.
#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "compiler/diagnostics/render.h"
#include "compiler/driver/compile.h"
#include "compiler/jit/load.h"
#include "runtime/sched/ambient.h"
#include "runtime/sched/event_loop.h"
#include "runtime/sched/run.h"
#include "runtime/store/journal_writer.h"
#include "runtime/store/run_journal.h"

namespace {

using Clock = std::chrono::steady_clock;

std::string source(int port) {
  return fmt::format(R"(
model gpt = openai("gpt-4o-mini", base_url: "http://127.0.0.1:{}/v1", concurrency: 100000)

prompt plan@1.0(aud: string, topic: string) -> string {{
  model: gpt
  user: "You are a planner. Audience: {{{{ aud }}}}. Write an outline about {{{{ topic }}}}. Constraints: be brief, cite nothing, three bullets, no preamble."
}}

prompt write@1.0(aud: string, topic: string, prev: string) -> string {{
  model: gpt
  user: "You are a writer. Expand this outline for {{{{ aud }}}}:\n{{{{ prev }}}}\nTopic: {{{{ topic }}}}. Keep to one paragraph."
}}

prompt edit@1.0(aud: string, topic: string, prev: string) -> string {{
  model: gpt
  user: "You are an editor. Tighten the following text on {{{{ topic }}}} for {{{{ aud }}}}:\n{{{{ prev }}}}\nReturn only the text."
}}

chain main(topic: string, aud: string = "busy engineers") -> string {{
  let outline = plan(aud, topic)
  let text = write(aud, topic, outline)
  return edit(aud, topic, text)
}}
)",
                     port);
}

using ProgramPtr = std::shared_ptr<const chain::program::Program>;

ProgramPtr compile(const std::string& path) {
  chain::SourceMap sources;
  chain::Diagnostics diagnostics;
  ProgramPtr program = chain::driver::compile(path, sources, diagnostics);
  if (!program) fmt::print(stderr, "{}", chain::render_text(diagnostics, sources));
  return program;
}

/// The program of `path` from an artifact that another process has left in `folder`. Null, and a message, if
/// there is none.
ProgramPtr load(const std::string& path, const std::string& folder) {
  setenv("CHAIN_CACHE_DIR", folder.c_str(), 1);
  const pid_t child = fork();
  if (child == 0) {
    const bool good = compile(path) != nullptr;
    chain::driver::finish();
    _exit(good ? 0 : 1);
  }
  int status = 1;
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0) return nullptr;
  ProgramPtr program = compile(path);
  if (dlopen(chain::jit::library_path().c_str(), RTLD_LAZY | RTLD_NOLOAD) != nullptr) {
    fmt::print(stderr, "no artifact was kept: the program was compiled in the process that is measured\n");
    return nullptr;
  }
  return program;
}

/// As `load`, of the benchmark's own source.
ProgramPtr make_program(int port) {
  char folder[] = "/tmp/bench-XXXXXX";
  if (mkdtemp(folder) == nullptr) return nullptr;
  const std::string path = fmt::format("{}/three_steps.chain", folder);
  std::ofstream(path) << source(port);
  ProgramPtr program = load(path, folder);
  std::filesystem::remove_all(folder);
  return program;
}

double cpu_ms() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto ms = [](timeval t) {
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_usec) / 1e3;
  };
  return ms(usage.ru_utime) + ms(usage.ru_stime);
}

struct Bench {
  ProgramPtr program;
  chain::EventLoop loop;
  std::unique_ptr<chain::store::JournalWriter> writer;  // if runs are written down
  std::unique_ptr<chain::model::Client> client;
  std::unique_ptr<chain::sched::Scheduler> scheduler;
  std::string folder;  // of the journal
  int total = 0, started = 0, finished = 0, bad = 0;
  std::vector<double> latencies;

  void next() {
    if (started == total) return;
    const int number = ++started;
    const auto begin = Clock::now();
    const std::string arguments = fmt::format(R"({{"topic": "topic {}"}})", number);
    chain::sched::RunOptions options;
    const std::shared_ptr<chain::store::RunJournal> journal = keep(arguments);
    options.journal = journal.get();
    scheduler->start(0, arguments, options, [this, begin, journal](const chain::sched::RunResult& result) {
      if (!result.ok || result.text != "The quick brown fox jumps over the lazy dog.") {
        if (bad++ == 0) fmt::print(stderr, "first failure: {} {}\n", result.error.message, result.text);
      }
      latencies.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
      if (++finished == total) loop.stop();
      next();
    });
  }

  /// The journal of a run, if there is one.
  std::shared_ptr<chain::store::RunJournal> keep(const std::string& arguments) {
    if (!writer) return nullptr;
    chain::store::RunRecord run{.id = chain::store::fresh_id(),
                                .file = "three_steps.chain",
                                .chain = "main",
                                .arguments = arguments,
                                .started = chain::sched::wall_clock()};
    return std::make_shared<chain::store::RunJournal>(
        *writer, std::move(run), std::make_shared<const std::vector<chain::store::Source>>(), folder);
  }

  double run(int count, int concurrent) {
    total = count;
    started = finished = 0;
    latencies.clear();
    const auto begin = Clock::now();
    for (int i = 0; i < std::min(count, concurrent); ++i) next();
    loop.run();
    return std::chrono::duration<double>(Clock::now() - begin).count();
  }
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[(values.size() - 1) / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    fmt::print(stderr,
               "usage: bench_runtime PORT (CONCURRENT TOTAL REPEATS | --inflight N) [normal|full]\n"
               "with the last word runs are written down: what commits wait for\n");
    return 2;
  }
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);

  Bench bench;
  bench.program = make_program(std::atoi(argv[1]));
  if (!bench.program) return 1;
  const bool inflight = std::strcmp(argv[2], "--inflight") == 0;
  const int word = inflight ? 4 : 5;
  const bool journal = argc > word;
  if (journal) {
    char folder[] = "/tmp/bench-XXXXXX";
    if (mkdtemp(folder) == nullptr) return 1;
    bench.folder = folder;
    const bool full = std::strcmp(argv[word], "full") == 0;
    bench.writer = std::make_unique<chain::store::JournalWriter>(
        chain::store::JournalWriter::Options{
            bench.folder, full ? chain::store::Durability::Full : chain::store::Durability::Normal},
        bench.loop);
  }
  // As `chain run` has it: the journal holds the exact requests.
  bench.client = chain::model::make_client(*bench.program, bench.loop, {.verbose = journal});
  bench.scheduler = std::make_unique<chain::sched::Scheduler>(*bench.program, *bench.client, bench.loop);

  const int total = std::atoi(argv[3]);
  const int concurrent = inflight ? total : std::atoi(argv[2]);
  const int repeats = inflight ? 1 : argc > 4 ? std::atoi(argv[4]) : 5;
  if (!inflight) bench.run(std::min(300, total), concurrent);
  std::vector<double> rates, cpu, walls;
  for (int i = 0; i < repeats; ++i) {
    const double before = cpu_ms();
    const double wall = bench.run(total, concurrent);
    walls.push_back(wall);
    rates.push_back(total / wall);
    cpu.push_back((cpu_ms() - before) / total);
  }
  std::sort(bench.latencies.begin(), bench.latencies.end());
  const auto at = [&](double q) {
    return bench.latencies[static_cast<size_t>(q * static_cast<double>(bench.latencies.size() - 1))];
  };
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print(
      "{{\"impl\":\"chain\",\"conc\":{},\"total\":{},\"bad\":{},\"wall_s\":{:.3f},\"chains_per_s\":{:.0f},"
      "\"cpu_ms_per_chain\":{:.4f},\"p50_ms\":{:.3f},\"p99_ms\":{:.3f},\"maxrss_mb\":{:.1f}}}\n",
      concurrent, total, bench.bad, median(walls), median(rates), median(cpu), at(0.5), at(0.99),
      static_cast<double>(usage.ru_maxrss) / 1024.0);
  bench.writer.reset();
  if (journal) std::filesystem::remove_all(bench.folder);
  return bench.bad == 0 ? 0 : 1;
}
