// Endurance: so many runs in one process, written down, cached and exported as traces. Memory must be flat
// after the first tenth, and no descriptor may be left open.
//
//   soak_runs RUNS MODULES    MODULES: of the collector of traces (tests/peers/otlp_collector); `-` for none
//
// Prints a line for each tenth, and at the end what it found. Code 1 if that is too much. Compiled in a child
// process, as a server starts: LLVM is never in the process that is measured.
#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compiler/diagnostics/render.h"
#include "compiler/driver/compile.h"
#include "compiler/jit/load.h"
#include "runtime/model/caching_client.h"
#include "runtime/sched/ambient.h"
#include "runtime/sched/event_loop.h"
#include "runtime/sched/run.h"
#include "runtime/store/answer_file.h"
#include "runtime/store/journal_writer.h"
#include "runtime/store/run_journal.h"
#include "runtime/trace/exporter.h"
#include "runtime/trace/span.h"
#include "tests/peers/peer.h"

namespace {

using namespace chain;

constexpr size_t kWave = 500;  // runs between two exports
constexpr size_t kAtOnce = 64;
constexpr double kMostGrowth = 0.05;
/// With fewer runs, caches are still filling: growth says nothing then.
constexpr size_t kEnoughRuns = 50'000;
/// Runs for which one collector lives: it keeps what it was sent.
constexpr size_t kCollectorRuns = 10'000;

/// Calls side by side and one after the other, a race, answers that are kept and joined, a `try` around a
/// reply that cannot be read.
constexpr const char* kSource = R"chain(
model m = openai("m", retry: 1)

prompt ask(q: string) -> string {
  model: m
  user: "{{ q }}"
}

prompt kept(q: string) -> string {
  model: m
  cache: 1h
  user: "{{ q }}"
}

prompt alike(q: string) -> string {
  model: m
  cache: similar(0.95, 1h)
  user: "{{ q }}"
}

prompt number(q: string) -> int {
  model: m
  repair: 1
  user: "none: {{ q }}"
}

chain main(n: int) -> string {
  let drawn = random(1, 1000000)
  let parts = for i in [1, 2] { ask("part {{ i }} of {{ n }}, {{ drawn }}") }
  let same = kept("one of {{ n mod 300 }}")
  let near = alike("What is one of {{ n mod 100 }}{{ if n mod 2 == 0 { "?" } else { "" } }}")
  let tried = if n mod 20 == 0 { try number("x") catch { else => 0 } } else { n }
  let first = if n mod 20 == 1 { race [ask("left {{ n }}"), ask("right {{ n }}")] } else { near }
  return "{{ join(parts, ", ") }} | {{ same }} | {{ tried }} | {{ len(first) > 0 }}"
}
)chain";

using ProgramPtr = std::shared_ptr<const program::Program>;

ProgramPtr compile(const std::string& path) {
  SourceMap sources;
  Diagnostics diagnostics;
  ProgramPtr program = driver::compile(path, sources, diagnostics);
  if (!program) fmt::print(stderr, "{}", render_text(diagnostics, sources));
  return program;
}

/// From the artifact that a child process leaves.
ProgramPtr load(const std::string& folder) {
  const std::string path = folder + "/soak.chain";
  std::ofstream(path) << kSource;
  setenv("CHAIN_CACHE_DIR", folder.c_str(), 1);
  const pid_t child = fork();
  if (child == 0) {
    const bool good = compile(path) != nullptr;
    driver::finish();
    _exit(good ? 0 : 1);
  }
  int status = 1;
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0) return nullptr;
  return compile(path);
}

/// Memory that is resident, in KiB.
int64_t resident() {
  int64_t size = 0, pages = 0;
  std::ifstream("/proc/self/statm") >> size >> pages;
  return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

size_t descriptors() {
  size_t count = 0;
  for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count - 1;  // but for the one that lists them
}

class Soak {
 public:
  Soak(ProgramPtr program, std::string folder, std::string modules)
      : program_(std::move(program)),
        folder_(std::move(folder)),
        modules_(std::move(modules)),
        writer_(std::in_place, store::JournalWriter::Options{.folder = folder_}, loop_),
        answers_(std::in_place, loop_, store::AnswerFileOptions{.path = folder_ + "/cache.db"}),
        client_(model::make_caching_client(model::make_client(*program_, loop_, {.verbose = true}), *answers_,
                                           *program_, loop_)),
        scheduler_(std::in_place, *program_, *client_, loop_) {}

  /// So many runs more, then their traces.
  void wave(size_t runs) {
    until_ = started_ + runs;
    going_ = true;
    for (size_t i = 0; i < std::min(runs, kAtOnce); ++i) next();
    loop_.run();
    bool written = false;
    writer_->write([](store::Records&) { return true; },
                   [&](std::string_view problem) {
                     written = problem.empty();
                     if (!written) fail(std::string(problem));
                     loop_.stop();
                   });
    loop_.run();
    if (!modules_.empty() && written) send(runs);
  }
  [[nodiscard]] size_t failures() const { return failures_; }
  [[nodiscard]] size_t spans() const { return spans_; }

 private:
  void next() {
    if (started_ == until_) return;
    const size_t number = ++started_;
    const std::string arguments = fmt::format(R"({{"n": {}}})", number);
    store::RunRecord record{.id = store::fresh_id(),
                            .file = "soak.chain",
                            .chain = "main",
                            .artifact = "soak",
                            .arguments = arguments,
                            .settings = "{}",
                            .started = sched::wall_clock()};
    const auto journal = std::make_shared<store::RunJournal>(*writer_, std::move(record), sources_, folder_);
    sched::RunOptions options;
    options.journal = journal.get();
    scheduler_->start(0, arguments, options, [this, journal](const sched::RunResult& result) {
      if (!result.ok || !result.text.ends_with("| true")) fail(result.error.message + result.text);
      ++finished_;
      // Not from here: the scheduler is in the midst of ending the run.
      loop_.post([this] {
        next();
        if (finished_ == until_ && std::exchange(going_, false)) loop_.stop();
      });
    });
  }

  void fail(const std::string& what) {
    if (failures_++ < 3) fmt::print(stderr, "failed: {}\n", what);
  }

  void send(size_t runs) {
    if (!collector_ || taken_ + runs > kCollectorRuns) {
      collector_.emplace("otlp_collector", std::vector{modules_});
      taken_ = 0;
    }
    taken_ += runs;
    trace::Settings settings;
    settings.url = fmt::format("http://127.0.0.1:{}/v1/traces", collector_->port());
    settings.timeout = 60'000'000'000;
    std::string error;
    const auto records = store::Records::open(folder_, store::Durability::Normal, error);
    if (!records) return fail(error);
    std::vector<trace::Span> spans;
    for (const store::RunRecord& run : records->runs(runs)) {
      for (trace::Span& span : trace::spans_of(run, records->steps(run.number), {}, trace::Content::Omitted))
        spans.push_back(std::move(span));
    }
    const trace::Exported exported = trace::export_spans(settings, spans);
    if (!exported.problem.empty() || exported.rejected > 0)
      fail("traces: " + exported.problem + exported.said);
    spans_ += exported.sent;
  }

  ProgramPtr program_;
  std::string folder_, modules_;
  store::Sources sources_ = std::make_shared<const std::vector<store::Source>>();
  EventLoop loop_;
  std::optional<store::JournalWriter> writer_;
  std::optional<store::AnswerFile> answers_;
  std::unique_ptr<model::Client> client_;
  std::optional<sched::Scheduler> scheduler_;
  std::optional<test::Peer> collector_;
  bool going_ = false;  // a wave
  size_t started_ = 0, finished_ = 0, until_ = 0, failures_ = 0, spans_ = 0, taken_ = 0;
};

int run(size_t runs, const std::string& modules, const std::string& folder) {
  const test::MockOpenAi mock;
  setenv("OPENAI_API_KEY", "test", 1);
  setenv("OPENAI_BASE_URL", mock.base_url().c_str(), 1);
  const ProgramPtr program = load(folder);
  if (!program) return 1;
  const bool compiled_here = dlopen(jit::library_path().c_str(), RTLD_LAZY | RTLD_NOLOAD) != nullptr;
  if (compiled_here) fmt::print(stderr, "no artifact was kept: memory is that of the compiler as well\n");
  const size_t open_before = descriptors();
  int64_t after_first = 0, most = 0;
  size_t failures = 0, spans = 0;
  {
    Soak soak(program, folder, modules);
    const size_t tenth = std::max<size_t>(runs / 10, kWave);
    for (size_t done = 0; done < runs;) {
      soak.wave(std::min(kWave, runs - done));
      done += std::min(kWave, runs - done);
      if (done == tenth) after_first = resident();
      if (done > tenth) most = std::max(most, resident());
      if (done % tenth == 0) {
        fmt::print("{} runs, {} KiB resident, {} descriptors, {} spans\n", done, resident(), descriptors(),
                   soak.spans());
        std::fflush(stdout);
      }
    }
    spans = soak.spans();
    failures = soak.failures();
  }
  const size_t open_after = descriptors();
  const double growth = after_first > 0 && most > 0
                            ? static_cast<double>(most - after_first) / static_cast<double>(after_first)
                            : 0;
  const bool good =
      failures == 0 && (growth <= kMostGrowth || runs < kEnoughRuns) && open_after <= open_before;
  fmt::print(
      "{} runs, {} failed; memory {} KiB after the first tenth, at most {} KiB since ({:+.1f}%); descriptors "
      "{} "
      "before, {} after; {} spans exported: {}\n",
      runs, failures, after_first, most, growth * 100, open_before, open_after, spans,
      good ? "ok" : "FAILED");
  return good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const long runs = argc > 1 ? std::strtol(argv[1], nullptr, 10) : 0;
  if (argc != 3 || runs <= 0) {
    fmt::print(stderr, "usage: soak_runs RUNS MODULES|-\n");
    return 2;
  }
  char folder[] = "/tmp/soak-XXXXXX";
  if (mkdtemp(folder) == nullptr) return 1;
  const std::string modules = argv[2];
  const int exit = run(static_cast<size_t>(runs), modules == "-" ? "" : modules, folder);
  std::filesystem::remove_all(folder);
  return exit;
}
