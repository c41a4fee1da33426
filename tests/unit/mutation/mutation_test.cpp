// Programs that are nearly right: none crashes the compiler, hangs it, or makes it contradict itself.
//
// Each mutant is tried in a child process, so that a crash, an abort or a loop without end is a failure with
// a number. CHAIN_MUTATION_SEED=N tries that one alone, in this process, and shows it.
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/unit/mutation/mutate.h"
#include "tests/unit/mutation/try_compiler.h"

using namespace chain;

namespace {

namespace fs = std::filesystem;

/// Of processor time, for one mutant: a thousand times what the slowest takes.
constexpr time_t kLongestSeconds = 60;

uint64_t number(const char* name, uint64_t otherwise) {
  const char* wanted = std::getenv(name);
  return wanted ? std::strtoull(wanted, nullptr, 10) : otherwise;
}

std::map<std::string, std::string> texts_under(const fs::path& folder, const std::string& extension) {
  std::map<std::string, std::string> texts;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != extension) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    texts[fs::relative(entry.path(), CHAIN_SOURCE_DIR).string()] = text.str();
  }
  return texts;
}

struct Sources {
  std::map<std::string, std::string> files;  // whatever may be imported
  mutation::Corpus corpus;
};

const Sources& sources() {
  static const Sources all = [] {
    std::map<std::string, std::string> programs = texts_under(CHAIN_SOURCE_DIR "/examples", ".chain");
    programs.merge(texts_under(CHAIN_SOURCE_DIR "/tests/golden", ".chain"));
    Sources result{programs, mutation::corpus_of(programs)};
    result.files.merge(texts_under(CHAIN_SOURCE_DIR "/tests/golden", ".json"));
    return result;
  }();
  return all;
}

/// What a child tells of its work, in memory that it shares.
struct Progress {
  uint64_t seed = 0;  // under way
  mutation::Reached reached;
};

void try_one(uint64_t seed, mutation::Reached& reached) {
  const mutation::Mutant mutant = mutation::mutant(sources().corpus, seed);
  mutation::try_compiler(mutant, sources().files, seed % 4 == 0, reached);
}

/// Goes on from `progress->seed` up to `end`, in a child. How it ended, as `waitpid` has it.
int work(Progress* progress, uint64_t end) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    for (const int deadly : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) std::signal(deadly, SIG_DFL);
    if (!std::freopen("/dev/null", "w", stderr)) _exit(1);  // what it says is as long as the mutant
    for (; progress->seed < end; ++progress->seed) {
      const itimerval limit{{0, 0}, {kLongestSeconds, 0}};
      setitimer(ITIMER_PROF, &limit, nullptr);
      try_one(progress->seed, progress->reached);
    }
    _exit(0);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {}
  return status;
}

std::string described(int status) {
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF)
    return "took more than " + std::to_string(kLongestSeconds) + " s of processor time";
  return WIFSIGNALED(status) ? "died of signal " + std::to_string(WTERMSIG(status))
                             : "ended with code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

TEST_CASE("no mutant of a program crashes the compiler, hangs it or makes it contradict itself") {
  if (const char* only = std::getenv("CHAIN_MUTATION_SEED")) {
    const mutation::Mutant mutant = mutation::mutant(sources().corpus, std::strtoull(only, nullptr, 10));
    std::printf("// %s: %s\n%s\n", mutant.origin.c_str(), mutant.changes.c_str(), mutant.text.c_str());
    std::fflush(stdout);
    mutation::Reached reached;
    return mutation::try_compiler(mutant, sources().files, true, reached);
  }
  const uint64_t many = std::getenv("CHAIN_SOAK") ? 100'000 : 2'000;
  const uint64_t end = number("CHAIN_MUTANTS", many);
  (void)sources();
  void* const shared =
      mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(shared != MAP_FAILED);
  auto* const progress = new (shared) Progress;
  for (int failures = 0; progress->seed < end && failures < 10;) {
    const int status = work(progress, end);
    if (status == 0) continue;
    const mutation::Mutant mutant = mutation::mutant(sources().corpus, progress->seed);
    INFO("CHAIN_MUTATION_SEED=" << progress->seed << ": " << mutant.origin << ", " << mutant.changes);
    FAIL_CHECK(described(status));
    ++failures;
    ++progress->seed;
  }
  const mutation::Reached& reached = progress->reached;
  WARN(progress->seed << " mutants: " << reached.parsed << " parsed, " << reached.checked << " were right, "
                      << reached.lowered << " became native code");
  CHECK(reached.parsed * 4 > end);
  CHECK(reached.checked * 8 > end);
  CHECK(reached.lowered * 40 > end);
  munmap(shared, sizeof(Progress));
}

TEST_CASE("the same seed gives the same mutant") {
  CHECK(mutation::mutant(sources().corpus, 5).text == mutation::mutant(sources().corpus, 5).text);
}
