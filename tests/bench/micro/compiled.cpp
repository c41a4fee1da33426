#include "tests/bench/micro/compiled.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "compiler/diagnostics/render.h"
#include "compiler/driver/artifact.h"
#include "compiler/driver/compile.h"
#include "compiler/jit/load.h"

namespace chain::bench {
namespace {

[[noreturn]] void fail(const std::string& why) {
  fmt::print(stderr, "{}\n", why);
  std::exit(1);
}

}  // namespace

std::shared_ptr<const program::Program> compile_quick(const std::string& path) {
  SourceMap sources;
  Diagnostics diagnostics;
  auto program = driver::compile(path, sources, diagnostics, {.cache = false});
  if (!program) fail(render_text(diagnostics, sources));
  return program;
}

std::shared_ptr<const program::Program> compile_optimized(const std::string& path) {
  auto program = std::make_shared<program::Program>(*compile_quick(path));
  SourceMap sources;
  Diagnostics diagnostics;
  const auto module = driver::compile_graph(path, sources, diagnostics);
  std::string error;
  const jit::Api* back_end = jit::open(error);
  if (!module || !back_end) fail(error.empty() ? render_text(diagnostics, sources) : error);
  const std::string library = back_end->shared_object(*module, error);
  if (library.empty() || !driver::load_code(library, *program)) fail("no optimized code: " + error);
  return program;
}

ScratchFile::ScratchFile(const std::string& text) : path_("/tmp/chain-bench-XXXXXX.chain") {
  const int file = mkstemps(path_.data(), 6);
  if (file < 0 || write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    fail("cannot write " + path_);
  close(file);
}

ScratchFile::~ScratchFile() {
  unlink(path_.c_str());
}

double cpu_us() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto us = [](timeval time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return us(usage.ru_utime) + us(usage.ru_stime);
}

}  // namespace chain::bench
